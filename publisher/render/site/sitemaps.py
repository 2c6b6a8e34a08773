"""Sitemaps (sitemaps.org 0.9): an index, one map for each month, one for the pages without a date; the news of the last
two days; robots.txt. A month that is over never changes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from html import escape
from itertools import chain, islice

from publisher.model import Chapter, Document, Listed, Material
from publisher.render.site.frame import Frame

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
RECENT = timedelta(days=2)
MOST_NEWS = 1_000
MOST_URLS = 20_000
"""In one map. The protocol allows 50,000 and 50 MB: so many stay under both, however long their addresses are."""
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

Entry = tuple[str, str]
"""(site path, RFC 3339 time of the last change or nothing)."""


def chapters(frame: Frame, undated: Sequence[str]) -> Iterator[Chapter]:
    """Of all languages; `undated` are the paths of the other pages worth finding."""
    months = frame.catalogue.mapped
    index: list[tuple[str, datetime]] = []
    for month, (changed, some) in months.items():
        yield frame.chapter(f"sitemap {month}", partial(_month, frame, month, some), frame.catalogue.seal(some))
        for start, path in _parts(month, len(some)):
            whole = len(some) <= MOST_URLS
            index.append((path, changed if whole else max(one.changed for one in some[start : start + MOST_URLS])))
    write = partial(_pages, frame, index, undated)
    yield frame.chapter("sitemap", write, repr((index, undated)))
    recent = _recent(chain.from_iterable(some for _, some in months.values()))
    yield frame.chapter("sitemap news", partial(_news, frame, recent), frame.catalogue.prints(recent))


def _month(frame: Frame, month: str, articles: Sequence[Listed]) -> Iterator[Document]:
    entries = [(article.address, frame.language.iso(article.changed)) for article in articles]
    for start, path in _parts(month, len(entries)):
        yield _map(frame, path, entries[start : start + MOST_URLS])


def _parts(name: str, count: int) -> Iterator[tuple[int, str]]:
    """(place of its first entry, path) of each map that so many entries take."""
    for start in range(0, count, MOST_URLS):
        part = f"-{start // MOST_URLS + 1}" if start else ""
        yield start, f"/sitemap-{name}{part}.xml"


def _pages(frame: Frame, months: Sequence[tuple[str, datetime]], undated: Sequence[str]) -> Iterator[Document]:
    index = [(path, frame.language.iso(at)) for path, at in months]
    for start, path in _parts("pages", len(undated)):
        yield _map(frame, path, [(one, "") for one in undated[start : start + MOST_URLS]])
        index.append((path, ""))
    yield frame.document("/sitemap.xml", partial(_write, frame, "sitemapindex", "sitemap", index), repr(index))
    yield frame.document("/robots.txt", partial(_robots, frame))


def _recent(articles: Iterable[Listed]) -> Sequence[Listed]:
    """What was published in the two days before the newest article: there is no clock here."""
    found: list[Listed] = []
    for one in islice(articles, MOST_NEWS):
        if found and found[0].published - one.published > RECENT:
            break
        found.append(one)
    return found


def _map(frame: Frame, path: str, entries: Sequence[Entry]) -> Document:
    return frame.document(path, partial(_write, frame, "urlset", "url", entries), repr(entries))


def _write(frame: Frame, root: str, element: str, entries: Iterable[Entry], _: Material) -> bytes:
    lines = [f'{HEAD}<{root} xmlns="{NAMESPACE}">']
    for path, when in entries:
        last = f"<lastmod>{when}</lastmod>" if when else ""
        lines.append(f"<{element}><loc>{escape(frame.absolute(path))}</loc>{last}</{element}>")
    return "\n".join([*lines, f"</{root}>\n"]).encode()


def _news(frame: Frame, recent: Sequence[Listed]) -> Iterator[Document]:
    seen = repr([(one.address, one.title, one.lang, one.published.timestamp()) for one in recent])
    yield frame.document("/news-sitemap.xml", partial(_write_news, frame, recent), seen)


def _write_news(frame: Frame, articles: Sequence[Listed], _: Material) -> bytes:
    name = escape(frame.catalogue.publication.name)
    lines = [f'{HEAD}<urlset xmlns="{NAMESPACE}" xmlns:news="{NEWS}">']
    for article in articles:
        published = frame.language.iso(article.published)
        lines.append(
            f"<url><loc>{escape(frame.absolute(article.address))}</loc><news:news><news:publication>"
            f"<news:name>{name}</news:name><news:language>{escape(article.lang)}</news:language></news:publication>"
            f"<news:publication_date>{published}</news:publication_date>"
            f"<news:title>{escape(article.title)}</news:title></news:news></url>"
        )
    return "\n".join([*lines, "</urlset>\n"]).encode("utf-8", "ignore")


def _robots(frame: Frame, _: Material) -> bytes:
    maps = [f"Sitemap: {frame.absolute(path)}" for path in ("/sitemap.xml", "/news-sitemap.xml")]
    return "\n".join(["User-agent: *", "Allow: /", "", *maps, ""]).encode()
