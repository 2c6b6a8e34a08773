"""A rendered body as a feed reader gets it: it stands alone there, without our ids, classes and list of sources."""

import html
import re
from collections.abc import Sequence

from publisher.model import Source
from publisher.render.feeds.entry import is_web_address, uri

_ATTRIBUTE = re.compile(r'\s(?:class|id|role|aria-[a-z]+)="[^"]*"')
_TAG = re.compile(r'<[a-z][a-z0-9]*(?:\s[^<>"]*(?:"[^"]*"[^<>"]*)*)?>')
_MARK = re.compile(r'<a href="#s(\d+)">(\[\d+\])</a>')
_PLACE = re.compile(r'(<a\b[^>]*\shref=")#')


def for_feed(rendered: str, sources: Sequence[Source], *, page: str) -> str:
    """Marks lead straight to their source; other links within the text (footnotes) lead to the article's `page`."""

    def source(found: re.Match[str]) -> str:
        number = int(found[1])
        url = sources[number - 1].url if 0 < number <= len(sources) else None
        return f'<a href="{html.escape(uri(url))}">{found[2]}</a>' if url and is_web_address(url) else found[2]

    bare = _TAG.sub(lambda tag: _ATTRIBUTE.sub("", tag[0]), rendered)
    return _PLACE.sub(rf"\g<1>{html.escape(page)}#", _MARK.sub(source, bare))
