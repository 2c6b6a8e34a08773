"""HTML from anywhere -> HTML that may stand on a page, in a mail and in a feed: an allow-list, by nh3."""

import re
from urllib.parse import urljoin, urlsplit

import nh3

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
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
"""What XML 1.0 s. 2.2 forbids or discourages: `&#1;` is only a character after it was parsed, so they go last."""
SCHEMES = frozenset({"http", "https", "mailto"})
FOOTNOTES = {"sup": {"footnote-reference", "footnote-definition-label"}, "div": {"footnote-definition"}}
_NUMBERS = frozenset({"width", "height", "start", "value", "colspan", "rowspan", "span"})


def sanitise(html: str, *, base: str, footnotes: bool = False) -> str:
    """Keep what the lists above allow; relative addresses become absolute ones under `base`. No `id`, `class`, `style`,
    and no `rel`, since no link opens a window. Done again it changes nothing.

    `footnotes` keeps the classes by which the Markdown parser marks them.
    """
    cleaner = nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=set(WITH_CONTENT),
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        allowed_classes=FOOTNOTES if footnotes else {},
        url_schemes=set(SCHEMES),
        url_relative=lambda address: _absolute(address, base),
        link_rel=None,
    )
    return _FORBIDDEN.sub("", cleaner.clean(html))


def _absolute(address: str, base: str) -> str | None:
    """None for an anchor: the ids that it could mean are not kept."""
    stripped = address.strip()
    if not stripped or stripped.startswith("#"):
        return None
    try:
        absolute = urljoin(base, stripped)
        return absolute if urlsplit(absolute).scheme in SCHEMES else None
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
