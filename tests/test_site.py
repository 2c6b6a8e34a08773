import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from newsroom import (
    ARABIC,
    BRIEF,
    DATED,
    LENS,
    LENTE,
    MADRID,
    NONE,
    OLD,
    PUBLICATION,
    SOURCES,
    STORIES,
    TEMPLATES,
    TOML,
    at,
    changed,
    newsroom,
    older,
    story,
)
from publisher import config
from publisher.config.theme import SHIPPED
from publisher.errors import ConfigurationError
from publisher.model import Article, Correction, DayFile, Issue, Source
from publisher.render import language, sourcing
from publisher.render.site.lists import leaves
from publisher.render.site.style import sheet_of

BUDGET = 30 * 1024
LENS_PAGE = "2026/06/25/lens/index.html"


class Reading(HTMLParser):
    """What a reader meets on a page, in order; and whether its tags are balanced."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "path", "input", "wbr", "col"})

    INLINE = frozenset({"a", "b", "bdi", "i", "em", "span", "time", "code", "sup"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], self._open
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        self.text += "" if tag in self.INLINE else " "
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script", "title"} & set(self._open):
            self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        found = [given for name, given in self.tags if name == tag]
        return [one for one in found if all(one.get(key.rstrip("_")) == value for key, value in wanted.items())]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    room = newsroom([*STORIES, *older(120)])
    return {path: room.write(document) for path, document in room.documents().items()}


def html_of(pages: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in pages.items() if path.endswith(".html") and 'http-equiv="refresh"' not in text}


def in_order(text: str, *pieces: str) -> None:
    places = [text.find(piece) for piece in pieces]
    assert -1 not in places, [piece for piece, place in zip(pieces, places, strict=True) if place < 0]
    for (one, here), (other, there) in pairwise(zip(pieces, places, strict=True)):
        assert here < there, f"{other!r} stands before {one!r}"


# ---- the page of an article


def test_an_article_reads_in_the_order_of_the_trade(pages: dict[str, str]) -> None:
    in_order(
        Reading(pages[LENS_PAGE]).text,
        "The Lantern",
        "Back to the day · June 25, 2026",
        "A lighthouse gets its first new lens & keeps the old keeper",
        "Published on The Lantern: June 25, 2026 · 09:00",
        "Updated June 25, 2026 · 11:30",
        "Analysis 812 words, 4 min",
        "6 sources, 3 verified, 1 withdrawn",
        "The board voted four to three, says <em>nobody</em>.",
        "The keeper climbs the stairs twice a night.",
        "Sources & references",
        "Lamp oil prices, second quarter",
        "Corrections Correction, June 26, 2026 · 10:00. The lens was ordered in March, not in May.",
        "Earlier that day",
        "Later that day",
    )


def test_times_carry_their_offset_and_a_date_alone_stays_one(pages: dict[str, str]) -> None:
    lens = Reading(pages[LENS_PAGE])
    assert lens.all("time", class_="dt-published") == [
        {"class": "dt-published", "datetime": "2026-06-25T09:00:00+02:00"}
    ]
    dated = Reading(pages["2026/06/24/dated/index.html"])
    assert dated.all("time", class_="dt-published")[0]["datetime"] == "2026-06-24"
    assert "Published on The Lantern: June 24, 2026 " in dated.text
    assert "00:00" not in dated.text


def test_the_day_is_one_link_back(pages: dict[str, str]) -> None:
    assert Reading(pages[LENS_PAGE]).all("a", rel="up") == [{"href": "/2026/06/25/", "rel": "up"}]


def test_every_source_stands_on_the_page_with_its_marks_and_its_way_back(pages: dict[str, str]) -> None:
    page = pages[LENS_PAGE]
    reading = Reading(page)
    assert [one["id"] for one in reading.all("li", class_="h-cite")] == [f"s{n}" for n in range(1, 7)]
    links = [one["href"] for one in reading.all("a", class_="u-url p-name")]
    assert links == [source.url for source in SOURCES if source.url]
    for said in (
        "Verified · Primary source · Open · Seen June 25, 08:41 · Cited in ¶ 1, ¶ 3",
        "Read in part · Secondary source · Registration · Cited in ¶ 2",
        "Not verified · Primary source · Paywall · Seen December 24, 2025, 18:05",
        "Verified · Document · Archived copy · Cited in the text",
        "Withdrawn · Link dead",
        "Verified · Own reporting",
    ):
        assert said in reading.text.replace("\u00a0", " "), said
    ids = {given["id"] for _, given in reading.tags if "id" in given}
    assert {href[1:] for href in re.findall(r'href="(#[^"]+)"', page)} - {""} <= ids


def test_an_article_without_sources_says_so_and_an_old_archive_is_spared_the_line(pages: dict[str, str]) -> None:
    none = Reading(pages["2026/06/25/none/index.html"]).text
    in_order(none, "Sourcing No sources given", "Sources & references", "No sources given.")
    old = Reading(pages["2019/06/22/old/index.html"]).text
    assert "Sourcing" not in old
    assert "Sources & references" not in old


def test_corrections_are_always_on_the_page(pages: dict[str, str]) -> None:
    assert "Corrections None" in Reading(pages["2026/06/25/brief/index.html"]).text
    assert "desk@lantern.example" in pages["2026/06/25/brief/index.html"]


def test_the_link_to_the_corrections_of_an_article_says_how_many_there_are_of_each_kind() -> None:
    (first,) = LENS.corrections
    update = replace(first, kind="update")

    def told(*corrections: Correction, story: Article = LENS, lang: str = "") -> str:
        page = newsroom([replace(story, corrections=corrections)]).page(lang + LENS_PAGE)
        (said,) = re.findall(r'<a href="#corrections">(.*?)</a>', page)
        return str(said)

    assert told(first) == "1 correction"
    assert told(first, first) == "2 corrections"
    assert told(update) == "1 update"
    assert told(update, first, update) == "1 correction, 2 updates"
    assert told(first, update, story=LENTE, lang="es/") == "1 corrección, 1 actualización"
    assert told(first, first, story=LENTE, lang="es/") == "2 correcciones"


def test_an_update_is_no_correction_and_a_dead_link_says_since_when() -> None:
    update = Correction(at=at(2026, 6, 25, 18, 5), text="Adds the board's reply.", kind="update")
    dead = replace(SOURCES[0], access="dead", dead_since=at(2026, 7, 2))
    room = newsroom([replace(LENS, corrections=(*LENS.corrections, update), sources=(dead,))])
    page = room.page(LENS_PAGE)
    assert "Update, June 25, 2026 · 18:05. Adds the board's reply." in Reading(page).text
    assert "Link dead since July 2, 2026" in page
    assert "board" not in room.page("corrections/index.html")
    (described,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert [one["text"] for one in json.loads(described)["correction"]] == [LENS.corrections[0].text]


@pytest.mark.parametrize("path", ["2026/06/24/index.html", "2026/06/index.html"])
def test_under_its_day_an_article_without_a_time_does_not_say_the_day_again_but_to_machines(path: str) -> None:
    page = newsroom([DATED]).page(path)
    (said,) = re.findall(r'(<[^<>]+>)<time class="dt-published" datetime="2026-06-24"( hidden)?></time>', page)
    assert any(" hidden" in one for one in said), "an empty element would leave a gap"


def test_the_newest_day_stands_out_in_the_archive_alone() -> None:
    room = newsroom()
    assert room.page("archive/index.html").count('<a href="/2026/06/25/" aria-current="date">25</a>') == 1
    assert "aria-current" not in room.page("2026/index.html").partition("</style>")[2]


def test_a_retracted_article_keeps_its_address_and_says_why() -> None:
    room = newsroom()
    document = room.documents()["2026/06/23/gone/index.html"]
    assert document.needs == frozenset()
    page = room.write(document)
    assert "Retracted, June 24, 2026 · 09:30. The photograph was of another harbour." in Reading(page).text
    assert "There was a whale" not in page
    assert "The keeper climbs" not in page
    assert '<meta name="robots" content="noindex">' in page
    assert "gone" not in room.page("sitemap-2026-06.xml")


def test_only_articles_need_their_bodies() -> None:
    for path, document in newsroom().documents().items():
        assert bool(document.needs) == bool(re.search(r"/(lens|brief|none|dated|old)/index", path)), path


def test_previous_and_next_are_the_neighbours_of_the_day(pages: dict[str, str]) -> None:
    reading = Reading(pages[LENS_PAGE])
    assert reading.all("a", rel="prev")[0]["href"] == BRIEF.address
    assert reading.all("a", rel="next")[0]["href"] == NONE.address
    assert reading.all("link", rel="prev")[0]["href"] == BRIEF.address


def test_no_text_of_an_article_becomes_markup_or_a_template() -> None:
    bad = "</script><script>alert(1)</script>{{ 7 * 7 }}"
    source = Source(title=bad, publisher=bad, url="javascript:alert(1)", note=bad, archived="javascript:alert(2)")
    wild = story("wild", at(2026, 6, 25, 9), title=bad, lede=bad, tags=(bad,), section=bad, sources=(source,))
    room = newsroom([replace(wild, corrections=(Correction(at=wild.published, text=bad),))], bodies={wild.id: bad})
    for path, document in room.documents().items():
        page = room.write(document)
        assert "<script>" not in page, path
        assert "javascript:" not in page, path
        assert "49" not in Reading(page).text if path.endswith(".html") else True


def test_control_characters_never_reach_a_page() -> None:
    odd = story("odd", at(2026, 6, 25, 9), title="a\x07b\x85c")
    assert '<h1 class="p-name wide">abc</h1>' in newsroom([odd]).page("2026/06/25/odd/index.html")


# ---- for machines


def test_json_ld_says_what_the_page_says(pages: dict[str, str]) -> None:
    found = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', pages[LENS_PAGE])[1])  # type: ignore[index]
    assert found["@type"] == "AnalysisNewsArticle"
    assert found["datePublished"] == "2026-06-25T09:00:00+02:00"
    assert found["dateModified"] == "2026-06-25T11:30:00+02:00"
    assert found["isPartOf"]["@id"] == "https://lantern.example/2026/06/25/"
    assert [one["name"] for one in found["citation"]] == [source.title for source in SOURCES]
    assert found["isBasedOn"] == [source.url for source in SOURCES if source.role == "primary"]
    assert found["correction"] == [
        {
            "@type": "CorrectionComment",
            "text": "The lens was ordered in March, not in May.",
            "datePublished": "2026-06-26T10:00:00+02:00",
        }
    ]


def test_heads_have_canonical_alternates_and_feeds(pages: dict[str, str]) -> None:
    reading = Reading(pages[LENS_PAGE])
    assert reading.all("link", rel="canonical")[0]["href"] == "https://lantern.example/2026/06/25/lens/"
    languages = {one["hreflang"]: one["href"] for one in reading.all("link", rel="alternate") if "hreflang" in one}
    assert languages == {
        "en": "https://lantern.example/2026/06/25/lens/",
        "es": "https://lantern.example/es/2026/06/25/lens/",
        "ar": "https://lantern.example/ar/2026/06/25/lens/",
        "x-default": "https://lantern.example/2026/06/25/lens/",
    }
    assert [one["type"] for one in reading.all("link", rel="alternate") if "type" in one] == [
        "application/atom+xml",
        "application/rss+xml",
        "application/feed+json",
    ]
    assert "https://lantern.example/feeds/harbour/atom.xml" in pages["sections/harbour/index.html"]


def test_sitemaps_name_every_article_once(pages: dict[str, str]) -> None:
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = ET.fromstring(pages["sitemap.xml"])
    maps = [one.text.removeprefix("https://lantern.example/") for one in index.iter(f"{space}loc")]  # type: ignore[union-attr]
    listed = [one.text for name in maps for one in ET.fromstring(pages[name]).iter(f"{space}loc")]
    shown = [one for one in [*STORIES, *older(120)] if one.retracted is None]
    assert sorted(one for one in listed if one and re.search(r"/\d{4}/\d\d/\d\d/", one)) == sorted(
        PUBLICATION.absolute(one.address) for one in shown
    )
    assert len(listed) == len(set(listed))
    assert "Sitemap: https://lantern.example/sitemap.xml" in pages["robots.txt"]


def test_the_news_sitemap_has_the_last_two_days_alone(pages: dict[str, str]) -> None:
    found = re.findall(r"<loc>([^<]+)", pages["news-sitemap.xml"])
    assert found == [PUBLICATION.absolute(one.address) for one in (NONE, ARABIC, LENS, LENTE, BRIEF, DATED)]
    assert "<news:language>es</news:language>" in pages["news-sitemap.xml"]


def test_a_fact_check_says_what_it_looked_into_to_readers_and_machines() -> None:
    from specimen import FACT, specimen

    page = specimen().page("2026/06/21/fact/index.html")
    assert "<dt>Claim</dt><dd>The boats will not sail on Sundays.</dd>" in page
    assert "<dt>Verdict</dt><dd><b>False</b></dd>" in page
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    told = json.loads(block)
    assert (told["@type"], told["hasPart"]["@type"]) == ("NewsArticle", "ClaimReview")
    assert told["hasPart"]["claimReviewed"] == FACT.claim
    assert told["hasPart"]["reviewRating"] == {"@type": "Rating", "alternateName": "False"}
    assert told["hasPart"]["author"] == {"@id": told["publisher"]["@id"]}
    other = newsroom([replace(FACT, kind="report")]).page("2026/06/21/fact/index.html")
    assert "Sundays" not in other, "what is no fact check has no verdict"


# ---- the pages of days, months, topics


def test_a_day_leads_with_its_newest_article_and_goes_on_by_time(pages: dict[str, str]) -> None:
    reading = Reading(pages["2026/06/25/index.html"])
    in_order(
        reading.text,
        "Thursday, June 25, 2026",
        "3 articles · 7 min · 7 sources, 3 verified",
        "The tide table",
        "Ferry late",
        "1 source, not verified · Guild of Keepers (paywall)",
        "A lighthouse gets its first new lens",
        "6 sources, 3 verified, 1 withdrawn · Harbour Statistics Office, The Breakwater Review and 3 more",
    )
    assert len(reading.all("article", class_="story h-entry")) == 3
    week = [one["href"] for one in reading.all("a") if re.fullmatch(r"/2026/06/2\d/", one.get("href", ""))]
    assert week[:3] == ["/2026/06/23/", "/2026/06/24/", "/2026/06/25/"]
    assert reading.all("a", aria_current="page") or 'aria-current="page"' in pages["2026/06/25/index.html"]


def test_the_front_page_is_the_last_day_that_has_articles(pages: dict[str, str]) -> None:
    front, day = Reading(pages["index.html"]), Reading(pages["2026/06/25/index.html"])
    assert front.text == day.text
    assert front.all("link", rel="canonical")[0]["href"] == "https://lantern.example/"


def test_an_editor_s_day_file_gives_order_and_note() -> None:
    file = DayFile(day=LENS.published.date(), lead="lens", note="A *quiet* day.")

    def lens_first(articles: object, _: object, __: object) -> list[object]:
        return sorted(articles, key=lambda one: one.slug != "lens")  # type: ignore[call-overload, no-any-return]

    given = {"day_files": {file.day: file}, "arrange": lens_first}
    page = newsroom().page("2026/06/25/index.html", **given)
    in_order(page, "A <em>quiet</em> day.", "A lighthouse gets", "Ferry late")
    plain, ruled = newsroom().documents(), newsroom().documents(**given)
    assert changed(plain, ruled) == {
        "index.html",
        "2026/06/25/index.html",
        "es/2026/06/25/index.html",
        "ar/2026/06/25/index.html",
        "es/index.html",
        "ar/index.html",
    } & set(plain)


def test_a_day_links_to_the_mail_that_went_out() -> None:
    room = newsroom()
    issue = Issue(name="2026-06-25", day=LENS.published.date(), slot=LENS.published, subject="Lens", articles=())
    mailed = replace(room, catalogue=replace(room.catalogue, issues=(issue,)))
    assert 'href="/digest/2026-06-25/"' in mailed.page("2026/06/25/index.html")
    assert changed(room.documents(), mailed.documents()) == {"index.html", "2026/06/25/index.html"}


def test_forty_articles_a_day_stay_within_the_budget_and_all_are_there() -> None:
    lede = "It said, in short, that stones are cheaper than they were, and that the street will be paved. " * 2
    many = [
        story(
            f"many-{n}",
            at(2026, 5, 10, 8, n),
            title=f"Number {n}: what the council said about the paving of the lower market street",
            lede=lede,
            sources=SOURCES[: n % 6],
        )
        for n in range(40)
    ]
    page = newsroom(many).page("2026/05/10/index.html")
    assert len(page.encode()) < BUDGET
    assert len(re.findall(r'class="u-url[^"]*" href="/2026/05/10/many-', page)) == 40
    assert "Also on this day" in page


def test_a_publication_without_articles_has_its_pages() -> None:
    room = newsroom([])
    pages = {path: room.write(document) for path, document in room.documents().items()}
    assert "Nothing has been published yet." in pages["index.html"]
    assert {"archive/index.html", "404.html", "robots.txt", "sitemap.xml", "corrections/index.html"} <= pages.keys()


def test_the_archive_is_a_calendar_of_tables(pages: dict[str, str]) -> None:
    archive = Reading(pages["archive/index.html"])
    assert {"scope": "col", "abbr": "Monday"} in archive.all("th")
    assert "/2026/06/25/" in [one.get("href") for one in archive.all("a")]
    assert "June 22, 2019" in archive.text
    assert {"2025/index.html", "2025/03/index.html", "2019/06/index.html"} <= pages.keys()


@pytest.mark.parametrize("count", [0, 1, 29, 30, 44, 45, 46, 74, 75, 1000])
def test_lists_are_cut_from_the_oldest_on(count: int) -> None:
    cut = list(leaves(count))
    shown = [place for leaf in cut for place in range(leaf.start, leaf.end)]
    assert shown == list(range(count))
    assert all(leaf.end - leaf.start == 30 for leaf in cut if leaf.number)
    for leaf, older_leaf in pairwise(cut):
        assert leaf.older("/x/") == older_leaf.path("/x/")
        assert older_leaf.newer("/x/") == leaf.path("/x/")


def test_topics_of_one_slug_share_a_page() -> None:
    articles = [story(f"n{n}", at(2026, 6, 25, 9, n), tags=(tag,)) for n, tag in enumerate(("AI", "ai", "C", "C++"))]
    paths = newsroom(articles).documents().keys()
    assert {path for path in paths if path.startswith("tags/")} == {
        "tags/ai/index.html",
        "tags/c/index.html",
        "tags/c-plus-plus/index.html",
    }


# ---- languages


def test_each_language_has_its_own_site_under_its_tag(pages: dict[str, str]) -> None:
    for path in (
        "index.html",
        "archive/index.html",
        "2026/06/25/index.html",
        "standards/index.html",
        "2026/06/25/lens/index.html",
    ):
        assert f"es/{path}" in pages
    spanish = Reading(pages["es/2026/06/25/lens/index.html"])
    in_order(
        spanish.text,
        "Volver al día · 25 de junio de 2026",
        "Un faro estrena lente",
        "Publicado en The Lantern: 25 de junio de 2026 · 9:00",
        "6 fuentes, 3 verificadas, 1 retirada",
        "Fuentes y referencias",
        "Verificada · Fuente primaria · Abierta",
        "Las horas se dan en hora de Madrid (CEST, UTC+2).",
    )
    assert spanish.all("html")[0] == {"lang": "es", "dir": "ltr"}


def test_a_page_from_right_to_left_says_so_and_its_arrow_turns(pages: dict[str, str]) -> None:
    arabic = pages["ar/2026/06/25/lens/index.html"]
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "\u2192 " in arabic
    assert "\u2190 " not in arabic


def test_a_url_with_a_path_is_in_every_link() -> None:
    below = config.parse(TOML.replace("lantern.example/", "lantern.example/news/"))
    room = newsroom(publication=below)
    for path, document in room.documents().items():
        if path.endswith(".html"):
            for href in re.findall(r'href="(/[^"]*)"', room.write(document)):
                assert href.startswith("/news/"), (path, href)


# ---- what all pages keep


def test_no_page_runs_a_script_or_asks_anybody_else(pages: dict[str, str]) -> None:
    for path, page in html_of(pages).items():
        reading = Reading(page)
        assert [one for one in reading.all("script") if one.get("type") != "application/ld+json"] == [], path
        fetched = [tag for tag, _ in reading.tags if tag in {"img", "iframe", "object", "embed", "video", "audio"}]
        sheets = [one for one in reading.all("link") if one.get("rel") in {"stylesheet", "preload", "icon", "prefetch"}]
        assert (fetched, sheets) == ([], []), path
        assert "@import" not in page
        assert "url(" not in page
        assert not re.search(r"<[^>]+ (?:style|on[a-z]+)=", page.partition("</style>")[2]), path


def test_the_policy_allows_no_script_but_the_described_article_by_its_hash(pages: dict[str, str]) -> None:
    from publisher.render.site.style import source_hash

    for path, page in html_of(pages).items():
        policy = Reading(page).all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
        assert policy.startswith("default-src 'none'"), path
        assert "style-src 'unsafe-inline'" in policy, path
        for block in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL):
            assert source_hash(block) in policy, path


def test_pages_are_small_and_well_formed(pages: dict[str, str]) -> None:
    for path, page in html_of(pages).items():
        assert len(page.encode()) < BUDGET, path
        reading = Reading(page)
        assert len(reading.all("h1")) == 1, path
        assert len(reading.all("main")) == 1, path
        ids = [given["id"] for _, given in reading.tags if "id" in given]
        assert len(ids) == len(set(ids)), path


def test_every_link_within_the_site_leads_to_a_page(pages: dict[str, str]) -> None:
    feeds = {f"/{path}" for link in (*__import__("newsroom").FEEDS,) for path in link.paths.values()} | {
        "/feeds/opml.xml"
    }
    for path, page in html_of(pages).items():
        for href in set(re.findall(r'href="(/[^"#]*)', page)):
            file = href[1:] + ("index.html" if href.endswith("/") else "")
            assert file in pages or href in feeds, (path, href)


def test_the_style_of_each_kind_of_page_is_small_and_has_no_physical_side() -> None:
    sheet = sheet_of(TEMPLATES["style.css"], SHIPPED)
    for kind in {name for names, _ in sheet.parts for name in names}:
        style = sheet.style(kind, "picture", "code", "table", "rtl")
        assert len(style.css) <= 8_000, kind
        assert not re.search(
            r"(?:margin|padding|border)-(?:left|right)|text-align:(?:left|right)|[;{](?:left|right):", style.css
        )


def test_a_page_carries_no_style_that_it_does_not_need(pages: dict[str, str]) -> None:
    article, hebrew = pages[LENS_PAGE], newsroom([replace(LENS, lang="he")]).page(LENS_PAGE)
    assert ".src" in article
    assert "<table" not in article
    assert not any(rule in article for rule in (".scroll", ".body pre", ".hero", ".week", ".cal", "plaintext;"))
    assert ".rail" not in pages["index.html"]
    assert "match-parent" in hebrew


def test_an_old_address_leads_to_the_new_one(pages: dict[str, str]) -> None:
    for path in ("old/lens.html", "lens/index.html"):
        assert '<meta http-equiv="refresh" content="0; url=https://lantern.example/2026/06/25/lens/">' in pages[path]


@pytest.mark.parametrize(
    "alias", ["/../up/", "/archive/", "/archive/index.html/x/", "/feeds/atom.xml", "//x", "/2026/06", "/"]
)
def test_an_alias_never_takes_the_place_of_a_page_or_leaves_the_site(alias: str) -> None:
    room, bare = newsroom([replace(LENS, aliases=(alias,))]), newsroom([replace(LENS, aliases=())])
    assert room.documents().keys() == bare.documents().keys()


def test_a_publication_s_own_template_takes_the_place_of_the_shipped_one() -> None:
    own = TEMPLATES | {"404.html": '{% extends "base.html" %}{% block main %}<h1>Lost at sea</h1>{% endblock %}'}
    assert "<h1>Lost at sea</h1>" in newsroom().page("404.html", templates=own)
    wrong = TEMPLATES | {"404.html": "\n{{ page.nonsense }}"}
    with pytest.raises(ConfigurationError, match=r"templates/404\.html:2: there is no value `nonsense` here"):
        newsroom().page("404.html", templates=wrong)


def test_the_sourcing_line_follows_its_rule() -> None:
    english = language.load({}, ["en"], MADRID)["en"]

    def said(*sources: Source) -> tuple[str, str]:
        found = sourcing.line(story("x", at(2026, 6, 25), sources=sources), since=None)
        assert found is not None
        return found.level, sourcing.words(found, english)

    good, part, bad, own = SOURCES[0], SOURCES[1], SOURCES[2], SOURCES[5]
    assert said() == ("v0", "No sources given")
    assert said(good) == ("v2", "1 source, verified")
    assert said(bad) == ("v0", "1 source, not verified")
    assert said(good, good) == ("v2", "2 sources, all verified")
    assert said(good, part, bad) == ("v1", "3 sources, 1 verified")
    assert said(part, bad) == ("v0", "2 sources, none verified")
    assert said(own) == ("v2", "Own reporting")
    assert said(SOURCES[4]) == ("v0", "1 source, withdrawn")
    assert said(good, SOURCES[4]) == ("v1", "2 sources, 1 verified, 1 withdrawn")
    assert sourcing.line(OLD, since=at(2020, 1, 1)) is None


def test_a_sitemap_that_grows_too_large_is_cut_and_the_index_names_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.render.site.sitemaps.MOST_URLS", 2)
    pages = {path: document for path, document in newsroom().documents().items() if path.startswith("sitemap")}
    room = newsroom()
    index = room.write(pages["sitemap.xml"])
    named = re.findall(r"<loc>https://lantern.example/(sitemap-[^<]+)</loc>", index)
    assert sorted(named) == sorted(pages.keys() - {"sitemap.xml"})
    assert "sitemap-2026-06-3.xml" in named
    found = [url for name in named for url in re.findall(r"<loc>([^<]+)</loc>", room.write(pages[name]))]
    assert len(found) == len(set(found)) > len(STORIES)
    assert all(room.write(pages[name]).count("<loc>") <= 2 for name in named)


def test_a_wide_table_scrolls_in_a_box_of_its_own_and_a_head_that_says_nothing_is_a_cell() -> None:
    wide = "| | " + " | ".join("bcdef") + " |\n" + "|---" * 6 + "|\n" + "| 1 " * 6 + "|\n"
    page = newsroom(bodies={LENS.id: wide + "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"}).page(LENS_PAGE)
    assert page.count('<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>') == 1
    assert '<tr><td></td><th scope="col">b</th>' in page
    assert page.count("<table>") == 2
