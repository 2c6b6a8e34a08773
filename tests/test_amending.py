"""`retracted` written into article files of every form, and taken out again."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import config
from publisher.collect.amending import RETRACTED, _amended, reinstated, retracted
from publisher.collect.article_file import ReadFile, parse
from publisher.errors import UsageError
from publisher.model import Retraction

MADRID = ZoneInfo("Europe/Madrid")
AT = datetime(2026, 6, 26, 10, 0, tzinfo=MADRID)
WHY = Retraction(at=AT, reason='The photograph was of "another" harbour: see C:\\notes, 100 % {sic} # really')
TAKEN_DOWN = Retraction(at=AT, reason="By order of the court", takedown=True)
PUBLICATION = config.parse(
    'name = "Z"\nurl = "https://z.example/"\nauthority = "z.example"\ntimezone = "Europe/Madrid"\n'
)
FILES = {
    "yaml": "---\ntitle: A whale\npublished: 2026-06-25T09:00:00+02:00\ntags: [sea, town] # kept\n---\nText.\n",
    "yaml, a block at the end": "---\ntitle: A whale\ndate: 2026-06-25\nlede: |\n  One\n\n  Two\n---\nText.\n",
    "yaml, a list at the margin": "---\ntitle: A\ndate: 2026-06-25\nsources:\n- https://a.example/\n---\n\nText\n",
    "yaml, all of it set in": "---\n  title: A whale\n  date: 2026-06-25\n...\nText.\n",
    "yaml with CRLF": "---\r\ntitle: A whale\r\ndate: 2026-06-25\r\n---\r\nText\r\n",
    "yaml, blank lines before and no end": "\n\n---\ntitle: A whale\ndate: 2026-06-25\n---",
    "yaml with a mark": "\ufeff---\ntitle: A whale\ndate: 2026-06-25\n---\nText \u2028 goes on\x0c\n",
    "toml": '+++\ntitle = "A whale"\ndate = 2026-06-25T09:00:00+02:00\n[extra]\nx = 1\n+++\nText\n',
    "toml, tables of sources": '+++\ntitle = "A"\ndate = 2026-06-25\n[[sources]]\nurl = "https://a.example"\n+++\nText\n',
    "headers": "Title: A whale\nDate: 2026-06-25 09:00\nTags: a, b\n\nText.\n",
    "headers without a text": "Title: A whale\nDate: 2026-06-25",
    "nothing at all": "# A whale\n\nText.\n",
    "a page": '<!DOCTYPE html>\n<html lang="en"><head>\n<title>A whale</title>\n<meta name="date" content="2026-06-25">'
    "\n</head><body><p>Text</p></body></html>\n",
}


def read(data: bytes) -> ReadFile:
    found = parse("articles/2026-06-25-a.md", data, PUBLICATION, mtime=AT)
    assert isinstance(found, ReadFile), found
    return found


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("why", [WHY, TAKEN_DOWN], ids=["withdrawn", "taken down"])
def test_the_key_is_added_and_every_other_byte_stays(form: str, why: Retraction) -> None:
    before = FILES[form].encode()
    after = retracted(before, why)
    found = read(after).manuscript
    assert found.retracted is not None
    assert (found.retracted.at, found.retracted.reason, found.retracted.takedown) == (AT, why.reason, why.takedown)
    assert read(before).manuscript.title == found.title
    assert read(before).body == read(after).body
    start = next(place for place, (a, b) in enumerate(zip(before + b"\0", after, strict=False)) if a != b)
    added = len(after) - len(before)
    assert after[:start] + after[start + added :] == before or form == "headers without a text"


@pytest.mark.parametrize("form", FILES)
def test_taken_out_again_the_file_is_what_it_was(form: str) -> None:
    before = FILES[form].encode()
    restored = _amended(retracted(before, WHY), RETRACTED, None)
    assert restored == before or (form == "headers without a text" and restored == before + b"\n")


@pytest.mark.parametrize("form", FILES)
def test_a_second_retraction_takes_the_place_of_the_first(form: str) -> None:
    before = FILES[form].encode()
    assert retracted(retracted(before, TAKEN_DOWN), WHY) == retracted(before, WHY)


@pytest.mark.parametrize("form", FILES)
def test_who_is_reinstated_is_newer_than_the_tombstone(form: str) -> None:
    later = datetime(2026, 6, 27, 8, 0, tzinfo=UTC)
    found = read(reinstated(retracted(FILES[form].encode(), WHY), later)).manuscript
    assert (found.retracted, found.updated) == (None, later)


@pytest.mark.parametrize(
    "written",
    [
        "retracted:\n  at: 2026-06-26\n  reason: >\n    folded\n\n    text\n",
        "retracted: {\n  at: 2026-06-26,\n  reason: x\n}\n",
        "Retracted: false\n",
        "retracted:\n",
    ],
)
def test_a_retraction_by_hand_is_found_whole(written: str) -> None:
    before = f"---\ntitle: A\n{written}date: 2026-06-25\n---\nText\n".encode()
    assert _amended(before, RETRACTED, None) == b"---\ntitle: A\ndate: 2026-06-25\n---\nText\n"
    assert read(retracted(before, WHY)).manuscript.retracted is not None


def test_a_table_of_toml_is_found_whole() -> None:
    before = (
        b'+++\ntitle = "A"\ndate = 2026-06-25\n[retracted]\nat = 2026-06-26\nreason = "x"\n[extra]\ny = 1\n+++\nText\n'
    )
    bare = b'+++\ntitle = "A"\ndate = 2026-06-25\n[extra]\ny = 1\n+++\nText\n'
    assert _amended(before, RETRACTED, None) == bare


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"---\n{title: A, date: 2026-06-25}\n---\nText\n", "by hand"),
        (b"---\ntitle: [\n---\nText\n", "cannot be read: line"),
        ("---\ntitle: é\n---\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_head_too_odd_to_be_amended_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        retracted(data, WHY)


@settings(deadline=None)
@given(
    reason=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60).map(
        lambda text: " ".join(text.split())
    ),
    form=st.sampled_from(["yaml", "toml", "headers", "a page"]),
)
def test_any_reason_comes_back(reason: str, form: str) -> None:
    """As far as text of a headline goes; a head that would not say it is refused."""
    before = FILES[form].encode()
    try:
        after = retracted(before, Retraction(at=AT, reason=reason))
    except UsageError:
        return
    assert read(after).manuscript.retracted is not None
    assert read(after).body == read(before).body
    assert _amended(after, RETRACTED, None) == before
