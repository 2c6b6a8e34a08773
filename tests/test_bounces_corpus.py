"""Real bounces, complaints, automatic replies and odd mail, with the verdicts of those who collected them."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publisher.subscribing import addresses, bounces
from publisher.subscribing.bounces import Kind

pytestmark = pytest.mark.corpora
BOUNCE = {Kind.HARD, Kind.SOFT, Kind.POLICY}


@pytest.fixture(scope="module")
def messages(corpora: Path) -> list[tuple[dict[str, str], bounces.Returned]]:
    """Each message of the manifest beside what it was taken for: none raises."""
    folder = corpora / "mail"
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(row, bounces.read((folder / row["file"]).read_bytes())) for row in rows]


def _of_class(messages: list[Any], *starts: str) -> Iterator[tuple[str, bounces.Returned]]:
    return ((row["file"], found) for row, found in messages if row["class"].startswith(starts))


def test_hard_and_soft_agree_with_sisimai_in_at_least_95_percent(messages: list[Any]) -> None:
    agreed, differ = 0, []
    for row, found in messages:
        expected = json.loads(row["expected"]) if row["expected"].startswith("[{") else []
        if not expected or expected[0].get("reason") in {None, "feedback", "vacation", "delivered"}:
            continue
        hard = any(one["hard"] for one in expected)
        if hard == any(one.kind is Kind.HARD for one in found.failures):
            agreed += 1
        else:
            differ.append(row["file"])
    assert agreed / (agreed + len(differ)) >= 0.95, differ


def test_what_flufl_calls_temporary_is_never_hard(messages: list[Any]) -> None:
    wrong = [
        row["file"]
        for row, found in messages
        if '"temporary": true' in row["expected"] and (found.kind is Kind.HARD or not found.failures)
    ]
    assert not wrong


def test_every_feedback_report_asks_to_stop(messages: list[Any]) -> None:
    wrong = [file for file, found in _of_class(messages, "fbl") if found.kind not in {Kind.COMPLAINT, Kind.UNSUBSCRIBE}]
    assert not wrong


def test_automatic_replies_and_other_mail_are_no_bounces(messages: list[Any]) -> None:
    assert all(found.kind is Kind.AUTO_REPLY for _, found in _of_class(messages, "auto-reply"))
    others = [
        file
        for file, found in _of_class(messages, "mime", "not-a-bounce", "esp-webhook")
        if found.kind not in {Kind.OTHER, Kind.AUTO_REPLY}
    ]
    assert not others


def test_bounces_are_seen_as_bounces_in_at_least_98_percent(messages: list[Any]) -> None:
    found = [one.kind in BOUNCE for _, one in _of_class(messages, "bounce")]
    assert sum(found) / len(found) >= 0.98


def test_addresses_are_judged_as_others_judge_them(corpora: Path) -> None:
    """All that is invalid is refused; of what is valid, only what nobody has or nobody can mail to."""
    lines = (corpora / "mail" / "addresses.jsonl").read_text("utf-8").splitlines()
    judged = [(one["address"], one["verdict"]) for one in map(json.loads, lines)]
    believed = [text for text, verdict in judged if verdict == "invalid" and addresses.clean(text)]
    assert all(text != text.strip() for text in believed), believed  # what a paste brings is not held against it
    refused = [text for text, verdict in judged if verdict == "valid" and not addresses.clean(text)]
    odd = [text for text in refused if not any(sign in text for sign in '"(< ') and text.isascii()]
    tops = {text.rpartition("@")[2].partition(".")[2].rpartition(".")[2] for text in odd}
    assert all(len(top) < 2 for top in tops), odd  # no dot, or a top-level domain of one letter
