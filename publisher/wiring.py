"""From a folder to open doors: the only room that knows all of them, the environment and the shipped files."""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from publisher import __version__, clock, config
from publisher.config import Alerts, Publication
from publisher.config.theme import EMBLEMS
from publisher.errors import ConfigurationError, StoreLostError, TemporaryError, UsageError
from publisher.model import Picture
from publisher.release import live
from publisher.running.doors import Doors, Materials
from publisher.running.report import Tell
from publisher.store import open_store
from publisher.store.driver import sqlite_file
from publisher.store.wording import whose
from publisher.subscribing import tokens

if TYPE_CHECKING:
    from publisher.render import dkim

PACKAGE = Path(__file__).parent


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """A publication's configuration, and where it stands."""

    home: Path
    publication: Publication


def settings(home: Path, environment: Mapping[str, str]) -> Settings:
    """Read `publication.toml`, `publisher.env` and the `PUBLISHER_*` variables; the environment wins over the file."""
    path = home / "publication.toml"
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no publication.toml in {home}. `publisher init DIR` makes a publication; "
            "`--publication DIR` names one."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    overrides = {**_env_file(home), **{k: v for k, v in environment.items() if k.startswith("PUBLISHER_")}}
    return Settings(home=home, publication=config.parse(text, overrides=overrides))


def open_doors(found: Settings, *, tell: Tell, adopting: bool = False) -> Doors:
    """Open the store, gather what renderers need. Raises `StoreLostError` when it is gone but releases are not."""
    now = clock.now()
    publication, home = found.publication, found.home
    file = sqlite_file(publication.store_url, home)
    begin = adopting or live(home) is None
    if file is not None and not file.exists() and not begin:
        raise StoreLostError(
            f"{file} is gone, but {home / 'public'} shows releases. Nothing is mailed, so that nobody gets a digest "
            "twice. Bring the store back with `publisher restore FILE`; without a backup, `publisher adopt` rebuilds "
            "it from ids.tsv and public/."
        )
    _refuse_faraway_mail(publication)
    return Doors(
        home=home,
        site=home,
        publication=publication,
        store=open_store(publication.store_url, home, publication.authority, now=now, begin=begin),
        materials=materials(home, publication),
        keys=signing_keys(home),
        signers=dkim_signers(publication, home),
        now=clock.now,
        tell=tell,
        allow_private_upstreams=os.environ.get("PUBLISHER_ALLOW_PRIVATE_UPSTREAMS") == "1",
    )


def materials(home: Path, publication: Publication) -> Materials:
    """Templates and feed definitions as shipped, with the publication's own in their place; the interface's words."""
    templates = _texts(shipped("templates"), "*") | _texts(home / "templates", "*")
    feeds = _texts(shipped("feeds"), "*.toml") | _texts(home / "feeds", "*.toml")
    words = {path.stem: path.read_text("utf-8") for path in sorted((PACKAGE / "locale").glob("*.po"))}
    shown = emblems(home, publication)
    seen = hashlib.sha256(repr((__version__, _shown(publication), templates, feeds, words, shown)).encode())
    return Materials(templates=templates, feeds=feeds, words=words, emblems=shown, fingerprint=seen.hexdigest())


def emblems(home: Path, publication: Publication) -> Mapping[str, Picture]:
    """The files that `[theme]` names. Raises `ConfigurationError` for one that is missing or no picture."""
    names = {name: getattr(publication.theme, name) for name in EMBLEMS}
    found = {name: _emblem(home / "static" / file, f"/{file}", name) for name, file in names.items() if file}
    return {**_found_by_browsers(home), **found}


def _found_by_browsers(home: Path) -> Mapping[str, Picture]:
    """What browsers ask for where a page names no other, whatever it is."""
    place = home / "static" / "favicon.ico"
    if not place.is_file():
        return {}
    seen = hashlib.sha256(place.read_bytes()).hexdigest()
    return {"favicon": Picture(path="/favicon.ico", hash=seen, kind="ico", width=0, height=0)}


def _emblem(place: Path, path: str, key: str) -> Picture:
    from publisher.render.pixels import measured

    try:
        found = measured(path, place.read_bytes())
    except OSError as error:
        reason = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        raise ConfigurationError(f"{place} {reason}; `[theme] {key}` names it") from error
    if isinstance(found, str):
        raise ConfigurationError(f"{place}: {found}; `[theme] {key}` names it")
    return found


def _shown(publication: Publication) -> Publication:
    """The settings that a page can depend on: a new password renders nothing anew."""
    mail = replace(publication.mail, relays=(), connections=1, maildir=None, per_hour=None, domain_limits={})
    return replace(publication, store_url="", keep_releases=2, mail=mail, alerts=Alerts())


def shipped(folder: str) -> Path:
    """Inside the package when installed from a wheel, beside it in a checkout."""
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def signing_keys(home: Path) -> tokens.Keys:
    """`secret.key`, made at first need: 0600, and part of every backup. Without it old links die."""
    path = home / "secret.key"
    try:
        if not path.exists():
            _make_key(path)
        return tokens.parse_keys(path.read_text("ascii"))
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    except OSError as error:
        raise TemporaryError(f"{path} cannot be read or made: {error.strerror}.{whose(path)}") from error


def dkim_signers(publication: Publication, home: Path) -> "tuple[dkim.Signer, ...]":
    """The keys of `[[mail.dkim]]`. Raises `ConfigurationError` for one that is missing: nothing goes out unsigned."""
    if not publication.mail.dkim:
        return ()
    from publisher.render import dkim

    return tuple(
        dkim.Signer(domain=one.domain, selector=one.selector, key=dkim_key(home / one.key_file))
        for one in publication.mail.dkim
    )


def dkim_key(path: Path) -> "dkim.Key":
    from publisher.render import dkim

    try:
        return dkim.load_key(path.read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(f"{path} is missing: [[mail.dkim]] names it; `publisher dkim` makes one.") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} is no key for DKIM: {error}") from error


def make_dkim_key(path: Path, *, ed25519: bool) -> "dkim.Key":
    """A new key, for its owner's eyes only. Raises `UsageError` rather than write over anything."""
    from publisher.render import dkim

    key = dkim.new_key(ed25519=ed25519)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} is there already, and is not written over; --show prints its record.") from None
    except OSError as error:
        raise TemporaryError(f"{path} cannot be made: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(dkim.dump_key(key))
        file.flush()
        os.fsync(file.fileno())
    return key


def rotate_signing_key(home: Path) -> tokens.Keys:
    """A new key signs from now on; the old ones go on verifying, so that no link dies. Returns all of them."""
    path = home / "secret.key"
    signing_keys(home)  # made if it is not there, and read: a broken file is not written over
    try:
        _draft_key(path, _new_key() + path.read_text("ascii")).replace(path)
    except OSError as error:
        raise TemporaryError(f"{path} cannot be written: {error.strerror}.{whose(path)}") from error
    return signing_keys(home)


def _new_key() -> str:
    """A line of secret.key. No two keys ever have one name: a link says by which it was signed."""
    secret = secrets.token_bytes(32)
    return f"k{tokens.fingerprint(secret)[:8]} {secret.hex()}\n"


def _draft_key(path: Path, text: str) -> Path:
    draft = path.with_name(f".secret.key.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _make_key(path: Path) -> None:
    """Two processes may try at once: the link decides, and both use the winner's."""
    draft = _draft_key(path, _new_key())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _refuse_faraway_mail(publication: Publication) -> None:
    if clock.is_set() and publication.mail.maildir is None:
        far = [relay.host for relay in publication.mail.relays if relay.host not in {"127.0.0.1", "::1", "localhost"}]
        if far:
            raise ConfigurationError(
                f"PUBLISHER_CLOCK sets the clock, and {far[0]} is not this machine: a set clock mails nobody far away. "
                "Unset PUBLISHER_CLOCK."
            )


def _env_file(home: Path) -> dict[str, str]:
    path = home / "publisher.env"
    if not path.exists():
        return {}
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    for name, value in found.items():
        if value is None:
            raise ConfigurationError(f"{path}: `{name}` has no value; a line is NAME=value")
    strange = config.unknown_overrides(name for name in found if name.startswith("PUBLISHER_"))
    if strange:
        raise ConfigurationError(f"{path}: no key is called {strange[0]}; it is PUBLISHER_SECTION_KEY, in capitals")
    return {name: value for name, value in found.items() if value is not None}


def _texts(folder: Path, pattern: str) -> dict[str, str]:
    if not folder.is_dir():
        return {}
    return dict(_read(path) for path in _files(folder, pattern))


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    return (path for path in sorted(folder.glob(pattern)) if path.is_file() and not path.name.startswith("."))


def _read(path: Path) -> tuple[str, str]:
    try:
        return path.name, path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
