"""`subscribers import`, `suppress`, `export`: the list comes in, and is yours to take out."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from publisher.cli.options import as_json, doors, publication, say
from publisher.running import lists

if TYPE_CHECKING:
    from tqdm import tqdm

file = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


@click.command("import")
@file
@publication
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@as_json
def take_in(file: Path, home: Path, dry_run: bool, as_json: bool) -> int:
    """Read a list as Mailchimp, Substack, Ghost, beehiiv, listmonk, Buttondown or `export` wrote it (CSV).

    Nobody is mailed, nobody who left is revived, and those who unsubscribed or bounced there are never mailed by us.
    Reading it again changes nothing. Exit code 65: some rows could not be used; each is named.
    """
    with _bar(file) as bar:

        def show(rows: int) -> None:
            bar.update(rows - bar.n)

        counted = lists.take_in(doors(home), file, dry_run=dry_run, tell=show)
    if as_json:
        click.echo(json.dumps(counted.as_json(), indent=1))
    for line in () if as_json else counted.lines(would=dry_run):
        say(line)
    return counted.exit_code


@click.command()
@file
@publication
@click.option(
    "--reason",
    type=click.Choice(["unsubscribed", "bounced", "complained"]),
    help="Why, for rows that do not say; without it, by the file's name, else unsubscribed.",
)
def suppress(file: Path, home: Path, reason: str | None) -> int:
    """Nobody in FILE is ever mailed: a provider's list of bounces, complaints or unsubscribes, or an address a line.

    Those who are not subscribers are remembered by a hash alone. Only a new double opt-in lifts it.
    """
    done = lists.ban(doors(home), file, reason=reason)  # type: ignore[arg-type]  # click lets only these through
    say(f"{done.ended} subscribers get nothing more; {done.noted} others are noted, so that no import brings them in.")
    for line in done.named:
        say(f"could not be used: {line}")
    return 65 if done.rejected else 0


@click.command()
@publication
def export(home: Path) -> None:
    """All subscribers as CSV on stdout, with state, consent and choices; `import` reads it back."""
    lists.export(doors(home), sys.stdout)


def _bar(path: Path) -> "tqdm[NoReturn]":
    from tqdm import tqdm

    return tqdm(desc=path.name, unit=" rows", disable=not sys.stderr.isatty(), leave=False)


COMMANDS = (take_in, suppress, export)
