"""The archives of the feeds (RFC 5005 s. 4), walked as a reader walks them, over many releases."""

import json
import re
import tarfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from desk import TOML, Desk, at
from newsroom import PUBLICATION
from publisher.model import Article, Premiere
from publisher.render.feeds import gate
from publisher.render.feeds.channels import is_feed
from publisher.store import Store, premieres
from test_feeds import T, article

ATOM = "{http://www.w3.org/2005/Atom}"
DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
ARCHIVE = "{http://purl.org/syndication/history/1.0}archive"
BASE = "https://zendoric.example/"
FIRST = at("2026-01-01T08:00:00+01:00")
SITE = 'articles = "site"\nlength = 10\narchive = 20\n'


@dataclass
class Walk:
    """What a reader has who followed `prev-archive` from the live feed; of an id that comes twice the newest holds."""

    newest: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)

    def meet(self, identity: str, when: str, what: str) -> None:
        known = self.newest.get(identity)
        if known is None or datetime.fromisoformat(when) > known[0]:
            self.newest[identity] = (datetime.fromisoformat(when), what)

    @property
    def entries(self) -> dict[str, str]:
        return {identity: what for identity, (_, what) in self.newest.items() if what != "deleted"}

    @property
    def deleted(self) -> set[str]:
        return {identity for identity, (_, what) in self.newest.items() if what == "deleted"}


def links(feed: Any) -> dict[str, str]:
    return {one.get("rel"): one.get("href").removeprefix(BASE) for one in feed.findall(f"{ATOM}link")}


def feed_at(home: Path, path: str) -> Any:
    return etree.parse(home / "public" / path).getroot()


def ids_in(feed: Any) -> set[str]:
    return {one.findtext(f"{ATOM}id") for one in feed.findall(f"{ATOM}entry")} | {
        one.get("ref") for one in feed.findall(DELETED)
    }


def walk(home: Path, start: str = "feeds/atom.xml") -> Walk:
    found, path, later = Walk(), start, None
    while path:
        feed = feed_at(home, path)
        found.documents.append(path)
        linked = links(feed)
        assert linked["self"] == path
        if path != start:
            assert feed.find(ARCHIVE) is not None
            assert linked["current"] == start
            assert linked.get("next-archive") == later
        for one in feed.findall(f"{ATOM}entry"):
            found.meet(*(one.findtext(f"{ATOM}{name}") for name in ("id", "updated", "title")))
        for one in feed.findall(DELETED):
            found.meet(one.get("ref"), one.get("when"), "deleted")
        later = path if path != start else None
        path = linked.get("prev-archive")
    return found


def sealed(home: Path, start: str = "feeds/atom.xml") -> dict[str, set[str]]:
    return {path: ids_in(feed_at(home, path)) for path in walk(home, start).documents[1:]}


def write(desk: Desk, numbers: range, **keys: Any) -> None:
    for number in numbers:
        when = (FIRST + timedelta(hours=number)).isoformat()
        desk.article(f"story-{number}", when, **({"body": f"Text {number}."} | keys))


def release(desk: Desk, day: int) -> None:
    desk.run("--site-only", at=(FIRST + timedelta(days=day)).isoformat())


@pytest.fixture
def paper(tmp_path: Path) -> Desk:
    """A publication whose feed has ten entries, and twenty in an archive document."""
    made = Desk(tmp_path / "paper")
    (made.home / "feeds").mkdir(parents=True)
    (made.home / "publication.toml").write_text(TOML, "utf-8")
    (made.home / "feeds/site.toml").write_text(SITE, "utf-8")
    return made


def test_walking_from_the_live_feed_lists_every_article_once_over_many_releases(paper: Desk) -> None:
    known: dict[str, set[str]] = {}

    def check(articles: int, deleted: int) -> Walk:
        found, now = walk(paper.home), sealed(paper.home)
        assert (len(found.entries), len(found.deleted)) == (articles, deleted)
        assert all(len(some) == 20 for some in now.values())
        assert {path: now[path] for path in known} == known
        known.update(now)
        return found

    write(paper, range(15))
    release(paper, 10)
    assert check(15, 0).documents == ["feeds/atom.xml"]
    write(paper, range(40, 90))
    release(paper, 11)
    assert len(check(65, 0).documents) == 4
    write(paper, range(20, 39))  # published before others that were released before them
    release(paper, 12)
    check(84, 0)
    fix = [{"at": (FIRST + timedelta(days=13)).isoformat(), "text": "It was two."}]
    write(paper, range(3, 4), corrections=fix)
    release(paper, 13)
    check(84, 0)
    live = feed_at(paper.home, "feeds/atom.xml")
    assert "tag:zendoric.example,2026-01-01:story-3" in ids_in(live)
    assert "It was two." in (paper.home / "public/feeds/archive/1/atom.xml").read_text()
    gone = {"at": (FIRST + timedelta(days=14)).isoformat(), "reason": "It was wrong"}
    write(paper, range(5, 6), retracted=gone)
    (paper.home / "articles/story-50.md").unlink()
    write(paper, range(90, 130))
    release(paper, 14)
    found = check(122, 2)
    assert found.deleted == {"tag:zendoric.example,2026-01-01:story-5", "tag:zendoric.example,2026-01-03:story-50"}
    for path in ("feeds/atom.xml", "feeds/archive/1/atom.xml", "feeds/days/2026/01/01/atom.xml"):
        named = feed_at(paper.home, path).findall(DELETED)
        assert "tag:zendoric.example,2026-01-01:story-5" in [one.get("ref") for one in named]
        assert "Story 5</title>" not in (paper.home / "public" / path).read_text()
    before = paper.site()
    release(paper, 15)
    assert paper.site() == before


def test_rss_and_json_lead_to_their_archives_too(paper: Desk) -> None:
    write(paper, range(45))
    release(paper, 10)
    path, seen, documents = "feeds/feed.json", set(), 0
    while path:
        feed = json.loads((paper.home / "public" / path).read_bytes())
        seen |= {one["id"] for one in feed["items"]}
        path, documents = feed.get("next_url", "").removeprefix(BASE), documents + 1
    assert (len(seen), documents) == (45, 3)
    rss = etree.parse(paper.home / "public/feeds/archive/1/rss.xml").getroot().find("channel")
    assert rss.find(ARCHIVE) is not None
    assert [one.get("rel") for one in rss.findall(f"{ATOM}link")] == ["self", "current", "next-archive"]


def test_the_loss_of_the_store_changes_no_archive(paper: Desk) -> None:
    write(paper, range(30, 60))
    release(paper, 10)
    write(paper, range(25))
    release(paper, 11)
    (paper.home / "articles/story-40.md").unlink()
    release(paper, 12)
    before = sealed(paper.home)
    for file in paper.home.glob("publisher.db*"):
        file.unlink()
    assert paper.publisher("adopt", at=(FIRST + timedelta(days=13)).isoformat()).returncode == 0
    release(paper, 13)
    assert sealed(paper.home) == before


def test_each_language_has_its_own_archives(paper: Desk) -> None:
    write(paper, range(45))
    for number in range(45):
        when = (FIRST + timedelta(hours=number)).isoformat()
        paper.article(f"cuento-{number}", when, body=f"Texto {number}.", lang="es")
    release(paper, 10)
    assert len(walk(paper.home).entries) == len(walk(paper.home, "es/feeds/atom.xml").entries) == 45
    assert list(sealed(paper.home, "es/feeds/atom.xml")) == [f"es/feeds/archive/{n}/atom.xml" for n in (2, 1)]


def test_what_is_not_sealed_yet_stands_in_the_live_feed_however_long(paper: Desk) -> None:
    write(paper, range(39))
    release(paper, 10)
    assert walk(paper.home).documents == ["feeds/atom.xml"]
    assert len(ids_in(feed_at(paper.home, "feeds/atom.xml"))) == 39
    write(paper, range(39, 40))
    release(paper, 11)
    assert len(ids_in(feed_at(paper.home, "feeds/atom.xml"))) == 10
    assert len(sealed(paper.home)) == 2


# The gate


def refused(desk: Desk, day: int) -> str:
    done = desk.publisher("run", "--site-only", at=(FIRST + timedelta(days=day)).isoformat())
    assert done.returncode == 78
    return done.stderr


def left_out(desk: Desk, day: int) -> str:
    """What is said of the one article that is kept back."""
    [found] = desk.run("--site-only", at=(FIRST + timedelta(days=day)).isoformat(), exit_code=65)["left_out"]
    return str(found)


def test_the_gate_refuses_an_entry_that_would_come_again_by_another_id(paper: Desk) -> None:
    write(paper, range(2))
    release(paper, 10)
    live = (paper.home / "public/feeds/atom.xml").read_bytes()
    other = live.replace(b"tag:zendoric.example,2026-01-01:story-1<", b"urn:x:new<")
    assert gate.fault("feeds/atom.xml", live, live) is None
    said = gate.fault("feeds/atom.xml", other, live) or ""
    assert re.search(r"as tag:zendoric.example,2026-01-01:story-1, and it would come again as urn:x:new", said)


def test_an_id_that_readers_know_cannot_change(paper: Desk) -> None:
    write(paper, range(12))
    release(paper, 10)
    before, ids = paper.site(), (paper.home / "ids.tsv").read_bytes()
    # Another article at the address of one that is gone.
    write(paper, range(11, 12), id="urn:x:new", title="Another", body="Other words.")
    assert "tag:zendoric.example,2026-01-01:story-11" in left_out(paper, 11)
    assert (paper.site(), (paper.home / "ids.tsv").read_bytes()) == (before, ids)
    write(paper, range(11, 12), id="tag:zendoric.example,2026-01-01:story-11")
    release(paper, 12)
    assert len(walk(paper.home).newest) == 12


@pytest.mark.parametrize("mend", ["id", "slug"])
def test_either_way_out_that_the_sentence_names_leads_out(paper: Desk, mend: str) -> None:
    """The file is gone, another stands at its address: it got an id of its own, which no reader has seen."""
    write(paper, range(2))
    release(paper, 10)
    (paper.home / "articles/story-1.md").unlink()
    values: dict[str, str] = {"slug": "story-1", "title": "Another", "body": "Other words."}
    published = (FIRST + timedelta(hours=1)).isoformat()
    paper.article("elsewhere", published, **values)
    told = left_out(paper, 11)
    assert "`id: tag:zendoric.example,2026-01-01:story-1`" in told
    assert "another `slug:`" in told
    values |= {"id": "tag:zendoric.example,2026-01-01:story-1"} if mend == "id" else {"slug": "story-1-anew"}
    paper.article("elsewhere", published, **values)
    release(paper, 12)
    assert "Other words." in paper.page("feeds/atom.xml")


def test_a_sealed_document_cannot_be_cut_anew(paper: Desk) -> None:
    write(paper, range(45))
    release(paper, 10)
    before = paper.site()
    (paper.home / "feeds/site.toml").write_text(SITE.replace("20", "15"), "utf-8")
    assert "feeds/archive/" in (told := refused(paper, 11))
    assert "is sealed" in told
    assert paper.site() == before


@pytest.mark.parametrize(
    ("path", "content", "sentence"),
    [
        ("feeds/atom.xml", b"<feed", "does not parse"),
        (
            "feeds/atom.xml",
            b'<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id><title>t</title></feed>',
            "`updated`",
        ),
        (
            "feeds/atom.xml",
            b'<feed xmlns="http://www.w3.org/2005/Atom"><id>a</id><title>t</title><updated>u</updated>%b</feed>'
            % b"<entry><title>t</title><updated>u</updated><source><id>b</id></source></entry>",
            "`id`",
        ),
        ("feeds/rss.xml", b"<rss><channel><item><link>l</link></item></channel></rss>", "an id is missing"),
        ("feeds/rss.xml", b"<rss/>", "`channel` is missing"),
        (
            "feeds/rss.xml",
            b'<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel><title>&a;</title></channel></rss>',
            "DOCTYPE",
        ),
        ("feeds/rss.xml", b"<rss><channel><item><guid><![CDATA[a]]></guid></item></channel></rss>", "or the like"),
        ("feeds/rss.xml", b"<rss><channel><title>&a;</title></channel></rss>", "does not parse"),
        ("feeds/rss.xml", b"<rss><channel><atom:updated/></channel></rss>", "does not parse"),
        ("feeds/x/feed.json", b'{"items": []}', "does not parse"),
        ("es/feeds/rss.xml", b"<rss><channel>" + b"<item><guid>a</guid></item>" * 2 + b"</channel></rss>", "twice"),
    ],
)
def test_a_broken_feed_is_named_with_what_is_wrong(path: str, content: bytes, sentence: str) -> None:
    assert is_feed(path)
    told = gate.fault(path, content, None)
    assert told is not None
    assert told.startswith(f"{path} would be broken: ")
    assert sentence in told


def test_the_gate_reads_what_is_an_entrys_own_as_a_reader_does() -> None:
    head = b'<f:feed xmlns:f="http://www.w3.org/2005/Atom"><f:id>a</f:id><f:title>t</f:title><f:updated>u</f:updated>'
    foreign = b"<f:source><f:link rel='alternate' href='x'/><f:id>b</f:id><f:title>t</f:title></f:source><id>c</id>"
    own = b"<f:title>t</f:title><f:updated>u</f:updated><f:id>d&#x26;&lt;e</f:id>"
    link = b"<f:link rel='via' href='y'/><f:link rel='alternate' href='z?a&amp;b'/>"
    seen = gate.read("feeds/atom.xml", head + b"<f:entry>" + foreign + own + link + b"</f:entry></f:feed>")
    assert (seen.id, seen.entries) == ("a", (("z?a&b", "d&<e"),))


def test_places_are_kept_when_articles_go_and_come_back(store: Store) -> None:
    one, two, three = article("one", hours=3), article("two", hours=9), article("three", hours=6, lang="es")
    later = T + timedelta(days=1)

    def shown(*articles: Article) -> premieres.Order:
        with store.begin() as tx:
            found = premieres.extended(
                tx, {one.id: one for one in articles}, released=(), publication=PUBLICATION, now=later
            )
            premieres.keep(tx, found, PUBLICATION)
            assert premieres.order(tx) == found
        return found

    here = {name: Premiere(article=some.id) for name, some in {"one": one, "two": two, "three": three}.items()}
    assert shown(one, three) == {"en": (here["one"],), "es": (here["three"],)}
    assert shown(one, two) == {
        "en": (here["one"], here["two"]),
        "es": (Premiere(article=three.id, gone=later),),
    }
    assert shown(two, three)["en"] == (Premiere(article=one.id, gone=later), here["two"])
    assert shown(one, two, three) == {"en": (here["one"], here["two"]), "es": (here["three"],)}


# Days and digests


def test_a_day_has_a_feed_of_all_its_articles(paper: Desk) -> None:
    write(paper, range(45))
    release(paper, 10)
    assert len(ids_in(feed_at(paper.home, "feeds/days/2026/01/02/atom.xml"))) == 24
    assert "days/" not in paper.page("feeds/opml.xml")


def test_a_digest_is_one_entry_with_the_whole_of_it(desk: Desk) -> None:
    desk.article("tides", body="All about **tides**.", sources=[{"title": "Table", "url": "https://t.example/"}])
    desk.article("rain", body="All about rain.")
    desk.run()
    [entry] = feed_at(desk.home, "feeds/digests/atom.xml").findall(f"{ATOM}entry")
    content = entry.findtext(f"{ATOM}content")
    assert "All about <strong>tides</strong>." in content
    assert "All about rain." in content
    assert "https://t.example/" in content
    assert entry.findtext(f"{ATOM}id") == "tag:zendoric.example,2026:digest/2026-06-25/en"
    assert entry.findtext(f"{ATOM}updated") == "2026-06-25T09:00:00+02:00"
    assert links(entry)["alternate"] == "digest/2026-06-25/"
    assert entry.findtext(f"{ATOM}title") == str(desk.mails()[0]["Subject"])
    desk.article("rain", body="Secret.", retracted={"at": "2026-06-25T10:00:00+02:00", "reason": "It did not rain"})
    desk.run("--site-only", at="2026-06-25T11:00:00+02:00")
    [entry] = feed_at(desk.home, "feeds/digests/atom.xml").findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}updated") == "2026-06-25T10:00:00+02:00"
    assert "It did not rain" in entry.findtext(f"{ATOM}content")
    assert "Secret" not in entry.findtext(f"{ATOM}content")
    assert "feeds/digests/atom.xml" in desk.page("feeds/opml.xml")


def test_every_page_leads_to_the_feeds(desk: Desk) -> None:
    """Also a digest's own page, which was frozen with its mail."""
    desk.article("tides", section="Sea")
    desk.article("mareas", lang="es", slug="tides")
    desk.run()
    pages = {path: page.decode() for path, page in desk.site().items() if path.endswith(".html")}
    assert "digest/2026-06-25/index.html" in pages
    assert len(pages) > 20
    for path, page in pages.items():
        lang = "es/" if path.startswith("es/") else ""
        address = f"https://zendoric.example/{lang}feeds/atom.xml"
        assert 'rel="alternate" type="application/atom+xml"' in page, path
        assert address in page or "sections/sea" in path, path
    assert "alternate" not in desk.page("digest/2026-06-25/index.txt")


@pytest.mark.corpora
def test_walking_a_real_archive_lists_each_of_its_posts_once(corpora: Path, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "twir")
    desk.home.mkdir()
    (desk.home / "publication.toml").write_text(TOML, "utf-8")
    with tarfile.open(corpora / "archives/this-week-in-rust/articles.tar.xz") as archive:
        archive.extractall(desk.home / "articles", filter="data")
    told = desk.run("--site-only", at="2026-11-01T09:00:00+01:00", exit_code=0)
    found = walk(desk.home)
    assert len(found.entries) == told["articles"] > 300
    released = [line.partition("\t")[0] for line in (desk.home / "ids.tsv").read_text().splitlines()]
    assert set(found.entries) == set(released)
    assert all(len(ids) == 50 for ids in sealed(desk.home).values())
