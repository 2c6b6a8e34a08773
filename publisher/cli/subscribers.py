"""`subscribers`: the list."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from publisher import clock, running
from publisher.cli import lists, persons
from publisher.cli.options import as_json, doors, publication, say
from publisher.errors import LeftOutError, UsageError
from publisher.running.doors import Doors
from publisher.running.welcoming import Welcomed
from publisher.store import readers, signups
from publisher.store import subscribers as stored
from publisher.store.signups import Signup
from publisher.subscribing import addresses


@click.group()
def subscribers() -> None:
    """Who gets the digest."""


@subscribers.command()
@click.argument("given", metavar="ADDRESS...", nargs=-1, required=True)
@publication
@click.option("--confirmed", is_flag=True, help="Consent was given elsewhere, and you can show it: no mail goes.")
@click.option("--evidence", default="added by the operator", help="How consent was given, in words.")
@click.option("--lang", help="The language of their digest; without it, the publication's.")
def add(given: tuple[str, ...], home: Path, confirmed: bool, evidence: str, lang: str | None) -> None:
    """Ask each address by mail whether it wants the digest; with --confirmed, take it as said. Revives nobody."""
    opened = doors(home)
    cleaned = {text: addresses.clean(text) for text in given}
    usable = [address for address in cleaned.values() if address is not None]
    if confirmed:
        _take_as_said(opened, usable, evidence, lang)
    else:
        _ask_by_mail(opened, usable, evidence, lang)
    refused = [text for text, address in cleaned.items() if address is None]
    if refused:
        raise LeftOutError(f"no usable mail address: {', '.join(repr(text) for text in refused)}")


def _take_as_said(opened: Doors, given: Sequence[str], evidence: str, lang: str | None) -> None:
    for address in given:
        key = addresses.key(address)
        with opened.store.begin() as tx:
            new = stored.add_confirmed(tx, address, key, evidence=evidence, lang=lang, now=clock.now())
            before = stored.find(tx, key)
        state = "added" if new else f"known already, {before.state if before else ''}; nothing changed"
        say(f"{address}: {state}")


def _ask_by_mail(opened: Doors, given: Sequence[str], evidence: str, lang: str | None) -> None:
    """Through the store, like a sign-up by the form: a kill loses no mail, and the same limits hold."""
    if not opened.publication.service:
        raise UsageError(
            "[web] service is false, so nobody would answer the link in the confirmation mail. Set it to true and run "
            "`publisher serve`; or use --confirmed for consent that was given elsewhere."
        )
    for address in given:
        with opened.store.begin() as tx:
            before = stored.find(tx, addresses.key(address))
            if before is None or before.state != "confirmed":
                now = clock.now()
                words = f"{now:%Y-%m-%dT%H:%M:%SZ} asked by the operator: {evidence}"
                signups.note(tx, Signup(address=address, asked=now, lang=lang, evidence=words))
        if before is not None and before.state == "confirmed":
            say(f"{address}: known already, confirmed; nothing changed")
    _say_what_went(running.welcome(opened), frozenset(given))


def _say_what_went(found: Welcomed, given: frozenset[str]) -> None:
    went = {addresses.key(address) for address in found.went}
    for one in found.admitted:
        if one.address not in given:
            continue
        if one.letter is None:
            say(f"{one.address}: not asked: a mail went there within the last day, or three went without an answer")
        elif addresses.key(one.address) in went:
            say(f"{one.address}: asked by mail; subscribed once the button behind its link is pressed")
        else:
            say(f"{one.address}: will be asked by mail with the next run ({found.ended or 'the server put it off'})")


@subscribers.command("list")
@publication
@as_json
def list_everyone(home: Path, as_json: bool) -> None:
    """Everyone, with their state."""
    with doors(home).store.read() as tx:
        found = [
            {
                "address": one.address,
                "state": one.state,
                "confirmed": one.confirmed.isoformat(sep=" ", timespec="seconds") if one.confirmed else "",
                "lang": one.lang,
            }
            for one in stored.everyone(tx)
        ]
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for one in found:
        click.echo(f"{one['address']}\t{one['state']}\t{one['confirmed']}\t{one['lang'] or ''}")


@subscribers.command()
@click.argument("given", metavar="ADDRESS...", nargs=-1, required=True)
@publication
def unsubscribe(given: tuple[str, ...], home: Path) -> None:
    """They get nothing more, from this moment on; also not the rest of a digest that is being sent."""
    opened = doors(home)
    for text in given:
        with opened.store.begin() as tx:
            person = stored.find(tx, addresses.key(addresses.clean(text) or text))
            done = bool(person and readers.leave(tx, [person.id], now=clock.now()))
        say(f"{text}: {'unsubscribed' if done else 'was not subscribed; nothing changed'}")


for command in (*lists.COMMANDS, *persons.COMMANDS):
    subscribers.add_command(command)

COMMANDS = (subscribers,)
