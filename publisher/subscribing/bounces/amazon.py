"""Notifications of Amazon SES, which come as JSON in a mail of Amazon SNS: the fields of a report in another spelling.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from publisher.subscribing.bounces.parts import Fields, Parts, decoded

LARGEST = 300_000
"""Letters of a notification that are looked at; SNS sends no more than 256 KiB."""


class _Spelled(msgspec.Struct, rename="camel"):
    pass


class _Recipient(_Spelled):
    email_address: str
    status: str = ""
    action: str = "failed"
    diagnostic_code: str = ""


class _Bounce(_Spelled):
    bounced_recipients: list[_Recipient]
    bounce_sub_type: str = ""
    reporting_mta: str = msgspec.field(default="", name="reportingMTA")


class _Delay(_Spelled):
    delayed_recipients: list[_Recipient]


class _Complaint(_Spelled):
    complaint_feedback_type: str | None = None


class _Delivery(_Spelled):
    recipients: list[str]


class _Header(_Spelled):
    name: str
    value: str


class _Mail(_Spelled):
    source: str = ""
    headers: list[_Header] = []


class _Notification(_Spelled):
    """SES calls it `notificationType` or `eventType`; the member of that name is all that it needs."""

    mail: _Mail
    bounce: _Bounce | None = None
    delivery_delay: _Delay | None = None
    complaint: _Complaint | None = None
    delivery: _Delivery | None = None


class _Envelope(msgspec.Struct, rename="pascal"):
    """What SNS puts around it, unless it is told not to."""

    message: str


def in_fields(parts: Parts) -> Parts:
    """The same message with reports, feedback and original as a mail server would have sent them.

    Any other message, and what cannot be read, comes back as it is.
    """
    if "x-amz-sns-message-id" not in parts.head and "amazonaws.com" not in " ".join(parts.head.get("from", ())):
        return parts
    found = _notification(parts.notice[:LARGEST])
    if found is None:
        return parts
    complaint = found.complaint and {"feedback-type": (decoded(found.complaint.complaint_feedback_type or "abuse"),)}
    reports = (tuple(_blocks(found)),)
    return replace(parts, reports=reports, feedback=complaint or parts.feedback, original=_original(found.mail))


def _notification(text: str) -> _Notification | None:
    unfolded = text.replace("!\n ", "")  # how sendmail breaks a line that is too long
    json = unfolded[unfolded.find("{") : unfolded.rfind("}") + 1]
    try:
        if '"Message"' in json:
            json = msgspec.json.decode(json, type=_Envelope).message
        return msgspec.json.decode(json, type=_Notification)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


def _blocks(found: _Notification) -> Iterable[Fields]:
    if found.bounce:
        yield {"reporting-mta": (decoded(found.bounce.reporting_mta),)}
        for one in found.bounce.bounced_recipients:
            yield {**_fields(one), "x-category": (found.bounce.bounce_sub_type.lower(),)}
    for one in found.delivery_delay.delayed_recipients if found.delivery_delay else ():
        yield {**_fields(one), "action": ("delayed",)}
    for address in found.delivery.recipients if found.delivery else ():
        yield {"final-recipient": (decoded(address),), "action": ("delivered",)}


def _fields(one: _Recipient) -> Fields:
    return {
        "final-recipient": (decoded(one.email_address),),
        "action": (decoded(one.action),),
        "status": (decoded(one.status),),
        "diagnostic-code": (decoded(one.diagnostic_code),),
    }


def _original(mail: _Mail) -> Fields:
    found: dict[str, tuple[str, ...]] = {"return-path": (decoded(mail.source),)}
    for one in mail.headers[:500]:
        found[one.name.lower()] = (*found.get(one.name.lower(), ()), decoded(one.value))
    return found
