"""`init` and `new`: a publication, and an article in it."""

import ipaddress
import os
import re
import shlex
from datetime import datetime
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from publisher import clock
from publisher.cli.options import publication, read_settings, say
from publisher.collect.slugs import slugify
from publisher.errors import TemporaryError, UsageError
from publisher.store import subscribers
from publisher.subscribing import addresses
from publisher.wiring import open_doors


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="The publication's name; without it, made from the folder's.")
@click.option("--url", help="Where it will be read, such as https://zendoric.example/.")
@click.option("--timezone", help="Such as Europe/Madrid; without it, this machine's.")
def init(directory: Path, name: str | None, url: str | None, timezone: str | None) -> None:
    """A new publication in DIR, with a first article, ready for `publisher run --now`."""
    if (directory / "publication.toml").exists():
        raise UsageError(f"{directory / 'publication.toml'} is there already; nothing was changed.")
    stem = directory.absolute().name
    zone = timezone or _zone_of_machine()
    today = _today(zone)
    authority = re.sub(r"[^a-z0-9-]+", "-", stem.lower()).strip("-") or "daily"
    address = url or f"https://{authority}.example/"
    filled = {
        "{name}": (name or stem.replace("-", " ").title()).replace("\\", "").replace('"', "'"),
        "{url}": address,
        "{authority}": _domain(address) or f"{authority}.example",
        "{timezone}": zone,
        "{start}": today,
        "{date}": today,
    }
    try:
        _copy_starter(directory, filled)
    except OSError as error:
        raise TemporaryError(f"{error.filename or directory} cannot be written: {error.strerror}") from error
    reader = f"editor@{filled['{authority}']}"
    _subscribe(directory, reader)
    say(f"{directory} is ready, with {reader} as its first subscriber (mails become files in {directory / 'outbox'}).")
    say(f"Next: cd {shlex.quote(str(directory))} && publisher run --now")


def _domain(url: str) -> str | None:
    """Of an address that has one: a number, or a name without a dot, can be in no mailbox and in no id."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
        ipaddress.ip_address(host)
    except ValueError:
        return host if "." in host else None
    return None


def _subscribe(directory: Path, address: str) -> None:
    """The editor reads along: the first run has a mail to show."""
    opened = open_doors(read_settings(directory), tell=lambda _: None)
    evidence = "the editor's own, added by `publisher init`"
    with opened.store.begin() as tx:
        subscribers.add_confirmed(tx, address, addresses.key(address), evidence=evidence, lang=None, now=clock.now())
    opened.store.close()


@click.command()
@click.argument("title")
@publication
def new(title: str, home: Path) -> None:
    """An article file for today, with its front matter; prints its path."""
    found = read_settings(home).publication
    now = clock.now().astimezone(found.zone).replace(microsecond=0)
    slug = slugify(title)
    if not slug:
        raise UsageError(f"{title!r} has no letter or digit in it; an article has a title.")
    path = home / "articles" / f"{now:%Y}" / f"{now:%m}" / f"{now:%Y-%m-%d}-{slug}.md"
    if path.exists():
        raise UsageError(f"{path} is there already; give the article another title.")
    quoted = title.replace("\\", "\\\\").replace('"', '\\"')
    head = f'title: "{quoted}"\npublished: {now.isoformat()}\nlede:\nsection:\ntags: []\nsources: []\ndraft: true\n'
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\n{head}---\n\n", "utf-8")
    except OSError as error:
        raise TemporaryError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(path)
    say("It is a draft: nobody sees it until you take out `draft: true`.")


def _copy_starter(directory: Path, filled: dict[str, str]) -> None:
    root = resources.files("publisher") / "starter"
    with resources.as_file(root) as starter:
        for source in sorted(starter.rglob("*")):
            if source.is_dir() or source.suffix == ".pyc" or source.name == "__init__.py":
                continue
            target = directory / _fill(source.relative_to(starter).as_posix(), filled).replace("dot-", ".")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():  # the editor's own stays
                target.touch(0o600 if target.name == "publisher.env" else 0o644)
                target.write_text(_fill(source.read_text("utf-8"), filled), "utf-8")


def _fill(text: str, filled: dict[str, str]) -> str:
    for placeholder, value in filled.items():
        text = text.replace(placeholder, value)
    return text


def _zone_of_machine() -> str:
    """The name behind TZ or /etc/localtime; UTC when there is none."""
    name = os.environ.get("TZ", "").lstrip(":") or os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    try:
        return ZoneInfo(name).key or "UTC"
    except (OSError, ValueError, KeyError):
        return "UTC"


def _today(zone: str) -> str:
    try:
        found: datetime = clock.now().astimezone(ZoneInfo(zone))
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f'no time zone is called {zone!r}; for example "Europe/Madrid"') from error
    return found.date().isoformat()


COMMANDS = (init, new)
