"""Five real archives, published over many releases with corrections, retractions and deletions on the way: whoever
walks from the live feed through its archives (RFC 5005 s. 4) meets every article that was ever published, once.
"""

import random
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from msgspec.structs import replace

from publisher import config
from publisher.collect.files import scan
from publisher.editing.identity import Known, admit
from publisher.model import Article, Body, Correction, Material, Premiere, Retraction
from publisher.render.catalogue import Catalogue
from publisher.render.feeds import load, plan
from test_archives_are_understood import NAMES
from test_feed_archives import DELETED, Walk, ids_in, links

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = 'articles = "site"\nformats = ["atom"]\nlength = 20\narchive = 50\n'
PUBLICATION = config.parse(
    'name = "Z"\nurl = "https://zendoric.example/"\nauthority = "z.example"\ntimezone = "Europe/Madrid"\n'
)
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
RELEASES = 6


class Site:
    """The feeds of one archive, released again and again; bodies are of no interest here."""

    def __init__(self, articles: list[Article]) -> None:
        self.all = {one.id: one for one in articles}
        self.shown: dict[str, Article] = {}
        self.order: dict[str, list[Premiere]] = {}
        self.files: dict[str, bytes] = {}

    def publish(self, articles: list[Article]) -> None:
        for one in articles:
            self.shown[one.id] = one
            self.order.setdefault(one.lang, []).append(Premiere(article=one.id))

    def change(self, one: Article) -> None:
        self.shown[one.id] = one

    def delete(self, identity: str, now: datetime) -> None:
        lang = self.shown.pop(identity).lang
        self.order[lang] = [
            Premiere(article=one.article, gone=now) if one.article == identity else one for one in self.order[lang]
        ]

    def release(self) -> None:
        listed = tuple(sorted(self.shown.values(), key=lambda one: (-one.published.timestamp(), one.id)))
        catalogue = Catalogue(
            publication=PUBLICATION,
            articles=listed,
            fingerprints={one.id: str(hash(one)) for one in listed},
            premieres={lang: tuple(order) for lang, order in self.order.items()},
        )
        material = Material(articles=self.shown, bodies={one: Body(markup="html", text="") for one in self.shown})
        documents = plan(catalogue, load({"site.toml": SITE}), body_html=lambda article, body: "<p>text</p>")
        self.files = {one.path: one.write(material) for one in documents}

    def walk(self, start: str) -> tuple[Walk, dict[str, set[str]]]:
        """All that is met, and the ids of each sealed document."""
        found, sealed, path = Walk(), {}, start
        while path:
            feed = etree.fromstring(self.files[path])
            for one in feed.findall(f"{ATOM}entry"):
                found.meet(*(one.findtext(f"{ATOM}{name}") for name in ("id", "updated", "title")))
            for one in feed.findall(DELETED):
                found.meet(one.get("ref"), one.get("when"), "deleted")
            times = [one.findtext(f"{ATOM}updated") for one in feed.findall(f"{ATOM}entry")]
            assert len(set(times)) == len(times), "validators warn of two entries of one instant"
            if path != start:
                sealed[path] = ids_in(feed)
            path = links(feed).get("prev-archive")
        return found, sealed


@pytest.fixture(scope="module", params=NAMES)
def archive(request: pytest.FixtureRequest, corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Article]:
    root = tmp_path_factory.mktemp(request.param)
    with tarfile.open(corpora / "archives" / request.param / "articles.tar.xz") as packed:
        packed.extractall(root / "articles", filter="data")
    found = scan(root, PUBLICATION, known={}, now=NOW)
    admission = admit([one.manuscript for one in found.read], Known(articles=[], paths_now=()), PUBLICATION)
    return sorted((one for one in admission.articles if not one.draft), key=lambda one: (one.published, one.id))


@pytest.mark.corpora
def test_walking_lists_every_article_ever_published_once(archive: list[Article]) -> None:
    chance, site = random.Random(5), Site(archive)
    cuts = sorted(chance.sample(range(1, len(archive)), RELEASES - 1))
    retracted: set[str] = set()
    known: dict[str, set[str]] = {}
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(archive)], strict=True)):
        now = NOW + timedelta(days=number)
        site.publish(archive[start:end])
        standing = sorted(set(site.shown) - retracted)
        some = chance.sample(standing, min(9, len(standing)))
        for identity in some[:4]:
            notes = (*site.shown[identity].corrections, Correction(at=now, text=f"Corrected in {number}"))
            site.change(replace(site.shown[identity], corrections=notes, title=f"Corrected in {number}"))
        for identity in some[4:7]:
            site.change(replace(site.shown[identity], retracted=Retraction(at=now, reason="Wrong")))
            retracted.add(identity)
        for identity in some[7:9]:
            site.delete(identity, now)
            retracted.add(identity)
        site.release()
        titles = {one.id: one.title for one in site.shown.values() if one.id not in retracted}
        met: dict[str, str] = {}
        gone: set[str] = set()
        for lang in site.order:
            folder = "" if lang == PUBLICATION.language else f"{lang}/"
            found, sealed = site.walk(f"{folder}feeds/atom.xml")
            assert not met.keys() & found.entries.keys(), "nobody is in the feeds of two languages"
            met |= found.entries
            gone |= found.deleted
            assert all(len(some) == 50 for some in sealed.values())
            for path, some in sealed.items():
                assert known.setdefault(path, some) == some, "a sealed document keeps its ids"
        assert met.keys() == titles.keys()
        assert gone == retracted
        assert {one: title for one, title in met.items() if title.startswith("Corrected in")} == {
            one: title for one, title in titles.items() if title.startswith("Corrected in")
        }
