"""The command `publisher`: thin; each command parses, calls one function and prints.

Results go to stdout, words for people and progress to stderr. Exit codes follow sysexits and stand in `errors`.
"""

import sys

import click

from publisher import __version__
from publisher.cli import control, look, mail, operate, retract, run, serve, start, subscribers
from publisher.errors import PublisherError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="publisher")
def publisher() -> None:
    """A daily publication: articles in; a site, feeds and one digest mail out, each exactly once.

    `publisher run` does all there is to do, as often as you like; cron calls it every five minutes. When a digest has
    not gone out, `publisher status` says why and what to type.
    """


for command in (
    *start.COMMANDS,
    *run.COMMANDS,
    *serve.COMMANDS,
    *control.COMMANDS,
    *retract.COMMANDS,
    *look.COMMANDS,
    *mail.COMMANDS,
    *subscribers.COMMANDS,
    *operate.COMMANDS,
):
    publisher.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; never returns. An error of ours is one sentence on stderr and its exit code."""
    try:
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
    sys.exit(code if isinstance(code, int) else 0)
