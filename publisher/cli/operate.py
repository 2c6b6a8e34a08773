"""`backup`, `restore`, `adopt`: the day the disk dies."""

from pathlib import Path

import click

from publisher import clock, running
from publisher.cli.options import publication, read_settings, say


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@publication
def backup(file: Path, home: Path) -> None:
    """Write store, secret.key and ids.tsv into FILE (.tar.gz), while everything goes on."""
    from publisher.wiring import open_doors

    running.backup(open_doors(read_settings(home), tell=say), file)
    say(f"{file} holds the store, secret.key and ids.tsv. Keep it as safe as the addresses in it deserve.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@publication
@click.option("--replace", is_flag=True, help="A store that is there is moved aside; without this, it is refused.")
def restore(file: Path, home: Path, replace: bool) -> None:
    """Put store, secret.key and ids.tsv back from FILE. `publisher run` then brings the site up to date."""
    found = read_settings(home)
    for line in running.restore(found.publication, found.home, file, replace=replace, now=clock.now()):
        say(line)


@click.command()
@publication
def adopt(home: Path) -> None:
    """Rebuild a lost store from ids.tsv, articles/ and public/, so that nothing old is mailed again.

    Subscribers cannot be rebuilt from them: restore a backup if there is one.
    """
    from publisher.wiring import open_doors

    for line in running.adopt(open_doors(read_settings(home), tell=say, adopting=True)):
        say(line)


COMMANDS = (backup, restore, adopt)
