"""From a body's rendered HTML: its first paragraph, its text for a mail, its form for a feed."""

import html as entities
import re
from html.parser import HTMLParser
from urllib.parse import urljoin

_APPARATUS = re.compile(
    r'<a class="c"[^>]*>.*?</a>|<sup><a href="#fn[^>]*>.*?</a></sup>|<a href="#fr[^>]*role="doc-backlink"[^>]*>.*?</a>',
    re.DOTALL,
)
"""Source marks, footnote references and the links back from footnotes."""
_PARAGRAPH = re.compile(r"<p(?:\s[^>]*)?>(.*?)</p>", re.DOTALL)
_ANY_TAG = re.compile(r"<(?:[^\">]|\"[^\"]*\")*>")


def excerpt(html: str) -> str:
    """The text of the first paragraph that has any, without source marks and footnote numbers; empty without one."""
    for paragraph in _PARAGRAPH.finditer(html):
        bare = _ANY_TAG.sub("", _APPARATUS.sub("", paragraph[1]).replace("<br>", " "))
        text = " ".join(entities.unescape(bare).split())
        if text:
            return text
    return ""


def for_feed(html: str, *, base: str) -> str:
    """Without `class`, `id`, `role` and `aria-*`, and with links inside the page made absolute under `base`."""
    bare = re.sub(
        r"(<[a-z][a-z0-9]*)((?:\s[a-z-]+=\"[^\"]*\")+)(?=>)",
        lambda tag: tag[1] + re.sub(r"\s(?:class|id|role|aria-[a-z]+)=\"[^\"]*\"", "", tag[2]),
        html,
    )
    bare = re.sub(r'(<a href=")(#[^"]*)', lambda link: link[1] + entities.escape(urljoin(base, link[2])), bare)
    return re.sub(r"<(/?)section>", r"<\1div>", bare)


def plain(html: str) -> str:
    """Readable text: a blank line between blocks, `words (URL)` for a link, `- ` or `1. ` for an item, `> ` for a quote

    Lines are not wrapped; the text of `pre` stays as it is.
    """
    reader = _PlainText()
    reader.feed(_APPARATUS.sub(lambda mark: _number(mark[0]), html))
    reader.close()
    return reader.text()


def _number(mark: str) -> str:
    if "doc-backlink" in mark:
        return ""
    number = _ANY_TAG.sub("", mark)
    return number if number.startswith("[") else f" [note {number}]"


class _PlainText(HTMLParser):
    _BLOCKS = frozenset(
        "p div h1 h2 h3 h4 h5 h6 ul ol dl dt dd pre blockquote table figure figcaption section details".split()  # noqa: SIM905
    )
    _ROWS = frozenset({"li", "tr", "summary", "caption"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._lists: list[int | None] = []
        self._quotes = 0
        self._bullet = ""
        self._preformatted = 0
        self._links: list[tuple[str, int]] = []

    def text(self) -> str:
        self._end_line()
        whole = re.sub(r"(?:[> ]*\n){3,}", "\n\n", "\n".join(self._lines) + "\n")
        return whole.strip("\n") + "\n" if whole.strip() else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"ul", "ol"} and self._lists:
            self._end_line()
        elif tag in self._BLOCKS:
            self._end_block()
        elif tag in self._ROWS:
            self._end_line()
        if tag in {"ul", "ol"}:
            self._lists.append(int(given.get("start") or 1) if tag == "ol" else None)
        elif tag == "li":
            self._begin_item()
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self._line)))
        elif tag == "img" and given.get("alt"):
            self._line += f"[{given['alt']}]"
        elif tag in {"br", "hr"}:
            self._line += "* * *" if tag == "hr" else ""
            self._end_line()
        elif tag in {"td", "th"} and self._line.strip():
            self._line += " | "
        self._quotes += tag == "blockquote"
        self._preformatted += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in self._BLOCKS and len(self._lists) <= (tag in {"ul", "ol"}):
            self._end_block()
        elif tag in self._ROWS | self._BLOCKS:
            self._end_line()
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag == "blockquote" and self._quotes:
            self._quotes -= 1
            if self._lines and not self._lines[-1].strip("> "):
                self._lines[-1] = "> " * self._quotes
        self._preformatted -= tag == "pre" and self._preformatted > 0

    def handle_data(self, data: str) -> None:
        if not self._preformatted:
            self._line += re.sub(r"\s+", " ", data) if self._line.strip() else re.sub(r"\s+", " ", data).lstrip()
            return
        *whole, last = data.split("\n")
        for line in whole:
            self._line += line
            self._end_line(keep=True)
        self._line += last

    def _begin_item(self) -> None:
        number = self._lists[-1] if self._lists else None
        self._bullet = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1

    def _end_link(self, address: str, start: int) -> None:
        words = self._line[start:].strip()
        shown = address.removeprefix("mailto:")
        if address and not address.startswith("#") and words not in {address, shown}:
            self._line = f"{self._line.rstrip()} ({shown})"

    def _end_line(self, *, keep: bool = False) -> None:
        if self._line.strip() or keep:
            depth = max(0, len(self._lists) - bool(self._bullet))
            indent = "  " * depth
            words = self._line.rstrip() if self._preformatted else self._line.strip()
            self._lines.append(f"{'> ' * self._quotes}{indent}{self._bullet}{words}".rstrip())
            self._bullet = ""
        self._line = ""

    def _end_block(self) -> None:
        self._end_line()
        if self._lines and self._lines[-1].strip("> ") and not self._bullet:
            self._lines.append("> " * self._quotes if self._quotes else "")
