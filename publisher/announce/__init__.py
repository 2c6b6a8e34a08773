"""WebSub: a hub is told that feeds changed, and tells their subscribers (https://www.w3.org/TR/websub/ s. 7).

The standard leaves how a publisher tells its hub to the two; this is what every hub in use understands: a POST with
`hub.mode=publish` and a `hub.url` for each feed.
"""

import http.client
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from publisher.connecting import FAILURES, Limits, ask, why

LIMITS = Limits(connect=5, read=10, total=15)
AT_ONCE = 50
"""Feeds that are named in one request."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` is None where the hub took it; else the end of a sentence about the hub."""

    reason: str | None = None
    retry_after: int = 0
    """Seconds, where the hub says so."""


def tell(
    hub: str, topics: Sequence[str], *, user_agent: str, allow_private: bool = False, limits: Limits = LIMITS
) -> Answered:
    """One request about at most `AT_ONCE` feeds. Never raises. A redirect is not followed: it is named."""
    form = [("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]
    headers = {
        "User-Agent": user_agent,
        "Content-Type": "application/x-www-form-urlencoded",
        "Connection": "close",
    }
    try:
        return ask(
            "POST",
            hub,
            headers=headers,
            body=urlencode(form).encode(),
            allow_private=allow_private,
            limits=limits,
            read=_answer,
        )
    except FAILURES as error:
        return Answered(reason=f"it could not be reached: {why(error)}")


def _answer(response: http.client.HTTPResponse) -> Answered:
    if 200 <= response.status < 300:  # noqa: PLR2004 - success
        return Answered()
    wait = response.getheader("Retry-After") or ""
    moved = response.getheader("Location")
    where = f" and sends us to {moved[:200]}; put that into the feed's definition if it is right" if moved else ""
    return Answered(
        reason=f"it answered {response.status}{where}", retry_after=min(int(wait), 86_400) if wait.isdecimal() else 0
    )
