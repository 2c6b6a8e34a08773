"""What `check` and `status` find. Nothing is changed by looking."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.collect import days, files
from publisher.config import Publication
from publisher.delivering import Sums
from publisher.editing import slots
from publisher.editing.identity import Known, admit
from publisher.model import Problem
from publisher.running.doors import Doors, Materials
from publisher.store import editions, issues, outbox, runs, subscribers, upstreams
from publisher.store.outbox import InDoubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
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

    environment(materials.templates)
    feeds.load(materials.feeds)
    scan = files.scan(home, publication, known={}, now=now)
    paths = {found.stamp.path for found in scan.read}
    admission = admit((found.manuscript for found in scan.read), Known(articles=(), paths_now=paths), publication)
    _, day_problems = days.days(home)
    problems = (*(problem for _, problem in scan.problems), *admission.problems, *day_problems)
    return Finding(
        articles=len(admission.articles),
        problems=tuple(sorted(problems, key=lambda one: (one.path, one.line or 0))),
        warnings=tuple(warning for found in scan.read for warning in found.warnings),
        advice=tuple(_advice(publication)),
    )


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


def status(doors: Doors, now: datetime) -> dict[str, Any]:
    """Last runs, decisions about slots, the outbox, the subscribers, the upstreams, the next slot."""
    with doors.store.read() as tx:
        names = issues.names(tx)
        return {
            "publication": doors.publication.name,
            "held_since": runs.held_since(tx),
            "held": [{"day": one.day, "reason": one.reason} for one in editions.held(tx)],
            "last_runs": [_run(row) for row in runs.last(tx)],
            "slots": [
                {"day": one.day, "state": one.state, "reason": one.reason, "audience": one.audience}
                for one in editions.last(tx)
            ],
            "digests": {name: outbox.sums(tx, name).as_json() for name in names[-3:]},
            "stopped": issues.stopped(tx),
            "subscribers": subscribers.counts(tx),
            "upstreams": [
                {"url": one.url, "last_good": one.last_good, "error": one.error} for one in upstreams.health(tx)
            ],
            "next_slot": next_slot(doors.publication, now),
        }


def _run(row: runs.RunRow) -> dict[str, Any]:
    report = json.loads(row.report) if row.report else {}
    kept = {key: report.get(key) for key in ("digest", "held", "left_out", "urgent")}
    return {"started": row.started, "finished": row.finished, "exit_code": row.exit_code, **kept}


def status_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The same for a person, what needs one first."""
    yield from _waiting_lines(found)
    for one in found["last_runs"][:3]:
        yield _run_line(one)
    for line in next((one["urgent"] or [] for one in found["last_runs"] if one["finished"]), []):
        yield f"The last run said: {line}"
    for one in found["slots"]:
        told = f", subscribers {one['audience']}" if one["audience"] is not None else ""
        why = f": {one['reason']}" if one["reason"] and one["state"] != "held" else ""
        yield f"Slot {one['day']}: {one['state']}{told}{why}."
    for name, sums in found["digests"].items():
        told = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in sums.items() if number)
        yield f"Digest {name}: {told or 'nobody was subscribed'}."
    yield from _world_lines(found)


def _waiting_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What waits for a person."""
    if found["held_since"]:
        yield f"All mail is held since {found['held_since']:%Y-%m-%d %H:%M %Z}; `publisher resume` lets it go."
    for one in found["held"]:
        yield f"Held: the digest of {one['day']}: {one['reason']}."
    for name, reason in found["stopped"].items():
        yield f"Stopped: {name}: {reason}; `publisher resume {name}` goes on with it."


def _world_lines(found: Mapping[str, Any]) -> Iterator[str]:
    people = ", ".join(f"{number} {state}" for state, number in sorted(found["subscribers"].items()))
    yield f"Subscribers: {people or 'none yet; `publisher subscribers add ADDRESS --confirmed` adds one'}."
    for one in found["upstreams"]:
        if one["error"]:
            yield f"Upstream {one['url']}: {one['error']} (last good: {one['last_good'] or 'never'})."
    if found["next_slot"]:
        yield f"The next digest comes on {found['next_slot']:%Y-%m-%d at %H:%M %Z}."


def _run_line(one: Mapping[str, Any]) -> str:
    if one["finished"] is None:
        return f"Run of {one['started']:%Y-%m-%d %H:%M:%S %Z}: did not finish; the next one goes on from there."
    end = "done" if one["exit_code"] == 0 else f"exit code {one['exit_code']}"
    left = f", {len(one['left_out'])} left out" if one["left_out"] else ""
    return f"Run of {one['started']:%Y-%m-%d %H:%M:%S %Z}: {end}{left}."


def verify_lines(name: str, sums: Sums, doubtful: Sequence[InDoubt]) -> Iterator[str]:
    """What the ledger says of one digest, for a worried editor."""
    yield f"{name}: {sums.audience} subscribers were counted when the edition closed."
    for state, number in sums.as_json().items():
        if number and state != "audience":
            yield f"  {number:>8}  {MEANINGS.get(state, state)}"
    yield "The sums add up: everybody is in exactly one of these." if sums.adds_up else "THE SUMS DO NOT ADD UP."
    for one in doubtful:
        yield f"  in doubt: {one.address or 'erased'}, {one.at:%Y-%m-%d %H:%M:%S} UTC, {one.relay}: {one.reply}"
    if doubtful:
        yield f"`publisher resolve {name} --resend` or `--assume-sent` decides about those in doubt."


MEANINGS: Mapping[str, str] = {
    "queued": "wait to be sent by the next run",
    "sending": "are being sent now",
    "dot_imminent": "are being handed over at this very moment",
    "deferred": "were put off by their server and are tried again",
    "accepted": "were accepted by the mail server",
    "written": "were written to the Maildir; these were never sent",
    "rejected": "were refused for good",
    "in_doubt": "may or may not have it: a line broke after the last byte",
    "suppressed": "unsubscribed before their copy left",
    "expired": "could not be sent while the digest was fresh",
    "parked": "could not be rendered",
}


def next_slot(publication: Publication, after: datetime) -> datetime | None:
    """The next time a digest is due, by `at`, `days` and `skip`, in the publication's zone."""
    found = slots.next_slot(after, publication.digest, publication.zone)
    return found.at.astimezone(publication.zone) if found else None
