"""What is read of YAML without libyaml is what libyaml reads."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.collect import plain_yaml
from publisher.collect.front_matter import _any_yaml, _FaultFound

SIGNS = """title key - -: : , { } [ ] ' ~ | " # null \\ ? ! @ = << ... --- 09:00 a://b.c/d?e=1#f""".split()  # noqa: SIM905 - read more easily
PIECES = [*SIGNS, "- ", ": ", ", ", "  ", " #", "x y", "\u00e9", "\u00b2", "&a ", "*a"]
LINES = [
    "\n",
    "\n\n",
    "\n  ",
    "\n- ",
    "\n  - ",
    "\n    ",
    "\nkey: v",
    "\nmore: w",
    "\n  - a: b\n    c: d",
    "\n    e: f",
]
WHOLE = ["key: value", "list:\n  - a", "{a: b, c: 'd'}", "[a, b]", '"in: quotes"', "a: b,\n   c: d", "|\n  text", ">"]
TEXTS = st.lists(st.sampled_from([*PIECES, *LINES, *WHOLE]) | st.text(max_size=3), max_size=14).map("".join)


@settings(max_examples=1500, deadline=None)
@given(st.sampled_from(["", "key: ", "key:\n  - ", "key:\n  - a: ", "key: {a: b, c: "]), TEXTS)
@example("", "title: A\ndate: 2026-06-25T09:00:00+02:00\ntags: [sea, 'the: tide']\nempty:\nquoted: \"x\"\n\nlang: null")
@example("sources:\n  - {title: A, url: 'https://a.example/',\n     role: primary}\n  - https://b.example/?x=1", "")
@example("sources:\n- title: A\n  url: https://a.example/\n- b\n- role: null\nempty: ''", "")
@example("key: a\nKey: b", "")
@example("key: a\n  more of it", "")
@example("key: 'a'\n  - b", "")
@example("key:\n  - a\n    b: c", "")
@example("key:\n  - a: b\n   c: d", "")
@example("key: [a, b: c]", "")
@example("key: a\u2028b: c", "")
def test_what_is_read_plainly_is_what_libyaml_reads(before: str, text: str) -> None:
    written = f"{before}{text}\n"
    found = plain_yaml.read(written, 2)
    if found is None:
        return
    try:
        expected = _any_yaml(written, 2)
    except _FaultFound as fault:
        raise AssertionError(written) from fault
    assert (*found, ()) == expected


def test_ordinary_front_matter_is_read_plainly() -> None:
    written = (
        "title: Tides\npublished: 2026-06-25T09:00:00+02:00\ntags: [sea, moon]\nsources:\n"
        "  - {title: The table, url: 'https://a.example/1',\n     role: primary}\n"
        "  - https://b.example/\n  - title: A\n    access: open\nlede: Two a day; why?\n"
    )
    values, lines = plain_yaml.read(written, 2) or ({}, {})
    assert values["sources"][0] == {"title": "The table", "url": "https://a.example/1", "role": "primary"}
    assert values["sources"][1:] == ["https://b.example/", {"title": "A", "access": "open"}]
    assert (lines["sources", 0, "role"], lines["sources", 2, "access"], lines["lede",]) == (7, 10, 11)
