"""Notices in the layouts of many servers, most of which know nothing of RFC 3464: who failed, and why.

Each file in `notices/` is one, with words of our own; its first line says what is expected.
"""

import json
from pathlib import Path

import pytest

from publisher.subscribing import bounces
from publisher.subscribing.bounces import Kind

NOTICES = sorted((Path(__file__).parent / "notices").glob("*.eml"))


@pytest.mark.parametrize("path", NOTICES, ids=[path.stem for path in NOTICES])
def test_a_notice_says_who_failed_and_why(path: Path) -> None:
    expected, _, raw = path.read_bytes().partition(b"\n")
    found = bounces.read(raw)
    said = "; ".join(f"{one.address} {one.reason}" for one in found.failures)
    assert f"Expected: {said}" == expected.decode()


# Amazon SES --------------------------------------------------------------------------------------------------------

MAIL = {
    "timestamp": "2026-06-25T07:00:00.000Z",
    "source": "b-anna@zendoric.example",
    "headers": [{"name": "List-Unsubscribe", "value": "<https://zendoric.example/u/v1.k1.7.1.u.abc_-DEF>"}],
}


def _bounce(sub_type: str = "General", **one: str) -> dict[str, object]:
    failed = [{"emailAddress": "anna@example.org", "action": "failed", **one}]
    return {
        "notificationType": "Bounce",
        "mail": MAIL,
        "bounce": {"bounceSubType": sub_type, "bouncedRecipients": failed},
    }


def _by_mail(notification: object, around: str) -> bounces.Returned:
    sent = json.dumps(notification)
    body = json.dumps({"Type": "Notification", "Message": sent}) if around == "SNS" else sent
    head = "From: AWS Notifications <no-reply@sns.amazonaws.com>\nSubject: AWS Notification Message"
    return bounces.read(f"{head}\n\n{body}\n\n--\nIf you wish to stop receiving notifications, visit us.\n".encode())


@pytest.mark.parametrize("around", ["SNS", ""])
@pytest.mark.parametrize(
    ("notification", "kind", "reason"),
    [
        (_bounce(status="5.1.1", diagnosticCode="smtp; 550 5.1.1 user unknown"), Kind.HARD, "no such mailbox"),
        (_bounce(status="5.7.1", diagnosticCode="smtp; 554 5.7.1 looks like spam"), Kind.POLICY, "taken for spam"),
        (_bounce("MailboxFull"), Kind.SOFT, "mailbox full"),
        (_bounce("OnAccountSuppressionList", diagnosticCode="on the suppression list"), Kind.SOFT, "recipient refuses"),
        (
            {"eventType": "Complaint", "mail": MAIL, "complaint": {"complaintFeedbackType": "abuse"}},
            "complaint",
            "abuse",
        ),
        ({"eventType": "Complaint", "mail": MAIL, "complaint": {}}, Kind.COMPLAINT, "abuse"),
        (
            {"notificationType": "Delivery", "mail": MAIL, "delivery": {"recipients": ["anna@example.org"]}},
            Kind.AUTO_REPLY,
            "",
        ),
        (
            {
                "eventType": "DeliveryDelay",
                "mail": MAIL,
                "deliveryDelay": {"delayedRecipients": [{"emailAddress": "anna@example.org"}]},
            },
            Kind.SOFT,
            "delayed",
        ),
    ],
)
def test_a_notification_of_amazon_ses_is_read_like_a_report(
    notification: object, kind: str, reason: str, around: str
) -> None:
    found = _by_mail(notification, around)
    assert (found.kind, found.reason) == (kind, reason)
    assert found.return_paths == ("b-anna@zendoric.example",)
    assert found.links == ("v1.k1.7.1.u.abc_-DEF",)


@pytest.mark.parametrize(
    "broken",
    [
        "{",
        '{"mail": 3}',
        "[" * 5000,
        '{"Message": 1}',
        '{"mail": {}, "bounce": {"bouncedRecipients": [1]}}',
        "\ud800{}",
    ],
)
def test_a_notification_that_cannot_be_read_raises_nothing(broken: str) -> None:
    head = b"From: AWS Notifications <no-reply@sns.amazonaws.com>\nSubject: AWS Notification Message\n\n"
    assert bounces.read(head + broken.encode("utf-8", "surrogatepass")).return_paths == ()
