"""Sitemaps (sitemaps.org 0.9): an index, one map for each month, one for the pages without a date; the news of the last
two days; robots.txt. A month that is over never changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from html import escape

from publisher.model import Article, Body, Document
from publisher.render.site.frame import Frame

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
RECENT = timedelta(days=2)
MOST_NEWS = 1_000
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

Entry = tuple[str, str]
"""(site path, RFC 3339 time of the last change or nothing)."""


def documents(frame: Frame, articles: Sequence[Article], undated: Sequence[str]) -> Iterator[Document]:
    """`articles` of all languages, newest first; `undated` are the paths of the other pages worth finding."""
    shown = [article for article in articles if article.retracted is None]
    months: dict[str, list[Entry]] = {}
    for article in shown:
        months.setdefault(f"{frame.catalogue.day_of(article):%Y-%m}", []).append(_entry(article, frame))
    index = [(f"/sitemap-{month}.xml", max(when for _, when in entries)) for month, entries in months.items()]
    if undated:
        yield _map(frame, "/sitemap-pages.xml", [(path, "") for path in undated])
        index.append(("/sitemap-pages.xml", ""))
    for month, entries in months.items():
        yield _map(frame, f"/sitemap-{month}.xml", entries)
    yield frame.document("/sitemap.xml", partial(_write, frame, "sitemapindex", "sitemap", index), repr(index))
    yield _news(frame, shown)
    yield frame.document("/robots.txt", partial(_robots, frame))


def changed(article: Article) -> datetime:
    """When what the page says last changed."""
    times = [one.at for one in article.corrections]
    return max([article.updated or article.published, *times])


def _entry(article: Article, frame: Frame) -> Entry:
    return article.address, frame.language.iso(changed(article))


def _map(frame: Frame, path: str, entries: Sequence[Entry]) -> Document:
    return frame.document(path, partial(_write, frame, "urlset", "url", entries), repr(entries))


def _write(frame: Frame, root: str, element: str, entries: Iterable[Entry], _: Mapping[str, Body]) -> bytes:
    lines = [f'{HEAD}<{root} xmlns="{NAMESPACE}">']
    for path, when in entries:
        last = f"<lastmod>{when}</lastmod>" if when else ""
        lines.append(f"<{element}><loc>{escape(frame.absolute(path))}</loc>{last}</{element}>")
    return "\n".join([*lines, f"</{root}>\n"]).encode()


def _news(frame: Frame, articles: Sequence[Article]) -> Document:
    """What was published in the two days before the newest article: there is no clock here."""
    newest = articles[0].published if articles else None
    recent = [one for one in articles[:MOST_NEWS] if newest and newest - one.published <= RECENT]
    seen = repr([(one.address, one.title, one.lang, one.published.timestamp()) for one in recent])
    return frame.document("/news-sitemap.xml", partial(_write_news, frame, recent), seen)


def _write_news(frame: Frame, articles: Sequence[Article], _: Mapping[str, Body]) -> bytes:
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


def _robots(frame: Frame, _: Mapping[str, Body]) -> bytes:
    maps = [f"Sitemap: {frame.absolute(path)}" for path in ("/sitemap.xml", "/news-sitemap.xml")]
    return "\n".join(["User-agent: *", "Allow: /", "", *maps, ""]).encode()
