"""A page as a reader meets it."""

from html.parser import HTMLParser
from itertools import pairwise


class Reading(HTMLParser):
    """What a reader meets on a page, in order; and whether its tags are balanced."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "path", "input", "wbr", "col"})

    INLINE = frozenset({"a", "b", "bdi", "i", "em", "span", "time", "code", "sup"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == [], self._open
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        self.text += "" if tag in self.INLINE else " "
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script", "title"} & set(self._open):
            self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        found = [given for name, given in self.tags if name == tag]
        return [one for one in found if all(one.get(key.rstrip("_")) == value for key, value in wanted.items())]


def in_order(text: str, *pieces: str) -> None:
    places = [text.find(piece) for piece in pieces]
    assert -1 not in places, [piece for piece, place in zip(pieces, places, strict=True) if place < 0]
    for (one, here), (other, there) in pairwise(zip(pieces, places, strict=True)):
        assert here < there, f"{other!r} stands before {one!r}"
