"""What the gate asks of a feed in XML, in one pass that makes no tree of it: hundreds of megabytes go through it."""

import html
from collections.abc import Callable, Mapping
from typing import ClassVar
from xml.parsers import expat

Texts = dict[str, str]
"""Name -> the text of the first such element. Names are as expat gives them: the namespace, a space, the local name."""
Attributes = Mapping[str, str]


class Glance:
    """Raises `ValueError` or `LookupError` for what is no such feed, `expat.ExpatError` for what is no XML."""

    root: ClassVar[str]
    steps: ClassVar[Mapping[str, Callable[["Glance", str, Attributes], None]]]
    """What is done where an element begins; nothing for all others, which are most."""

    def __init__(self, content: bytes) -> None:
        self.own: Texts = {}
        self.entries: list[Texts] = []
        self.deleted: list[str] = []
        self._said = self.own
        self._name = ""
        self._heard: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.StartElementHandler = self._begin
        self._parser.Parse(content, True)  # noqa: FBT003 - it has no keyword
        del self._parser  # each holds the other, and for as long as a run is short nobody looks for circles

    def _begin(self, name: str, _: Attributes) -> None:
        if name != self.root:
            raise ValueError(f"its root is {name}")
        self._parser.StartElementHandler = self._start

    def _start(self, name: str, attributes: Attributes) -> None:
        step = self.steps.get(name)
        if step:
            step(self, name, attributes)

    def note(self, name: str, _: Attributes) -> None:
        self._said.setdefault(name, "")

    def open(self, _: str, __: Attributes) -> None:
        self._said = {}
        self.entries.append(self._said)

    def listen(self, name: str, _: Attributes) -> None:
        """Only to what is asked for. A handler of text cannot be taken off while there is more to parse (pyexpat leaves
        one that does nothing, a million times); this one can, and gets the text with its references.
        """
        self._name = name
        self._parser.DefaultHandlerExpand = self._heard.append
        self._parser.EndElementHandler = self._heard_out

    def _heard_out(self, _: str) -> None:
        self._parser.DefaultHandlerExpand = self._parser.EndElementHandler = None
        text = "".join(self._heard)
        self._heard.clear()
        if "<" in text:
            raise ValueError(f"a comment or the like stands in the text of {self._name}")
        self._said.setdefault(self._name, html.unescape(text))

    def link(self, name: str, attributes: Attributes) -> None:
        if attributes.get("rel") == "alternate":
            self._said.setdefault(name, attributes.get("href", ""))

    def delete(self, _: str, attributes: Attributes) -> None:
        self.deleted.append(attributes["ref"])

    def skip(self, name: str, _: Attributes) -> None:
        """What is in it belongs to another feed."""
        self._name = name
        self._parser.StartElementHandler = None
        self._parser.EndElementHandler = self._skipped

    def _skipped(self, name: str) -> None:
        if name == self._name:
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = None


def _refuse(*_: object) -> None:
    """What it can declare would stand for text, and no feed of ours has one."""
    raise ValueError("it has a DOCTYPE")


ATOM = "http://www.w3.org/2005/Atom"
ID, TITLE, UPDATED, LINK = f"{ATOM} id", f"{ATOM} title", f"{ATOM} updated", f"{ATOM} link"


class Atom(Glance):
    root = f"{ATOM} feed"
    steps: ClassVar = {
        f"{ATOM} entry": Glance.open,
        **dict.fromkeys((ID, TITLE, UPDATED), Glance.listen),
        LINK: Glance.link,
        f"{ATOM} source": Glance.skip,
        "http://purl.org/atompub/tombstones/1.0 deleted-entry": Glance.delete,
    }


class Rss(Glance):
    root = "rss"
    steps: ClassVar = {"channel": Glance.note, "item": Glance.open, "link": Glance.listen, "guid": Glance.listen}
