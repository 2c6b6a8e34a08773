"""Addresses, states and signed links."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model import Choices, Offer
from publisher.subscribing import addresses, states, tokens
from publisher.subscribing.choices import NothingChosenError, chosen
from publisher.subscribing.networks import network_of

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
        ("a@example.org.", None),
        ("a@192.0.2.1", None),
        ("a@example.2", None),
        ("\u03bb@example.org", None),
        ("\u226eme@example.org", None),
        ("a@" + "x" * 60 + "." + "y" * 60 + "." + "z" * 60 + "." + "w" * 60 + ".example.org", None),
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


def test_a_link_for_an_occasion_bears_its_instant_to_the_microsecond() -> None:
    at = datetime(2026, 6, 25, 9, 0, 0, 123457, tzinfo=UTC)
    token = tokens.sign_dated(KEYS, subject=7, list_id=1, occasion="c", at=at)
    assert tokens.verify_dated(KEYS, token, list_id=1, occasion="c") == tokens.Dated(subject=7, at=at)
    assert tokens.verify_dated(KEYS, token, list_id=1, occasion="r") is None
    assert tokens.verify(KEYS, token, list_id=1, purpose="u") is None
    for_ever = tokens.sign(KEYS, subject=7, list_id=1, purpose="u")
    assert tokens.verify_dated(KEYS, for_ever, list_id=1, occasion="c") is None


@given(st.text(max_size=60), st.integers(0, 80))
def test_a_link_that_was_changed_anywhere_is_not_believed(text: str, place: int) -> None:
    token = tokens.sign(KEYS, subject=7, list_id=1, purpose="u")
    changed = token[:place] + text + token[place:]
    assert changed == token or tokens.verify(KEYS, changed, list_id=1, purpose="u") is None


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_a_visitor_counts_with_the_network(host: str, network: str) -> None:
    assert network_of(host) == network


NOW = datetime(2026, 6, 25, 9, tzinfo=UTC)
OFFER = Offer(weekly=True, sections=("Culture", "Harbour"), languages=("en", "es"))


def test_a_form_says_what_is_chosen_and_leaves_the_rest() -> None:
    before = Choices(format="text", lang="es", sections=("Gone",))
    made = chosen({"frequency": ["weekly"]}, before, OFFER, now=NOW)
    assert made == Choices(frequency="weekly", format="text", lang="es", sections=("Gone",))
    assert chosen({"frequency": ["hourly"], "format": ["pdf"], "lang": ["fr"]}, before, OFFER, now=NOW) == before
    assert chosen({"frequency": ["weekly"]}, before, Offer(weekly=False, sections=(), languages=()), now=NOW) == before


def test_a_pause_is_thirty_days_and_pausing_again_does_not_prolong_it() -> None:
    paused = chosen({"frequency": ["pause"]}, Choices(frequency="weekly"), OFFER, now=NOW)
    assert paused.paused_until == NOW + timedelta(days=30)
    assert chosen({"frequency": ["pause"]}, paused, OFFER, now=NOW + timedelta(days=3)) == paused
    on = chosen({"frequency": ["daily"]}, paused, OFFER, now=NOW)
    assert (on.frequency, on.paused_until) == ("daily", None)


def test_all_sections_that_were_on_offer_mean_all_there_will_be() -> None:
    form = {"offered": ["Culture", "Harbour"], "section": ["Harbour", "Culture"]}
    assert chosen(form, Choices(sections=("Culture",)), OFFER, now=NOW).sections is None
    assert chosen({**form, "section": ["Harbour", "Invented"]}, Choices(), OFFER, now=NOW).sections == ("Harbour",)
    grown = Offer(weekly=False, sections=("Culture", "Harbour", "New"), languages=())
    assert chosen(form, Choices(), grown, now=NOW).sections is None, "a section that is newer than the form"
    with pytest.raises(NothingChosenError):
        chosen({"offered": ["Culture"]}, Choices(), OFFER, now=NOW)


def test_old_keys_still_verify_after_a_rotation() -> None:
    old = tokens.parse_keys("k1 " + "cd" * 32)
    token = tokens.sign(old, subject=7, list_id=1, purpose="u")
    assert tokens.verify(KEYS, token, list_id=1, purpose="u") == 7


def test_nothing_but_a_new_opt_in_or_an_undo_brings_somebody_back() -> None:
    back = {event for (state, event), to in states.MOVES.items() if to == "confirmed"}
    assert back == {"confirmed", "undone"}
    assert states.sources_of("unsubscribed") == ("pending", "confirmed", "bounced")
