"""The last look at a feed before it goes live: does it parse, and does every entry keep the id that readers know?"""

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePosixPath
from xml.parsers.expat import ExpatError

import msgspec

from publisher.render.feeds.channels import FILES
from publisher.render.feeds.glance import ID, LINK, TITLE, UPDATED, Atom, Glance, Rss


class BrokenFeedError(Exception):
    """A feed that readers could not use; the sentence says what is wrong with it."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as a reader sees it."""

    id: str | None
    """None: the format has none."""
    entries: tuple[tuple[str, str], ...]
    """(link, id) of each entry."""
    deleted: frozenset[str] = msgspec.field(default=frozenset())

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(identity for _, identity in self.entries) | self.deleted


def fault(path: str, new: bytes, old: bytes | None) -> str | None:
    """Why `new` may not take the place of `old`, the live one; None: it may."""
    try:
        seen = read(path, new)
    except BrokenFeedError as error:
        return f"{path} would be broken: {error}"
    try:
        before = read(path, old) if old is not None else None
    except BrokenFeedError:
        return None  # it can only get better
    return _changed(path, seen, before) if before else None


def read(path: str, content: bytes) -> Seen:
    """Raises `BrokenFeedError`."""
    name = PurePosixPath(path).name
    try:
        if name == FILES["json"]:
            seen = _json(msgspec.json.decode(content, type=_JsonFeed))
        else:
            seen = _atom(Atom(content)) if name == FILES["atom"] else _rss(Rss(content))
    except (ValueError, LookupError, ExpatError, msgspec.DecodeError) as error:
        raise BrokenFeedError(f"it does not parse ({error})") from error
    twice = [one for one, times in Counter(identity for _, identity in seen.entries).items() if times > 1]
    if twice:
        raise BrokenFeedError(f"the id {twice[0]} is there twice")
    if any(not identity for _, identity in seen.entries) or seen.id == "":
        raise BrokenFeedError("an id is missing")
    return seen


def _changed(path: str, new: Seen, old: Seen) -> str | None:
    if new.id != old.id:
        changed = f"{path} would change its own id from {old.id} to {new.id}, and readers take it for another feed"
        return changed + _way_back(old.id or "", new.id or "")
    known: Mapping[str, str] = dict(old.entries)
    for link, identity in new.entries:
        before = known.get(link, identity)
        if before != identity:
            return (
                f"{path}: readers know {link} as {before}, and it would come again as {identity}; "
                f"if it is the same article, give it `id: {before}` (ids.tsv has the ids that were released); "
                "if it is another one, give it another `slug:`"
            )
    return None


def _way_back(old: str, new: str) -> str:
    """What the editor can do where only the end of an id differs, which is a language."""
    (subject, _, lang), (other, _, _) = old.rpartition("/"), new.rpartition("/")
    advice = f'; if `language` was changed, put `first_language = "{lang}"` below it in publication.toml'
    return advice if subject == other else ""


def resealed(path: str, new: bytes, old: bytes) -> str | None:
    """Why an archive document that is sealed may not become `new`; None: it has the same ids."""
    if "/archive/" not in path or PurePosixPath(path).name == FILES["rss"]:
        return None  # RSS has no tombstones, so what was retracted leaves no trace there
    before, after = read(path, old).ids, read(path, new).ids
    if before == after:
        return None
    odd = min(before ^ after)
    return (
        f"{path} is sealed, and would {'lose' if odd in before else 'get'} {odd}; its set of ids never changes, "
        "so `archive` in the feed's definition has to stay what it was"
    )


def _atom(found: Glance) -> Seen:
    for said in (found.own, *found.entries):
        for name in (ID, TITLE, UPDATED):
            if not said.get(name, "").strip():
                raise ValueError(f"`{name.rpartition(' ')[2]}` is missing")
    return Seen(
        id=found.own[ID],
        entries=tuple([(said.get(LINK, ""), said[ID]) for said in found.entries]),
        deleted=frozenset(found.deleted),
    )


def _rss(found: Glance) -> Seen:
    if "channel" not in found.own:
        raise ValueError("`channel` is missing")
    return Seen(id=None, entries=tuple([(said.get("link", ""), said.get("guid", "")) for said in found.entries]))


class _Named(msgspec.Struct):
    id: str


class _Item(msgspec.Struct):
    id: str
    url: str


class _Own(msgspec.Struct):
    id: str
    deleted: tuple[_Named, ...] = ()


class _JsonFeed(msgspec.Struct, rename={"own": "_publisher"}):
    """What the gate asks of a JSON Feed; all else has to be JSON."""

    own: _Own
    items: tuple[_Item, ...]


def _json(found: _JsonFeed) -> Seen:
    return Seen(
        id=found.own.id,
        entries=tuple((one.url, one.id) for one in found.items),
        deleted=frozenset(one.id for one in found.own.deleted),
    )
