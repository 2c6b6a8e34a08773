"""Feeds of ten thousand articles: what one more costs, and how long one feed of all takes, beside feedgen.

    python benchmarks/feeds.py [--articles 10000] [--rounds 5]

feedgen is given the same entries, ready made (title, times, author, content, links), and writes what a site without a
memory writes anew: the archive documents of 50 each, in Atom, and again in Atom and RSS. publisher writes, from the
entries that it kept, every feed that one more article changes: site, day, section, tags and author, in all formats.
Both in one process; seconds are CPU time, the least of the rounds; nothing is compressed or put on a disk.
"""

import argparse
import hashlib
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

from feedgen.feed import FeedGenerator
from material import FIRST, Piece

from publisher import config
from publisher.model import Article, Body, Chapter, Material, Premiere
from publisher.render import feeds, language
from publisher.render.catalogue import Catalogue
from publisher.render.feeds.atom import entry_atom, parts
from publisher.render.feeds.channels import strands
from publisher.render.feeds.entry import Entry, entry_of
from publisher.render.feeds.head import Head, head_of
from publisher.render.kept import Kept

HOME = Path(__file__).parent.parent
PUBLICATION = config.parse(
    'name = "Daily"\nurl = "https://daily.example/"\nauthority = "daily.example"\ntimezone = "Europe/Madrid"\n'
)
ARCHIVE = 50


def article(number: int) -> Article:
    piece = Piece(number)
    return Article(
        path=f"articles/{piece.slug}.md",
        slug=piece.slug,
        title=piece.title,
        published=piece.at,
        lede=piece.lede,
        authors=(piece.author,),
        section=piece.section,
        tags=tuple(piece.tags),
        lang="en",
        words=640,
        id=f"tag:daily.example,{piece.day}:{piece.slug}",
        address=f"/{piece.day.replace('-', '/')}/{piece.slug}/",
        group=piece.slug,
    )


def catalogue(articles: list[Article]) -> Catalogue:
    """All of them released, in the order of their times."""
    newest_first = tuple(reversed(articles))
    return Catalogue(
        publication=PUBLICATION,
        articles=newest_first,
        fingerprints={one.id: hashlib.sha256(one.id.encode()).hexdigest() for one in articles},
        premieres={"en": tuple(Premiere(article=one.id) for one in articles)},
        theme="theme",
    )


def chapters(of: Catalogue, kept: Kept) -> list[Chapter]:
    definitions = feeds.load({path.name: path.read_text() for path in (HOME / "feeds").glob("*.toml")})
    desk = feeds.Desk(of, language.load({}, ("en",), PUBLICATION.zone), kept=kept)
    return list(feeds.chapters(desk, strands(of, definitions)))


def least(rounds: int, work: Callable[[], object]) -> float:
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


def by_feedgen(entries: list[Entry], *, rss: bool) -> int:
    """Bytes of one document."""
    feed = FeedGenerator()
    feed.id("tag:daily.example,2026:feed")
    feed.title("Daily")
    feed.subtitle("New articles")
    feed.link(href="https://daily.example/", rel="alternate")
    feed.updated(FIRST)
    for entry in entries:
        one = feed.add_entry(order="append")
        one.id(entry.id)
        one.title(entry.title)
        one.published(entry.published)
        one.updated(entry.article.changed)
        one.author(name=entry.authors[0])
        one.summary(entry.summary)
        one.content(entry.content, type="html")
        one.link(href=entry.url)
        for category in entry.categories:
            one.category(term=category.term, scheme=category.scheme, label=category.label)
    return len(feed.atom_str()) + (len(feed.rss_str()) if rss else 0)


def archives_by_feedgen(entries: list[Entry], *, rss: bool) -> int:
    parts_of = (entries[start : start + ARCHIVE] for start in range(0, len(entries), ARCHIVE))
    return sum(by_feedgen(some, rss=rss) for some in parts_of)


def one_more(articles: list[Article], bodies: dict[str, Body], rounds: int) -> tuple[float, int, int]:
    """Seconds, documents and bytes of all feeds that the last article changes; its own entry is made anew."""
    before = {one.name: one.fingerprint for one in chapters(catalogue(articles[:-1]), Kept())}
    after = catalogue(articles)
    material = Material(articles=after.by_id, bodies=bodies)

    def write(kept: Kept) -> tuple[float, int, int]:
        """Of each round its own desk, which remembers nothing but what is kept."""
        changed = [one for one in chapters(after, kept) if before.get(one.name) != one.fingerprint]
        started = time.process_time()
        written = [document.write(material) for chapter in changed for document in chapter.documents()]
        return time.process_time() - started, len(written), sum(map(len, written))

    made = Kept()
    write(made)
    known = {name: one for name, one in made.made.items() if not name.endswith(articles[-1].id)}
    return min(write(Kept(before=known)) for _ in range(rounds))


def joined(head: Head, entries: Iterator[bytes]) -> int:
    """A feed of all entries, written piece by piece."""
    size = 0
    with Path("/dev/null").open("wb") as out:
        for part in parts(head, entries):
            size += out.write(part)
    return size


def peak(work: Callable[[], object]) -> float:
    """Megabytes that Python took at most while it worked."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    articles = [article(number) for number in range(given.articles + 1)]
    bodies = {one.id: Body(markup="markdown", text=Piece(number).text) for number, one in enumerate(articles)}
    words = language.load({}, ("en",), PUBLICATION.zone)["en"]
    from publisher.render.feeds.documents import _rendered

    body_html = _rendered(catalogue(articles[:1]))
    entries = [
        entry_of(one, body_html(one, bodies[one.id]), publication=PUBLICATION, language=words) for one in articles[:-1]
    ]
    kept = [entry_atom(one) for one in entries]
    print(f"{given.articles} articles, {sum(map(len, kept)) / 1e6:.0f} MB of Atom entries")

    atom = least(given.rounds, lambda: archives_by_feedgen(entries, rss=False))
    both = least(2, lambda: archives_by_feedgen(entries, rss=True))
    ours, changed, size = one_more(articles, bodies, given.rounds)
    print(f"feedgen, the archive anew: {atom * 1000:.0f} ms in Atom, {both * 1000:.0f} ms in Atom and RSS")
    print(f"publisher, {changed} feeds that one more article changes ({size / 1e6:.1f} MB): {ours * 1000:.0f} ms")
    print(f"that is {ours / atom:.3f} of feedgen's Atom, {ours / both:.3f} of its Atom and RSS (bar: 0.1)")

    of = catalogue(articles[:-1])
    definitions = feeds.load({"site.toml": 'title = "x"\narticles = "site"\narchive = 0\n'})
    channel = next(iter(strands(of, definitions)[0].channels()))
    head = head_of(channel, PUBLICATION, prefix="", language=words)
    whole = least(given.rounds, lambda: by_feedgen(entries, rss=False))
    ours = least(given.rounds, lambda: joined(head, iter(kept)))
    print(
        f"one feed of all: feedgen {whole * 1000:.0f} ms, publisher {ours * 1000:.1f} ms: {ours / whole:.4f} (bar: 0.1)"
    )
    few = peak(lambda: joined(head, iter(kept[:100])))
    print(f"memory: publisher {peak(lambda: joined(head, iter(kept))):.2f} MB (for 100 entries {few:.2f} MB), ", end="")
    print(f"feedgen {peak(lambda: by_feedgen(entries, rss=False)):.0f} MB")


if __name__ == "__main__":
    main()
