"""Paragraphs of a body as they stand in a mail: words, emphasis and links; nothing else."""

import re
from collections.abc import Iterator, Mapping
from html import escape
from html.parser import HTMLParser

import msgspec
from markupsafe import Markup

EMPHASIS = frozenset({"em", "strong", "i", "b", "code", "cite", "q", "sub", "sup", "del", "ins"})
_PARAGRAPH = re.compile(r"<p(?:\s[^>]*)?>(.*?)</p>", re.DOTALL)
_EMPTY = re.compile(r"<(\w+)></\1>")


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a paragraph: plain words, or a link with its address and, for a source mark, its source's number."""

    html: Markup
    """With emphasis."""
    url: str = ""
    mark: int | None = None


class Paragraph(msgspec.Struct, frozen=True, kw_only=True):
    runs: tuple[Run, ...]
    text: str
    """One line. A link's address follows its words in angle brackets (RFC 3986 appendix C), a mark is `[n]`."""
    words: str
    """The same without addresses and marks."""


def paragraphs(html: str, sources: Mapping[int, tuple[int, str]]) -> Iterator[Paragraph]:
    """Those of a body's safe HTML that have words, in their order.

    `sources` gives for a source's place in its article, which is what a mark `#sN` names, its number in the issue and
    its address.
    Other links to a place in the page become plain words, because they do nothing in many mail programs.
    """
    for found in _PARAGRAPH.finditer(html):
        reader = _Reader(sources)
        reader.feed(found[1])
        reader.close()
        paragraph = reader.paragraph()
        if paragraph.words:
            yield paragraph


class _Reader(HTMLParser):
    def __init__(self, sources: Mapping[int, tuple[int, str]]) -> None:
        super().__init__(convert_charrefs=True)
        self._sources = sources
        self._runs: list[Run] = []
        self._text = self._words = self._html = ""
        self._emphasis: list[str] = []
        self._url: str | None = None
        self._unread = False

    def paragraph(self) -> Paragraph:
        self._end_run()
        text, words = (" ".join(part.split()) for part in (self._text, self._words))
        return Paragraph(runs=tuple(self._runs), text=text, words=words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._begin_link(dict(attrs).get("href") or "")
        elif tag in EMPHASIS and not self._unread:
            self._emphasis.append(tag)
            self._html += f"<{tag}>"
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            if self._url:
                self._text += f" <{self._url}>"
            self._end_run()
            self._url, self._unread = None, False
        elif tag in self._emphasis:
            while self._close() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._html += escape(data, quote=False)
            self._text += data
            self._words += data

    def _begin_link(self, href: str) -> None:
        self._end_run()
        if not href.startswith("#"):
            self._url = href
            return
        self._unread = bool(re.match(r"#(?:s\d+|fn)", href))
        if re.fullmatch(r"#s\d+", href) and int(href[2:]) in self._sources:
            number, url = self._sources[int(href[2:])]
            self._runs.append(Run(html=Markup(), url=url, mark=number))
            self._text += f"[{number}]" if self._text[-1:] in {"", " ", "]"} else f" [{number}]"

    def _close(self) -> str:
        tag = self._emphasis.pop()
        self._html += f"</{tag}>"
        return tag

    def _end_run(self) -> None:
        """Emphasis that a link begins or ends in is closed before it and opened again after it."""
        open_again = list(self._emphasis)
        while self._emphasis:
            self._close()
        html = _EMPTY.sub("", re.sub(r"\s+", " ", self._html))
        if html:
            self._runs.append(Run(html=Markup(html), url=self._url or ""))  # noqa: S704 - all words in it are escaped
        self._html = "".join(f"<{tag}>" for tag in open_again)
        self._emphasis = open_again
