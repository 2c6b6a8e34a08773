"""The pictures of articles as files of the site: each made once, when it is new."""

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.errors import TemporaryError
from publisher.model import Chapter, Document, Material, Picture
from publisher.render.pictures import Variant, fallback, forms, variants

if TYPE_CHECKING:
    from PIL import Image


def chapters(home: Path, pictures: Iterable[Picture]) -> Iterator[Chapter]:
    """Those of one folder together, so that a new picture asks for a look at few others."""
    found: dict[str, list[Picture]] = {}
    for picture in pictures:
        if forms(picture):
            found.setdefault(fallback(picture).folder, []).append(picture)
    for folder, some in found.items():
        seen = repr([(one.hash, one.path) for one in some])
        yield Chapter(name=folder, fingerprint=seen, documents=partial(_documents, home, some))


def _documents(home: Path, pictures: Iterable[Picture]) -> Iterator[Document]:
    """Every size and form of each. Its name is its content's, so it never changes."""
    for picture in pictures:
        for variant in variants(picture):
            yield Document(path=variant.path, fingerprint=variant.path, write=partial(_write, home, variant))


def _write(home: Path, variant: Variant, _: Material) -> bytes:
    from publisher.collect.pictures import content
    from publisher.render import pixels

    try:
        if variant.picture.moving:
            return pixels.moving(content(home, variant.picture), variant)
        return pixels.encoded(_pixels(home, variant.picture), variant)
    except ValueError as error:
        raise TemporaryError(f"{variant.picture.path} cannot be shown: {error}. Nothing was released.") from error


@lru_cache(maxsize=1)
def _pixels(home: Path, picture: Picture) -> "Image.Image":
    """The variants of one picture are written one after the other, so it is read once."""
    from publisher.collect.pictures import content
    from publisher.render.pixels import pixels

    return pixels(content(home, picture), picture)
