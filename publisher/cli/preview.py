"""`preview`: the day's pages and mail before they are published."""

import shlex
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher import clock
from publisher.cli.options import doors, publication, read_settings, say
from publisher.errors import PublisherError
from publisher.running.report import Tell
from publisher.wiring import open_doors, shipped

if TYPE_CHECKING:
    from publisher.running.previewing import Preview

WATCHED = ("articles", "days", "pages", "templates", "feeds", "static", "publication.toml", "publisher.env")


@click.command()
@publication
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Which day; without it, today.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where it goes; without it, preview.")
@click.option("--drafts", is_flag=True, help="Show drafts too, as if they were published.")
@click.option("--serve", is_flag=True, help="Stay, show it on 127.0.0.1, and reload the browser as files change.")
@click.option("--port", default=8010, show_default=True, type=click.IntRange(0, 65535), help="For --serve.")
def preview(home: Path, day: datetime | None, out: Path | None, drafts: bool, serve: bool, port: int) -> int:
    """See a day's pages and mail before anybody else does: the site in OUT/public, the mails in OUT/mail.

    Each mail is there as a mail program shows it (.html), as a text-only one does (.txt), as it travels (.eml), and
    with the page that it leads to (.page.html). What would hold the digest does not hold a preview. Nothing is
    published, mailed or remembered. Exit code 65: something would be left out; it was named.
    """
    from publisher.running.previewing import Preview

    opened = doors(home)
    wanted = day.date() if day else clock.now().astimezone(opened.publication.zone).date()
    if serve and out is None:
        with tempfile.TemporaryDirectory(prefix="publisher-") as folder:
            return _stay(home, Preview(opened, day=wanted, out=Path(folder) / "preview", drafts=drafts), port)
    made = Preview(opened, day=wanted, out=out or Path("preview"), drafts=drafts)
    return _stay(home, made, port) if serve else _once(home, made)


def _refresh(home: Path, made: "Preview", tell: Tell) -> tuple[list[str], bool]:
    """What a person should know, and whether something was left out."""
    opened = open_doors(read_settings(home), tell=tell)
    try:
        shown = made.refresh(opened)
    finally:
        opened.store.close()
    lines = [f"left out: {one}" if one.left_out else f"note: {one}" for one in shown.problems]
    lines += [*shown.notes, f"The site shows {_count(shown.articles)} as at the end of {shown.day}."]
    lines += [] if shown.mails else [f"There is no mail for {shown.day}."]
    return lines, any(one.left_out for one in shown.problems)


def _count(articles: int) -> str:
    return "1 article" if articles == 1 else f"{articles:,} articles"


def _once(home: Path, made: "Preview") -> int:
    lines, left_out = _refresh(home, made, lambda _: None)
    made.close()
    for line in lines:
        say(line)
    for path in (made.out / "public" / f"{made.day:%Y/%m/%d}" / "index.html", *sorted((made.out / "mail").iterdir())):
        if path.exists():
            click.echo(path)
    return 65 if left_out else 0


def _stay(home: Path, made: "Preview", port: int) -> int:
    from publisher.web.previewing import Showing, create_app, serve

    def build() -> str | None:
        try:
            lines, _ = _refresh(home, made, told)
        except (PublisherError, OSError) as error:
            say(f"publisher: {error}")
            return str(error)
        faults = [line for line in lines if line.startswith("left out")]
        for line in lines:
            say(line)
        return "\n".join(faults) or None

    def told(stage: str) -> None:
        showing.doing = stage

    def ready(address: str) -> None:
        say(f"The day: {address}/{made.day:%Y/%m/%d}/")
        say(f"Its mails: {address}/-/mail/")
        say(f"It is being built, and is again whenever files in {shlex.quote(str(home))} change; Ctrl-C ends it.")

    showing = Showing(build, title=f"Building the preview of {made.day}")
    watched = [*(home / name for name in WATCHED), shipped("templates"), shipped("feeds")]
    try:
        serve(
            create_app(made.out, read_settings(home).publication.url, showing), showing, watched, port=port, tell=ready
        )
    finally:
        made.close()
    return 0


COMMANDS = (preview,)
