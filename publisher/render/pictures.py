"""The sizes and forms in which pages show a picture, their addresses, and the HTML that names them."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape, unescape
from typing import Literal
from urllib.parse import urljoin

import msgspec

from publisher.model import Article, Picture, Shown

Form = Literal["avif", "webp", "jpeg", "png"]
WIDTHS = (480, 800, 1280)
"""A column of text is 640 pixels wide at most, and a pixel of the page two of a good screen."""
FORMS: Mapping[str, tuple[Form, ...]] = {
    "jpeg": ("avif", "webp", "jpeg"),
    "avif": ("avif", "webp"),
    "webp": ("avif", "webp"),
    "png": ("webp", "png"),
    "gif": ("webp", "png"),
}
"""By what it is: the forms that a browser chooses from, the last one for those that know no other."""
MODERN: tuple[Form, ...] = ("avif", "webp")
MOVING: tuple[Form, ...] = ("webp",)
FOLDER = "images/"
"""Of the site."""
RECIPE = 1
"""Part of every name: pictures made otherwise than before have other addresses."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    picture: Picture
    width: int
    form: Form

    @property
    def path(self) -> str:
        """Of its file, relative to the site. It names the content, so that a cache may keep it for ever."""
        return f"{self.folder}/{self._name[2:]}-{self.width}.{self.form}"

    @property
    def folder(self) -> str:
        """One of 256, so that none grows large."""
        return f"{FOLDER}{self._name[:2]}"

    @property
    def _name(self) -> str:
        return hashlib.sha256(f"{RECIPE} {self.picture.hash}".encode()).hexdigest()[:14]


def forms(picture: Picture) -> tuple[Form, ...]:
    """None for an SVG: it is shown as it is."""
    return MOVING if picture.moving else FORMS.get(picture.kind, ())


def widths(picture: Picture) -> tuple[int, ...]:
    """None is wider than the picture."""
    if picture.moving:
        return (min(picture.width, WIDTHS[-1]),)
    return (
        *(width for width in WIDTHS if width < picture.width),
        *([picture.width] if picture.width <= WIDTHS[-1] else []),
    )


def fallback(picture: Picture) -> Variant:
    """For whoever knows one address alone: feed readers, previews of links."""
    return Variant(picture=picture, width=widths(picture)[-1], form=forms(picture)[-1])


def variants(picture: Picture) -> Iterator[Variant]:
    """Each file that pages and feeds may ask for, once."""
    for form in forms(picture):
        if form in MODERN:
            yield from (Variant(picture=picture, width=width, form=form) for width in widths(picture))
        else:
            yield fallback(picture)


# ---- and how HTML names them


SIZES = "(min-width:43rem) 40rem, calc(100vw - 2.5rem)"
"""As the style sheet lays out the column of text."""
MANY = 12
"""More pictures than this on one page, and each names one modern form instead of two: the page stays small."""
_IMAGE = re.compile(r"<img((?:[^\">]|\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r'\s([a-z]+)="([^"]*)"')

Address = Callable[[str], str]
"""A file's path in the site -> how the document names it."""


def meant(pictures: Iterable[Shown], base: str) -> dict[str, Picture]:
    """The absolute address that the cleaned body has for what its author wrote -> the file."""
    return {urljoin(base, one.written): one.picture for one in pictures}


def in_feed(html: str, pictures: Sequence[Shown], *, base: str, address: Address) -> str:
    """Each picture as one file that every reader knows. `base` is what the body was rendered with."""
    known = meant(pictures, base)
    return _replaced(html, known, lambda picture, given: image_tag(picture, address, given))


def on_page(html: str, pictures: Sequence[Shown], *, base: str, address: Address) -> str:
    """Each picture in all its sizes and forms, fetched when the reader comes near it."""
    known = meant(pictures, base)
    few = html.count("<img") <= MANY

    def make(picture: Picture, given: Mapping[str, str]) -> str:
        return picture_tag(picture, address, {**given, "loading": "lazy", "decoding": "async"}, few=few)

    return _replaced(html, known, make)


def picture_of(article: Article, absolute: Address, base: str) -> str:
    """The absolute address of the picture that stands for the article; empty where it has none."""
    if not article.image:
        return ""
    known = next((one.picture for one in article.pictures if one.written == article.image), None)
    if known is None:
        found = urljoin(base, article.image)
        return found if found.startswith(("https://", "http://")) else ""
    return absolute("/" + place_of(known))


def place_of(picture: Picture) -> str:
    """The one file for all, relative to the site: what lies in static/ as an SVG is copied as it is."""
    return fallback(picture).path if forms(picture) else picture.path.removeprefix("static/")


def picture_tag(picture: Picture, address: Address, given: Mapping[str, str], *, few: bool = True) -> str:
    modern = [form for form in forms(picture) if form in MODERN][: None if few else 1]
    sources = "".join(_source(picture, form, address) for form in modern)
    tag = image_tag(picture, address, given)
    return f"<picture>{sources}{tag}</picture>" if sources else tag


def image_tag(picture: Picture, address: Address, given: Mapping[str, str]) -> str:
    """`given` are its other attributes, escaped already. Its width, where its author set one, rules its height."""
    width, height = picture.width, picture.height
    if given.get("width", "").isdigit() and width:
        width, height = int(given["width"]), round(height * int(given["width"]) / width)
    size = {"width": str(width), "height": str(height)} if height else {}
    found = {"src": escape(address(place_of(picture))), "alt": given.get("alt", ""), **size}
    rest = {name: value for name, value in given.items() if name not in {*found, "width", "height"}}
    return "<img" + "".join(f' {name}="{value}"' for name, value in (found | rest).items()) + ">"


def _source(picture: Picture, form: Form, address: Address) -> str:
    places = [Variant(picture=picture, width=width, form=form) for width in widths(picture)]
    if len(places) == 1:
        return f'<source type="image/{form}" srcset="{escape(address(places[0].path))}">'
    listed = ", ".join(f"{address(one.path)} {one.width}w" for one in places)
    return f'<source type="image/{form}" srcset="{escape(listed)}" sizes="{SIZES}">'


def _replaced(html: str, known: Mapping[str, Picture], make: Callable[[Picture, Mapping[str, str]], str]) -> str:
    def one(found: re.Match[str]) -> str:
        given = dict(_ATTRIBUTE.findall(found[1]))
        picture = known.get(unescape(given.pop("src", "")))
        return make(picture, given) if picture else found[0]

    return _IMAGE.sub(one, html)
