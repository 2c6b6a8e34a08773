"""`feeds/*.toml` as text -> `FeedDefinition`s: which feeds there are is data."""

import re
import tomllib
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from publisher.config import line_of
from publisher.errors import ConfigurationError

Articles = Literal["site", "section", "tag", "author", "day", "digest", "selection"]
Format = Literal["atom", "rss", "json"]


ARCHIVE = 50
KINDS = "section, tag, author, day, digest, selection"


class FeedDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of feed: `site`, `digest` and `selection` give one for each language, `day` one for each day that has
    articles, the others one for each name that articles bear.
    """

    file: str
    title: str
    """With `{publication}` and `{name}` (of the section, tag or author, or the day's date) to be filled in."""
    articles: Articles
    formats: tuple[Format, ...] = ("atom", "rss", "json")
    """None: the feed is turned off."""
    length: int = 30
    """Of a day's feed nothing is left out."""
    archive: int = ARCHIVE
    """How many articles an archive document of the site's feed holds (RFC 5005 s. 4); 0: there are none."""
    hub: str | None = None
    """A WebSub hub's URL."""
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    """What a selection takes: articles that bear any of these names."""

    @property
    def name(self) -> str:
        """Of its file; a selection has its address from it."""
        return self.file.removesuffix(".toml")


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    articles: Articles
    title: str = "{publication}"
    formats: list[Format] = msgspec.field(default_factory=lambda: ["atom", "rss", "json"])
    length: int = 30
    archive: int | None = None
    hub: str | None = None
    sections: list[str] = []
    tags: list[str] = []
    authors: list[str] = []


def load(texts: Mapping[str, str]) -> tuple[FeedDefinition, ...]:
    """Read the definitions, file name -> text, in the order of their names.

    Raises `ConfigurationError`, whose sentence has the file, the line, the key and what would be right.
    """
    definitions = tuple(parse(text, file=file) for file, text in sorted(texts.items()))
    first: dict[str, str] = {}
    for one in definitions:
        if one.articles == "selection":
            continue
        other = first.setdefault(one.articles, one.file)
        if other != one.file:
            raise ConfigurationError(
                f'{one.file}:1: `articles = "{one.articles}"` is also in {other}; both would have the same addresses, '
                f"so leave one of them out (a file of the same name takes the place of the shipped one)"
            )
    return definitions


def parse(text: str, *, file: str) -> FeedDefinition:
    """Read one definition. Raises `ConfigurationError`."""
    try:
        written = msgspec.convert(tomllib.loads(text), _Written, strict=True)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigurationError(_explain(str(error), text, file)) from error
    for key, wrong in (
        ("title", _wrong_title(written)),
        ("length", _wrong_length(written)),
        ("archive", _wrong_archive(written)),
        ("hub", _wrong_hub(written)),
        ("articles", _wrong_selection(written, file)),
    ):
        if wrong:
            raise ConfigurationError(f"{file}:{line_of(text, [key])}: `{key}`: {wrong}")
    return FeedDefinition(
        file=file,
        title=written.title,
        articles=written.articles,
        formats=tuple(dict.fromkeys(written.formats)),
        length=written.length,
        archive=ARCHIVE if written.archive is None else written.archive,
        hub=written.hub,
        sections=tuple(written.sections),
        tags=tuple(written.tags),
        authors=tuple(written.authors),
    )


def _wrong_title(written: _Written) -> str | None:
    known = {"publication"} if written.articles in {"site", "digest"} else {"publication", "name"}
    if not written.title.strip() or set(re.findall(r"\{([^}]*)\}", written.title)) - known:
        return (
            f"{written.title!r}; it is a text that may have {' and '.join(f'{{{one}}}' for one in sorted(known))} in it"
        )
    return None


def _wrong_selection(written: _Written, file: str) -> str | None:
    names = [*written.sections, *written.tags, *written.authors]
    if written.articles != "selection":
        return 'only `articles = "selection"` has `sections`, `tags` and `authors`' if names else None
    if not any(name.strip() for name in names):
        return "a selection names `sections`, `tags` or `authors` whose articles it takes"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*\.toml", file):
        return "a selection has its address from the name of its file, of a-z, 0-9 and hyphens: science-and-sea.toml"
    return None


def _wrong_length(written: _Written) -> str | None:
    return None if written.length > 0 else f"{written.length} is too small; at least 1"


def _wrong_archive(written: _Written) -> str | None:
    if written.archive is None:
        return None
    if written.articles != "site":
        return 'only the feed with `articles = "site"` has archives'
    return None if written.archive >= 0 else f"{written.archive} is too small; 0 turns the archives off"


def _wrong_hub(written: _Written) -> str | None:
    if written.hub is None or (urlsplit(written.hub).scheme in {"http", "https"} and urlsplit(written.hub).netloc):
        return None
    return f'{written.hub!r} is no web address; for example "https://hub.example/"'


def _explain(message: str, text: str, file: str) -> str:
    known = ", ".join(_Written.__struct_fields__)
    unknown = re.search(r"unknown field `([^`]+)`", message)
    if unknown:
        return f"{file}:{line_of(text, [unknown[1]])}: unknown key `{unknown[1]}`; known here: {known}"
    missing = re.search(r"missing required field `([^`]+)`", message)
    if missing:
        return f'{file}:1: `{missing[1]}` is missing; for example: articles = "site" (or {KINDS})'
    words, _, where = message.partition(" - at `$.")
    key = re.match(r"\w+", where)
    named = key[0] if key else ""
    right = {"articles": f"site, {KINDS}", "formats": 'a list of "atom", "rss", "json"'}.get(named)
    tail = f"; it is {right}" if right else ""
    return f"{file}:{line_of(text, [named])}: `{named}`: {words.lower()}{tail}"
