"""The pictures that an article shows: which files of the publication are meant, and what they are."""

import hashlib
import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from publisher.collect.stamps import PictureFile, ReadFile
from publisher.errors import TemporaryError
from publisher.model import Picture, Problem, Shown
from publisher.render.markdown import images

FOLDERS = ("articles/", "static/")
"""Where pictures may lie: beside the article, or among what is copied to the site."""


def with_pictures(root: Path, read: ReadFile) -> ReadFile:
    """The article with the files that it shows, each opened; what is missing or not described is a warning."""
    article = read.manuscript
    wanted = [(article.image, article.image_alt)] if article.image else []
    text = read.body.text
    # One character is found at once or not at all.
    wanted += images(read.body) if ("<" in text and "<img" in text) or ("!" in text and "![" in text) else []
    if not wanted or article.retracted:
        return read
    warnings = list(read.warnings)
    shown: dict[str, Shown] = {}
    files: dict[str, PictureFile] = {}
    for written, alt in wanted:
        if not _is_local(written) or written in shown:
            continue
        found = list(_looked_for(root, article.path, written))
        files |= {one.path: one for one, _ in found}
        there = next((one for one, _ in found if one.picture), None)
        if there and there.picture:
            shown[written] = Shown(written=written, picture=there.picture)
        how = "`image_alt:` gives one" if written == article.image else f"write ![what it shows]({written})"
        described = (
            "" if alt is not None else f"the picture {written} has no description for those who do not see it; {how}"
        )
        reason = _complaint(written, found) if there is None else described
        if reason:
            warnings.append(Problem(path=article.path, line=_line(read, written), reason=reason, left_out=False))
    manuscript = replace(article, pictures=tuple(shown.values()))
    return replace(read, manuscript=manuscript, warnings=tuple(warnings), pictures=tuple(files.values()))


def content(root: Path, picture: Picture) -> bytes:
    """The bytes that were looked at. Raises `TemporaryError` where the file has others by now."""
    try:
        data = (root / picture.path).read_bytes()
    except OSError as error:
        raise TemporaryError(f"{picture.path} cannot be read: {error.strerror}; the next run looks again.") from error
    if hashlib.sha256(data).hexdigest() != picture.hash:
        raise TemporaryError(
            f"{picture.path} was changed while it was being published; the next run takes it as it is."
        )
    return data


def stamp(root: Path, path: str) -> tuple[int, int]:
    """(mtime in nanoseconds, size); (-1, 0) for a file that is not there."""
    try:
        seen = (root / path).stat()
    except OSError:
        return -1, 0
    return seen.st_mtime_ns, seen.st_size


def _is_local(written: str) -> bool:
    try:
        parts = urlsplit(written)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and bool(parts.path)


def _looked_for(root: Path, article: str, written: str) -> Iterator[tuple[PictureFile, str | None]]:
    """The files that may be meant, up to the first that is there; with the reason why it cannot be shown."""
    for path in _candidates(article, written):
        mtime_ns, size = stamp(root, path)
        if mtime_ns < 0 or not (root / path).is_file():
            yield PictureFile(path=path, mtime_ns=-1, size=0, picture=None), None
            continue
        found = _measured(root, path)
        picture, reason = (None, found) if isinstance(found, str) else (found, None)
        yield PictureFile(path=path, mtime_ns=mtime_ns, size=size, picture=picture), reason
        return


def _candidates(article: str, written: str) -> Iterator[str]:
    """Beside the article, then in static/, where an address from the root of the site leads."""
    path = unquote(urlsplit(written).path)
    tries = [] if path.startswith("/") else [posixpath.join(posixpath.dirname(article), path)]
    for one in (*tries, f"static/{path.lstrip('/')}"):
        place = posixpath.normpath(one)
        hidden = any(part.startswith(".") for part in place.split("/"))
        if place.startswith(FOLDERS) and not hidden and place.isprintable():
            yield place


def _measured(root: Path, path: str) -> Picture | str:
    from publisher.render.pixels import flaw, measured

    place = root / path
    if not place.resolve().is_relative_to(root.resolve()):
        return "it is a link that leads out of the publication"
    try:
        data = place.read_bytes()
        found = measured(path, data)
    except OSError as error:
        return f"it cannot be read: {(error.strerror or '').lower()}"
    if isinstance(found, str):
        return found
    if found.kind == "svg" and not path.startswith("static/"):
        return "an SVG may carry a script; put it into static/ if it is yours, and write its address there"
    return "it is an icon" if found.kind == "ico" else flaw(data, found) or found


def _complaint(written: str, found: list[tuple[PictureFile, str | None]]) -> str:
    if not found:
        return f"the picture {written} is no file of this publication; it lies beside the article or in static/"
    file, reason = found[-1]
    if reason:
        return f"the picture {file.path} is not shown: {reason}"
    return f"the picture {written} is missing: there is no {' nor '.join(one.path for one, _ in found)}"


def _line(read: ReadFile, written: str) -> int | None:
    if written == read.manuscript.image and "image" in read.lines:
        return read.lines["image"]
    at = read.body.text.find(written)
    if at < 0:
        return None
    return read.body_line + read.body.text.count("\n", 0, at)
