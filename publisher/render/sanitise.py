"""HTML from anywhere -> HTML that may stand on a page, in a mail and in a feed: an allow-list, by nh3."""

import re
import threading
from functools import cache
from urllib.parse import urljoin, urlsplit

import nh3

from publisher.render.characters import legible

TAGS = frozenset(
    """
    a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup table
    tbody td tfoot th thead time tr u ul var wbr
    """.split()  # noqa: SIM905 - words are read more easily than a list of literals
)
"""No `input`, no `center`, no `section`: what a body needs and a page's outline does not."""
WITH_CONTENT = frozenset(
    """
    script style iframe object embed noscript noembed noframes template title textarea select option svg math form
    audio video canvas applet xmp plaintext head
    """.split()  # noqa: SIM905 - words are read more easily than a list of literals
)
"""Dropped with all that is in them: their text was never meant to be read here."""
ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "li": {"value"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope", "abbr"},
    "col": {"span"},
    "colgroup": {"span"},
    "time": {"datetime"},
    "del": {"datetime"},
    "ins": {"datetime"},
    "details": {"open"},
}
SCHEMES = frozenset({"http", "https", "mailto"})
FOOTNOTES = {"sup": {"footnote-reference", "footnote-definition-label"}, "div": {"footnote-definition"}}
CELLS = {"td": {"far", "middle"}, "th": {"far", "middle"}}
"""What a table's column is set to: the Markdown parser says it by a `style`, which no page allows."""
_NO_HOST = re.compile(r'[\s<>"\\^`{|}]')
"""What no host's name has (WHATWG URL s. 3.5): the cleaner itself takes such an address out the second time."""
_NUMBERS = frozenset({"width", "height", "start", "value", "colspan", "rowspan", "span"})


def sanitise(html: str, *, base: str, footnotes: bool = False) -> str:
    """Keep what the lists above allow; relative addresses become absolute ones under `base`. No `id`, no `style`, no
    `class` but those of cells, and no `rel`, since no link opens a window. Done again it changes nothing.

    `footnotes` keeps the classes by which the Markdown parser marks them.
    """
    _place.base = base
    # `&#1;` is only a character after it was parsed, so what is forbidden goes last.
    return legible(_cleaner(footnotes=footnotes).clean(html)).decode()


_place = threading.local()
"""Against what the cleaners resolve: to make one takes as long as to clean with it, so two are made once."""


@cache
def _cleaner(*, footnotes: bool) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(WITH_CONTENT),
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        allowed_classes=CELLS | FOOTNOTES if footnotes else CELLS,
        url_schemes=set(SCHEMES),
        url_relative=lambda address: _absolute(address, _place.base),
        link_rel=None,
    )


def _absolute(address: str, base: str) -> str | None:
    """None for an anchor: the ids that it could mean are not kept."""
    stripped = address.strip()
    if not stripped or stripped.startswith("#"):
        return None
    try:
        absolute = urljoin(base, stripped)
        parts = urlsplit(absolute)
        return absolute if parts.scheme in SCHEMES and not _NO_HOST.search(parts.netloc) else None
    except ValueError:
        return None


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name in _NUMBERS:
        return value if re.fullmatch(r"\d{1,5}", value) or (name in {"start", "value"} and value.isdigit()) else None
    if tag == "img" and name == "src":
        return None if value.lstrip().lower().startswith("mailto:") else value
    if name == "dir":
        return value.lower() if value.lower() in {"ltr", "rtl", "auto"} else None
    return value
