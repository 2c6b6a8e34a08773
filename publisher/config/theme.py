"""A publication's looks as data: colours, fonts, emblems. What is shipped is the default of each."""

import msgspec
from msgspec.structs import fields


class Palette(msgspec.Struct, frozen=True, kw_only=True):
    """The colours of one scheme, each `#rrggbb` in lower case."""

    bg: str = "#ffffff"
    ink: str = "#16191b"
    mute: str = "#565e66"
    link: str = "#0a5a44"
    ok: str = "#0a5a44"
    warn: str = "#7d4e00"
    rule: str = "#d5dbdd"
    soft: str = "#f3f6f5"


LIGHT = Palette()
DARK = Palette(
    bg="#121615",
    ink="#e6eae8",
    mute="#a3adab",
    link="#86d3b4",
    ok="#86d3b4",
    warn="#e3b968",
    rule="#333b39",
    soft="#1a201e",
)
MAIL = Palette(ink="#1b1f21", mute="#596168", rule="#cfd6d8", soft="#f1f5f3")
"""Chosen so that they can still be read where a mail program turns all colours round."""
SERIF = 'Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif'
SANS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
EMBLEMS = ("logo", "logo_dark", "favicon", "social_image")


class Theme(msgspec.Struct, frozen=True, kw_only=True):
    """All that a publication may set of its looks without a template."""

    light: Palette = LIGHT
    dark: Palette = DARK
    serif: str = SERIF
    """The fonts of text, as CSS lists them; none is loaded from anywhere."""
    sans: str = SANS
    """Those of the interface."""
    logo: str | None = None
    """Of a file in static/, relative to it; so are the three below."""
    logo_dark: str | None = None
    favicon: str | None = None
    social_image: str | None = None
    logo_alt: str | None = None

    @property
    def mail(self) -> Palette:
        """The light scheme as mails have it: what the publication set, and else what stands up to inversion."""
        own = {one.name: getattr(self.light, one.name) for one in fields(Palette)}
        kept = {name: getattr(MAIL, name) for name, value in own.items() if value == getattr(LIGHT, name)}
        return Palette(**(own | kept))


SHIPPED = Theme()
