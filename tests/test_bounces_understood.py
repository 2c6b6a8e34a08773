"""A message that comes back: what it is, why it failed, whose it may be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bounced
from publisher.subscribing import bounces
from publisher.subscribing.bounces import Kind, Reason

UNKNOWN = "550 5.1.1 <anna@example.org>: user unknown"


@pytest.mark.parametrize(
    ("status", "diagnostic", "reason"),
    [
        ("5.1.1", UNKNOWN, Reason.NO_MAILBOX),
        ("5.1.1", "", Reason.NO_MAILBOX),
        ("5.0.0", "550 <anna@example.org>... No such user here", Reason.NO_MAILBOX),
        ("5.1.2", "Host or domain name not found. Name service error for name=example.org", Reason.NO_DOMAIN),
        ("4.4.3", "Host or domain name not found. Name service error for name=example.org", Reason.NETWORK),
        ("4.4.3", "Host or domain name not found, try again", Reason.NETWORK),
        ("5.1.10", "556 5.1.10 recipient address has null MX", Reason.NO_MAIL_HERE),
        ("5.1.6", "551 anna has moved", Reason.MOVED),
        ("5.2.2", "552 5.2.2 mailbox full", Reason.FULL),
        ("5.1.1", "550 5.1.1 user over quota", Reason.FULL),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", Reason.DISABLED),
        ("5.7.1", "554 5.7.1 Service unavailable; client host [192.0.2.1] blocked using bl.example", Reason.LISTED),
        ("5.7.26", "550 5.7.26 unauthenticated mail is not accepted due to DMARC", Reason.AUTHENTICATION),
        ("5.7.25", "550 5.7.25 no PTR record", Reason.REVERSE_DNS),
        ("5.7.1", "554 5.7.1 message looks like spam", Reason.SPAM),
        ("5.7.1", "554 5.7.1 relay access denied", Reason.RELAYING),
        ("5.1.8", "553 5.1.8 domain of sender address does not exist", Reason.SENDER),
        ("4.7.0", "421 4.7.0 too many connections from your host", Reason.RATE),
        ("5.3.4", "552 5.3.4 message too big for system", Reason.TOO_BIG),
        ("5.4.6", "554 5.4.6 too many hops", Reason.LOOP),
        ("4.4.7", "delivery time expired", Reason.EXPIRED),
        ("4.4.1", "connect to mx.example.org[192.0.2.1]:25: connection refused", Reason.NETWORK),
        ("5.3.0", "command died with status 1: procmail", Reason.MAILER),
        ("5.7.0", "", Reason.POLICY),
        ("4.1.1", "", Reason.UNKNOWN),
        ("4.2.1", "450 4.2.1 Anna gets mail too quickly", Reason.RATE),
        ("5.0.0", "521 sorry", Reason.NO_MAIL_HERE),
        ("5.0.0", "550 nope", Reason.UNKNOWN),
    ],
)
def test_a_report_says_why(status: str, diagnostic: str, reason: Reason) -> None:
    found = bounces.read(bounced.report(status=status, diagnostic=f"smtp; {diagnostic}"))
    assert [one.reason for one in found.failures] == [reason]
    assert found.kind is reason.kind
    assert found.failures[0].address == "anna@example.org"


@pytest.mark.parametrize(
    "said", ["550 5.2.1 <a@example.org>... User unknown", "550 5.7.1 User unknown", "550 : User unknown"]
)
def test_an_unknown_user_under_another_code_is_not_believed_at_once(said: str) -> None:
    found = bounces.read(bounced.report(status="5.0.0", diagnostic=f"smtp; {said}"))
    assert (found.kind, found.failures[0].reason) == (Kind.SOFT, Reason.UNWANTED)


def test_a_host_is_believed_about_its_own_codes() -> None:
    said = "smtp; 550 5.5.0 Adresse destinataire invalide. OFR_{}"
    kinds = [
        bounces.read(
            bounced.report(status="5.5.0", diagnostic=said.format(n)).replace(b"anna@example.org", b"anna@orange.fr")
        ).kind
        for n in (416, 417)
    ]
    assert kinds == [Kind.HARD, Kind.SOFT]


def test_the_class_that_powermta_gives_a_bounce_counts() -> None:
    raw = bounced.report(status="5.2.1", diagnostic="smtp; 550 refused\nX-PowerMTA-BounceCategory: bad-mailbox")
    assert bounces.read(raw).kind is Kind.HARD


def test_the_code_of_who_refused_says_more_than_the_vague_one_of_who_reports_it() -> None:
    assert bounces.read(bounced.report(status="5.1.1", diagnostic="smtp; 550 5.7.1 not you")).kind is Kind.POLICY
    assert bounces.read(bounced.report(status="5.1.1", diagnostic="smtp; 550 5.0.0 not you")).kind is Kind.HARD


def test_a_refusal_of_rcpt_that_we_heard_ourselves_is_believed() -> None:
    assert bounces.judge_reply(550, "550 no such user", stage="rcpt").kind is Kind.HARD
    assert bounces.judge_reply(550, "550 no such user").kind is Kind.SOFT


def test_an_unknown_user_after_data_is_a_filter_and_after_rcpt_is_nobody() -> None:
    text = "<anna@example.org>: host mx.example.org said: 550 user unknown (in reply to {} command)"
    assert bounces.read(bounced.notice(text.format("end of DATA"))).kind is Kind.SOFT
    assert bounces.read(bounced.notice(text.format("RCPT TO"))).kind is Kind.HARD


def test_a_warning_that_the_server_goes_on_trying_is_no_failure_yet() -> None:
    found = bounces.read(bounced.report(action="delayed", status="4.4.1", diagnostic="smtp; connection timed out"))
    assert (found.kind, found.failures[0].reason) == (Kind.SOFT, Reason.DELAYED)


def test_a_report_that_a_mail_arrived_is_no_bounce() -> None:
    assert (
        bounces.read(bounced.report(action="delivered", status="2.1.5", diagnostic="smtp; 250 ok")).kind
        is Kind.AUTO_REPLY
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hi. This is qmail-send.\n\n<anna@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)", "hard"),
        ("The following addresses failed:\n\n  anna@example.org\n    quota exceeded", "soft"),
        ("anna@example.org\n  SMTP error after RCPT TO:<anna@example.org>:\n  550 unknown user", "hard"),
        ("Your message to anna@example.org could not be delivered for 5 days. Giving up.", "soft"),
    ],
)
def test_words_are_understood_where_there_are_no_fields(text: str, kind: str) -> None:
    found = bounces.read(bounced.notice(text))
    assert (found.kind, found.failures[0].address) == (kind, "anna@example.org")


def test_what_the_returned_mail_says_is_not_taken_for_the_servers_words() -> None:
    text = (
        "<anna@example.org>:\nmailbox is full\n\n--- Below this line is a copy of the message.\n\nSubject: user unknown"
    )
    assert bounces.read(bounced.notice(text)).failures[0].reason is Reason.FULL


def test_several_recipients_are_told_apart() -> None:
    text = "anna@example.org:\n  550 5.1.1 user unknown\nben@example.net:\n  552 5.2.2 mailbox full\n"
    found = bounces.read(bounced.notice(text))
    assert [(one.address, one.kind) for one in found.failures] == [
        ("anna@example.org", Kind.HARD),
        ("ben@example.net", Kind.SOFT),
    ]


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "Subject: Out of office: Thursday",
        "Subject: Automatische Antwort: Thursday",
    ],
)
def test_an_answer_of_a_machine_is_known_by_its_headers(headers: str) -> None:
    raw = f"From: Anna <anna@example.org>\nTo: x@zendoric.example\n{headers}\n\nI am away. Mail could not be read.\n"
    assert bounces.read(raw.encode()).kind is Kind.AUTO_REPLY


def test_a_reader_who_writes_about_a_failed_delivery_is_no_bounce() -> None:
    raw = (
        b"From: Anna <anna@example.org>\nTo: editor@zendoric.example\nSubject: Thursday\n\nIt could not be delivered?\n"
    )
    assert bounces.read(raw).kind is Kind.OTHER


def test_a_feedback_report_is_a_complaint_and_not_spam_is_none() -> None:
    found = bounces.read(bounced.complaint(extra="Original-Mail-From: <b-abc@zendoric.example>\n"))
    assert (found.kind, found.feedback) == (Kind.COMPLAINT, "abuse")
    assert found.return_paths == ("b-abc@zendoric.example",)
    assert bounces.read(bounced.complaint(kind="not-spam")).kind is Kind.OTHER


def test_a_complaint_carries_the_links_of_the_mail_that_it_is_about() -> None:
    original = "Subject: x\nList-Unsubscribe: <https://zendoric.example/u/v1.k1.7.1.u.abc_-DEF>\n"
    assert bounces.read(bounced.complaint(original=original)).links == ("v1.k1.7.1.u.abc_-DEF",)


def test_a_request_to_leave_is_read_from_the_subject_and_never_from_the_text() -> None:
    head = "From: anna@example.org\nTo: daily@zendoric.example\n"
    token = "v1.k1.7.1.u.abcDEF"
    found = bounces.read(f"{head}Subject: unsubscribe {token}\n\n".encode())
    assert (found.kind, found.requests) == (Kind.UNSUBSCRIBE, (token,))
    answer = bounces.read(f"{head}Subject: Re: Thursday\n\n> unsubscribe {token}\n".encode())
    assert (answer.kind, answer.requests) == (Kind.OTHER, ())


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_address_that_it_was_sent_to_is_found_in_the_delivery_headers(name: str) -> None:
    raw = f"{name}: <b-abc@zendoric.example>\nFrom: mailer-daemon\nSubject: x\n\nfailed\n".encode()
    assert "b-abc@zendoric.example" in bounces.read(raw).recipients


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_ends_will_do(end: bytes) -> None:
    raw = bounced.report().replace(b"\r\n", b"\n").replace(b"\n", end)
    assert bounces.read(raw).kind is Kind.HARD


PIECES = st.sampled_from(
    [
        b"From: MAILER-DAEMON\n",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html; charset=nonsense\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Subject: =?utf-8?b?!!!!?= =?x?q?=ZZ?=\n",
        b"\n",
        b"--a\n",
        b"--a--\n",
        b"Status: 5.1.1\n",
        b"Final-Recipient: rfc822; anna@example.org\n",
        b"<anna@example.org>: 550 user unknown\n",
        b"\r",
        b"\xff\xfe\x00",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=40))
def test_nothing_that_arrives_raises(pieces: list[bytes]) -> None:
    raw = b"".join(pieces)
    assert bounces.read(raw) == bounces.read(raw)


def test_blank_lines_without_end_are_read_like_any() -> None:
    assert bounces.read(bounced.notice("\n" * 100_000 + "anna@example.org: 550 5.1.1 user unknown")).kind is Kind.SOFT


def test_parts_in_parts_without_end_do_not_raise() -> None:
    nested = b'Content-Type: multipart/mixed; boundary="a"\n\n--a\n' * 3000
    assert bounces.read(nested).kind is Kind.OTHER
    assert bounces.read(b"Content-Type: message/rfc822\n\n" * 3000).kind is Kind.OTHER
