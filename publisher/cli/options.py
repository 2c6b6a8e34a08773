"""Options that many commands share, and the way from the command line to open doors."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from publisher.running.doors import Doors
from publisher.running.report import Tell
from publisher.wiring import Settings, open_doors, settings

Command = TypeVar("Command", bound=Callable[..., object])

as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for machines.")


def publication(command: Command) -> Command:
    """`--publication DIR`, for every command that works on one."""
    return click.option(
        "--publication",
        "home",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        metavar="DIR",
        help="The publication's folder; without it, the folder you are in.",
    )(command)


def read_settings(home: Path) -> Settings:
    return settings(home.absolute(), os.environ)


def doors(home: Path, *, tell: Tell | None = None) -> Doors:
    """Everything open. `tell` says a line for each stage; without it, nothing is said."""
    opened = open_doors(read_settings(home), tell=tell or (lambda _: None))
    click.get_current_context().call_on_close(opened.store.close)
    return opened


def say(line: str) -> None:
    """A line for a person."""
    click.echo(line, err=True)
