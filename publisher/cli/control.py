"""`hold`, `approve`, `stop`, `resume`, `resolve`: an editor's hand on what is mailed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import click

from publisher import clock
from publisher.cli.options import doors, publication, say
from publisher.errors import UsageError
from publisher.store import Transaction, digests, doubts, editions, issues, runs
from publisher.store.accounts import Account, account
from publisher.store.doubts import InDoubt

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
        held = [one for frequency in editions.TABLES for one in editions.held(tx, frequency)]
        found = next(
            (one for one in held if digest == one.name or (digest in {None, "latest"} and not one.approved)), None
        )
        if found is None or not editions.approve(tx, found.day, clock.now(), found.frequency):
            listed = ", ".join(one.name for one in held if not one.approved) or "none"
            raise UsageError(f"{digest or 'No digest'} is {'not ' if digest else ''}held; held now: {listed}.")
    say(f"Approved: the digest {found.name} goes out with the next `publisher run`.")


@click.command()
@digest_argument
@publication
def stop(digest: str | None, home: Path) -> None:
    """Halt a digest that is being sent, within seconds: what is not sent yet stays unsent. Without DIGEST: the newest.

    A run that is sending it, here or on another host, notices at its next mail.
    """
    store = doors(home).store
    with store.begin() as tx:
        name = named(tx, digest)
        before = issues.stopped(tx)
        open_still = digests.is_open(tx, name)
        if open_still:
            digests.stop(tx, name, "stopped by hand", now=clock.now())
    with store.read() as tx:
        found = account(tx, name, clock.now())
    if not open_still:
        say(f"{name} is finished: there is nothing left to stop. `publisher verify {name}` says who has it.")
        return
    again = "was stopped already" if name in before else "is stopped"
    at_most = "at most " if found.sums.sending or found.sums.dot_imminent else ""
    say(f"{name} {again}: {at_most}{found.sums.open:,} of {found.sums.audience:,} do not get it for now.")
    if found.sums.dot_imminent:
        say(f"{found.sums.dot_imminent:,} of them were at the last byte when it stopped, and may have it.")
    say(f"`publisher verify {name}` says who has it; `publisher resume {name}` goes on with it.")


@click.command()
@digest_argument
@publication
def resume(digest: str | None, home: Path) -> None:
    """Lift `hold`, and go on with a digest that was stopped, at the next run. Without DIGEST: with all of them."""
    with doors(home).store.begin() as tx:
        names = [named(tx, digest)] if digest else list(issues.stopped(tx))
        found = [account(tx, name, clock.now()) for name in names]
        for one in found:
            if one.is_empty and digest:
                raise UsageError(f"{one.name} cannot go on: {one.stop_reason}; nothing is left to send.")
        held = runs.held_since(tx)
        runs.hold(tx, None)
        going = [one for one in found if one.stopped and one.sums.open and not one.is_empty]
        for one in going:
            digests.resume(tx, one.name, now=clock.now())
    if held:
        say("No longer held: the next `publisher run` mails what is due.")
    for one in going:
        say(_going(one))
    if digest and found[0].stopped and not going:
        name = found[0].name
        say(f"{name} is finished: nothing is left to send. `publisher verify {name}` says who has it.")
    elif not held and not going:
        say(f"Nothing was held, and {digest or 'no digest'} was not stopped. `publisher status` says how things stand.")


def _going(one: Account) -> str:
    if one.expires <= clock.now():
        return f"{one.name} is stale: the next run gives up the {one.sums.open:,} who have not got it."
    return f"{one.name} goes on with the next `publisher run`, to the {one.sums.open:,} who have not got it."


@click.command()
@click.argument("digest")
@publication
@click.option("--resend", is_flag=True, help="Send again, same bytes, same Message-ID: some may get it twice.")
@click.option("--assume-sent", is_flag=True, help="Note them as sent: some may not have got it.")
@click.option(
    "--address", "addresses", metavar="ADDRESS", multiple=True, help="Only about this one; as often as you like."
)
def resolve(digest: str, home: Path, resend: bool, assume_sent: bool, addresses: tuple[str, ...]) -> None:
    """Decide about those in doubt: a kill or a lost line came between the final dot and the server's answer.

    Nobody can know whether they have the digest (RFC 1047), so a person decides. `publisher verify` lists them.
    Without --address it is about all of them.
    """
    if resend == assume_sent:
        raise UsageError("Say one of --resend and --assume-sent.")
    with doors(home).store.begin() as tx:
        name = named(tx, digest)
        found = account(tx, name, clock.now())
        if resend and found.is_empty:
            raise UsageError(f"{name} cannot be sent again: {found.stop_reason}; --assume-sent closes the matter.")
        chosen = _chosen(found, addresses) if addresses else found.in_doubt
        only = {one.subscriber for one in chosen} if addresses else None
        decision: Literal["resend", "assume"] = "resend" if resend else "assume"
        count = doubts.resolve(tx, name, decision, now=clock.now(), only=only)
    for line in _resolved(found, len(chosen), count, resend=resend):
        say(line)


def _chosen(found: Account, addresses: Sequence[str]) -> list[InDoubt]:
    """Raises `UsageError` where one of the addresses is not in doubt."""
    known = {one.address.lower(): one for one in found.in_doubt if one.address}
    unknown = [one for one in addresses if one.lower() not in known]
    if unknown:
        raise UsageError(
            f"Not in doubt about {found.name}: {', '.join(unknown)}; nothing was changed. "
            f"`publisher verify {found.name}` lists those who are."
        )
    return [known[one.lower()] for one in addresses]


def _resolved(found: Account, chosen: int, count: int, *, resend: bool) -> Iterator[str]:
    """`chosen`: how many it was about; `count`: of how many of them it became true."""
    if not found.in_doubt:
        yield f"Nobody is in doubt about {found.name}; nothing was changed."
        return
    done = "is sent again by the next run, with the same Message-ID" if resend else "is noted as sent"
    yield f"{found.name}: {count:,} in doubt {done if count == 1 else done.replace('is ', 'are ', 1)}."
    if resend and count < chosen:
        yield f"{chosen - count:,} unsubscribed since, and get nothing."
    if chosen < len(found.in_doubt):
        yield f"{len(found.in_doubt) - chosen:,} others stay in doubt."
    if resend and count and found.changes:
        newest = max(found.changes)
        yield f"They get revision {newest}, {found.changes[newest]}."
    if resend and count and found.stopped:
        yield f"{found.name} is stopped; they get it once `publisher resume {found.name}` lets it go on."


def named(tx: Transaction, digest: str | None) -> str:
    """`2026-06-25`, or `latest` and nothing for the newest. Raises `UsageError` when there is no such digest."""
    names = issues.names(tx)
    if digest in {None, "latest"} and names:
        return names[-1]
    if digest not in names:
        if not names:
            raise UsageError("No digest was made yet; `publisher status` says when the first is due.")
        raise UsageError(f"There is no digest {digest or ''}; the newest are {', '.join(names[-5:])}.")
    assert digest is not None
    return digest


COMMANDS = (hold, approve, stop, resume, resolve)
