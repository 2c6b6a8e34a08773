"""`[bounces]`: where mail that comes back goes, and how much of it ends a subscription."""

import re

from publisher.config.durations import parse_duration
from publisher.config.redirects import Refusal
from publisher.config.schema import BouncesKeys
from publisher.config.values import Bounces, Mailbox

LONGEST = 11
"""Letters before the separator: a signed address with them still has 64 in all (RFC 5321 s. 4.5.3.1.1)."""
_LOCAL = {"127.0.0.1", "::1", "localhost"}


def bounces(given: BouncesKeys, error: Refusal) -> Bounces:
    """Raises what `error` makes for a key and what is wrong with it."""
    if given.limit <= 0:
        raise error("bounces.limit", f"{given.limit} is too small; 5 is usual")
    try:
        half_life = parse_duration(given.half_life)
    except ValueError as wrong:
        raise error("bounces.half_life", f'{given.half_life!r} is no duration; for example "14d"') from wrong
    if not half_life:
        raise error("bounces.half_life", "it is longer than nothing; 14d is usual")
    return Bounces(
        return_path=_return_path(given.return_path, error),
        limit=given.limit,
        half_life=half_life,
        mailbox=_mailbox(given, error),
    )


def _return_path(value: str | None, error: Refusal) -> str | None:
    if value is None:
        return None
    local, at, domain = value.rpartition("@")
    good = re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+", domain)
    if not good or (at and not re.fullmatch(r"[A-Za-z0-9._-]+[+=-]?", local)):
        raise error("bounces.return_path", f'{value!r}; as in "bounces@zendoric.example" or "bounces.zendoric.example"')
    if len(local.rstrip("+=-")) > LONGEST:
        raise error(
            "bounces.return_path", f"{local!r} is longer than {LONGEST} letters; a signature has to fit after it"
        )
    return value.lower()


def _mailbox(given: BouncesKeys, error: Refusal) -> Mailbox | None:
    if given.imap is None:
        return None
    host, colon, port = given.imap.rpartition(":") if re.search(r":\d+$", given.imap) else (given.imap, "", "")
    if not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        raise error("bounces.imap", f'{given.imap!r} is no host; for example "imap.zendoric.example"')
    if not given.user:
        raise error("bounces.imap", "it needs `user`, and a password: PUBLISHER_BOUNCES_PASSWORD in publisher.env")
    if given.tls == "none" and host not in _LOCAL:
        raise error("bounces.tls", 'a password is only sent over TLS; "implicit" or "required"')
    return Mailbox(
        host=host,
        port=int(port) if colon else (993 if given.tls == "implicit" else 143),
        user=given.user,
        password=given.password,
        tls=given.tls,
        folder=given.folder,
        move_to=given.move_to,
    )
