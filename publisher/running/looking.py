"""What `check` and `status` find. Nothing is changed by looking."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from publisher.collect import days, files
from publisher.collect.fixed_pages import fixed_pages
from publisher.config import Publication
from publisher.editing.identity import Known, admit
from publisher.model import Article, DayFile, Problem
from publisher.running import ledger
from publisher.running.doors import Doors, Materials
from publisher.running.upcoming import next_slot
from publisher.store import digests, editions, issues, letters, outbox, pings, runs, subscribers, upstreams
from publisher.store.accounts import account
from publisher.store.transaction import Transaction
from publisher.subscribing import tokens

NEWEST = 3
"""Digests that `status` tells of, besides those that are still going out."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a publication's own files; the configuration was read before."""

    articles: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    advice: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        return 65 if self.problems else 0

    def lines(self) -> Iterator[str]:
        yield from (f"left out: {problem}" for problem in self.problems)
        yield from (f"note: {problem}" for problem in self.warnings)
        yield from self.advice
        yield f"{self.articles} articles can be published, {len(self.problems)} cannot."

    def as_json(self) -> dict[str, Any]:
        return {
            "articles": self.articles,
            "left_out": [str(problem) for problem in self.problems],
            "warnings": [str(problem) for problem in self.warnings],
            "advice": list(self.advice),
        }


def check(publication: Publication, home: Any, materials: Materials, now: datetime) -> Finding:
    """Read everything as a run would. Raises `ConfigurationError` for a template or feed definition that is wrong."""
    from publisher.render import feeds
    from publisher.render.environment import environment
    from publisher.render.site.places import without_place

    environment(materials.templates)
    feeds.load(materials.feeds)
    scan = files.scan(home, publication, known={}, now=now, patience=timedelta())
    paths = {found.stamp.path for found in scan.read}
    admission = admit((found.manuscript for found in scan.read), Known(articles=(), paths_now=paths), publication)
    day_files, day_problems = days.days(home)
    fixed, page_problems = fixed_pages(home, publication)
    shown = [one for one in admission.articles if not one.draft and one.published <= now]
    addresses = {one.address for one in admission.articles}
    languages = {publication.language, *(one.lang for one in shown)}
    named = _misnamed(publication, day_files.values(), admission.articles)
    misplaced = without_place(fixed, publication, languages, {one.address for one in shown})
    others = (*day_problems, *named, *page_problems, *misplaced, *_hiding(home, addresses))
    problems = (
        *(problem for _, problem in scan.problems),
        *admission.problems,
        *(one for one in others if one.left_out),
    )
    return Finding(
        articles=len(admission.articles),
        problems=tuple(sorted(problems, key=lambda one: (one.path, one.line or 0))),
        warnings=(
            *(warning for found in scan.read for warning in found.warnings),
            *(one for one in others if not one.left_out),
        ),
        advice=tuple(_advice(publication)),
    )


def _misnamed(publication: Publication, day_files: Iterable[DayFile], articles: Iterable[Article]) -> Iterator[Problem]:
    from publisher.editing.naming import misnamed, within

    by_day: dict[date, list[Article]] = {}
    for one in articles:
        by_day.setdefault(one.published.astimezone(publication.zone).date(), []).append(one)
    for file in day_files:
        first, last = within(file, publication.digest)
        some = [one for n in range((last - first).days + 1) for one in by_day.get(first + timedelta(days=n), ())]
        yield from misnamed(file, some, publication.zone)


def _hiding(home: Path, addresses: Collection[str]) -> Iterator[Problem]:
    """Files in static/ that would stand where a page does; a run leaves them out."""
    from publisher.config.pages import is_page
    from publisher.running.planning import static

    for document in static(home):
        address = f"/{document.path.removesuffix('index.html')}"
        if address.endswith("/") and (address == "/" or address in addresses or is_page(address)):
            reason = "it would hide a page of the site, and is not copied; give it another name"
            yield Problem(path=f"static/{document.path}", reason=reason)


def _advice(publication: Publication) -> Iterator[str]:
    if publication.mail.maildir:
        yield f'Mail goes to the Maildir {publication.mail.maildir}, not to readers: [mail] transport = "smtp" sends.'
    elif not (publication.mail.dkim or publication.mail.relay_signs):
        yield "No [[mail.dkim]]: large mail services refuse unsigned bulk mail. `publisher dkim` makes a key."
    for one in publication.mail.dkim:
        if not f".{publication.mail.domain}".endswith(f".{one.domain}"):
            yield f"DKIM signs for {one.domain}, the mail is from {publication.mail.domain}: DMARC will not count it."
    if publication.postal_address is None:
        yield "postal_address is not set; mail laws in many countries ask for one in every newsletter."
    if publication.url.startswith("http://"):
        yield "url is not https: one-click unsubscribe (RFC 8058) and many readers ask for https."
    if publication.not_yet:
        yield f"These keys have no effect in this version: {', '.join(publication.not_yet)}."


def dead_links(doors: Doors) -> str | None:
    """secret.key is not the one that earlier digests were signed with: their readers' links are dead."""
    with doors.store.read() as tx:
        signed = issues.signed_with(tx)
    known = {tokens.fingerprint(secret) for secret in doors.keys.secrets.values()}
    dead = [name for name, key in signed.items() if key not in known]
    if not dead:
        return None
    more = f", the oldest of {len(dead)} whose links it does not honour" if len(dead) > 1 else ""
    return (
        f"secret.key is newer than the digest of {dead[0]}{more}: their readers cannot leave or choose by them. Bring "
        "the key of then back from a backup, as a further line of secret.key."
    )


def status(doors: Doors, now: datetime) -> dict[str, Any]:
    """Last runs, decisions about slots, the outbox, the subscribers, the upstreams, the next slot."""
    with doors.store.read() as tx:
        held = runs.held_since(tx)
        accounts = [account(tx, name, now) for name in _digests_to_tell(tx)]
        return {
            "publication": doors.publication.name,
            "zone": doors.publication.zone.key,
            "held_since": held,
            "held": [
                {"digest": one.name, "day": one.day, "reason": one.reason}
                for frequency in editions.TABLES
                for one in editions.held(tx, frequency)
            ],
            "last_runs": [_run(row) for row in runs.last(tx)],
            "slots": [
                {
                    "digest": one.name,
                    "day": one.day,
                    "state": one.state,
                    "reason": one.reason,
                    "audience": one.audience,
                }
                for one in _last(tx)
            ],
            "digests": {one.name: one.sums.as_json() for one in accounts},
            "standing": {one.name: ledger.standing(one, doors.publication, held=held is not None) for one in accounts},
            "stopped": issues.stopped(tx),
            "subscribers": subscribers.counts(tx),
            "letters": letters.waiting(tx),
            "upstreams": [
                {"url": one.url, "last_good": one.last_good, "error": one.error} for one in upstreams.health(tx)
            ],
            "hubs": [{"hub": one.hub, "topic": one.topic, "error": one.error} for one in pings.waiting(tx)],
            "next_slot": next_slot(doors.publication, now),
            "never_sent": outbox.written(tx) if doors.publication.mail.maildir is None else 0,
        }


def _digests_to_tell(tx: Transaction) -> list[str]:
    """The newest three, and whatever is still going out; newest first, as all else that `status` lists."""
    names = issues.names(tx)[::-1]
    going = {one.name for one in digests.owing(tx)}
    return [name for place, name in enumerate(names) if place < NEWEST or name in going]


def _last(tx: Transaction) -> list[editions.Decision]:
    """Of the last days, and of the last weeks, newest first."""
    found = [*editions.last(tx), *editions.last(tx, 2, "weekly")]
    return sorted(found, key=lambda one: (one.slot, one.frequency), reverse=True)


def _run(row: runs.RunRow) -> dict[str, Any]:
    report = json.loads(row.report) if row.report else {}
    kept = {key: report.get(key) for key in ("digest", "held", "left_out", "urgent")}
    return {"started": row.started, "finished": row.finished, "exit_code": row.exit_code, **kept}


def status_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The same for a person, what needs one first."""
    yield from _waiting_lines(found)
    for one in found["last_runs"][:3]:
        yield _run_line(one, _at(one["started"], found))
    for line in next((one["urgent"] or [] for one in found["last_runs"] if one["finished"]), []):
        yield f"The last run said: {line}"
    for one in found["slots"]:
        told = f", subscribers {one['audience']}" if one["audience"] is not None else ""
        why = f": {one['reason']}" if one["reason"] and one["state"] != "held" else ""
        yield f"Slot {one['digest']}: {one['state']}{told}{why}."
    for name, sums in found["digests"].items():
        told = ", ".join(f"{sums[state]:,} {state.replace('_', ' ')}" for state in ledger.MEANINGS if sums[state])
        counts = f", subscribers {sums['audience']:,}: {told}" if told else ""
        yield f"Digest {name}{counts}. {found['standing'][name]}"
    if found["never_sent"]:
        yield (
            f"{found['never_sent']:,} copies are files of a Maildir, from when [mail] transport was one: they were "
            "never sent, and no run will send them."
        )
    yield from _world_lines(found)


def _waiting_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What waits for a person."""
    if found["held_since"]:
        yield f"All mail is held since {_at(found['held_since'], found)}; `publisher resume` lets it go."
    for one in found["held"]:
        yield f"Held: {one['digest']}: {one['reason']}."
    for name, reason in found["stopped"].items():
        yield f"Stopped: {name}: {reason}."
    for name, sums in found["digests"].items():
        if sums["in_doubt"]:
            yield f"In doubt: {sums['in_doubt']:,} of {name}; `publisher verify {name}` lists them, with what to type."


def _world_lines(found: Mapping[str, Any]) -> Iterator[str]:
    people = ", ".join(f"{number} {state}" for state, number in sorted(found["subscribers"].items()))
    if found["letters"]:
        yield f"Mails that answer sign-ups: {found['letters']:,} wait; `publisher serve`, or the next run, sends them."
    yield f"Subscribers: {people or 'none yet; `publisher subscribers add ADDRESS --confirmed` adds one'}."
    for hub in dict.fromkeys(one["hub"] for one in found["hubs"]):
        owed = [one for one in found["hubs"] if one["hub"] == hub]
        why = f" ({owed[0]['error']})" if owed[0]["error"] else ""
        yield f"Hub {hub}: not told of {len(owed)} feeds yet{why}; the next run tells it."
    for one in found["upstreams"]:
        if one["error"]:
            good = _at(one["last_good"], found) if one["last_good"] else "never"
            yield f"Upstream {one['url']}: {one['error']} (last good: {good})."
    if found["next_slot"]:
        yield f"The next digest comes on {found['next_slot']:%Y-%m-%d at %H:%M %Z}."


def _run_line(one: Mapping[str, Any], when: str) -> str:
    if one["finished"] is None:
        return f"Run of {when}: at work, or killed; the next one goes on from there."
    end = "done" if one["exit_code"] == 0 else f"exit code {one['exit_code']}"
    left = f", {len(one['left_out'])} left out" if one["left_out"] else ""
    return f"Run of {when}: {end}{left}."


def _at(instant: datetime, found: Mapping[str, Any]) -> str:
    return f"{instant.astimezone(ZoneInfo(found['zone'])):%Y-%m-%d %H:%M:%S %Z}"
