"""`hold`, `approve`, `stop`, `resume`, `resolve`: an editor's hand on what is mailed."""

from datetime import date
from pathlib import Path

import click

from publisher import clock
from publisher.cli.options import doors, publication, say
from publisher.errors import UsageError
from publisher.store import Transaction, digests, editions, issues, outbox, runs

digest_argument = click.argument("digest", required=False, metavar="[DIGEST]")


@click.command()
@publication
def hold(home: Path) -> None:
    """Nothing is mailed from now on until `publisher resume`. Site and feeds go on."""
    with doors(home).store.begin() as tx:
        runs.hold(tx, clock.now())
    say("Held: nothing is mailed until `publisher resume`. Site and feeds go on.")


@click.command()
@digest_argument
@publication
def approve(digest: str | None, home: Path) -> None:
    """Let a held digest go, as it is, at the next run. Without DIGEST: the oldest that is held."""
    with doors(home).store.begin() as tx:
        held = [one.day for one in editions.held(tx) if not one.approved]
        day = _day(digest, held)
        if day is None or not editions.approve(tx, day, clock.now()):
            listed = ", ".join(str(one) for one in held) or "none"
            raise UsageError(f"No digest {digest or ''} is held; held now: {listed}.")
    say(f"Approved: the digest of {day} goes out with the next `publisher run`.")


@click.command()
@digest_argument
@publication
def stop(digest: str | None, home: Path) -> None:
    """Halt a digest that is being sent: what is not sent yet stays unsent. Without DIGEST: the newest."""
    with doors(home).store.begin() as tx:
        name = named(tx, digest)
        digests.stop(tx, name, "stopped by hand", now=clock.now())
    say(f"Stopped: {name}. `publisher verify {name}` says who has it; `publisher resume {name}` goes on.")


@click.command()
@digest_argument
@publication
def resume(digest: str | None, home: Path) -> None:
    """Lift `hold`, and go on with a digest that was stopped, at the next run."""
    with doors(home).store.begin() as tx:
        runs.hold(tx, None)
        for name in [named(tx, digest)] if digest else issues.stopped(tx):
            digests.resume(tx, name)
    say("Resumed: the next `publisher run` mails what is owed.")


@click.command()
@click.argument("digest")
@publication
@click.option("--resend", is_flag=True, help="Send again, same bytes, same Message-ID: some may get it twice.")
@click.option("--assume-sent", is_flag=True, help="Note them as sent: some may not have got it.")
def resolve(digest: str, home: Path, resend: bool, assume_sent: bool) -> None:
    """Decide about those in doubt: a kill or a lost line came between the final dot and the server's answer.

    Nobody can know whether they have the digest (RFC 1047), so a person decides. `publisher verify` lists them.
    """
    if resend == assume_sent:
        raise UsageError("Say one of --resend and --assume-sent.")
    with doors(home).store.begin() as tx:
        name = named(tx, digest)
        count = outbox.resolve(tx, name, "resend" if resend else "assume", now=clock.now())
    done = "are sent again by the next run" if resend else "are noted as sent"
    say(f"{count} deliveries of {name} {done}.")


def named(tx: Transaction, digest: str | None) -> str:
    """`2026-06-25`, or `latest` and nothing for the newest. Raises `UsageError` when there is no such digest."""
    names = issues.names(tx)
    if digest in {None, "latest"} and names:
        return names[-1]
    if digest not in names:
        raise UsageError(f"There is no digest {digest or ''}; the newest are {', '.join(names[-5:]) or 'none yet'}.")
    assert digest is not None
    return digest


def _day(digest: str | None, held: list[date]) -> date | None:
    if digest is None or digest == "latest":
        return held[0] if held else None
    try:
        return date.fromisoformat(digest)
    except ValueError:
        return None


COMMANDS = (hold, approve, stop, resume, resolve)
