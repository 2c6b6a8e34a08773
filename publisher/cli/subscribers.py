"""`subscribers`: the list."""

import json
from pathlib import Path

import click

from publisher import clock
from publisher.cli import lists, persons
from publisher.cli.options import as_json, doors, publication, say
from publisher.errors import LeftOutError, UsageError
from publisher.store import subscribers as stored
from publisher.subscribing import addresses, states


@click.group()
def subscribers() -> None:
    """Who gets the digest."""


@subscribers.command()
@click.argument("given", metavar="ADDRESS...", nargs=-1, required=True)
@publication
@click.option("--confirmed", is_flag=True, help="Consent was given elsewhere, and you can show it.")
@click.option("--evidence", default="added by the operator", help="How consent was given, in words.")
@click.option("--lang", help="The language of their digest; without it, the publication's.")
def add(given: tuple[str, ...], home: Path, confirmed: bool, evidence: str, lang: str | None) -> None:
    """Add addresses whose consent was given elsewhere (--confirmed). Nobody who left is revived."""
    if not confirmed:
        raise UsageError(
            "Without --confirmed a confirmation mail would be sent, and this version cannot yet answer its link. "
            "Use --confirmed for consent that was given elsewhere."
        )
    opened = doors(home)
    refused: list[str] = []
    for text in given:
        address = addresses.clean(text)
        if address is None:
            refused.append(text)
            continue
        with opened.store.begin() as tx:
            new = stored.add_confirmed(
                tx, address, addresses.key(address), evidence=evidence, lang=lang, now=clock.now()
            )
            before = stored.find(tx, addresses.key(address))
        state = "added" if new else f"known already, {before.state if before else ''}; nothing changed"
        say(f"{address}: {state}")
    if refused:
        raise LeftOutError(f"no usable mail address: {', '.join(repr(text) for text in refused)}")


@subscribers.command("list")
@publication
@as_json
def list_everyone(home: Path, as_json: bool) -> None:
    """Everyone, with their state."""
    with doors(home).store.read() as tx:
        found = [
            {"address": one.address, "state": one.state, "confirmed": str(one.confirmed or ""), "lang": one.lang}
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
            key = addresses.key(addresses.clean(text) or text)
            done = stored.move(
                tx, key, to="unsubscribed", allowed_from=states.sources_of("unsubscribed"), now=clock.now()
            )
        say(f"{text}: {'unsubscribed' if done else 'was not subscribed; nothing changed'}")


for command in (*lists.COMMANDS, *persons.COMMANDS):
    subscribers.add_command(command)

COMMANDS = (subscribers,)
