"""Pictures as bytes: what a file is, and its pixels in another size and form. Nothing that a camera noted of place and
time goes on: only pixels do.
"""

import hashlib
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any

from publisher.model import Picture
from publisher.render.pictures import WIDTHS, Variant, forms, widths

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


def flaw(data: bytes, picture: Picture) -> str | None:
    """Why its pixels cannot be had, though its head can; None: they can."""
    try:
        if picture.moving:
            for _ in _frames(data):
                pass
        elif forms(picture):
            pixels(data, picture)
    except ValueError as error:
        return str(error)
    return None


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


def pixels(data: bytes, picture: Picture) -> "Image.Image":
    """Upright, in sRGB, no wider than the widest variant. Raises ValueError for what cannot be decoded."""
    from PIL import ImageOps

    try:
        with opened(data) as image:
            image.draft(image.mode, (2 * WIDTHS[-1], 2 * WIDTHS[-1] * picture.height // max(1, picture.width)))
            image.load()
            upright = _in_srgb(ImageOps.exif_transpose(image))
            return _narrowed(upright, widths(picture)[-1])
    except (OSError, SyntaxError, EOFError, struct.error, TypeError, KeyError, ZeroDivisionError) as error:
        raise ValueError("it is damaged") from error


def encoded(image: "Image.Image", variant: Variant) -> bytes:
    """The same bytes for the same pixels; nothing but pixels is in them."""
    found = _narrowed(image, variant.width)
    if variant.form == "webp" and variant.picture.kind in {"png", "gif"}:
        # A drawing is smaller without loss, a photograph with it: nobody but the encoder can tell which it is.
        return min(_saved(found, "WEBP", lossless=True, method=4), _saved(found, "WEBP", quality=84, method=4), key=len)
    if variant.form == "webp":
        return _saved(found, "WEBP", quality=78, method=4)
    if variant.form == "avif":
        return _saved(found, "AVIF", quality=58, speed=6)
    if variant.form == "png":
        return _saved(found, "PNG", optimize=True)
    return _saved(found.convert("RGB"), "JPEG", quality=80, optimize=True, progressive=True)


def moving(data: bytes, variant: Variant) -> bytes:
    """An animation with all its pictures, in the order and for the time that they had. Raises ValueError."""
    shown = [(_narrowed(frame, variant.width), time) for frame, time in _frames(data)]
    (first, _), *rest = shown
    return _saved(
        first,
        "WEBP",
        save_all=True,
        append_images=[frame for frame, _ in rest],
        duration=[time for _, time in shown],
        loop=0,
        quality=75,
    )


def _frames(data: bytes) -> "Iterator[tuple[Image.Image, int]]":
    """Each with its time in milliseconds."""
    from PIL import ImageSequence

    seen = 0
    try:
        with opened(data) as image:
            for frame in ImageSequence.Iterator(image):
                seen += frame.width * frame.height
                if seen > MOST_PIXELS:
                    raise ValueError(f"its pictures have more than {MOST_PIXELS // 1_000_000} million pixels together")
                yield frame.convert("RGBA"), int(frame.info.get("duration", 100))
    except (OSError, SyntaxError, EOFError, struct.error, TypeError, KeyError) as error:
        raise ValueError("it is damaged") from error


def _in_srgb(image: "Image.Image") -> "Image.Image":
    """What a wide-gamut camera saw, in the colours that pages are in."""
    from PIL import Image, ImageCms

    profile = image.info.get("icc_profile")
    alpha = "A" in image.getbands() or "transparency" in image.info
    found = image
    if profile and image.mode in {"RGB", "CMYK"}:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            changed = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
            found = changed if isinstance(changed, Image.Image) else image
    return found.convert("RGBA" if alpha else "RGB")


def _narrowed(image: "Image.Image", width: int) -> "Image.Image":
    from PIL import Image

    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)


def _saved(image: "Image.Image", kind: str, **how: Any) -> bytes:
    target = BytesIO()
    bare = image.copy()
    bare.info.clear()
    bare.save(target, kind, **how)
    return target.getvalue()
