"""`check`, `status`, `verify`: nothing is changed by looking."""

import json
from pathlib import Path

import click

from publisher import clock, running
from publisher.cli.control import digest_argument, named
from publisher.cli.options import as_json, doors, publication, read_settings, say
from publisher.store import outbox
from publisher.wiring import dkim_signers, materials


@click.command()
@publication
@as_json
def check(home: Path, as_json: bool) -> int:
    """Read the configuration, every article, the feeds' definitions and the mail set-up; change nothing.

    Exit code 78: the configuration cannot be used; 65: something would be left out; 0: all is well.
    """
    found = read_settings(home)
    dkim_signers(found.publication, found.home)
    finding = running.check(found.publication, found.home, materials(found.home, found.publication), clock.now())
    if as_json:
        click.echo(json.dumps(finding.as_json(), indent=1))
        return finding.exit_code
    for line in finding.lines():
        say(line)
    return finding.exit_code


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
@as_json
def verify(digest: str | None, home: Path, as_json: bool) -> int:
    """Who has a digest and who has not: the ledger adds up to the audience that was counted when it closed.

    Exit code 0: it adds up and nobody is in doubt; 1 when the sums do not add up, which never happens.
    """
    with doors(home).store.read() as tx:
        name = named(tx, digest)
        sums = outbox.sums(tx, name)
        doubtful = outbox.in_doubt(tx, name)
    if as_json:
        told = {
            "digest": name,
            **sums.as_json(),
            "adds_up": sums.adds_up,
            "in_doubt_addresses": [one.address for one in doubtful],
        }
        click.echo(json.dumps(told, indent=1))
    else:
        for line in running.verify_lines(name, sums, doubtful):
            click.echo(line)
    return 0 if sums.adds_up else 1


COMMANDS = (check, status, verify)
