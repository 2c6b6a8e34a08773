"""A page that was frozen before anybody knew its feeds finds them: the digests' own pages."""

import html
import re
from collections.abc import Iterable

from publisher.config import Publication
from publisher.render.feeds.channels import MEDIA_TYPES, FeedLink, ascii_path


def discovery(links: Iterable[FeedLink], lang: str, publication: Publication) -> bytes:
    """`link rel="alternate"` for the feeds of the site and of its digests, in a language that has them."""
    wanted = [one for one in links if one.kind in {"site", "digest"}]
    own = [one for one in wanted if one.lang == lang] or [one for one in wanted if one.lang == publication.language]
    lines = [
        f'<link rel="alternate" type="{media_type}" title="{html.escape(one.title)}" '
        f'href="{html.escape(publication.absolute(ascii_path(path)))}">\n'
        for one in own
        for form, media_type in MEDIA_TYPES.items()
        for path in [one.paths.get(form)]
        if path
    ]
    return "".join(lines).encode()


def discoverable(page: bytes, links: bytes) -> bytes:
    """A page that was taken over from a live site has such links already; they give way."""
    return _LINKS.sub(b"", page).replace(b"</head>", links + b"</head>", 1)


_LINKS = re.compile(rb'<link rel="alternate" type="application/(?:atom\+xml|rss\+xml|feed\+json)"[^>]*>\n')
