"""The public half of a key that signs our mail (RFC 6376 s. 3.6)."""

from publisher.delivering.standing.answers import Ask, Silence, told, values
from publisher.delivering.standing.finding import Standing, Verdict, silent


def dkim(ask: Ask, *, domain: str, selector: str, expected: str, line: str) -> Standing:
    """`expected`: what the TXT record has to say for the key that signs; `line`: the same as a line of a zone file."""
    where = f"{selector}._domainkey.{domain}"
    answer = ask("TXT", where)
    records = [one for one in values(answer) if "p" in _tags(one)]
    verdict, advice = _judged(records, expected, line)
    if isinstance(answer, Silence):
        verdict, advice = silent()
    return Standing(subject="DKIM", where=where, verdict=verdict, expected=expected, found=told(answer), advice=advice)


def _judged(records: list[str], expected: str, line: str) -> tuple[Verdict, str]:
    if not records:
        return (
            "bad",
            f"Without it every signature fails, and Gmail and Yahoo refuse bulk mail. Into the zone goes: {line}",
        )
    if len(records) > 1:
        return "bad", "There are several records of one name: remove all but the newest (RFC 6376 s. 3.6.2.2)."
    found, wanted = _tags(records[0]), _tags(expected)
    if not found["p"]:
        return "bad", "The record says that the key is revoked. Put the new one in its place, or sign with another key."
    if found["p"] != wanted["p"] or found.get("k", "rsa") != wanted.get("k", "rsa"):
        return "bad", f"The record is of another key than the one that signs. Into the zone goes: {line}"
    if "y" in found.get("t", "").split(":"):
        return "weak", "t=y says that you are only trying: services may treat the mail as unsigned. Take it out."
    return "good", ""


def _tags(record: str) -> dict[str, str]:
    """Tags and values; white space inside a value is of no meaning (s. 3.2)."""
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}
