"""The feeds as readers parse them."""

import html
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from publisher import config
from publisher.errors import ConfigurationError
from publisher.model import Article, Body, Correction, Material, Origin, Premiere, Retraction, Source
from publisher.render.catalogue import Catalogue
from publisher.render.feeds import available, load, plan
from publisher.render.feeds.channels import slug
from publisher.render.feeds.entry import uri

ATOM = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
T = datetime(2026, 6, 25, 7, 0, 0, 123, tzinfo=UTC)
SHIPPED = {file.name: file.read_text() for file in (Path(__file__).parent.parent / "feeds").glob("*.toml")}
DEFINITIONS = load(SHIPPED)
FT = Source(
    title="FirstFT <letter>",
    publisher="Financial Times",
    url="https://www.ft.com/a b?x=1&y=ñ",
    role="primary",
    access="paywall",
    lang="en-GB",
    key="ft",
)


def publication(**more: str) -> config.Publication:
    keys = {"name": "Zendoric", "url": "https://zendoric.example/", "authority": "zendoric.example"} | more
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return config.parse(text + 'timezone = "Europe/Madrid"\n')


def article(name: str, **more: Any) -> Article:
    hours = more.pop("hours", 0)
    fields: dict[str, Any] = {
        "path": f"articles/{name}.md",
        "slug": name,
        "title": f"Story {name}",
        "published": T - timedelta(hours=hours),
        "lang": "en",
        "lede": f"The lede of {name}",
        "authors": ("Ann Bee",),
        "section": "World",
        "tags": ("ai",),
    }
    return Article(
        id=f"tag:zendoric.example,2026-06-25:{name}",
        address=f"/2026/06/25/{name}/",
        group=name,
        **(fields | more),
    )


def catalogue(*articles: Article, **more: Any) -> Catalogue:
    listed = tuple(sorted(articles, key=lambda one: (-one.published.timestamp(), one.id)))
    known = {"publication": publication(), "fingerprints": {one.id: repr(one) for one in listed}} | more
    return Catalogue(articles=listed, **known)


def written(of: Catalogue, bodies: Mapping[str, str] | None = None, **more: Any) -> dict[str, bytes]:
    texts = bodies or {}
    every = {one.id: Body(markup="html", text=texts.get(one.slug, f"<p>Body of {one.slug}</p>")) for one in of.articles}
    documents = plan(of, more.pop("definitions", DEFINITIONS), **more)
    return {one.path: one.write(material(of, every, one.needs)) for one in documents}


def material(of: Catalogue, bodies: Mapping[str, Body], needed: Iterable[str]) -> Material:
    return Material(articles={one: of.by_id[one] for one in needed}, bodies={one: bodies[one] for one in needed})


def parsed(data: bytes) -> Any:
    found = feedparser.parse(io.BytesIO(data), sanitize_html=False)
    assert not found.bozo, found.bozo_exception
    return found


def attributes(elements: Iterable[Any]) -> list[dict[str, str]]:
    return [dict(one.attrib) for one in elements]


# Which feeds there are


def test_site_sections_tags_authors_and_languages_each_have_their_feeds() -> None:
    paths = written(catalogue(article("a"), article("b", lang="es", section="Tecnología", tags=("World",)))).keys()
    assert {"feeds/atom.xml", "feeds/rss.xml", "feeds/feed.json", "feeds/opml.xml", "feeds/feed-view.css"} <= paths
    assert {"feeds/world/atom.xml", "feeds/ai/rss.xml", "feeds/author-ann-bee/feed.json"} <= paths
    assert {"es/feeds/atom.xml", "es/feeds/tecnologia/rss.xml", "es/feeds/world/feed.json"} <= paths


def test_a_section_and_a_tag_of_one_name_are_one_feed() -> None:
    some = [article("a", section="AI", tags=("digest",)), article("b", section="World", tags=("ai",))]
    links = available(catalogue(*some), DEFINITIONS)
    assert [(link.kind, link.paths["atom"]) for link in links if link.kind in {"section", "tag"}] == [
        ("section", "feeds/ai/atom.xml"),
        ("section", "feeds/world/atom.xml"),
        ("tag", "feeds/topic-digest/atom.xml"),
    ]
    both = parsed(written(catalogue(*some))["feeds/ai/atom.xml"]).entries
    assert {entry.title for entry in both} == {"Story a", "Story b"}


def test_a_tag_that_becomes_a_section_stays_the_same_feed() -> None:
    before = written(catalogue(article("a", section="World", tags=("ai",))))["feeds/ai/atom.xml"]
    after = written(catalogue(article("b", section="AI"), article("a", section="World", tags=("ai",))))
    assert parsed(before).feed.id == parsed(after["feeds/ai/atom.xml"]).feed.id


def test_folder_names_are_safe_and_keep_names_apart() -> None:
    names = ("C", "C++", "C#", "R&D", "../../etc/passwd", "日本語", "हिन्दी", "🙂", "Über uns", "x" * 500)
    slugs = [slug(name) for name in names]
    assert slugs[:6] == ["c", "c-plus-plus", "c-sharp", "r-and-d", "etc-passwd", "日本語"]
    assert len(set(slugs)) == len(names)
    assert all(re.fullmatch(r"[^/.\s]{1,80}", one) for one in slugs)


def test_a_publication_overrides_a_definition_and_can_turn_it_off() -> None:
    own = SHIPPED | {"tags.toml": 'articles = "tag"\nformats = []\n', "site.toml": 'articles = "site"\nlength = 1\n'}
    files = written(catalogue(article("a"), article("b", hours=1)), definitions=load(own))
    assert not [path for path in files if "/ai/" in path]
    assert [entry.title for entry in parsed(files["feeds/atom.xml"]).entries] == ["Story a"]
    assert written(catalogue(article("a")), definitions=load({"site.toml": 'articles = "site"\nformats = []'})) == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('articles = "site"\nlenght = 3', "mine.toml:2: unknown key `lenght`"),
        ('title = "x"', "mine.toml:1: `articles` is missing"),
        ('articles = "days"', "mine.toml:1: `articles`"),
        ('articles = "site"\nformats = ["atom", "xml"]', "mine.toml:2: `formats`"),
        ('articles = "site"\nlength = 0', "mine.toml:2: `length`: 0 is too small"),
        ('articles = "tag"\narchive = 10', "mine.toml:2: `archive`: only the feed"),
        ('articles = "site"\narchive = -1', "mine.toml:2: `archive`: -1 is too small"),
        ('articles = "site"\ntitle = "{name}"', "mine.toml:2: `title`"),
        ('articles = "site"\n\nhub = "hub.example"', "mine.toml:3: `hub`"),
        ("articles = ", "mine.toml: not valid TOML"),
    ],
)
def test_a_definition_that_cannot_be_used_is_named_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load({"mine.toml": text})
    assert str(error.value).startswith(sentence)


def test_a_publication_adds_feeds_of_its_own_selection() -> None:
    """Any of the names, however spelt, in any language; as many feeds as there are files."""
    own = {
        "sea-and-ann.toml": 'articles = "selection"\nsections = ["sea"]\nauthors = ["ANN BEE"]\n',
        "law.toml": 'articles = "selection"\ntitle = "{name}"\ntags = ["law"]\nformats = ["atom"]\n',
    }
    of = catalogue(
        article("a", section="Sea", authors=("Bo",)),
        article("b", hours=1, tags=("law",)),
        article("c", hours=2, authors=("Bo",), tags=("law",)),
        article("d", hours=3, authors=("Bo",), tags=(), lang="es", section="Sea"),
    )
    files = written(of, definitions=load(SHIPPED | own))
    ids = {
        path: [one.id[-1] for one in parsed(files[path]).entries]
        for path in files
        if "selection" in path and "atom" in path
    }
    assert ids == {
        "feeds/selection-sea-and-ann/atom.xml": ["a", "b"],
        "feeds/selection-law/atom.xml": ["b", "c"],
        "es/feeds/selection-sea-and-ann/atom.xml": ["d"],
    }
    assert "feeds/selection-law/rss.xml" not in files
    assert b"feeds/selection-law/atom.xml" in files["feeds/opml.xml"]
    assert parsed(files["feeds/selection-law/atom.xml"]).feed.title == "law"


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("x.toml", 'articles = "selection"\n', "x.toml:1: `articles`: a selection names `sections`"),
        ("Big Sea.toml", 'articles = "selection"\ntags = ["sea"]\n', "has its address from the name of its file"),
        ("tags.toml", 'articles = "tag"\ntags = ["sea"]\n', 'only `articles = "selection"` has `sections`'),
    ],
)
def test_a_selection_that_cannot_be_made_is_named(file: str, text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load({file: text})
    assert sentence in str(error.value)


def test_two_definitions_at_the_same_addresses_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"mine\.toml:1: .* is also in"):
        load({"a.toml": 'articles = "tag"', "mine.toml": 'articles = "tag"'})


def test_opml_lists_every_feed_once() -> None:
    shown = catalogue(article("a"), article("b", lang="es"))
    outlines = etree.fromstring(written(shown)["feeds/opml.xml"]).findall(".//outline")
    assert [one.get("xmlUrl") for one in outlines] == [
        f"https://zendoric.example/{link.paths['atom']}" for link in available(shown, DEFINITIONS)
    ]
    assert all(one.get("text") and one.get("type") == "rss" for one in outlines)


# What an entry says


def test_source_links_survive_parsing_with_their_titles() -> None:
    files = written(catalogue(article("a", sources=(FT, Source(title="Nobody's", url="javascript:x()")))))
    for path in ("feeds/atom.xml", "feeds/rss.xml"):
        [entry] = parsed(files[path]).entries
        vias = [link for link in entry.links if link.rel == "via"]
        assert [(link.href, link.title, link.hreflang) for link in vias] == [
            ("https://www.ft.com/a%20b?x=1&y=%C3%B1", "FirstFT <letter>, Financial Times", "en-GB")
        ]
    [item] = json.loads(files["feeds/feed.json"])["items"]
    assert item["_publisher"]["sources"][0] == {
        "number": 1,
        "title": "FirstFT <letter>",
        "url": "https://www.ft.com/a%20b?x=1&y=%C3%B1",
        "publisher": "Financial Times",
        "role": "primary",
        "access": "paywall",
        "verification": "unverified",
        "marks": ["Not verified", "Paywall", "Primary source"],
        "language": "en-GB",
    }
    assert "url" not in item["_publisher"]["sources"][1]


def test_ids_dates_and_order_are_the_same_in_every_format() -> None:
    later = Correction(at=T + timedelta(days=1), text="It was two.")
    files = written(catalogue(article("old", hours=5), article("new"), article("mid", hours=2, corrections=(later,))))
    atom, rss = parsed(files["feeds/atom.xml"]), parsed(files["feeds/rss.xml"])
    items = json.loads(files["feeds/feed.json"])["items"]
    ids = [f"tag:zendoric.example,2026-06-25:{name}" for name in ("new", "mid", "old")]
    assert [one.id for one in atom.entries] == [one.id for one in rss.entries] == [one["id"] for one in items] == ids
    assert [one.link for one in atom.entries] == [one.link for one in rss.entries] == [one["url"] for one in items]
    assert [one.published_parsed for one in atom.entries] == [one.published_parsed for one in rss.entries]
    assert [one.updated for one in atom.entries] == [one["date_modified"] for one in items]
    assert atom.entries[0].published == items[0]["date_published"] == "2026-06-25T09:00:00+02:00"
    assert rss.entries[0].published == "Thu, 25 Jun 2026 09:00:00 +0200"
    assert atom.entries[1].updated == atom.feed.updated == "2026-06-26T09:00:00+02:00"
    assert [one.guidislink for one in rss.entries] == [False] * 3


def test_the_head_links_to_itself_the_site_and_the_hub_and_its_id_outlives_the_domain() -> None:
    own = load({"site.toml": 'articles = "site"\nhub = "https://hub.example/"\n'})
    files = written(catalogue(article("a")), definitions=own)
    atom, rss = etree.fromstring(files["feeds/atom.xml"]), etree.fromstring(files["feeds/rss.xml"])
    assert attributes(atom.findall(f"{ATOM}link")) == [
        {"rel": "self", "type": "application/atom+xml", "href": "https://zendoric.example/feeds/atom.xml"},
        {"rel": "alternate", "type": "text/html", "href": "https://zendoric.example/"},
        {"rel": "hub", "href": "https://hub.example/"},
    ]
    assert [one.get("rel") for one in rss.findall(f"channel/{ATOM}link")] == ["self", "hub"]
    assert json.loads(files["feeds/feed.json"])["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert (atom.get(f"{XML}lang"), atom.get(f"{XML}base")) == ("en", "https://zendoric.example/feeds/")
    moved = written(catalogue(article("a"), publication=publication(url="https://other.example/")), definitions=own)
    assert etree.fromstring(moved["feeds/atom.xml"]).findtext(f"{ATOM}id") == atom.findtext(f"{ATOM}id")
    assert atom.findtext(f"{ATOM}id").startswith("tag:zendoric.example,")


def test_a_feed_opened_in_a_browser_finds_its_style_sheet() -> None:
    files = written(catalogue(article("a"), article("b", lang="es")))
    for path, sheet in (
        ("feeds/atom.xml", "feed-view.css"),
        ("feeds/world/atom.xml", "../feed-view.css"),
        ("es/feeds/atom.xml", "../../feeds/feed-view.css"),
    ):
        assert f'<?xml-stylesheet type="text/css" href="{sheet}"?>'.encode() in files[path]


def test_the_content_holds_lede_sourcing_marks_body_and_the_list_of_sources() -> None:
    text = "A claim [@ft].\n\nA [link](/about/)."
    body = Body(markup="markdown", text=text)
    shown = catalogue(article("a", sources=(FT, Source(title="Seen", role="own-reporting", verification="verified"))))
    document = next(one for one in plan(shown, DEFINITIONS) if one.path == "feeds/atom.xml")
    written_out = etree.fromstring(
        document.write(material(shown, {one.id: body for one in shown.articles}, document.needs))
    )
    content = written_out.findtext(f"{ATOM}entry/{ATOM}content")
    assert re.findall(r"<li>(.*?)</li>", content) == [
        (
            '<a href="https://www.ft.com/a%20b?x=1&amp;y=%C3%B1">FirstFT &lt;letter&gt;</a>, Financial Times'
            "<br/>Not verified · Paywall · Primary source"
        ),
        "Seen<br/>Verified · Own reporting",
    ]
    assert '<a href="https://www.ft.com/a%20b?x=1&amp;y=%C3%B1">[1]</a>' in content
    assert 'href="https://zendoric.example/about/"' in content
    assert "2 sources, 1 verified" in content
    assert not re.search(r'class=|\sid="|href="[#/]', content)


def test_an_archive_from_before_the_records_of_sources_shows_no_marks() -> None:
    old = config.parse(
        'name="Z"\nurl="https://z.example/"\nauthority="z.example"\ntimezone="UTC"\n[sources]\nsince="2027-01-01"\n'
    )
    data = written(catalogue(article("a", sources=(FT,)), publication=old))["feeds/atom.xml"].decode()
    assert "erified" not in data
    assert "https://www.ft.com/" in data


def test_an_entry_copied_from_elsewhere_says_so() -> None:
    origin = Origin(feed="https://up.example/feed.xml", id="urn:x:1", title="Up", updated=T, rights="© Up")
    files = written(catalogue(article("a", origin=origin)))
    entry = etree.fromstring(files["feeds/atom.xml"]).find(f"{ATOM}entry")
    source = entry.find(f"{ATOM}source")
    assert [source.findtext(f"{ATOM}{name}") for name in ("id", "title", "rights")] == ["urn:x:1", "Up", "© Up"]
    assert entry.findtext(f"{ATOM}rights") == "© Up"
    assert parsed(files["feeds/rss.xml"]).entries[0].source.href == "https://up.example/feed.xml"


def test_missing_pieces_leave_valid_entries() -> None:
    bare = article("a", lede=None, authors=(), section=None, tags=())
    files = written(catalogue(bare, publication=publication(description="Every day")), {"a": ""})
    entry = etree.fromstring(files["feeds/atom.xml"]).find(f"{ATOM}entry")
    assert (entry.findtext(f"{ATOM}author/{ATOM}name"), entry.find(f"{ATOM}summary")) == ("Zendoric", None)
    [item] = parsed(files["feeds/rss.xml"]).entries
    assert item.summary == "○ No sources given"
    assert parsed(files["feeds/rss.xml"]).feed.subtitle == "Every day"


def test_an_empty_publication_has_feeds_that_never_say_now() -> None:
    files = written(catalogue())
    assert parsed(files["feeds/atom.xml"]).feed.updated == "1970-01-01T01:00:00+01:00"
    assert json.loads(files["feeds/feed.json"])["items"] == []
    assert parsed(files["feeds/rss.xml"]).entries == []


def test_right_to_left_and_odd_characters_pass_through_and_forbidden_ones_do_not() -> None:
    title = "שלום \x0b\U0001d4b3 & <b>\ud800\ufffe]]> \x85"
    files = written(
        catalogue(article("a", lang="he", title=title, lede="\x00\u0645\u0631\u062d\u0628\u0627", tags=("a\x1fb",))),
        {"a": "<p>\x02x</p>"},
    )
    [entry] = parsed(files["he/feeds/atom.xml"]).entries
    assert (entry.title, entry.title_detail.language) == ("שלום \U0001d4b3 & <b>]]>", "he")
    assert entry.summary == "\u0645\u0631\u062d\u0628\u0627"
    assert parsed(files["he/feeds/rss.xml"]).entries[0].title == entry.title
    assert json.loads(files["he/feeds/feed.json"])["items"][0]["title"] == entry.title


def test_a_retraction_leaves_the_feeds_and_a_tombstone_stays() -> None:
    gone = article("b", hours=1, retracted=Retraction(at=T + timedelta(days=2), reason="It was wrong"))
    files = written(catalogue(article("a"), gone))
    atom = etree.fromstring(files["feeds/atom.xml"])
    assert [one.findtext(f"{ATOM}id") for one in atom.findall(f"{ATOM}entry")] == [article("a").id]
    [tomb] = atom.findall(DELETED)
    assert (tomb.get("ref"), tomb.get("when"), tomb[0].text) == (gone.id, "2026-06-27T09:00:00+02:00", "It was wrong")
    assert atom.findtext(f"{ATOM}updated") == "2026-06-27T09:00:00+02:00"
    document = json.loads(files["feeds/feed.json"])
    assert [one["id"] for one in document["_publisher"]["deleted"]] == [gone.id]
    assert b"Story b" not in files["feeds/rss.xml"] + files["feeds/feed.json"]


def test_addresses_become_uris() -> None:
    assert uri("https://bücher.example/ä b?q=ü%20#x") == "https://xn--bcher-kva.example/%C3%A4%20b?q=%C3%BC%20#x"
    assert uri("http://[::1]:80/a[0]?b[]=1#c#d") == "http://[::1]:80/a%5B0%5D?b%5B%5D=1#c%23d"
    assert uri("https://x.example/100%") == "https://x.example/100%25"


# Structure: what the W3C validator is strict about


def test_atom_has_each_required_element_once_and_typed() -> None:
    files = written(catalogue(article("a", sources=(FT,)), article("b", authors=("X", "Y"), lede=None)))
    for path, data in files.items():
        if not path.endswith("atom.xml"):
            continue
        feed = etree.fromstring(data)
        for holder in (feed, *feed.findall(f"{ATOM}entry")):
            for name in ("id", "title", "updated"):
                assert len(holder.findall(f"{ATOM}{name}")) == 1, (path, name)
            assert len([one for one in holder.findall(f"{ATOM}link") if one.get("rel") == "alternate"]) == 1
            assert holder.findall(f"{ATOM}author/{ATOM}name")
            assert feed.get(f"{XML}base") not in [one.get("href") for one in holder.findall(f"{ATOM}link")]
        for entry in feed.findall(f"{ATOM}entry"):
            assert entry.find(f"{ATOM}content").get("type") == "html"
            assert len({(one.get("term"), one.get("scheme")) for one in entry.findall(f"{ATOM}category")}) == len(
                entry.findall(f"{ATOM}category")
            )


def test_rss_spells_plain_text_so_that_nobody_takes_it_for_markup() -> None:
    data = written(catalogue(article("a", title="A <b> & c", lede="x < y")))["feeds/rss.xml"]
    assert b"<title>A &#x3C;b> &#x26; c</title>" in data or b"<title>A &#x3C;b&gt; &#x26; c</title>" in data
    assert b"<description>x &amp;lt; y</description>" in data
    assert data.count(b"xmlns:atom=") == 1


# Sameness


def test_entries_of_one_second_are_told_apart_and_the_first_released_keeps_the_second() -> None:
    """Validators warn of two entries with one `updated`; `published` stays as it is known."""
    day = [article(name, published=T.replace(microsecond=0), updated=None) for name in "abc"]
    order = tuple(Premiere(article=one.id) for one in (day[1], day[0], day[2]))
    feed = etree.fromstring(written(catalogue(*day, premieres={"en": order}))["feeds/atom.xml"])
    times = {one.findtext(f"{ATOM}title"): one.findtext(f"{ATOM}updated") for one in feed.findall(f"{ATOM}entry")}
    assert times["Story b"] == "2026-06-25T09:00:00+02:00"
    assert len(set(times.values())) == 3
    assert {time[:19] + time[-6:] for time in times.values()} == {"2026-06-25T09:00:00+02:00"}
    assert {one.findtext(f"{ATOM}published") for one in feed.findall(f"{ATOM}entry")} == {"2026-06-25T09:00:00+02:00"}
    later = [*day, article("d", published=T.replace(microsecond=0))]
    orders = {"en": (*order, Premiere(article=later[-1].id))}
    again = etree.fromstring(written(catalogue(*later, premieres=orders))["feeds/atom.xml"])
    assert (
        times.items()
        <= {
            one.findtext(f"{ATOM}title"): one.findtext(f"{ATOM}updated") for one in again.findall(f"{ATOM}entry")
        }.items()
    )


def test_the_same_content_gives_the_same_bytes_and_fingerprints() -> None:
    shown = catalogue(article("a", sources=(FT,)), article("b", hours=3))
    assert written(shown) == written(shown)
    assert {one.path: one.fingerprint for one in plan(shown, DEFINITIONS)} == {
        one.path: one.fingerprint for one in plan(shown, DEFINITIONS)
    }


def test_a_change_touches_only_the_feeds_that_show_it() -> None:
    before, other = article("a"), article("b", hours=1, section="Sport", tags=("golf",), authors=("Bo",))
    shown, changed = catalogue(before, other), catalogue(replace(before, lede="Another"), other)
    old = {one.path: one.fingerprint for one in plan(shown, DEFINITIONS)}
    new = {one.path: one.fingerprint for one in plan(changed, DEFINITIONS)}
    touched = {path.rpartition("/")[0] for path in new if new[path] != old[path]}
    assert touched == {"feeds", "feeds/world", "feeds/ai", "feeds/author-ann-bee", "feeds/days/2026/06/25"}
    assert old["feeds/opml.xml"] == new["feeds/opml.xml"]


def test_every_entry_is_rendered_once_for_all_the_feeds_that_show_it() -> None:
    asked: list[str] = []

    def body_html(one: Article, body: Body) -> str:
        asked.append(one.slug)
        return body.text

    written(catalogue(article("a"), article("b", hours=1)), body_html=body_html)
    assert sorted(asked) == ["a", "b"]


texts = st.text(max_size=30)
addresses = st.none() | st.builds("https://x.example/{}".format, texts) | texts
sources = st.builds(
    Source,
    title=texts,
    url=addresses,
    publisher=st.none() | texts,
    note=st.none() | texts,
    access=st.sampled_from(["open", "paywall", "unknown"]),
    verification=st.sampled_from(["verified", "unverified", "withdrawn"]),
    role=st.sampled_from([None, "primary", "document"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_sources=st.lists(sources, max_size=5), title=texts, lede=st.none() | texts)
def test_every_source_stands_in_atom_and_json_under_the_same_number(
    given_sources: list[Source], title: str, lede: str | None
) -> None:
    own = load({"site.toml": 'articles = "site"\n'})
    files = written(catalogue(article("a", title=title, lede=lede, sources=tuple(given_sources))), definitions=own)
    content = etree.fromstring(files["feeds/atom.xml"]).findtext(f"{ATOM}entry/{ATOM}content")
    [item] = json.loads(files["feeds/feed.json"])["items"]
    records = item["_publisher"].get("sources", [])
    rows = re.findall(r"<li>(.*?)</li>", content or "", re.DOTALL)
    assert [record["number"] for record in records] == list(range(1, len(given_sources) + 1))
    assert len(rows) == len(given_sources)
    for row, record in zip(rows, records, strict=True):
        assert " · ".join(record["marks"]) in html.unescape(row)
        assert record.get("title", "") in html.unescape(re.sub("<[^>]*>", "", row))
    vias = [one.get("href") for one in etree.fromstring(files["feeds/atom.xml"]).findall(f".//{ATOM}link[@rel='via']")]
    assert vias == [record["url"] for record in records if "url" in record]
    parsed(files["feeds/rss.xml"])
