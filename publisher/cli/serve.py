"""`serve`: the site, the pages for readers and the scheduler, in one command."""

import logging
import sys
from pathlib import Path

import click

from publisher import clock, memory
from publisher.cli.options import doors, publication, say
from publisher.errors import ConfigurationError


@click.command()
@publication
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
@click.option("--no-schedule", is_flag=True, help="Only serve: cron, or `publisher schedule`, makes the day happen.")
def serve(home: Path, host: str, port: int, no_schedule: bool) -> None:
    """Stay and serve the site, the feeds and the pages to subscribe, choose and leave; run the day on time besides.

    A web server in front of it (nginx, Caddy) gives it TLS. What you change in publication.toml counts from the next
    start. SIGTERM or Ctrl-C: what is being answered and sent is finished, then it ends.
    """
    from publisher.web.serving import serve as stay

    if clock.is_set() and not no_schedule:
        raise ConfigurationError("PUBLISHER_CLOCK is set, and a clock that stands still runs nothing: --no-schedule.")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    opened = doors(home, tell=say)
    if not opened.publication.service:
        say("[web] service is false: there is no page to subscribe on, and mails have no one-click link to this one.")
    command = [sys.executable, "-m", "publisher", "schedule", "--until-eof", "--publication", str(home.absolute())]
    memory.for_a_long_one()
    stay(opened, host=host, port=port, scheduler=None if no_schedule else command, tell=say)


COMMANDS = (serve,)
