"""`retract`: what should not have been published."""

from pathlib import Path

import click

from publisher import running
from publisher.cli.options import doors, publication, say
from publisher.errors import UsageError


@click.command()
@click.argument("article")
@publication
@click.option("--reason", metavar="TEXT", help="Why; readers see it on the page, in the feeds and in the next digest.")
@click.option("--takedown", is_flag=True, help="Clear the text from every copy that is kept, and list them.")
@click.option("--undo", is_flag=True, help="Lift the retraction again.")
def retract(article: str, home: Path, reason: str | None, takedown: bool, undo: bool) -> None:
    """Withdraw ARTICLE, named by the path of its file, its slug or the address of its page.

    At once: its page says so and is answered with 410, the feeds have a tombstone for it, digests that are being sent
    go on without it, and the next digest tells those who had it. Its file gets a key `retracted`; nothing else in the
    file changes. With --takedown its text is cleared too, from the store, the digests' pages and older releases.
    """
    if undo and (reason or takedown):
        raise UsageError("--undo takes neither --reason nor --takedown.")
    if not undo and not reason:
        raise UsageError("--reason TEXT says why; readers see it.")
    opened = doors(home)
    done = (
        running.reinstate(opened, article)
        if undo
        else running.retract(opened, article, reason=reason or "", clear=takedown)
    )
    for line in done:
        say(line)


COMMANDS = (retract,)
