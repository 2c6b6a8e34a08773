"""How a digest gives way when it grows too large for a mail.

Gmail cuts a message near 102 KB of HTML, and what it cuts off begins with the unsubscribe link. What is counted is the
HTML part as it travels, in quoted-printable. Two limits: a budget of 60 KB, which is what a reader on a phone should
have to fetch, and 100 KB, beyond which nothing may go (2 KB are kept for the personal lines).

Prose gives way before sources, because the article's page is one link away and what a story rests on is what this mail
is read for. In this order, each step from the last story upwards, since the first ones matter most:

to come within the budget
    1. the first paragraph of the lead story
    2. a source's row becomes one line: number, linked title, mark (publisher, access and role stay in the text part)
    3. the lede; headline, sourcing line and sources stay. The lead story keeps its lede.
only to come within the hard limit
    4. a story's sources become their numbers alone, each still a link
    5. whole stories: "and n more", with a link to the page of the issue, where nothing is left out
    6. the list of sources, with "and n more" and a link to the page of the article

So every source of every story is linked in the mail until step 5, which takes some hundred stories, or one with about a
thousand sources. Steps 1 to 4 change the HTML alone: the text part keeps each lede, title and mark. Steps 5 and 6 hold
for both parts, so that both tell of the same stories with the same numbers. The end of the mail says what was left out.
"""

import quopri
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

BUDGET = 60_000
"""Bytes of the encoded HTML part."""
HARD_LIMIT = 100_000
"""Bytes of the encoded HTML part with its tokens; the personal values in their place may take 2,000 more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is shown of a digest. Each number counts stories from the first on."""

    paragraph: bool = True
    rows: int
    """Stories whose sources have a full row each."""
    ledes: int
    lines: int
    """Stories whose sources have at least a line each; those of the others are numbers alone."""
    stories: int
    sources: int | None = None
    """The most sources that are shown of one story; None: all."""

    @classmethod
    def whole(cls, stories: int) -> "Plan":
        return cls(rows=stories, ledes=stories, lines=stories, stories=stories)


def fitted(stories: int, most_sources: int, render: Callable[[Plan], str]) -> Plan:
    """The first plan that fits, found by halving: each plan makes less than the one before.

    `most_sources` is the length of the longest list of sources. Where no plan comes within the budget, the last of
    those that try stands, as long as it is within the hard limit.
    """
    if _fits(whole := Plan.whole(stories), render, BUDGET):
        return whole
    within = list(_within_budget(whole))
    best = _first(within, render, BUDGET)
    if _fits(best, render, HARD_LIMIT):
        return best
    return _first(list(_within_hard_limit(best, most_sources)), render, HARD_LIMIT)


def _first(plans: Sequence[Plan], render: Callable[[Plan], str], limit: int) -> Plan:
    place = bisect_left(plans, 1, key=lambda plan: int(_fits(plan, render, limit)))
    return plans[min(place, len(plans) - 1)]


def _fits(plan: Plan, render: Callable[[Plan], str], limit: int) -> bool:
    return encoded_size(render(plan)) <= limit


def _within_budget(plan: Plan) -> Iterator[Plan]:
    yield (plan := replace(plan, paragraph=False))
    for kept in range(plan.stories - 1, -1, -1):
        yield (plan := replace(plan, rows=kept))
    for kept in range(plan.stories - 1, 0, -1):
        yield (plan := replace(plan, ledes=kept))


def _within_hard_limit(plan: Plan, most_sources: int) -> Iterator[Plan]:
    for kept in range(plan.stories - 1, -1, -1):
        yield (plan := replace(plan, lines=kept))
    for kept in range(plan.stories - 1, 0, -1):
        yield (plan := replace(plan, stories=kept))
    for kept in range(most_sources - 1, -1, -1):
        yield (plan := replace(plan, sources=kept))


def encoded_size(html: str) -> int:
    """Bytes of a text in quoted-printable (RFC 2045 s. 6.7) with CRLF."""
    encoded = quopri.encodestring(html.encode())
    return len(encoded) + encoded.count(b"\n")
