"""An article's body -> safe HTML with numbered source marks."""

import html as entities
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
import nh3
import pyromark

from publisher.model import Body, Source
from publisher.render.sanitise import sanitise
from publisher.render.settled import settled
from publisher.render.template_tags import OPTIONS, without_template_tags

_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-z][a-z0-9]*)(?P<rest>(?:[^\">]|\"[^\"]*\")*)>")
_MARK = re.compile(r"(\s*)\[@([^\s\[\]@;]+(?:\s*;\s*@[^\s\[\]@;]+)*)\]")
_REFERENCE = re.compile(r'<sup class="footnote-reference"><a>(\d+)</a></sup>')
_DEFINITION = '<div class="footnote-definition">'
_LABEL = re.compile(r'\s*<sup class="footnote-definition-label">(\d+)</sup>\s*')
SPECIAL = ("img", "code", "pre", "table")
"""Elements that pages have to do something about."""
_SPECIAL_TAGS = tuple((name, f"<{name}>") for name in SPECIAL)
_OTHER_HEADINGS = frozenset(f"<h{level}>" for level in (1, 3, 4, 5, 6))
_HEADING = re.compile(r"(</?h)([1-6])\b")
_LAST_HEADING = 6
_EMPTY_HEAD = re.compile(r"<th(?: [^>]*)?>\s*</th>")
_HEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_UNSCOPED = re.compile(r"<th(?=[ >])(?![^>]* scope=)")
_IMAGE = re.compile(r"<img((?:[^\">]|\"[^\"]*\")*)>")
_NO_ADDRESS = re.compile(r"<a(?![^>]*\shref=)[\s>]")
_NO_LINK = re.compile(
    r"(?<!<sup class=\"footnote-reference\">)<a(?:\s(?!href=)[a-z]+=\"[^\"]*\")*>(.*?)</a>", re.DOTALL
)
_ATTRIBUTE = re.compile(r'\s([a-z]+)="([^"]*)"')
_NAMELESS = re.compile(
    r'(<a href="(?:[a-z]+:)?+(?://(?:[^"/?#@]*+@)*+)?+([^"/?#]*+)[^"]*+"[^>]*+>)'
    r'\s*+(?:(<img [^>]*?alt=")("[^>]*+>)\s*+)?+</a>'
)
"""A link in which there is nothing, or a picture that says nothing; and the host that it leads to. What was read is
not read again in another way: an address may be as long as an article.
"""


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """Words that only a screen reader says, in the article's language."""

    source: str = "Source {n}: {publisher}"
    footnotes: str = "Footnotes"
    back: str = "Back to the text"


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    html: str
    """Headings begin at h2; ids are `r1` (first mark of source 1), `r1-2`, `fn1` (footnote 1), `fr1`, `fr1-2`."""
    has: frozenset[str] = frozenset()
    """Which of `SPECIAL` are in it."""
    cited: Mapping[int, tuple[int, ...]] = msgspec.field(default_factory=dict)
    """Number of a source, from 1 -> the paragraphs that cite it, from 1, counting the outermost `<p>`."""
    plain: bool = False
    """No element has an attribute, but the address of a link to another site or the number that a list begins at."""
    unknown: tuple[str, ...] = ()
    """Keys that no source has, in the order of the text; their marks are taken out."""


class _Clean(msgspec.Struct, frozen=True, kw_only=True):
    html: str
    has: frozenset[str]
    refers: bool
    """To sources or footnotes."""
    plain: bool = False


def render(body: Body, sources: Sequence[Source] = (), *, base: str, labels: Labels | None = None) -> Rendered:
    """`base` is the absolute URL of the article's page: relative links and images are resolved against it.

    `[@key]` and `[@a; @b]` outside code become links to `#s1`, the source's place in the list. The last few hundred are
    kept: an article's page, its feeds and its digest show the same text.
    """
    clean = _clean(body, base)
    if clean.refers:
        return _render(clean, tuple(sources), labels or Labels())
    return Rendered(html=clean.html, has=clean.has, plain=clean.plain)


@lru_cache(maxsize=512)
def _render(clean: _Clean, sources: tuple[Source, ...], words: Labels) -> Rendered:
    html = _footnotes(clean.html, words) if 'class="footnote' in clean.html else clean.html
    return _Marks(sources, words).render(html, clean.has)


@lru_cache(maxsize=512)
def _clean(body: Body, base: str) -> _Clean:
    text = without_template_tags(body)
    if body.markup == "html":
        return _cleaned(text, base)
    raw = _parsed(text, lost=text is not body.text)
    plain = settled(raw) if "<" not in text else None
    if plain is not None:
        return _plain(*plain)
    if "<td" in raw:
        raw = raw.replace(' style="text-align: right"', ' class="far"').replace(
            ' style="text-align: center"', ' class="middle"'
        )
    return _cleaned(raw, base, footnotes="[^" in text)


def _plain(html: str, tags: frozenset[str]) -> _Clean:
    if not _OTHER_HEADINGS.isdisjoint(tags):
        html = _outlined(html)
    has = frozenset([name for name, tag in _SPECIAL_TAGS if tag in tags])
    return _Clean(html=_named(html) if "</a>" in tags else html, has=has, refers="[@" in html, plain=True)


def _cleaned(raw: str, base: str, *, footnotes: bool = False) -> _Clean:
    html = _named(_tidy(sanitise(raw, base=base, footnotes=footnotes)))
    has = frozenset([name for name in SPECIAL if f"<{name}" in html])
    return _Clean(html=html, has=has, refers="[@" in html or 'class="footnote' in html)


def _parsed(markdown: str, *, lost: bool) -> str:
    """`lost`: template tags were taken out of it."""
    if lost:
        return pyromark.html(markdown, options=OPTIONS, broken_link_callback=_words_alone)
    return pyromark.html(markdown, options=OPTIONS)


def images(body: Body) -> list[tuple[str, str | None]]:
    """(address as written, description) of every picture in the text. None: it has none; HTML may say `alt=""` of what
    only decorates, Markdown cannot.
    """
    text = without_template_tags(body)
    html = text if body.markup == "html" else pyromark.html(text, options=OPTIONS)
    bare = nh3.clean(html, tags={"img"}, attributes={"img": {"src", "alt"}}, link_rel=None)
    tags = [dict(_ATTRIBUTE.findall(found[1])) for found in _IMAGE.finditer(bare)]
    return [
        (entities.unescape(tag["src"]), tag.get("alt") if body.markup == "html" else tag.get("alt") or None)
        for tag in tags
        if tag.get("src")
    ]


def _words_alone(link: Mapping[str, object]) -> tuple[str, str] | None:
    """In a text that lost an `include`, `[words][reference]` may have lost its address there: the words stay."""
    return ("", "") if link["link_type"] == "Reference" else None


def _tidy(html: str) -> str:
    """Headings follow one another, a table's head that says nothing is a cell and the others say what they head, every
    image has an `alt`; an image without an address and a link without one go.
    """
    html = _outlined(html)
    if "<th" in html:
        html = _EMPTY_HEAD.sub("<td></td>", html)
        html = _HEAD.sub(lambda head: _UNSCOPED.sub('<th scope="col"', head[0]), html)
    if "<img" in html:
        html = _IMAGE.sub(_image, html)
    return _NO_LINK.sub(r"\1", html) if _NO_ADDRESS.search(html) else html


def _outlined(html: str) -> str:
    """Under the page's own headline: the first heading is an h2, and none is more than one level below the one before,
    whatever the author chose for its size.
    """
    under: list[int] = []

    def place(found: re.Match[str]) -> str:
        if found[1] == "<h":
            written = int(found[2])
            while under and under[-1] >= written:
                under.pop()
            under.append(written)
        return f"{found[1]}{min(1 + len(under), _LAST_HEADING)}"

    return _HEADING.sub(place, html)


def _named(html: str) -> str:
    """A link that shows nothing, as is left where an old generator would have put a picture, says where it leads."""
    ends = {before[-1:] for before in html.split("</a>")[:-1]}
    if ">" not in ends and not any(map(str.isspace, ends)):
        return html
    return _NAMELESS.sub(lambda link: f"{link[1]}{link[3] or ''}{link[2]}{link[4] or ''}</a>", html)


def _image(found: re.Match[str]) -> str:
    attributes = found[1]
    if ' src="' not in attributes:
        return ""
    return found[0] if " alt=" in attributes else f'<img{attributes} alt="">'


def _footnotes(html: str, labels: Labels) -> str:
    """The definitions go to one list at the end, in the order of their numbers, with links there and back."""
    html, definitions = _take_definitions(html)
    seen: dict[str, int] = {}

    def refer(found: re.Match[str]) -> str:
        number = found[1]
        if number not in definitions:
            return f"<sup>{number}</sup>"
        seen[number] = count = seen.get(number, 0) + 1
        place = f"fr{number}" if count == 1 else f"fr{number}-{count}"
        return f'<sup><a href="#fn{number}" id="{place}" role="doc-noteref">{number}</a></sup>'

    html = _REFERENCE.sub(refer, html)
    definitions = {number: _REFERENCE.sub(refer, note) for number, note in definitions.items()}
    html = re.sub(r'<(sup|div) class="footnote-[a-z-]+">', r"<\1>", html)
    notes = [_note(number, definitions[number], seen.get(number, 0), labels) for number in sorted(definitions, key=int)]
    if not notes:
        return html
    label = entities.escape(labels.footnotes)
    listed = "\n".join(notes)
    return f'{html}<section role="doc-endnotes" aria-label="{label}">\n<ol>\n{listed}\n</ol>\n</section>\n'


def _take_definitions(html: str) -> tuple[str, dict[str, str]]:
    definitions: dict[str, str] = {}
    parts: list[str] = []
    at = 0
    while (start := html.find(_DEFINITION, at)) >= 0:
        inner = start + len(_DEFINITION)
        end = _end_of_div(html, inner)
        label = _LABEL.match(html, inner, end)
        parts.append(html[at:start])
        if label and label[1] not in definitions:
            definitions[label[1]] = html[label.end() : end].strip()
        at = end + len("</div>")
        at += html.startswith("\n", at)
    return "".join([*parts, html[at:]]), definitions


def _end_of_div(html: str, at: int) -> int:
    depth = 1
    for tag in re.compile(r"<(/?)div\b").finditer(html, at):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start()
    return len(html)


def _note(number: str, note: str, references: int, labels: Labels) -> str:
    back = entities.escape(labels.back)
    places = [f"fr{number}" if count == 1 else f"fr{number}-{count}" for count in range(1, references + 1)]
    links = "".join(f' <a href="#{place}" role="doc-backlink" aria-label="{back}">\u21a9\ufe0e</a>' for place in places)
    whole = f"{note[:-4]}{links}</p>" if note.endswith("</p>") else note + links
    return f'<li id="fn{number}">{whole}</li>'


class _Marks:
    """One pass over clean HTML that replaces the marks in its text and counts its paragraphs."""

    def __init__(self, sources: Sequence[Source], labels: Labels) -> None:
        self._sources = sources
        self._labels = labels
        self._numbers: dict[str, int] = {}
        for number, source in enumerate(sources, 1):
            if source.key:
                self._numbers.setdefault(source.key, number)
        self._seen: dict[int, int] = {}
        self._cited: dict[int, list[int]] = {}
        self._unknown: dict[str, None] = {}
        self._open: list[str] = []
        self._paragraph = 0

    def render(self, html: str, has: frozenset[str]) -> Rendered:
        parts: list[str] = []
        end = 0
        for tag in _TAG.finditer(html):
            parts += [self._text(html[end : tag.start()]), tag[0]]
            self._step(tag["close"] == "/", tag["name"])
            end = tag.end()
        parts.append(self._text(html[end:]))
        cited = {number: tuple(dict.fromkeys(found)) for number, found in sorted(self._cited.items())}
        return Rendered(html="".join(parts), has=has, cited=cited, unknown=tuple(self._unknown))

    def _step(self, closes: bool, name: str) -> None:  # noqa: FBT001 - a tag's two kinds
        if name in {"br", "hr", "img", "wbr", "col"}:
            return
        if closes:
            if name in self._open:
                del self._open[len(self._open) - 1 - self._open[::-1].index(name) :]
            return
        self._paragraph += name == "p" and not self._open
        self._open.append(name)

    def _text(self, text: str) -> str:
        if "[@" not in text or {"code", "pre", "samp", "kbd"} & set(self._open):
            return text
        return _MARK.sub(self._mark, text)

    def _mark(self, found: re.Match[str]) -> str:
        links = "".join(self._link(entities.unescape(key.strip().removeprefix("@"))) for key in found[2].split(";"))
        following = found.string[found.end() : found.end() + 1]
        # Where nothing is left of a mark, neither is the space before it that would stand before a stop.
        return links if not links and following and not following.isalnum() else found[1] + links

    def _link(self, key: str) -> str:
        number = self._numbers.get(key)
        if number is None:
            self._unknown[key] = None
            return ""
        paragraphs = self._cited.setdefault(number, [])
        if self._open[:1] == ["p"]:
            paragraphs.append(self._paragraph)
        if "a" in self._open:
            return f"[{number}]"
        self._seen[number] = count = self._seen.get(number, 0) + 1
        place = f"r{number}" if count == 1 else f"r{number}-{count}"
        source = self._sources[number - 1]
        label = self._labels.source.format(n=number, publisher=source.publisher or source.title)
        return f'<a class="c" href="#s{number}" id="{place}" aria-label="{entities.escape(label)}">[{number}]</a>'
