"""A rendered body as a feed reader gets it: it stands alone there, without our ids, classes and list of sources."""

import html
import re
from collections.abc import Sequence

from publisher.model import Source
from publisher.render.feeds.entry import web_uri

_ATTRIBUTE = re.compile(r'\s(?:class|id|role|aria-[a-z]+)="[^"]*"')
_TAG = re.compile(r'<[a-z][a-z0-9]*\s[^<>"]*(?:"[^"]*"[^<>"]*)*>')
_OURS = ('class="', 'id="', 'role="', "aria-")
_MARK = re.compile(r'<a href="#s(\d+)">(\[\d+\])</a>')
_PLACE = re.compile(r'(<a\b[^>]*\shref=")#')


def for_feed(rendered: str, sources: Sequence[Source], *, page: str) -> str:
    """Marks lead straight to their source; other links within the text (footnotes) lead to the article's `page`."""

    def source(found: re.Match[str]) -> str:
        number = int(found[1])
        url = web_uri(sources[number - 1].url) if 0 < number <= len(sources) else None
        return f'<a href="{html.escape(url)}">{found[2]}</a>' if url else found[2]

    bare = rendered
    if any(name in rendered for name in _OURS):
        bare = _TAG.sub(lambda tag: _ATTRIBUTE.sub("", tag[0]), rendered)
    if 'href="#' not in bare:
        return bare
    return _PLACE.sub(rf"\g<1>{html.escape(page)}#", _MARK.sub(source, bare))
