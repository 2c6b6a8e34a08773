"""A message -> what it is, and what it says about whom."""

import re

from publisher.subscribing.bounces import amazon, automatic, notices, reports, traces
from publisher.subscribing.bounces.judging import judge
from publisher.subscribing.bounces.parts import Parts, take_apart
from publisher.subscribing.bounces.verdicts import Failure, Kind, Returned

_ARRIVED = frozenset({"delivered", "relayed", "expanded"})
_HOTMAIL = re.compile(r"(?i)^complaint about message from ")
_LEAVE = re.compile(r"(?i)^\W*(?:unsubscribe|opt[- ]?out|remove)\W*(?:v1\.|$)")


def read(raw: bytes) -> Returned:
    """Of any bytes, without an error: what cannot be understood is `not-a-bounce`. The same bytes, the same verdict."""
    parts = amazon.in_fields(take_apart(raw))
    subject = " ".join(parts.head.get("subject", ()))
    kind, failures, feedback = _verdict(parts, subject)
    return Returned(
        kind=kind,
        failures=failures,
        feedback=feedback,
        subject=subject[:200],
        reporter=" ".join(parts.head.get("from", ()))[:200],
        recipients=traces.recipients(parts),
        requests=traces.requests(parts.head),
        return_paths=traces.return_paths(parts),
        links=traces.links(parts.original),
    )


def _verdict(parts: Parts, subject: str) -> tuple[Kind, tuple[Failure, ...], str | None]:
    feedback = _feedback(parts, subject)
    if feedback:
        # RFC 6430: not-spam is a reader who took the mail out of the folder for spam.
        return (Kind.OTHER if feedback == "not-spam" else Kind.COMPLAINT), (), feedback
    if _LEAVE.match(subject) and not parts.reports:
        return Kind.UNSUBSCRIBE, (), None
    evidence = reports.read(parts.reports, parts.notice)
    if evidence and all(one.action in _ARRIVED for one in evidence):
        return Kind.AUTO_REPLY, (), None
    if evidence or parts.kind == "delivery-status" or automatic.reports_a_failure(parts):
        failures = tuple(judge(one) for one in evidence or notices.read(parts.notice) if one.action not in _ARRIVED)
        return _gravest(failures), failures, None
    answering = parts.kind == "disposition-notification" or automatic.answers_by_itself(parts)
    return (Kind.AUTO_REPLY if answering else Kind.OTHER), (), None


def _feedback(parts: Parts, subject: str) -> str | None:
    """The type of a feedback report; Hotmail's older ones have only a subject."""
    if parts.feedback is not None:
        return parts.feedback.get("feedback-type", ("abuse",))[0].lower() or "abuse"
    return "abuse" if _HOTMAIL.match(subject) and parts.original else None


def _gravest(failures: tuple[Failure, ...]) -> Kind:
    kinds = {one.kind for one in failures}
    return next((kind for kind in (Kind.HARD, Kind.SOFT, Kind.POLICY) if kind in kinds), Kind.OTHER)
