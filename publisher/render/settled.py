"""HTML that needs no cleaning, told by a look at its tags: most of what a Markdown parser writes that read no HTML."""

import re

from publisher.render.characters import legible

_TAG = re.compile(r"<[^>]*>?")
_CLOSED = frozenset({"<br />", "<hr />"})
_BARE = frozenset(
    f"<{close}{name}>"
    for name in (
        "p",
        "em",
        "strong",
        "del",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        *(f"h{n}" for n in range(1, 7)),
    )
    for close in ("", "/")
) | {*_CLOSED, "</a>"}
_HOST = r"(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,}"
"""Of small letters, and neither a number nor punycode: one that no reading of an address takes exception to."""
_OPEN = re.compile(
    rf'<a href="https?://{_HOST}(?:[/?#](?:[A-Za-z0-9._~/?#=:@!$()*,;%+-]|&amp;)*)?">|<ol start="[0-9]+">'
)
_CHANGED = re.compile(r"&(?!amp;|lt;|gt;)")
"""What a parser of HTML reads as a character and writes as that."""


def settled(html: str) -> tuple[str, frozenset[str]] | None:
    """What `sanitise` would make of it, five times as quickly, and its tags; None where that is not certain.

    Only for HTML whose tags are nested as they should be: all that is looked at is which there are.
    """
    tags = frozenset(_TAG.findall(html))
    if not all(map(_OPEN.fullmatch, tags - _BARE)):
        return None
    if "\r" in html or ("&" in html and _CHANGED.search(html)):
        return None
    if not _CLOSED.isdisjoint(tags):
        html = html.replace(" />", ">")
    return legible(html.replace("\xa0", "&nbsp;")).decode(), tags
