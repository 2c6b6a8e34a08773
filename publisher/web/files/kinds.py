"""What a file of the site is by its name: its media type, how long it may be kept, what a browser may do with it."""

import mimetypes
from pathlib import PurePosixPath

import msgspec

TYPES = {
    "atom.xml": "application/atom+xml; charset=utf-8",
    "rss.xml": "application/rss+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
    "opml.xml": "text/x-opml; charset=utf-8",
}
"""By the whole name, inside a folder `feeds`."""
SUFFIXES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml; charset=utf-8",
}
OTHERS = mimetypes.MimeTypes()
"""The table that comes with Python alone: what the machine says of types would change with the machine."""
TEXTUAL = ("text/", "application/json", "application/xml", "application/feed+json", "image/svg+xml", "font/ttf")

MINUTE, HOUR, DAY = 60, 3600, 86_400
BARE = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For documents that are no pages: a feed needs its style sheet and nothing else."""
DRAWING = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""An SVG opened by itself is a page and could run scripts."""
PAGE = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
"""Beside the policy that each of our pages has in its head; pages from static/ may have scripts of their own."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    media_type: str
    max_age: int
    """Seconds in which nobody need ask again (RFC 9111 s. 5.2.2.1)."""
    stale: int
    """Seconds after them in which an old copy may be shown while a new one is fetched (RFC 5861 s. 3)."""
    policy: str
    is_feed: bool = False

    def shown_as(self, destination: str) -> str:
        """The media type; for a feed that somebody opens in a browser, which shows no `atom+xml`, plain XML."""
        opened = self.is_feed and "xml" in self.media_type and destination == "document"
        return SUFFIXES[".xml"] if opened else self.media_type

    @property
    def packs(self) -> bool:
        """Whether it is text, which compression makes much smaller."""
        return self.media_type.startswith(TEXTUAL) or "+xml" in self.media_type

    @property
    def headers(self) -> dict[str, str]:
        """What every answer with a file of this kind says, whatever its status."""
        shared = {"access-control-allow-origin": "*", "vary": "Accept-Encoding, Sec-Fetch-Dest"} if self.is_feed else {}
        return {
            "cache-control": f"public, max-age={self.max_age}, stale-while-revalidate={self.stale}",
            "content-security-policy": self.policy,
            "permissions-policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
            "referrer-policy": "strict-origin-when-cross-origin",
            "x-content-type-options": "nosniff",
            **({"vary": "Accept-Encoding"} if self.packs else {}),
            **shared,
        }


def kind_of(path: str) -> Kind:
    """By the path of the file below `public/`: `es/feeds/atom.xml`."""
    where = PurePosixPath(path)
    if "feeds" in where.parts[:-1] and where.name in TYPES:
        calm = "archive" in where.parts or where.name == "opml.xml"
        age = HOUR if calm else 5 * MINUTE
        return Kind(media_type=TYPES[where.name], max_age=age, stale=DAY, policy=BARE, is_feed=True)
    media_type = SUFFIXES.get(where.suffix.lower()) or OTHERS.guess_type(where.name)[0] or "application/octet-stream"
    if media_type.startswith("text/html"):
        return Kind(media_type=media_type, max_age=MINUTE, stale=HOUR, policy=PAGE)
    if media_type.startswith("image/svg"):
        return Kind(media_type=media_type, max_age=HOUR, stale=DAY, policy=DRAWING)
    fresh = where.suffix in {".xml", ".txt", ".json"}
    return Kind(media_type=media_type, max_age=5 * MINUTE if fresh else HOUR, stale=DAY, policy=BARE)
