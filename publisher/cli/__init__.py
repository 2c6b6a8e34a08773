"""The command `publisher`: thin; each command parses, calls one function and prints.

Results go to stdout, words for people and progress to stderr. Exit codes follow sysexits and stand in `errors`.
"""

import gc
import signal
import sys
import threading
from collections.abc import Generator, MutableMapping
from contextlib import contextmanager
from types import FrameType

import click

from publisher import __version__, memory
from publisher.errors import PublisherError


class _Commands(click.Group):
    """All commands. `run`, which cron calls every five minutes, is found without the others."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        from publisher.cli.run import run

        return run if name == "run" else super().get_command(context, name)

    @property
    def commands(self) -> MutableMapping[str, click.Command]:
        if not self._found:
            from publisher.cli import (
                control,
                look,
                mail,
                operate,
                preview,
                retract,
                returns,
                run,
                serve,
                start,
                subscribers,
            )

            for room in (start, run, preview, serve, control, retract, look, mail, subscribers, returns, operate):
                self._found |= {command.name or "": command for command in room.COMMANDS}
        return self._found

    @commands.setter
    def commands(self, found: MutableMapping[str, click.Command]) -> None:
        self._found: dict[str, click.Command] = dict(found)


AGAIN = 2.0
"""Seconds after which a request to stop that nobody heeded is made again."""


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="publisher")
def publisher() -> None:
    """A daily publication: articles in; a site, feeds and one digest mail out, each exactly once.

    `publisher run` does all there is to do, as often as you like; cron calls it every five minutes. When a digest has
    not gone out, `publisher status` says why and what to type.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; never returns. An error of ours is one sentence on stderr and its exit code."""
    memory.for_a_short_run()
    try:
        with _told_to_stop_as_interrupted():
            code = publisher.main(args=arguments, prog_name="publisher", standalone_mode=False)
    except PublisherError as error:
        click.echo(f"publisher: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("publisher: stopped; the next run goes on from here", err=True)
        sys.exit(75)
    except BrokenPipeError:
        sys.exit(0)
    finally:
        gc.freeze()  # a last look through every module would take longer than what it finds is worth
    sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _told_to_stop_as_interrupted() -> Generator[None]:
    """SIGTERM is Ctrl-C, so that transactions are rolled back and the exit code is 75. Mailing has a way of its own.

    Said again until it is heeded: what is raised while the interpreter clears away something is dropped by it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's form
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGTERM, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for one, handler in before.items():
            signal.signal(one, handler)
