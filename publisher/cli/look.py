"""`check`, `status`, `verify`: nothing is changed by looking."""

import json
from itertools import chain
from pathlib import Path

import click
from msgspec.structs import asdict, replace

from publisher import clock, running
from publisher.cli.control import digest_argument, named
from publisher.cli.options import as_json, doors, publication, read_settings, say
from publisher.release import live
from publisher.render.dkim import Signer
from publisher.running import standing
from publisher.running.looking import dead_links
from publisher.store import revisions, runs
from publisher.store.accounts import account
from publisher.wiring import Settings, dkim_signers, materials


@click.command()
@publication
@click.option("--dns", is_flag=True, help="Ask the world instead: SPF, DKIM, DMARC, PTR, the relays, one-click.")
@click.option(
    "--nameserver", metavar="ADDRESS", help="Whom to ask in place of the system's resolver; ADDRESS:PORT too."
)
@click.option(
    "--sends-from", multiple=True, metavar="ADDRESS", help="The address that mail leaves from, if not the relay's."
)
@as_json
def check(home: Path, dns: bool, nameserver: str | None, sends_from: tuple[str, ...], as_json: bool) -> int:
    """Read the configuration, every article, the feeds' definitions and the mail set-up; change nothing.

    With --dns: what Gmail and Yahoo ask of those who send in bulk, for each record what is expected and what is found.
    The relays are greeted and the password is tried; no mail is sent.

    Exit code 78: the configuration cannot be used; 65: something would be left out; 1: --dns found what gets mail
    refused; 0: all is well.
    """
    found = read_settings(home)
    signers = dkim_signers(found.publication, found.home)
    if dns:
        return _check_dns(found, signers, nameserver, sends_from, as_json=as_json)
    finding = running.check(found.publication, found.home, materials(found.home, found.publication), clock.now())
    if live(found.home) is not None and (dead := dead_links(doors(found.home))):
        finding = replace(finding, advice=(*finding.advice, dead))
    if as_json:
        click.echo(json.dumps(finding.as_json(), indent=1))
        return finding.exit_code
    for line in finding.lines():
        say(line)
    return finding.exit_code


def _check_dns(
    found: Settings, signers: tuple[Signer, ...], nameserver: str | None, sends_from: tuple[str, ...], *, as_json: bool
) -> int:
    asked = standing.standings(found.publication, signers, nameserver=nameserver, sends_from=sends_from)
    if found.publication.service:
        opened = doors(found.home)
        asked = chain(asked, [standing.one_click(found.publication, opened.keys, opened.store.publication)])
    if as_json:
        told = list(asked)
        click.echo(json.dumps([asdict(one) for one in told], indent=1))
        return standing.exit_code(told)
    told = []
    for one in asked:
        told.append(one)
        for line in standing.standing_lines(one):
            click.echo(line)
    return standing.exit_code(told)


@click.command()
@publication
@as_json
def status(home: Path, as_json: bool) -> None:
    """Last runs, what is held and why, the outbox, the next slot, the upstreams."""
    found = running.status(doors(home), clock.now())
    if as_json:
        click.echo(json.dumps(found, indent=1, default=str))
        return
    for line in running.status_lines(found):
        click.echo(line)


@click.command()
@digest_argument
@publication
@click.option("--revision", type=int, metavar="N", help="List the addresses of those who had this revision.")
@as_json
def verify(digest: str | None, home: Path, revision: int | None, as_json: bool) -> int:
    """Who has a digest and who has not: the ledger adds up to the audience that was counted when it closed.

    Those in doubt are named, each with what is known. Exit code 1: the sums do not add up, which never happens.
    """
    opened = doors(home)
    with opened.store.read() as tx:
        name = named(tx, digest)
        if revision is not None:
            for address in revisions.readers_of(tx, name, revision):
                click.echo(address or "erased")
            return 0
        found = account(tx, name, clock.now())
        held = runs.held_since(tx) is not None
    if as_json:
        click.echo(json.dumps(running.verify_json(found), indent=1))
    else:
        for line in running.verify_lines(found, opened.publication, held=held):
            click.echo(line)
    return 0 if found.sums.adds_up else 1


COMMANDS = (check, status, verify)
