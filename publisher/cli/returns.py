"""`bounces`: mail that came back."""

import json
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.options import as_json, doors, publication, say
from publisher.cli.words import SHOWN, count
from publisher.errors import UsageError
from publisher.running.doors import Doors

if TYPE_CHECKING:
    from publisher.deliver.returns import Arrived
    from publisher.running.returns import Taken, Tally


@click.command()
@click.argument("source", metavar="FILE|DIR|-|imap")
@publication
@click.option(
    "--to",
    "envelope",
    metavar="ADDRESS",
    envvar=["ORIGINAL_RECIPIENT", "RECIPIENT"],
    help="With -: where the mail server delivered it; Postfix and Exim say so in the environment.",
)
@as_json
def bounces(source: str, home: Path, envelope: str | None, as_json: bool) -> int:
    """Read mail that came back: bounces, complaints, requests to leave. Whoever is gone gets no further digest.

    FILE is a message or an mbox, DIR a Maildir or a folder of messages, `-` one message from the mail server's pipe,
    `imap` the mailbox of [bounces]. Only what bears our signature changes a subscriber, and each message counts once,
    however often it is read.

    Exit code 0: read, whatever it was; 75: the mailbox or the store is away, try again; 78: the configuration.
    """
    from publisher.running.returns import take_back

    opened = doors(home)
    tally = take_back(opened, _arrived(opened, source), envelope=envelope if source == "-" else None)
    if as_json:
        click.echo(json.dumps([one.as_json() for one in tally.taken], indent=1))
    for line in _words(tally):
        say(line)
    return 0


def _arrived(opened: Doors, source: str) -> "Generator[Arrived]":
    from publisher.deliver.returns import LARGEST, from_bytes, from_path

    if source == "-":
        return from_bytes(sys.stdin.buffer.read(LARGEST), "standard input")
    if source != "imap":
        return from_path(Path(source))
    if opened.publication.bounces.mailbox is None:
        raise UsageError("publication.toml names no mailbox: [bounces] imap, user; docs/operations.md shows how.")
    from publisher.deliver.imap import from_mailbox

    return from_mailbox(opened.publication.bounces.mailbox)


def _words(tally: "Tally") -> Iterator[str]:
    """What was read, what changed, what could not be used."""
    yield f"{count(len(tally.taken), 'message')} read."
    for effect, words in (
        ("bounced", "no longer gets mail"),
        ("complained", "complained, and gets no further mail"),
        ("unsubscribed", "unsubscribed"),
    ):
        for one in tally.taken:
            if one.effect == effect:
                yield f"{one.address}: {words} ({_why(one)})"
    for effect, words in (
        ("counted", "counted against a subscriber, below the limit"),
        ("noted", "noted, and held against nobody"),
        ("known", "read before"),
        ("gone", "about somebody who was erased"),
        ("nothing", "changed nothing"),
    ):
        number = sum(one.effect == effect for one in tally.taken)
        if number:
            yield f"{count(number, 'message')} {words}."
    yield from _unsigned(tally.of("not signed"))


def _why(one: "Taken") -> str:
    first = next((failure for failure in one.found.failures if failure.kind is one.found.kind), None)
    said = " ".join(filter(None, (first.status, first.words[:120]))) if first else ""
    return "; ".join(filter(None, (one.found.reason or str(one.found.kind), said)))


def _unsigned(found: "list[Taken]") -> Iterator[str]:
    """By name: a person may know whom a provider means."""
    for one in found[:SHOWN]:
        about = next((failure.address for failure in one.found.failures if failure.address), None)
        told = f" about {about}" if about else ""
        yield (
            f"not ours: {one.name}: {one.found.kind}{told} from {one.found.reporter or 'nobody'}: nothing in it is "
            "signed by this publication, so nobody was changed"
        )
    if len(found) > SHOWN:
        yield f"not ours: {len(found) - SHOWN} more; --json names them all"


COMMANDS = (bounces,)
