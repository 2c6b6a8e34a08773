"""Subscribers come in from other services' exports, and go out again."""

import csv
import json
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk import Desk
from publisher.collect import lists as files
from publisher.errors import UsageError
from publisher.subscribing.lists import Entry, Rejected, columns_of, neutral, plain, read
from publisher.subscribing.lists.words import of_file

MAILCHIMP = "Email Address,First Name,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP"


def entries(path: Path) -> list[Entry | Rejected]:
    table = files.read(path)
    said = of_file(path.name)
    return [read(row, table.columns, where=f"{path.name}, line {n}", by_default=said) for n, row in table.rows]


def one(tmp_path: Path, text: str, name: str = "list.csv") -> Entry:
    path = tmp_path / name
    path.write_bytes(text.encode())
    (found,) = entries(path)
    assert isinstance(found, Entry)
    return found


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("email,email_disabled\na@b.example,false\n", "confirmed"),
        ("email,email_disabled\na@b.example,true\n", "unsubscribed"),
        ("email,active_subscription,type\na@b.example,false,gift\n", "confirmed"),
        ("email_address,type\na@b.example,unactivated\n", "pending"),
        ("email_address,type\na@b.example,unsubscribed\n", "unsubscribed"),
        ("email_address,type\na@b.example,premium\n", "confirmed"),
        ("email,type\na@b.example,individual\n", "confirmed"),
        ("email,subscribed_to_emails\na@b.example,false\n", "unsubscribed"),
        ("email,subscribed_to_emails,deleted_at\na@b.example,true,2024-01-01\n", "unsubscribed"),
        ("email,status\na@b.example,active\n", "confirmed"),
        ("email,status\na@b.example,Inactive\n", "unsubscribed"),
        ("email,status\na@b.example,pending\n", "pending"),
        ("email,status,unsubscribed_at\na@b.example,active,2024-03-13 11:33:53 UTC\n", "unsubscribed"),
        ("uuid,email,name,attributes,status\n1,a@b.example,A,{},blocklisted\n", "unsubscribed"),
        ("uuid,email,name,attributes,status\n1,a@b.example,A,{},enabled\n", "confirmed"),
        ("email,subscriber_type\na@b.example,undeliverable\n", "bounced"),
        ("email,subscriber_type\na@b.example,churned\n", "confirmed"),
        (
            "email,subscriber_type,subscription_date,unsubscription_date\na@b.example,regular,2024-05-01,2024-04-08\n",
            "confirmed",
        ),
        (
            "email,subscriber_type,subscription_date,unsubscription_date\na@b.example,regular,2024-03-01,2024-04-08\n",
            "unsubscribed",
        ),
        ("Email Address,OPTIN_TIME,CLEAN_TIME\na@b.example,2018-02-05 19:28:23,2020-03-23 17:30:05\n", "bounced"),
        ("Email Address,OPTIN_TIME,UNSUB_TIME\na@b.example,2018-02-05 19:28:23,2020-03-23 17:30:05\n", "unsubscribed"),
        ("EmailAddress,SuppressionReason,Origin\na@b.example,SpamComplaint,Recipient\n", "complained"),
        ("EmailAddress,SuppressionReason,Origin\na@b.example,HardBounce,Recipient\n", "bounced"),
        ("a@b.example\n", "confirmed"),
        ("name;e-mail\r\nA;a@b.example\r\n", "confirmed"),
        ("\ufeffemail\na@b.example\n", "confirmed"),
        ("Nom,Courriel\nA,a@b.example\n", "confirmed"),
    ],
)
def test_a_row_says_who_may_be_mailed_whatever_service_wrote_it(tmp_path: Path, text: str, state: str):
    found = one(tmp_path, text)
    assert (found.address, found.state) == ("a@b.example", state)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("subscribed_email_audience_export_1.csv", "confirmed"),
        ("unsubscribed_email_audience_export_1.csv", "unsubscribed"),
        ("cleaned_email_audience_export_1.csv", "bounced"),
        ("nonsubscribed_email_audience_export_1.csv", "pending"),
    ],
)
def test_the_name_of_mailchimps_file_counts_where_no_column_says_it(tmp_path: Path, name: str, state: str):
    assert one(tmp_path, f"{MAILCHIMP}\na@b.example,A,,,,\n", name).state == state


def test_the_best_time_of_consent_and_the_network_are_kept_as_they_were_written(tmp_path: Path):
    found = one(tmp_path, f"{MAILCHIMP}\na@b.example,A,2023-04-21 11:16:57,192.0.2.1,2023-04-21 12:00:00,192.0.2.2\n")
    assert str(found.consented) == "2023-04-21 12:00:00+00:00"
    assert found.evidence == (
        "imported from list.csv, line 2; CONFIRM_TIME 2023-04-21 12:00:00; OPTIN_TIME 2023-04-21 11:16:57; "
        "CONFIRM_IP 192.0.2.2; OPTIN_IP 192.0.2.1"
    )


def test_a_table_without_addresses_is_refused_with_its_columns(tmp_path: Path):
    path = tmp_path / "posts.csv"
    path.write_text("post_id,title\n1,Hello\n")
    with pytest.raises(UsageError, match="no column has mail addresses in it; its columns are post_id, title"):
        files.read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str):
    path = tmp_path / "list.csv"
    path.write_bytes("email,status,source\na@b.example,active,Café\n".encode(encoding))
    (found,) = entries(path)
    assert isinstance(found, Entry)
    assert "Café" in found.evidence


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.text(), max_size=6), max_size=6), st.lists(st.text(), min_size=1, max_size=6))
def test_no_table_makes_the_reader_raise(rows: list[list[str]], header: list[str]):
    columns = columns_of(header, rows)
    if columns is not None:
        for row in rows:
            assert isinstance(read(row, columns, where="x"), Entry | Rejected)


@given(st.text())
def test_a_neutral_cell_is_no_formula_and_is_read_back_as_it_was(value: str):
    cell = neutral(value)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    if value == value.strip(" \n\u00a0"):
        assert plain(cell) == value


# The commands --------------------------------------------------------------------------------------------------------


def put(desk: Desk, name: str, text: str) -> str:
    path = desk.home / name
    path.write_text(text, "utf-8")
    return str(path)


def people(desk: Desk) -> dict[str, str]:
    return {row["address"]: row["state"] for row in json.loads(desk.publisher("subscribers", "list", "--json").stdout)}


LIST = (
    "email,status,created_at,unsubscribed_at\n"
    "carl@example.org,active,2024-01-01\n"
    "dora@example.org,inactive,2024-01-01\n"
    "anna@example.org,active,2024-01-01,2027-01-01\n"
    "ben@example.net,active,2024-01-01,2025-01-01\n"
    "erik@example.org,pending,2024-01-01\n"
    "fay@example.org,strange,2024-01-01\n"
    "no address,active,\n"
    "carl@example.org,inactive,2024-01-01\n"
)


def test_an_import_reports_first_changes_once_and_revives_nobody(desk: Desk):
    path = put(desk, "list.csv", LIST)
    before = people(desk)
    dry = desk.publisher("subscribers", "import", path, "--dry-run", "--json")
    assert people(desk) == before
    done = desk.publisher("subscribers", "import", path, "--json")
    assert dry.stdout == done.stdout
    assert done.returncode == 65
    told = json.loads(done.stdout)
    assert {name: told[name] for name in ("rows", "add", "end", "kept", "unconfirmed", "rejected")} == {
        "rows": 8,
        "add": 2,
        "end": 2,
        "kept": 1,
        "unconfirmed": 1,
        "rejected": 2,
    }
    assert [line.partition(": ")[2] for line in told["named"]] == [
        "status is 'strange', which we do not know as subscribed or unsubscribed",
        "'no address' is no mail address",
    ]
    after = people(desk)
    assert after == before | {
        "anna@example.org": "unsubscribed",
        "carl@example.org": "unsubscribed",
        "dora@example.org": "unsubscribed",
    }
    again = json.loads(desk.publisher("subscribers", "import", path, "--json").stdout)
    assert (again["add"], again["end"]) == (0, 0)
    assert people(desk) == after
    assert not (desk.home / "outbox").exists()


def test_those_who_left_elsewhere_get_no_digest(desk: Desk):
    desk.article("one", "2026-06-25T08:00:00+02:00")
    text = "Email Address,CLEAN_TIME,CONFIRM_TIME\ngone@example.org,2024-01-01 10:00:00,2023-01-01 10:00:00\n"
    desk.publisher("subscribers", "import", put(desk, "cleaned_1.csv", text))
    desk.publisher(
        "subscribers", "import", put(desk, "subscribed_1.csv", "Email Address\ngone@example.org\nnew@example.org\n")
    )
    desk.run()
    assert sorted(desk.recipients()) == ["anna@example.org", "ben@example.net", "new@example.org"]


def test_a_providers_list_bans_subscribers_and_strangers_alike(desk: Desk):
    path = put(desk, "bounces.csv", "EmailAddress,Reason\nanna@example.org,COMPLAINT\nstranger@example.org,BOUNCE\n")
    assert desk.publisher("subscribers", "suppress", path).returncode == 0
    assert people(desk)["anna@example.org"] == "complained"
    assert "stranger@example.org" not in people(desk)
    assert b"stranger" not in b"".join(file.read_bytes() for file in desk.home.glob("publisher.db*"))
    desk.publisher("secret", "--rotate")
    told = json.loads(
        desk.publisher("subscribers", "import", put(desk, "l.csv", "email\nstranger@example.org\n"), "--json").stdout
    )
    assert told["suppressed"] == 1
    assert "stranger@example.org" not in people(desk)


def test_an_export_is_read_back_as_it_was(desk: Desk, tmp_path: Path):
    desk.publisher(
        "subscribers", "import", put(desk, "l.csv", "email,status\n=cmd@example.org,active\n+x@example.org,inactive\n")
    )
    exported = desk.publisher("subscribers", "export").stdout
    rows = list(csv.DictReader(StringIO(exported)))
    assert [row["address"] for row in rows] == [
        "anna@example.org",
        "ben@example.net",
        "'=cmd@example.org",
        "'+x@example.org",
    ]
    other = Desk(tmp_path / "other")
    other.home.mkdir()
    (other.home / "publication.toml").write_text((desk.home / "publication.toml").read_text())
    other.publisher("subscribers", "import", put(other, "back.csv", exported))
    assert people(other) == people(desk)
    assert other.publisher("subscribers", "export").stdout.replace("\r", "") == exported.replace("\r", "")


# Real exports --------------------------------------------------------------------------------------------------------


@pytest.mark.corpora
def test_real_exports_are_understood_with_no_mapping(corpora: Path):
    with (corpora / "exports" / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        wanted = [row for row in csv.DictReader(manifest, delimiter="\t") if row["what"].startswith("subscribers")]
    assert wanted
    for row in wanted:
        path = corpora / "exports" / row["file"]
        if path.stat().st_size == 0 or int(row["rows"]) == 0:
            continue
        found = entries(path)
        states = Counter(one.state if isinstance(one, Entry) else "rejected" for one in found)
        refused = [one.reason for one in found if isinstance(one, Rejected)]
        assert all("letters beyond ASCII before the @" in reason for reason in refused), (row["file"], refused)
        assert sum(states.values()) == int(row["rows"]), row["file"]
        if "cleaned" in row["file"]:
            assert set(states) == {"bounced"}


def test_a_frequency_that_is_unknown_here_is_told_and_the_reader_gets_the_daily_one(desk: Desk):
    path = put(desk, "often.csv", "email,status,frequency\nrosa@example.org,active,monthly\n")
    told = desk.publisher("subscribers", "import", path)
    assert told.returncode == 0
    assert "1 row was read." in told.stderr + told.stdout
    assert "1  have a frequency that is unknown here, and get the daily one:" in told.stderr + told.stdout
    assert "often.csv:2: 'monthly'" in told.stderr + told.stdout
    assert people(desk)["rosa@example.org"] == "confirmed"
