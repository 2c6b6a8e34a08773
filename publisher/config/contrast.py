"""Whether text can be read on its ground (WCAG 2.2, 1.4.3), and the nearest colour that can."""

from collections.abc import Iterator, Sequence

Lab = tuple[float, float, float]
"""OKLab: lightness 0..1, then the two colour axes; equal steps look equally large."""
_STEPS = 400
_ROUNDING = 0.001


def contrast(one: str, other: str) -> float:
    """From 1 to 21, of two colours written `#rrggbb`."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def nearest(colour: str, grounds: Sequence[str], least: float) -> str | None:
    """The colour of the same hue, least changed in lightness, that has at least this contrast on every ground.

    None: no lightness has it, so that a ground has to change.
    """
    fitting = (one for one in _by_distance(colour) if all(contrast(one, ground) >= least for ground in grounds))
    return next(fitting, None)


def _by_distance(colour: str) -> Iterator[str]:
    """The same hue lighter and darker, the smallest change first; grey at last, at both ends."""
    lightness, a, b = _lab(colour)
    for step in range(_STEPS + 1):
        for light in (lightness - step / _STEPS, lightness + step / _STEPS):
            if 0 <= light <= 1:
                yield _within_gamut(light, a, b)
    yield from ("#000000", "#ffffff")


def _within_gamut(lightness: float, a: float, b: float) -> str:
    """As colourful as a screen can show it at this lightness."""
    for part in range(20, -1, -1):
        found = _rgb((lightness, a * part / 20, b * part / 20))
        if all(-_ROUNDING <= one <= 1 + _ROUNDING for one in found):
            return "#" + "".join(f"{round(255 * min(1.0, max(0.0, _encoded(one)))):02x}" for one in found)
    return "#000000" if lightness < 0.5 else "#ffffff"  # noqa: PLR2004 - rounding alone leads here


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> tuple[float, float, float]:
    """Without the curve of sRGB (IEC 61966-2-1)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004
    return red, green, blue


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055  # noqa: PLR2004


def _lab(colour: str) -> Lab:
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _rgb(lab: Lab) -> tuple[float, float, float]:
    lightness, a, b = lab
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
