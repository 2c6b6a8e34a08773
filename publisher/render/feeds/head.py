"""What stands at the top of a feed, the same in all its formats."""

import posixpath
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from publisher.config import Publication
from publisher.render.feeds.channels import FILES, Channel, ascii_path
from publisher.render.feeds.contents import Deleted
from publisher.render.feeds.definitions import Format
from publisher.render.feeds.entry import one_line, uri
from publisher.render.feeds.sheet import STYLESHEET
from publisher.render.language import Language

GENERATOR = "publisher"
ABOUT = "New articles from {name}"
"""What a feed of a publication without a description says of itself."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    subtitle: str
    author: str
    lang: str
    home: str
    """The URL of the site in the feed's language."""
    folder: str
    """The URL of the feed's folder: xml:base, which must not be the same as one of the links."""
    urls: Mapping[Format, str]
    hub: str | None
    updated: datetime
    zone: ZoneInfo
    stylesheet: str
    """Relative to the feed, so that the feed can be read wherever the site is tried out."""
    deleted: tuple[Deleted, ...]
    sealed: bool = False
    """An archive document (RFC 5005 s. 4)."""
    pages: Mapping[str, Mapping[Format, str]] = msgspec.field(default_factory=dict)
    """`prev-archive`, `next-archive`, `current` -> the URL of that document in each format."""
    generator: str = GENERATOR


def head_of(channel: Channel, publication: Publication, *, prefix: str, language: Language) -> Head:
    """`prefix` is what stands before the addresses of the feed's language."""
    name, formats = one_line(publication.name), channel.definition.formats
    return Head(
        id=channel.id,
        title=one_line(channel.title) or name,
        subtitle=one_line(publication.description or "") or language.text(ABOUT, name=name),
        author=name,
        lang=channel.lang,
        home=uri(publication.absolute(f"{prefix}/")),
        folder=publication.absolute(ascii_path(channel.folder)) + "/",
        urls={form: publication.absolute(ascii_path(channel.path(form))) for form in formats},
        hub=uri(channel.definition.hub) if channel.definition.hub and not channel.sealed else None,
        updated=channel.updated.astimezone(publication.zone).replace(microsecond=0),
        zone=publication.zone,
        stylesheet=posixpath.relpath(STYLESHEET, channel.folder),
        deleted=channel.deleted,
        sealed=channel.sealed,
        pages={
            rel: {form: publication.absolute(ascii_path(f"{folder}/{FILES[form]}")) for form in formats}
            for rel, folder in sorted(channel.pages.items())
        },
    )
