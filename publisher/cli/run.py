"""`run`, `rehearse` and `schedule`: what makes the day happen."""

import json
import os
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import running
from publisher.cli.options import as_json, doors, publication, read_settings, say
from publisher.cli.words import closing_words, quiet_words
from publisher.errors import PublisherError

if TYPE_CHECKING:
    from publisher.scheduling import Alarm


@click.command()
@publication
@click.option("--now", "at_once", is_flag=True, help="Send today's digest now, without waiting for its slot.")
@click.option("--site-only", is_flag=True, help="Bring site and feeds up to date; close and mail nothing.")
@click.option("--dry-run", is_flag=True, help="Say what a run would do, on a copy; change and mail nothing.")
@click.option("--wait", metavar="30m", help="Stay that long for mail that a server asked to be tried later.")
@click.option("--quiet", is_flag=True, help="Say nothing unless a person must act: for cron.")
@as_json
def run(home: Path, at_once: bool, site_only: bool, dry_run: bool, wait: str | None, quiet: bool, as_json: bool) -> int:
    """Do all there is to do: collect, publish site and feeds, and mail the digest when its slot is due.

    Run it as often as you like: what is done is not done again, and a run that was killed is finished by the next one.
    Exit code 65: something of yours was left out, each piece named; 75: try again later; 78: the configuration.
    """
    silent = quiet or as_json
    opened = doors(home, tell=None if silent else say)
    options = running.Options(at_once=at_once, site_only=site_only, wait=running.waiting(wait))
    report = running.dry_run(opened, at_once=at_once) if dry_run else running.run(opened, options)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=1))
    for line in quiet_words(report) if silent else closing_words(report, opened.publication, opened.home):
        say(line)
    return report.exit_code


@click.command()
@publication
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day; without it, the first article's.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; without it, the last article's.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("rehearsal"), help="Where it goes."
)
@as_json
def rehearse(home: Path, first: datetime | None, last: datetime | None, out: Path, as_json: bool) -> int:
    """Act out the days on a copy: the site in OUT/public, each day's mails in the Maildir OUT/mail.

    The clock is set to each slot, nobody is asked, nothing leaves this machine and nothing is remembered.
    """
    found = running.rehearse(
        doors(home), first=first.date() if first else None, last=last.date() if last else None, out=out, tell=say
    )
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=1))
    else:
        say(f"{found.digests} digests and {found.mails} mails in {out / 'mail'}, the site in {out / 'public'}.")
    return 65 if found.left_out else 0


@click.command()
@publication
@click.option("--until-eof", is_flag=True, help="Stop, too, when standard input ends: with the process that began it.")
def schedule(home: Path, until_eof: bool) -> None:
    """Stay and run the publication every five minutes and at each slot: instead of cron, not beside it.

    Beside cron nothing bad happens either: only one run works at a time, and each digest goes out once.
    """
    from publisher.scheduling import Alarm

    read_settings(home)

    def wake() -> None:
        opened = doors(home, tell=say)
        try:
            for line in quiet_words(running.run(opened, running.Options())):
                say(line)
        except PublisherError as error:
            say(f"publisher: {error}")
        finally:
            opened.store.close()

    alarm = Alarm(wake, lambda now: running.next_slot(read_settings(home).publication, now))
    if until_eof:
        threading.Thread(target=_stop_at_end, args=(alarm,), daemon=True).start()
    alarm.ring_until_stopped()


def _stop_at_end(alarm: "Alarm") -> None:
    """By the descriptor: a thread that waits in Python's own reader would be in the way when the process ends."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    alarm.stop()


COMMANDS = (run, rehearse, schedule)
