"""What a run says to people, in plain sentences."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from publisher import running
from publisher.config import Publication
from publisher.running.report import Report

SHOWN = 20
"""Problems that are listed one by one; the rest is counted."""


def closing_words(report: Report, publication: Publication, home: Path) -> Iterator[str]:
    """What was made, where to look, what comes next."""
    yield from urgent_words(report, known=frozenset())
    if report.busy:
        yield from report.notes
        return
    yield from (f"note: {problem}" for problem in report.warnings[:SHOWN])
    yield from report.notes
    if report.digest:
        yield from _digest_words(report)
        if publication.mail.maildir and report.states.get("written"):
            yield f"The mails are in the Maildir {home / publication.mail.maildir}; nothing left this machine."
    yield f"The site shows {count(report.articles, 'article')}: {home / 'public' / 'index.html'}"
    if publication.not_yet:
        yield f"These keys have no effect in this version: {', '.join(publication.not_yet)}."
    following = running.next_slot(publication, report.at)
    if following:
        local = following.astimezone(publication.zone)
        yield f"The next digest comes on {local:%A, %B} {local.day}, {local.year} at {local:%H:%M} ({local.tzname()})."


def _digest_words(report: Report) -> Iterator[str]:
    stories = f"{count(report.stories, 'article')} for " if report.stories else ""
    yield f"Digest {report.digest}: {stories}{count(report.audience, 'subscriber')}."
    for one in report.closed[1:]:
        yield f"Digest {one.digest}: {count(one.stories, 'article')} for {count(one.audience, 'subscriber')}."
    if not report.audience:
        yield "Nobody is subscribed yet: `publisher subscribers add ADDRESS --confirmed` adds a reader."
    if told := _told(report.states):
        yield f"Deliveries: {told}."
    for name, sums in report.digests.items():
        if name != report.digest and (told := _told({**sums, "audience": 0})):
            yield f"Deliveries of {name}: {told}."


def _told(states: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in states.items() if number)


def count(number: int, thing: str) -> str:
    """`1 article`, `2 articles`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def quiet_words(report: Report) -> Iterator[str]:
    """Only what a person must act on, once a day: this is what cron mails."""
    return urgent_words(report, known=report.said_before)


def urgent_words(report: Report, *, known: frozenset[str]) -> Iterator[str]:
    left_out = [problem for problem in report.left_out if str(problem) not in known]
    for problem in left_out[:SHOWN]:
        yield f"left out: {problem}"
    if len(left_out) > SHOWN:
        yield f"left out: {len(left_out) - SHOWN} more; `publisher check` names them all"
    if report.held and report.held not in known:
        yield f"held: {report.held}"
    yield from (line for line in report.urgent if line not in known)
