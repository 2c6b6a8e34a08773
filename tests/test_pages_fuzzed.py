"""Every endpoint is asked everything: whatever comes, an answer of our own, and nobody's consent changes by it."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import Desk
from served import House, house
from test_subscriber_pages import published as published  # noqa: PLC0414 - a fixture

MANY = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
kinds = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/json",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "\xff/\xfe",
    ]
)
names = st.sampled_from(["email", "frequency", "lang", "website", "section", "offered", "format", "List-Unsubscribe"])
values = st.one_of(
    st.sampled_from(["weekly", "daily", "pause", "es", "text", "All", "a@example.org", "a@example.org\r\nBcc: b@c.de"]),
    st.text(max_size=40),
)
forms = st.lists(st.tuples(names, values), max_size=8)
languages = st.sampled_from(["es", "en;q=nan, es", "*;q=-1,,;;q=", "\xff" * 60, "x-" * 400, "fr, de;q=1e999"])


@pytest.fixture(scope="module")
def fuzzed(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    copy = shutil.copytree(published, tmp_path_factory.mktemp("fuzzed") / "zendoric", symlinks=True)
    with house(Desk(copy)) as served:
        yield served


def encoded(form: list[tuple[str, str]]) -> bytes:
    pairs = (f"{quote(name)}={quote(value.encode('utf-8', 'replace'))}" for name, value in form)
    return "&".join(pairs).encode()


def ask(home: House, method: str, path: str, body: bytes, **headers: str) -> int:
    connection = HTTPConnection("127.0.0.1", home.port, timeout=20)
    try:
        given_headers = {name.replace("_", "-"): value for name, value in headers.items() if value}
        connection.request(method, path, body or None, given_headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.getheader("set-cookie") is None
        return answer.status
    finally:
        connection.close()


def consents(home: House) -> list[tuple[object, ...]]:
    """Who gets what."""
    with home.doors.store.read() as tx:
        kept = "id, state, address, confirmed, frequency, format, sections"
        rows = tx.connection.exec_driver_sql(f"SELECT {kept} FROM subscriber WHERE state = 'confirmed' ORDER BY id")
        return [tuple(row) for row in rows]


@MANY
@given(
    method=methods,
    base=st.sampled_from(["/subscribe", "/confirm/", "/p/", "/u/", "/undo/", "/hooks/", "/"]),
    rest=st.text(max_size=30),
    body=st.one_of(st.binary(max_size=200), forms.map(encoded), forms.map(lambda one: json.dumps(dict(one)).encode())),
    headers=st.fixed_dictionaries({"content_type": kinds, "accept_language": languages}),
)
def test_no_request_is_a_fault_and_none_without_a_link_of_ours_changes_a_consent(
    fuzzed: House, method: str, base: str, rest: str, *, body: bytes, headers: dict[str, str]
) -> None:
    before = consents(fuzzed)
    path = base + quote(rest.encode("utf-8", "replace"), safe="?&=/;.%")
    status = ask(fuzzed, method, path, body, **headers)
    assert status < 500, (method, path, body)
    assert consents(fuzzed) == before


@MANY
@given(form=forms, kind=kinds)
def test_whatever_a_form_for_choices_says_they_stay_choices(
    fuzzed: House, form: list[tuple[str, str]], kind: str
) -> None:
    preferences = fuzzed.doors.keys and link(fuzzed)
    assert ask(fuzzed, "POST", preferences, encoded(form), content_type=kind) in {200, 400, 415, 422}
    (_, state, _, _, frequency, shape, sections), *_ = consents(fuzzed)
    assert (state, shape in {"both", "text"}, frequency) == ("confirmed", True, "daily")
    assert sections in {None, '["Harbour"]'}
    assert ask(fuzzed, "GET", preferences, b"") == 200


def link(home: House) -> str:
    from publisher.subscribing import tokens

    return "/p/" + tokens.sign(home.doors.keys, subject=1, list_id=home.doors.store.publication, purpose="p")


def test_a_service_that_cannot_write_says_so_and_is_well_again_after(
    fuzzed: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that is not let go, as by a backup tool that hangs."""

    monkeypatch.setattr("publisher.store.driver.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(fuzzed.desk.home / "publisher.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = fuzzed.ask("/subscribe", {"email": "rosa@example.org"})
    assert (refused.status, refused.headers["retry-after"]) == (503, "60")
    other.execute("ROLLBACK")
    other.close()
    assert fuzzed.ask("/subscribe", {"email": "rosa@example.org"}).status in {200, 429}
