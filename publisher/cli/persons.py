"""`subscribers show` and `erase`: what a person may ask for."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from publisher.cli.options import as_json, doors, publication, say
from publisher.running import persons


@click.command()
@click.argument("address")
@publication
@as_json
def show(address: str, home: Path, as_json: bool) -> int:
    """Everything that is kept about one person, with the words that they consented to. Exit code 1: nothing is."""
    found = persons.everything(doors(home), address)
    if as_json:
        click.echo(json.dumps(found, indent=1, default=str))
        return 0 if found else 1
    for line in _told(found):
        click.echo(line)
    if not found:
        say("Nothing is kept about this address.")
    return 0 if found else 1


def _told(found: Mapping[str, Any]) -> Iterator[str]:
    """A line for each thing that is known; a blank one between two rows of a place."""
    for place, rows in found.items():
        yield f"{place}:"
        for number, row in enumerate(rows):
            if isinstance(row, str):
                yield f"  {row}"
                continue
            if number:
                yield ""
            for name, value in row.items():
                if value is not None:
                    yield from textwrap.wrap(
                        f"{name}: {_plain(value)}", 100, initial_indent="  ", subsequent_indent="      "
                    )


def _plain(value: object) -> str:
    """A time to the second."""
    return value.isoformat(sep=" ", timespec="seconds") if isinstance(value, datetime) else str(value)


@click.command()
@click.argument("address")
@publication
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(address: str, home: Path, yes: bool) -> None:
    """Forget a person everywhere; each place is named. It cannot be undone.

    The sums of past digests still hold: a number stays, that no longer belongs to anybody. A keyed hash keeps the
    address from coming back by an import; a new double opt-in lifts it.
    """
    opened = doors(home)
    if not yes and not click.confirm(f"Forget {address} for good?", err=True):
        say("Nothing was erased.")
        return
    for line in persons.erase(opened, address):
        say(line)


COMMANDS = (show, erase)
"""Of the group `subscribers`."""
