"""The looks of the mail, from the publication's theme."""

import msgspec

from publisher.config.theme import SANS, SERIF, Palette, Theme


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Colours as mails have them: what mail programs turn round or leave as it is has to be read either way."""

    bg: str
    ink: str
    mute: str
    link: str
    ok: str
    warn: str
    rule: str
    soft: str
    bar: str
    """Beside corrections."""
    serif: str
    sans: str
    dark: Palette
    """For mail programs that ask for dark colours."""

    @classmethod
    def of(cls, theme: Theme) -> "Look":
        light, shipped = theme.mail, Theme()
        return cls(
            bg=light.bg,
            ink=light.ink,
            mute=light.mute,
            link=light.link,
            ok=light.ok,
            warn=light.warn,
            rule=light.rule,
            soft=light.soft,
            bar="#2f8a6c" if theme.light.link == shipped.light.link else light.link,
            serif=_SERIF if theme.serif == SERIF else _plain(theme.serif),
            sans=_SANS if theme.sans == SANS else _plain(theme.sans),
            dark=theme.dark,
        )


_SERIF = "Charter,Georgia,Times New Roman,serif"
_SANS = "-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif"
"""Short, because they stand in every line; a name of several words needs no quotes."""


def _plain(fonts: str) -> str:
    return fonts.replace('"', "'")
