"""Collect from upstream feeds. A dead one is named and the run goes on."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from msgspec.structs import replace

from publisher.collect.fetch import fetch
from publisher.collect.upstream import UpstreamResult, collect_all
from publisher.collect.upstream_memory import KnownEntry, RememberedFeed
from publisher.config import Upstream
from publisher.model import Retraction
from publisher.running.admitting import UPSTREAM, save, take_in
from publisher.running.doors import Doors
from publisher.running.report import Report
from publisher.store import articles as shelf
from publisher.store import editions, upstreams
from publisher.store.transaction import Transaction

PATIENCE = timedelta(days=3)
"""An upstream that is away for longer counts as something left out."""


def collect_upstreams(doors: Doors, now: datetime, report: Report) -> None:
    """Ask each feed that it is time to ask; keep what is new together with how to ask it next time."""
    wanted = doors.publication.upstreams
    with doors.store.read() as tx:
        feeds = [(one, _remembered(tx, one)) for one in wanted]
    known = {one.url: before for one, before in feeds}
    ask = partial(fetch, allow_private=doors.allow_private_upstreams)
    for result in collect_all(feeds, publication=doors.publication, now=now, fetch=ask):
        if result.asked:
            _keep(doors, result, known[result.upstream.url], now, report)


def _keep(doors: Doors, result: UpstreamResult, before: RememberedFeed, now: datetime, report: Report) -> None:
    """One transaction: its articles, its entries, and when it is asked again."""
    url = result.upstream.url
    new = {
        entry: (one.fingerprint, one.changes)
        for entry, one in result.remembered.known.items()
        if before.known.get(entry) != one
    }
    with doors.store.begin() as tx:
        if result.articles:
            admission = take_in(doors, tx, result.articles)
            report.read += len(admission.articles)
            report.warnings += admission.problems
            if result.first:
                editions.never_mail(tx, [one.id for one in admission.articles])
        _withdraw(tx, result, report)
        upstreams.remember_entries(tx, url, new, now)
        row = upstreams.remembered(tx, url)
        upstreams.remember(tx, url, _row(result, row, now))
    if result.problem:
        since = (row or {}).get("last_good") or (row or {}).get("first_fetched") or now
        (report.left_out if now - since > PATIENCE else report.warnings).append(result.problem)


def _withdraw(tx: Transaction, result: UpstreamResult, report: Report) -> None:
    """What its feed has taken back is retracted here too, unless it was reinstated later (RFC 6721 s. 3)."""
    for one in result.withdrawn:
        identity = shelf.at_path(tx, f"{UPSTREAM}{result.upstream.url}#{one.id}")
        article, body = shelf.kept(tx, identity) if identity else (None, None)
        if article is None or body is None or article.retracted or (article.updated or article.published) > one.at:
            continue
        named = article.origin.title if article.origin and article.origin.title else result.upstream.url
        retraction = Retraction(at=one.at, reason=one.reason or f"{named} has withdrawn it.")
        save(tx, [(replace(article, retracted=retraction), body)])
        report.notes.append(f"{named} has withdrawn {article.title}; it is retracted here too.")


def _remembered(tx: Transaction, one: Upstream) -> RememberedFeed:
    row = upstreams.remembered(tx, one.url)
    if row is None:
        return RememberedFeed()
    return RememberedFeed(
        etag=row["etag"],
        last_modified=row["last_modified"],
        moved_to=row["moved_to"],
        next_fetch=row["next_fetch"],
        failures=row["failures"],
        gone=row["gone"],
        first=row["last_good"] is None,
        known={
            entry: KnownEntry(fingerprint=fingerprint, changes=changes)
            for entry, (fingerprint, changes) in upstreams.entries(tx, one.url).items()
        },
    )


def _row(result: UpstreamResult, before: Any, now: datetime) -> dict[str, Any]:
    kept = result.remembered
    good = (before or {}).get("last_good") if result.problem else now
    return {
        "etag": kept.etag,
        "last_modified": kept.last_modified,
        "moved_to": kept.moved_to,
        "first_fetched": (before or {}).get("first_fetched") or now,
        "last_fetched": now,
        "last_good": good,
        "next_fetch": kept.next_fetch,
        "failures": kept.failures,
        "error": result.problem.reason if result.problem else None,
        "gone": kept.gone,
    }
