"""What the From domain asks of those who get mail in its name (RFC 7489).

The record is looked for at the domain, then at each parent: the tree walk of RFC 7489's successor, which needs no list
of public suffixes.
"""

from collections.abc import Iterator, Sequence

from publisher.delivering.standing.answers import Answer, Ask, Nothing, Silence, told, values
from publisher.delivering.standing.finding import Standing, Verdict, silent

EXPECTED = "v=DMARC1; p=quarantine; rua=mailto:YOUR-ADDRESS"
MOST_STEPS = 8


def dmarc(ask: Ask, *, domain: str, signed: Sequence[str], envelope: str) -> Standing:
    """`signed`: the domains that DKIM signs for; `envelope`: the return path's. One of them has to align (s. 3.1)."""
    at, answer = _policy(ask, domain)
    if isinstance(answer, Silence):
        verdict, advice = silent()
    else:
        verdict, advice = _judged(at, answer, domain, signed, envelope)
    return Standing(
        subject="DMARC",
        where=f"_dmarc.{at}",
        verdict=verdict,
        expected=EXPECTED,
        found=told(answer),
        advice=advice,
    )


def _policy(ask: Ask, domain: str) -> tuple[str, Answer]:
    """Where the record stands that counts, and what is there; the domain itself where there is none."""
    first: Answer | None = None
    for name in _upwards(domain):
        answer = ask("TXT", f"_dmarc.{name}")
        first = first or answer
        if isinstance(answer, Silence) or any(_is_policy(one) for one in values(answer)):
            return name, answer
    return domain, first or Nothing()


def _upwards(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    yield domain
    for start in range(max(1, len(labels) - MOST_STEPS + 1), len(labels) - 1):
        yield ".".join(labels[start:])


def _judged(at: str, answer: Answer, domain: str, signed: Sequence[str], envelope: str) -> tuple[Verdict, str]:
    records = [one for one in values(answer) if _is_policy(one)]
    if not records:
        return "bad", (
            f"Gmail and Yahoo refuse bulk mail from a domain without DMARC. Begin with _dmarc.{domain}. IN TXT "
            f'"v=DMARC1; p=none; rua=mailto:postmaster@{domain}" and read the reports.'
        )
    if len(records) > 1:
        return "bad", "There are several records: none of them counts (RFC 7489 s. 6.6.3). Keep one."
    tags = _tags(records[0])
    policy = tags.get("sp", tags.get("p")) if at != domain else tags.get("p")
    if policy not in {"none", "quarantine", "reject"}:
        return "bad", "p= has to be none, quarantine or reject."
    if not _aligned(at, domain, signed, tags.get("adkim", "r")) and not _aligned(
        at, domain, [envelope], tags.get("aspf", "r")
    ):
        return "bad", (
            f"Nothing that signs or sends is aligned with {domain}, so DMARC fails: sign with d={domain} "
            "([[mail.dkim]] domain)."
        )
    if policy == "none":
        return (
            "weak",
            "p=none only watches: anybody may still write in your name. When the reports are clean: quarantine.",
        )
    return "good", "" if "rua" in tags else "There is no rua=, so nobody tells you of failures."


def _aligned(at: str, domain: str, others: Sequence[str], mode: str) -> bool:
    """Section 3.1.1. Relaxed: of one organisation, which is where the policy was found, or parent and child."""
    if mode == "s":
        return domain in others
    return any(_under(one, at) or _under(one, domain) or _under(domain, one) for one in others)


def _under(name: str, parent: str) -> bool:
    return f".{name}".endswith(f".{parent}")


def _is_policy(record: str) -> bool:
    return record.partition(";")[0].replace(" ", "") == "v=DMARC1"


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}
