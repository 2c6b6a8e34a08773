"""Addresses, states and signed links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.subscribing import addresses, states, tokens

KEYS = tokens.parse_keys("k2 " + "ab" * 32 + "\nk1 " + "cd" * 32)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (" Anna@Example.ORG ", "Anna@example.org"),
        ("jo.o+x@sub.example.org", "jo.o+x@sub.example.org"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("anna@stra\u00dfe.example", "anna@xn--strae-oqa.example"),
        ("no-at.example.org", None),
        ("a@localhost", None),
        ("a b@example.org", None),
        ("a@example.org\r\nBcc: x@example.org", None),
        ("a@exa\u2028mple.org", None),
        ("<a@example.org>", None),
        (".a@example.org", None),
        ("a@-x.example", None),
    ],
)
def test_an_address_is_cleaned_or_refused(given_text: str, expected: str | None) -> None:
    assert addresses.clean(given_text) == expected


@given(st.text(max_size=80))
def test_no_text_breaks_out_of_an_envelope(text: str) -> None:
    cleaned = addresses.clean(text)
    assert cleaned is None or not set(cleaned) & set("\r\n<> \u2028")


def test_two_spellings_are_one_subscriber() -> None:
    assert addresses.key("Anna@example.org") == addresses.key("anna@example.org")


def test_a_link_is_bound_to_its_purpose_and_list() -> None:
    token = tokens.sign(KEYS, subject=7, list_id=1, purpose="u")
    assert tokens.verify(KEYS, token, list_id=1, purpose="u") == 7
    assert tokens.verify(KEYS, token, list_id=1, purpose="p") is None
    assert tokens.verify(KEYS, token, list_id=2, purpose="u") is None


@given(st.text(max_size=60))
def test_no_invented_link_is_believed(text: str) -> None:
    assert tokens.verify(KEYS, text, list_id=1, purpose="u") is None


def test_old_keys_still_verify_after_a_rotation() -> None:
    old = tokens.parse_keys("k1 " + "cd" * 32)
    token = tokens.sign(old, subject=7, list_id=1, purpose="u")
    assert tokens.verify(KEYS, token, list_id=1, purpose="u") == 7


def test_nothing_but_a_new_opt_in_brings_somebody_back() -> None:
    back = {event for (state, event), to in states.MOVES.items() if to == "confirmed"}
    assert back == {"confirmed"}
    assert states.sources_of("unsubscribed") == ("pending", "confirmed", "bounced")
