"""The style sheet as pages carry it: set into the page, allowed by its hash, no more of it than the page needs."""

import base64
import hashlib
import re
from collections.abc import Container

import msgspec
from markupsafe import Markup
from msgspec.structs import fields

from publisher.config import Palette, Theme

_MARK = re.compile(r"/\* == ([a-z ]+) == \*/")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of page is given."""

    css: Markup
    policy: Markup
    """Content-Security-Policy: no script, no frame; from elsewhere only pictures and sound that an article shows."""
    light: str
    dark: str
    """The backgrounds of the two schemes."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The style sheet in parts."""

    theme: Theme
    shared: str
    parts: tuple[tuple[frozenset[str], str], ...]
    """Each with the kinds of pages that need it."""

    def style(self, *kinds: str) -> Style:
        """What all pages share and what those of these kinds need, in the sheet's order."""
        needed = "".join(part for names, part in self.parts if not names.isdisjoint(kinds))
        return _style(tokens(self.theme) + self.shared + needed, self.theme)


def sheet_of(text: str, theme: Theme) -> Sheet:
    shared, *rest = _MARK.split(text)
    marked = zip(rest[::2], rest[1::2], strict=True)
    return Sheet(theme=theme, shared=shared, parts=tuple((frozenset(names.split()), part) for names, part in marked))


def tokens(theme: Theme) -> str:
    """The theme as custom properties: `--bg`, `--ink` and so on, `--serif`, `--sans`."""
    fonts = f"--serif:{theme.serif};--sans:{theme.sans}"
    dark = f"@media (prefers-color-scheme:dark){{:root{{{_colours(theme.dark)}}}}}"
    return f":root{{color-scheme:light dark;{_colours(theme.light)};{fonts}}}{dark}"


def _colours(palette: Palette) -> str:
    return ";".join(f"--{one.name}:{getattr(palette, one.name)}" for one in fields(palette))


def _style(sheet: str, theme: Theme) -> Style:
    css = compact(sheet)
    # Style by hash would also shut out a reader's own sheet and larger text; bodies cannot bring one: no sanitised
    # element or attribute carries style. No script runs that could connect; what looks at a page from inside it, as
    # Lighthouse does, may read robots.txt.
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; media-src 'self' https:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'"
    )
    return Style(css=Markup(css), policy=Markup(policy), light=theme.light.bg, dark=theme.dark.bg)  # noqa: S704 - the publication's own sheet


def kinds(has: Container[str], *, picture: bool = False) -> str:
    """Of a page that shows a text with these elements: what of the sheet it needs."""
    found = {"picture": picture or "img" in has, "code": "code" in has or "pre" in has, "table": "table" in has}
    return " ".join(["article", *[name for name, there in found.items() if there]])


def source_hash(text: str) -> str:
    """What lets a policy allow an inline element by its content (CSP level 3, s. 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8', 'ignore')).digest()).decode()}'"


def compact(sheet: str) -> str:
    """Without comments, line ends and the space around braces."""
    bare = _COMMENT.sub("", sheet).replace("</", "<\\/")
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", bare)).replace(";}", "}").strip()
