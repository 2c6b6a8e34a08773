"""Fixed pages: texts of the publication that belong to no day."""

from collections.abc import Iterator, Mapping
from functools import partial

import msgspec
from markupsafe import Markup

from publisher.model import Chapter, Document, FixedPage, Material
from publisher.render import markdown
from publisher.render.site.frame import Frame, PageView
from publisher.render.site.places import address_of, placed
from publisher.render.site.style import kinds


class TextView(msgspec.Struct, frozen=True, kw_only=True):
    """`text` in its template."""

    title: str
    lede: str
    body: Markup


def chapters(frame: Frame) -> Iterator[Chapter]:
    """Those of one language."""
    for page in placed(frame.catalogue):
        if page.lang == frame.lang:
            documents = partial(_documents, frame, page)
            yield frame.chapter(f"page {page.lang} {page.name}", documents, repr((page, _others(frame, page))))


def _documents(frame: Frame, page: FixedPage) -> Iterator[Document]:
    seen = repr((page, _others(frame, page)))
    yield frame.document(frame.own(f"/{page.name}/"), partial(_write, frame, page), seen)


def _others(frame: Frame, page: FixedPage) -> Mapping[str, str]:
    """Language -> address of the page and its translations."""
    catalogue = frame.catalogue
    return {one.lang: address_of(catalogue, one) for one in placed(catalogue) if one.name == page.name}


def _write(frame: Frame, page: FixedPage, _: Material) -> bytes:
    url = frame.absolute(frame.own(f"/{page.name}/"))
    text = markdown.render(page.body, base=url)
    view = TextView(title=page.title, lede=page.lede, body=Markup(text.html))  # noqa: S704 - markdown.render sanitises
    found = PageView(
        title=page.title,
        description=page.lede,
        url=url,
        alternates=frame.alternates(_others(frame, page)),
        feeds=frame.site_feeds,
        zone=frame.zone,
    )
    return frame.fill("page.html", kinds(text.has), found, text=view)
