"""Pictures as bytes: what they are, and the sizes and forms in which pages show them. Nothing that a camera noted of
place and time goes on: every form but an SVG is made anew from the pixels.
"""

import hashlib
import re
import struct
import warnings
from io import BytesIO
from typing import TYPE_CHECKING

from publisher.model import Picture

if TYPE_CHECKING:
    from PIL import Image

KINDS = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "GIF": "gif", "ICO": "ico"}
"""By Pillow's names: what browsers show."""
MOST_PIXELS = 50_000_000
"""A file of a few kilobytes may unfold to gigabytes."""
MOST_BYTES = 40 * 1024 * 1024
_ORIENTATION = 0x0112
_TURNED = frozenset({5, 6, 7, 8})
_SVG = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg\b([^>]*)>", re.DOTALL
)


def measured(path: str, data: bytes) -> Picture | str:
    """What the file at `path` is, or why it cannot be shown. Nothing is unfolded for it."""
    if len(data) > MOST_BYTES:
        return f"it has {len(data)} bytes; a picture has at most {MOST_BYTES}"
    svg = _SVG.match(data[:8192])
    if svg:
        width, height = _svg_size(svg[1].decode("utf-8", "replace"))
        return Picture(path=path, hash=_hash(data), kind="svg", width=width, height=height)
    try:
        with opened(data) as image:
            width, height = image.size
            if image.getexif().get(_ORIENTATION) in _TURNED:
                width, height = height, width
            kind, moving = KINDS[str(image.format)], bool(getattr(image, "is_animated", False))
    except ValueError as error:
        return str(error)
    if width * height > MOST_PIXELS:
        return f"it has {width} x {height} pixels; a picture has at most {MOST_PIXELS // 1_000_000} million"
    return Picture(path=path, hash=_hash(data), kind=kind, width=width, height=height, moving=moving)


def opened(data: bytes) -> "Image.Image":
    """Its head read, its pixels not. Raises ValueError, with a reason for a person."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(BytesIO(data), formats=list(KINDS))
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        bomb = isinstance(error, Image.DecompressionBombError)
        reason = "it unfolds to too many pixels" if bomb else "it is no JPEG, PNG, WebP, AVIF, GIF or SVG picture"
        raise ValueError(reason) from error
    except (OSError, SyntaxError, EOFError, struct.error, ValueError, TypeError, KeyError) as error:
        raise ValueError("it is damaged") from error


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _svg_size(attributes: str) -> tuple[int, int]:
    """Of its root: width and height in pixels, else those of its view box, else nothing."""
    given = {
        name: re.search(rf"\s{name}\s*=\s*[\"']\s*([\d.]+)(?:px)?\s*[\"']", attributes) for name in ("width", "height")
    }
    box = re.search(r"\sviewBox\s*=\s*[\"']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)", attributes)
    if given["width"] and given["height"]:
        sizes = (given["width"][1], given["height"][1])
    else:
        sizes = (box[1], box[2]) if box else ("0", "0")
    try:
        width, height = (min(round(float(size)), 99_999) for size in sizes)
    except ValueError:
        return 0, 0
    return width, height
