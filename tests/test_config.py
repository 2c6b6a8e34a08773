"""A wrong configuration is one sentence: file, line, key, what would be right."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from publisher.config import parse, parse_duration, parse_weekdays
from publisher.errors import ConfigurationError

BASE = """\
name = "Zendoric"
url = "https://zendoric.example"
authority = "zendoric.example"
timezone = "Europe/Madrid"
"""


def test_the_four_required_keys_make_a_publication() -> None:
    found = parse(BASE)
    assert found.url == "https://zendoric.example/"
    assert found.digest.at == time(9)
    assert found.mail.maildir == "outbox"
    assert found.mail.sender == "Zendoric <daily@zendoric.example>"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (BASE + "[digest]\natt = 1\n", "publication.toml:6: unknown key `digest.att`; did you mean `at`?"),
        (
            BASE + "[mail]\nservice = true\n",
            "publication.toml:6: unknown key `mail.service`; it belongs under `[web]`:",
        ),
        (BASE + '[mail]\nhost = "a.example"\n', "belongs under `[[mail.relay]]` or `[alerts]`: is that line commented"),
        (BASE + "zone = 1\n", "publication.toml:5: unknown key `zone`; did you mean `timezone`?"),
        (BASE + '[digest]\nhold_over = "x"\n', "publication.toml:6: `digest.hold_over`: expected `int`, got `str`"),
        (BASE.replace("Europe/Madrid", "Europe/Madird"), "publication.toml:4: `timezone`: no time zone is called"),
        (BASE.replace('name = "Zendoric"\n', ""), "publication.toml:1: `name` is missing; for example"),
        (BASE + '[digest]\nlate = "soon"\n', "publication.toml:6: `digest.late`: 'soon' is no duration"),
        (BASE + '[digest]\nat = "25:00"\n', "publication.toml:6: `digest.at`: '25:00' is no time of day"),
        (BASE + '[digest]\ndays = "mon-fun"\n', "publication.toml:6: `digest.days`"),
        (BASE + '[mail]\ntransport = "pigeon"\n', "publication.toml:6: `mail.transport`: 'pigeon'"),
        (BASE + '[mail]\ntransport = "smtp"\n', 'publication.toml:6: `mail.transport`: "smtp" needs a [[mail.relay]]'),
        (BASE + "[[mail.relay]]\nport = 25\n", "`mail.relay.host` is missing"),
        (BASE + '[[upstream]]\nurl = "ftp://x"\n', "publication.toml:6: `upstream.url`"),
        (BASE + '[mail]\nfrom = "Z <a@b.example>\\nBcc: c@d"\n', "publication.toml:6: `mail.from`"),
        (BASE + "name\n", "publication.toml: not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse(text)
    assert sentence in str(raised.value)


def test_the_environment_overrides_every_kind_of_key() -> None:
    relay = BASE + '[mail]\ntransport = "smtp"\n[[mail.relay]]\nname = "main"\nhost = "a.example"\nuser = "u"\n'
    found = parse(
        relay,
        overrides={
            "PUBLISHER_NAME": "Other",
            "PUBLISHER_DIGEST_AT": "10:30",
            "PUBLISHER_DIGEST_APPROVE": "true",
            "PUBLISHER_DIGEST_SKIP": "2026-12-25, 2027-01-01",
            "PUBLISHER_MAIL_RELAY_MAIN_PASSWORD": "secret",
            "PUBLISHER_UNKNOWN": "ignored",
        },
    )
    assert (found.name, found.digest.at, found.digest.approve) == ("Other", time(10, 30), True)
    assert date(2027, 1, 1) in found.digest.skip
    assert found.mail.relays[0].password == "secret"
    assert "secret" not in repr(found)


def test_a_password_never_goes_over_an_open_line() -> None:
    with pytest.raises(ConfigurationError, match="only sent over TLS"):
        parse(BASE + '[[mail.relay]]\nhost = "a.example"\nuser = "u"\ntls = "none"\n')


def test_dates_may_be_written_as_toml_dates_or_as_text() -> None:
    for written in ("2026-06-01", '"2026-06-01"'):
        assert parse(BASE + f"[digest]\nstart = {written}\n").digest.start == datetime(2026, 5, 31, 22, tzinfo=UTC)


def test_keys_of_later_versions_are_taken_and_named() -> None:
    assert parse(BASE + '[[upstream]]\nurl = "https://a.example/f"\nopml = "feeds.opml"\n').not_yet == (
        "upstream.opml",
    )


def test_durations_and_weekdays() -> None:
    assert parse_duration("1h30m") == timedelta(minutes=90)
    assert parse_weekdays("sat-mon") == {5, 6, 0}
    assert parse_weekdays("mon,wed") == {0, 2}


def test_a_name_with_signs_that_mean_something_before_an_address_is_put_in_quotes() -> None:
    found = parse(BASE.replace('name = "Zendoric"', 'name = "Cats <3, dogs > 2"'))
    assert found.mail.sender == '"Cats <3, dogs > 2" <daily@zendoric.example>'


def test_an_address_with_a_number_for_a_host_sends_from_the_authoritys_domain() -> None:
    found = parse(BASE.replace("https://zendoric.example", "http://127.0.0.1:8000"))
    assert found.mail.sender == "Zendoric <daily@zendoric.example>"
