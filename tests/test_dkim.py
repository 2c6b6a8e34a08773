"""Signatures, as somebody else's program verifies them."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import dkim as verifier
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.render import dkim
from publisher.render.dkim import Signer
from publisher.render.message import build, splice
from publisher.render.press import Press
from test_message import HTML, SLOTS, TEXT, headers, names, personal

DUE = datetime(2026, 6, 25, 7, 0, 0, 250_000, tzinfo=UTC)
RSA = Signer(domain="zendoric.example", selector="s2026", key=dkim.new_key())
ED25519 = Signer(domain="zendoric.example", selector="e2026", key=dkim.new_key(ed25519=True))
BOTH = (RSA, ED25519)


def resolve(name: bytes, *_: object, **__: object) -> bytes | None:
    records = {f"{one.selector}._domainkey.{one.domain}.": dkim.txt_value(one.key).encode() for one in BOTH}
    return records.get(name.decode())


def verified(raw: bytes) -> list[bool]:
    """One for each signature."""
    mail = verifier.DKIM(raw)
    count = len(message_from_bytes(raw).get_all("DKIM-Signature", []))
    found = []
    for number in range(count):
        try:
            found.append(mail.verify(number, dnsfunc=resolve))
        except verifier.DKIMException:
            found.append(False)
    return found


def mail(**other: object) -> bytes:
    return splice(build(headers(**other), TEXT, HTML, SLOTS), personal())


def tags(raw: bytes) -> dict[str, str]:
    first = str(message_from_bytes(raw)["DKIM-Signature"])
    return dict(re.findall(r"(\w+)=([^;]*)", re.sub(r"\s+", "", first)))


@pytest.mark.parametrize("signers", [(RSA,), (ED25519,), BOTH], ids=["rsa", "ed25519", "both"])
def test_another_program_verifies_every_signature(signers):
    signed = dkim.sign(mail(), signers, DUE)
    assert verified(signed) == [True] * len(signers)
    assert signed.endswith(mail())


@settings(deadline=None, max_examples=30)
@given(subject=names, name=names)
def test_odd_subjects_and_names_verify_too(subject: str, name: str):
    assert verified(dkim.sign(mail(subject=subject, list_name=name), BOTH, DUE)) == [True, True]


def test_the_signature_says_what_it_covers_and_as_of_when():
    found = tags(dkim.sign(mail(), [RSA], DUE))
    assert found["h"].split(":") == [*dkim.COVERED, "From"]
    assert (found["a"], found["c"], found["t"]) == ("rsa-sha256", "relaxed/simple", "1782370800")
    assert (found["d"], found["s"]) == ("zendoric.example", "s2026")
    assert "l" not in found


def test_a_header_that_is_not_there_is_not_named():
    covered = tags(dkim.sign(mail(one_click=False, reply_to=None), [RSA], DUE))["h"].split(":")
    assert "Reply-To" not in covered
    assert "List-Unsubscribe-Post" not in covered
    assert verified(dkim.sign(mail(one_click=False, reply_to=None), BOTH, DUE)) == [True, True]


def test_the_same_message_and_keys_give_the_same_bytes():
    assert dkim.sign(mail(), BOTH, DUE) == dkim.sign(mail(), BOTH, DUE)
    assert dkim.sign(mail(), BOTH, DUE) != dkim.sign(mail(), BOTH, DUE + timedelta(seconds=1))
    assert dkim.sign(mail(), (), DUE) == mail()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"reader@example.org=", b"other@example.org="),
        (b"To: reader@example.org", b"To: other@example.org"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"List-Id: ", b"List-Id: x"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.0\r\nFrom: another@example.org"),
    ],
)
def test_what_is_changed_on_the_way_breaks_it(old: bytes, new: bytes):
    signed = dkim.sign(mail(), BOTH, DUE)
    assert old in signed
    assert verified(signed.replace(old, new)) == [False, False]


def test_what_relays_do_to_headers_does_not_break_it():
    signed = dkim.sign(mail(), BOTH, DUE)
    refolded = signed.replace(b"Subject: Anthropic points", b"subject:  Anthropic\r\n\tpoints")
    assert refolded != signed
    assert verified(b"Received: from a by b\r\n" + refolded) == [True, True]


@pytest.mark.parametrize("body", [b"", b"\r\n", b"a", b"a\r\n", b"a\r\n\r\n\r\n", b"\r\n\r\na\r\n\r\n"])
def test_every_end_of_a_body_is_hashed_as_the_standard_says(body: bytes):
    assert verified(dkim.sign(b"From: a@zendoric.example\r\nSubject: x\r\n\r\n" + body, BOTH, DUE)) == [True, True]


def test_the_header_stays_within_the_lines_of_mail():
    signed = dkim.sign(mail(), BOTH, DUE)
    head = signed.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 78
    assert not message_from_bytes(signed, policy=default).defects


def test_a_key_comes_back_from_its_file_and_its_record_fits_into_dns():
    for one in BOTH:
        assert dkim.txt_value(dkim.load_key(dkim.dump_key(one.key))) == dkim.txt_value(one.key)
        strings = re.findall(r'"([^"]*)"', dkim.zone_line(one))
        assert "".join(strings) == dkim.txt_value(one.key)
        assert all(len(part) <= 255 for part in strings)


def test_a_key_that_is_too_short_or_none_is_refused():
    with pytest.raises(ValueError, match="1024 bits are too few"):
        dkim.load_key(dkim.dump_key(generate_private_key(public_exponent=65537, key_size=1024)))
    with pytest.raises(ValueError):
        dkim.load_key(b"-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----\n")


@settings(deadline=None, max_examples=60)
@given(
    since=st.text(max_size=40),
    address=st.from_regex(r"\A[!-~ ]{1,90}\Z"),
    one_click=st.booleans(),
    signers=st.sampled_from([(), (RSA,), (ED25519,), BOTH]),
)
def test_a_press_prints_what_signing_a_spliced_message_gives(
    since: str, address: str, *, one_click: bool, signers: tuple[Signer, ...]
):
    skeleton = build(headers(one_click=one_click, subject="Überall  zwei"), TEXT, f"{HTML}{SLOTS.since}.\n", SLOTS)
    press = Press(skeleton, signers, DUE)
    for values in (personal(since=since, to=address), personal(), personal(unsubscribe=address, address=address)):
        assert press.print(values) == dkim.sign(splice(skeleton, values), signers, DUE)
