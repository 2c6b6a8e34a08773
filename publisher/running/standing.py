"""How the sender stands with large mail services: `check --dns`, and the look at one-click before a digest closes."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence

from publisher.config import Publication, Relay
from publisher.deliver import names, trial
from publisher.delivering.standing import Standing, dkim, dmarc, mail_exchange, reverse_name, spf
from publisher.delivering.standing.answers import Ask
from publisher.delivering.standing.finding import Verdict
from publisher.render.dkim import Signer, txt_value, zone_line
from publisher.subscribing.tokens import Keys, sign

NOBODY = 0
"""The number of no subscriber: its link is signed like any other, and changes nothing."""


def standings(
    publication: Publication,
    signers: Sequence[Signer],
    *,
    nameserver: str | None,
    sends_from: Sequence[str],
) -> Iterator[Standing]:
    """Asked and tried one after the other. `sends_from`: the addresses that mail leaves from, where they are known."""
    ask = names.asking(nameserver)
    mail = publication.mail
    found = {relay.name: list(sends_from) or _public(trial.addresses(relay.host)) for relay in mail.relays}
    senders = sorted({address for addresses in found.values() for address in addresses})
    relay = (
        ", ".join(one.host for one in mail.relays if not is_here(one.host)) or "the address that your mail leaves from"
    )
    yield spf(ask, domain=mail.domain, senders=senders, relay=relay)
    yield from _signatures(ask, signers) if signers or mail.relay_signs else [_unsigned(mail.domain)]
    yield dmarc(ask, domain=mail.domain, signed=[one.domain for one in signers], envelope=mail.domain)
    yield mail_exchange(ask, mail.domain)
    yield from (reverse_name(ask, address) for address in senders)
    if not senders:
        yield _hidden_sender(relay)
    yield from (_handshake(one) for one in mail.relays)


def _signatures(ask: Ask, signers: Iterable[Signer]) -> Iterator[Standing]:
    for one in signers:
        yield dkim(ask, domain=one.domain, selector=one.selector, expected=txt_value(one.key), line=zone_line(one))


def _unsigned(domain: str) -> Standing:
    return Standing(
        subject="DKIM",
        where=domain,
        verdict="bad",
        expected="a signature on every mail ([[mail.dkim]]), or a relay that signs",
        found="nothing signs",
        advice="Gmail and Yahoo refuse bulk mail without one. `publisher dkim` makes a key and prints the record; "
        'where the relay signs, say so: sign = "relay" in [[mail.dkim]].',
    )


def _public(addresses: Iterable[str]) -> list[str]:
    return [one for one in addresses if ipaddress.ip_address(one.partition("%")[0]).is_global]


def _hidden_sender(relay: str) -> Standing:
    return Standing(
        subject="PTR",
        where=relay,
        verdict="unknown",
        expected="a name for the address that mail leaves from, and back",
        found="the relay has no public address that can be seen from here",
        advice="Name the address that your mail leaves from: `publisher check --dns --sends-from 192.0.2.25`.",
    )


def _handshake(relay: Relay) -> Standing:
    fault = trial.relay_fault(relay)
    login = f", {relay.user}'s password taken" if relay.user else ""
    encrypted = "no encryption asked for" if relay.tls == "none" else f"encrypted ({relay.tls})"
    return Standing(
        subject="TLS",
        where=f"{relay.host}:{relay.port}",
        verdict="bad" if fault else ("weak" if relay.tls == "none" and not is_here(relay.host) else "good"),
        expected=f"it answers, {encrypted}{login}",
        found=fault or "it does",
        advice="No digest goes out until it does." if fault else "",
    )


def is_here(host: str | None) -> bool:
    return host in {"127.0.0.1", "::1", "localhost"}


VERDICTS: Mapping[str, Verdict] = {"works": "good", "broken": "bad", "silent": "unknown"}


def one_click(publication: Publication, keys: Keys, list_id: int) -> Standing:
    """The public address that the List-Unsubscribe header of every mail names, tried as a mail service would."""
    token = sign(keys, subject=NOBODY, list_id=list_id, purpose="u")
    url = publication.absolute(f"/u/{token}")
    answered = trial.one_click(url)
    return Standing(
        subject="one-click",
        where=publication.absolute("/u/..."),
        verdict=VERDICTS[answered.verdict],
        expected="POST is answered with 2xx, over good TLS (RFC 8058)",
        found=answered.words,
        advice={
            "works": "",
            "broken": f"Readers could not leave: is `publisher serve` running behind {publication.url}?",
            "silent": f"It could not be seen from here that readers can leave; try {publication.url} from elsewhere.",
        }[answered.verdict],
    )


def standing_lines(one: Standing) -> Iterator[str]:
    """For a person: how it is, what, where, and only then what to do."""
    yield f"{WORDS[one.verdict]}  {one.subject}  {one.where}"
    yield f"         expected: {one.expected}"
    yield f"         found:    {one.found}"
    if one.advice:
        yield f"         {one.advice}"


WORDS = {"good": "good   ", "weak": "weak   ", "bad": "BAD    ", "unknown": "unknown"}


def exit_code(found: Iterable[Standing]) -> int:
    """1 where mail services will refuse something. What nobody answered is no fault of ours."""
    return 1 if any(one.verdict == "bad" for one in found) else 0
