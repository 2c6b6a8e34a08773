"""The mail that asks to confirm: whole, the same for the same values, and no bulk mail."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import dkim as dkimpy
import pytest
from msgspec.structs import replace

from conftest import NOON
from desk import Desk
from newsroom import PUBLICATION, TEMPLATES, WORDS
from publisher.render import language
from publisher.render.environment import environment
from publisher.render.forms import letter
from test_subscriber_pages import switch_on

ASKED = letter.Occasion(
    kind="confirm",
    address="rosa@example.org",
    asked=NOON,
    frequency="daily",
    url="https://lantern.example/confirm/TOKEN",
    leave="https://lantern.example/u/TOKEN",
    message_id="<letter.1@lantern.example>",
)


def made(occasion: letter.Occasion = ASKED, *, lang: str = "en", name: str = "The Lantern") -> bytes:
    publication = replace(PUBLICATION, name=name)
    words = language.load(WORDS, [lang], publication.zone)[lang]
    return letter.compose(occasion, publication=publication, language=words, environment=environment(TEMPLATES))


def parsed(content: bytes) -> EmailMessage:
    found = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(found, EmailMessage)
    return found


def test_it_says_who_writes_and_why_in_both_parts_and_is_no_bulk_mail():
    mail = parsed(made())
    assert mail["Subject"] == "Confirm your subscription to The Lantern"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not [name for name in mail if name.lower().startswith("list-") or name == "Precedence"]
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        text = " ".join(part.get_content().split())
        for wanted in (ASKED.url, "rosa@example.org", "most likely you", "do nothing", "7 days", PUBLICATION.url):
            assert wanted in text, wanted


def test_who_is_subscribed_already_is_told_how_to_change_or_leave():
    mail = parsed(made(replace(ASKED, kind="known")))
    text = mail.get_body(("plain",)).get_content()
    assert mail["Subject"] == "You are subscribed to The Lantern"
    assert ASKED.leave in text
    assert "nothing has changed" in " ".join(text.split())


NAMES = ["The Lantern", "El Farolillo de Ñ " * 6, "新聞 速報 " * 9, 'O"Brien & <Sons>', "a\r\nBcc: b@c.de"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_survives_the_headers(name: str):
    content = made(lang="es", name=name)
    assert content == made(lang="es", name=name), "the same bytes for the same values"
    assert content.isascii()
    assert b"\r\nBcc:" not in content.partition(b"\r\n\r\n")[0]
    mail = parsed(content)
    assert mail["Subject"] == f"Confirme su suscripción a {' '.join(name.split())}".strip()
    assert mail["Content-Language"] == "es"
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert content.count(b"MIME-Version") == 1


def test_it_is_signed(desk: Desk):
    switch_on(desk, '[[mail.dkim]]\nselector = "s1"\n')
    record = desk.publisher("dkim").stdout
    desk.publisher("subscribers", "add", "rosa@example.org")
    (file,) = (desk.home / "outbox" / "new").iterdir()
    content = file.read_bytes()
    content = content[content.index(b"DKIM-Signature") :]
    key = "".join(record.partition("(")[2].rpartition(")")[0].replace('"', "").split())
    key = key.replace("v=DKIM1;k=rsa;p=", "v=DKIM1; k=rsa; p=")
    assert dkimpy.verify(content, dnsfunc=lambda *_, **__: key.encode())
