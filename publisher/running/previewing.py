"""The pages and the mail of a day before anybody else sees them: on a copy, written into a folder."""

import email
import email.policy
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec
from msgspec.structs import replace

from publisher import release
from publisher.deliver import Unsendable
from publisher.editing import slots
from publisher.errors import UsageError
from publisher.model import Problem
from publisher.render.site.frame import file_of
from publisher.running.closing import decide
from publisher.running.collecting import Collected, collect
from publisher.running.composing import sample_letter
from publisher.running.desk import Desk, Slot
from publisher.running.doors import Doors
from publisher.running.publishing import publish
from publisher.running.report import Report
from publisher.running.trying import slot_on_trial
from publisher.running.weeks import decide_week
from publisher.store import articles as shelf
from publisher.store import digests, editions, releases
from publisher.store.copying import copied_into
from publisher.store.digests import Rendition
from publisher.store.engine import Store

MARK = ".preview"
MAIL = "mail"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a preview holds."""

    day: date
    articles: int
    mails: tuple[str, ...]
    """Files in OUT/mail: each form of the day's digests (.eml), its parts (.html, .txt) and its page (.page.html)."""
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


class Preview:
    """One copy of the store, brought up to date as often as wanted. Nothing leaves it and nothing is remembered.

    `refresh` takes freshly opened doors, so that a changed template or configuration counts;
    it writes only what differs.
    """

    def __init__(self, doors: Doors, *, day: date, out: Path, drafts: bool) -> None:
        self.day = day
        self.out = out
        self._drafts = drafts
        _make_room(out)
        (out / MARK).mkdir(parents=True, exist_ok=True)
        self._store = copied_into(doors.store, out / MARK, now=doors.now())
        with self._store.begin() as tx:
            releases.forget(tx)

    def close(self) -> None:
        self._store.close()

    def refresh(self, doors: Doors) -> Shown:
        """Pages are shown as at the end of the day, the mail as at its slot."""
        now = max(doors.now(), _end_of(self.day, doors))
        acting = _undisturbed(doors, self._store, self.out, now)
        report = Report(date=self.day, at=now)
        doors.tell("Reading the articles.")
        collected = collect(acting, now, report, patience=timedelta())
        doors.tell(f"Articles that are new or changed: {report.read:,}. Writing what shows them.")
        if self._drafts:
            with self._store.begin() as tx:
                shelf.show_drafts(tx)
        publish(acting, now, collected.day_files, report)
        notes: list[str] = []
        mails = tuple(sorted(self._write_mails(doors, collected, notes)))
        return Shown(
            day=self.day,
            articles=report.articles,
            mails=mails,
            problems=(*report.left_out, *report.warnings),
            notes=tuple(notes),
        )

    def _write_mails(self, doors: Doors, collected: Collected, notes: list[str]) -> Iterator[str]:
        """Each digest of the day as it went, or else as it would go."""
        folder = self.out / MAIL
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        slot = slot_on_trial(doors, self.day)
        with tempfile.TemporaryDirectory(prefix="publisher-") as place:
            store = copied_into(self._store, Path(place), now=slot.at)
            try:
                acting = _undisturbed(doors, store, self.out, slot.at)
                _decide(acting, collected, slot, notes)
                for name in (editions.name_of(self.day, frequency) for frequency in editions.TABLES):
                    with store.read() as tx:
                        found = digests.renditions(tx, name)
                    for one in found.values():
                        yield from _write(acting, folder, name, one)
            finally:
                store.close()


def _undisturbed(doors: Doors, store: Store, out: Path, now: datetime) -> Doors:
    """Nothing is fetched, and nobody is asked or waited for."""
    plan = replace(doors.publication.digest, hold_over=10**9, if_left_out="send", approve=False)
    publication = replace(doors.publication, digest=plan, upstreams=(), keep_releases=2)
    return replace(doors, store=store, site=out, publication=publication, now=lambda: now)


def _decide(doors: Doors, collected: Collected, slot: Slot, notes: list[str]) -> None:
    calm = replace(collected, day_files={d: replace(f, hold=False) for d, f in collected.day_files.items()})
    report = Report(date=slot.day, at=slot.at)
    desk = Desk(doors=doors, now=slot.at, collected=calm, report=report)
    decide(desk, slot)
    week = doors.publication.digest.of("weekly")
    at = slots.slot_on(slot.day, week, doors.publication.zone) if week else None
    if at is not None:
        decide_week(replace(desk, now=max(at, slot.at)), Slot(day=slot.day, at=max(at, slot.at), by_hand=True))
    notes += report.notes


def _write(doors: Doors, folder: Path, name: str, rendition: Rendition) -> Iterator[str]:
    if not rendition.skeleton:
        return  # a digest that was adopted, or taken down, has no mail any more
    letter = sample_letter(doors, name, rendition, f"reader@{doors.publication.mail.domain}")
    if isinstance(letter, Unsendable):
        return
    parsed = email.message_from_bytes(letter.content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    files = {"eml": letter.content, "page.html": rendition.web_html}
    for ending, kind in (("html", "html"), ("txt", "plain")):
        part = parsed.get_body((kind,))
        if part is not None:
            files[ending] = "\n".join(part.get_content().splitlines()).encode() + b"\n"
    stem = f"{name}.{rendition.variant}"
    for ending, content in files.items():
        if content:
            path = folder / f"{stem}.{ending}"
            path.write_bytes(_leading_here(content, doors, name) if ending.endswith("html") else content)
            yield path.name


def _leading_here(content: bytes, doors: Doors, name: str) -> bytes:
    """A mail or its page whose links to the publication lead to what is previewed, as far as that has the page."""
    own = re.compile(rf'href="{re.escape(doors.publication.url)}([^"#?]*)([^"]*)"')
    issue = re.compile(rf"(?:([\w-]+)/)?digest/{re.escape(name)}/")

    def here(found: re.Match[str]) -> str:
        page = issue.fullmatch(found[1])
        if page:
            return f'href="{name}.{page[1] or doors.publication.language}.page.html"'
        file = file_of(f"/{unquote(found[1])}")
        there = (doors.site / release.LINK / file).is_file()
        return f'href="../{release.LINK}/{quote(file)}{found[2]}"' if there else found[0]

    return own.sub(here, content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _end_of(day: date, doors: Doors) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), doors.publication.zone) - timedelta(seconds=1)


def _make_room(out: Path) -> None:
    """An earlier preview is cleared away; anything else is not ours to delete."""
    if out.is_symlink():
        raise UsageError(f"{out} is a link; name a folder with --out.")
    if out.exists() and any(out.iterdir()):
        if not (out / MARK).is_dir():
            raise UsageError(f"{out} is no earlier preview and not empty; name another folder with --out.")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
