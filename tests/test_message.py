"""A spliced message is what the standard library reads back, whatever the names, subjects and values."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.render.message import (
    AddressError,
    Headers,
    Personal,
    Skeleton,
    Slots,
    build,
    clean,
    mailbox,
    message_id,
    quoted_printable,
    read_return_path,
    return_path,
    splice,
    with_subject,
)

KEY = b"k" * 32
SLOTS = Slots.of("2026-06-25", "en")
TEXT = f"Good morning\n\n.hidden\nFrom here on: ñandú\n\nLeave:\n{SLOTS.unsubscribe}\n"
HTML = f'<p>ñ</p>\n<a href="{SLOTS.unsubscribe}">leave</a> <a href="{SLOTS.preferences}">p</a> {SLOTS.address}\n'


def headers(**other):
    plain = {
        "sender": "Zendoric <daily@zendoric.example>",
        "reply_to": "editor@zendoric.example",
        "subject": "Anthropic points the finger",
        "date": datetime(2026, 6, 25, 7, tzinfo=UTC),
        "list_name": "Zendoric",
        "list_id": "daily.zendoric.example",
        "language": "en",
        "archived_at": "https://zendoric.example/digest/2026-06-25/",
        "one_click": True,
    }
    return Headers(**(plain | other))


def personal(**other):
    plain = {
        "to": "reader@example.org",
        "message_id": message_id("zendoric.example", "2026-06-25", 7),
        "unsubscribe": "https://zendoric.example/u/v1.a.b?x=1&y=2",
        "unsubscribe_mailto": "mailto:editor@zendoric.example?subject=unsubscribe%20v1.a.b",
        "preferences": "https://zendoric.example/p/v1.a.b",
        "address": "reader@example.org",
        "since": "June 1, 2026",
    }
    return Personal(**(plain | other))


def read(raw: bytes):
    message = message_from_bytes(raw, policy=default)
    assert not message.defects
    text, html = message.iter_parts()
    return message, *(part.get_content().replace("\r\n", "\n") for part in (text, html))


def test_the_headers_say_what_bulk_mail_has_to_say():
    message, _, _ = read(splice(build(headers(), TEXT, HTML, SLOTS), personal()))
    assert message["From"] == "Zendoric <daily@zendoric.example>"
    assert message["To"] == "reader@example.org"
    assert message["Date"] == "Thu, 25 Jun 2026 07:00:00 +0000"
    assert message["List-Id"] == '"Zendoric" <daily.zendoric.example>'
    assert message["List-Unsubscribe"] == (
        "<https://zendoric.example/u/v1.a.b?x=1&y=2>, <mailto:editor@zendoric.example?subject=unsubscribe%20v1.a.b>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Archived-At"] == "<https://zendoric.example/digest/2026-06-25/>"
    assert message.get_content_type() == "multipart/alternative"
    assert message.get_boundary().startswith("=_")


def test_without_a_service_only_the_mailto_is_there():
    message, _, _ = read(splice(build(headers(one_click=False), TEXT, HTML, SLOTS), personal()))
    assert message["List-Unsubscribe"] == "<mailto:editor@zendoric.example?subject=unsubscribe%20v1.a.b>"
    assert "List-Unsubscribe-Post" not in message


def test_values_stand_in_the_text_as_they_are_and_in_the_html_escaped():
    _, text, html = read(splice(build(headers(), TEXT, HTML, SLOTS), personal()))
    assert text == TEXT.replace(SLOTS.unsubscribe, "https://zendoric.example/u/v1.a.b?x=1&y=2")
    assert 'href="https://zendoric.example/u/v1.a.b?x=1&amp;y=2"' in html
    assert html.endswith("reader@example.org\n")


def test_two_recipients_differ_in_whole_lines_only():
    skeleton = build(headers(), TEXT, HTML, SLOTS)
    one = splice(skeleton, personal()).split(b"\r\n")
    other = splice(skeleton, personal(to="b@example.net", address="b@example.net")).split(b"\r\n")
    differ = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    assert differ == [(b"To: reader@example.org", b"To: b@example.net"), (b"reader@example.org=", b"b@example.net=")]


def test_the_same_input_gives_the_same_bytes_and_a_stored_skeleton_too():
    skeleton = build(headers(), TEXT, HTML, SLOTS)
    assert build(headers(), TEXT, HTML, SLOTS) == skeleton
    assert splice(Skeleton.load(skeleton.dump()), personal()) == splice(skeleton, personal())


def well_formed(raw: bytes) -> None:
    assert raw.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    body = raw.partition(b"\r\n\r\n")[2]
    assert not re.search(rb"(?m)^(\.|From )", body)
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))


names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=120)
lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n", exclude_categories=("Cs",)), max_size=200)


def shown(value: str) -> str:
    return " ".join(clean(value).split())


def packed(value: str) -> str:
    return "".join(value.split())


@settings(deadline=None)
@given(subject=names, name=names, since=names)
def test_odd_subjects_names_and_values_come_back_as_they_were(subject: str, name: str, since: str):
    html = f"{HTML}<i>{SLOTS.since}</i>"
    sender = f'"{clean(name).translate({34: None, 92: None})}" <daily@zendoric.example>'
    raw = splice(
        build(headers(subject=subject, list_name=name, sender=sender), TEXT, html, SLOTS), personal(since=since)
    )
    well_formed(raw)
    message, _, found = read(raw)
    assert shown(str(message["Subject"])) == shown(subject)
    assert message["From"].addresses[0].addr_spec == "daily@zendoric.example"
    # The library puts a space between two encoded words of a name, where RFC 2047 s. 6.2 wants none.
    assert packed(message["From"].addresses[0].display_name) == packed(clean(name).translate({34: None, 92: None}))
    assert f"<i>{escape(clean(since))}</i>" in found


@settings(deadline=None)
@given(first=names, second=names)
def test_a_changed_subject_changes_nothing_else(first: str, second: str):
    changed = with_subject(build(headers(subject=first), TEXT, HTML, SLOTS), second)
    fresh = build(headers(subject=second), TEXT, HTML, SLOTS)
    one, other = (re.sub(rb"=_[0-9a-f]{32}", b"", splice(made, personal())) for made in (changed, fresh))
    assert one == other


@settings(deadline=None)
@given(before=lines, after=lines, value=st.from_regex(r"\A[!-~]{0,300}\Z"))
def test_text_around_a_value_survives(before: str, after: str, value: str):
    text = f"{before}{SLOTS.preferences}{after}\n{before}"
    raw = splice(build(headers(), text, HTML, SLOTS), personal(preferences=value))
    well_formed(raw)
    part = next(iter(message_from_bytes(raw, policy=default).iter_parts()))
    assert part.get_payload(decode=True).decode() == f"{before}{value}{after}\r\n{before}"


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",))))
def test_quoted_printable_is_read_back_by_the_standard_library(text: str):
    import quopri

    encoded = quoted_printable(text)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert not re.search(rb"(?m)[ \t]\r?$|^\.|^From ", encoded)
    assert quopri.decodestring(encoded).decode() == "\r\n".join(re.split("\r\n|\r|\n", text))


def test_line_breaks_in_a_subject_cannot_make_a_header():
    subject = "News\r\nBcc: all@example.org\u2028X: y"
    message, _, _ = read(splice(build(headers(subject=subject), TEXT, HTML, SLOTS), personal()))
    assert message["Subject"] == "News Bcc: all@example.org X: y"
    assert "Bcc" not in message


@pytest.mark.parametrize(
    ("address", "envelope"),
    [("Reader@Example.ORG", "Reader@example.org"), ("a@bücher.example", "a@xn--bcher-kva.example")],
)
def test_an_envelope_address_has_its_domain_in_lower_case_a_labels(address: str, envelope: str):
    assert mailbox(address) == envelope


@pytest.mark.parametrize(
    "address", ["ñ@example.org", "a b@example.org", "a@b\r\nRCPT TO:<x@y>", "plain", "<a@b>", "@b"]
)
def test_an_address_that_no_envelope_can_carry_is_refused_with_a_sentence(address: str):
    with pytest.raises(AddressError, match=r"SMTPUTF8|is no address"):
        mailbox(address)


@settings(deadline=None)
@given(st.integers(0, 2**40 - 1), st.sampled_from(["2026-06-25", "weekly-2026-06-27"]))
def test_a_return_path_names_its_delivery_and_cannot_be_forged(subscriber: int, digest: str):
    path = return_path("Z <daily@zendoric.example>", digest, subscriber, KEY, authority="a")
    assert len(path.partition("@")[0]) <= 64
    assert path == path.lower()
    assert read_return_path(path.upper(), KEY, authority="a") == (digest, subscriber)
    assert read_return_path(path, b"other", authority="a") is None
    assert read_return_path("b-" + "a" * 50 + "@x", KEY) is None


def test_without_a_key_the_return_path_is_the_senders_address():
    assert return_path("Z <daily@zendoric.example>", "2026-06-25", 1, None) == "daily@zendoric.example"
