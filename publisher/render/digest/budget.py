"""How a digest gives way when it grows too large for a mail.

Gmail cuts a message near 102 KB of HTML, and what it cuts off begins with the unsubscribe link. A reader on a phone
should have to fetch no more than 60 KB. So the HTML part as it travels, in quoted-printable, keeps to a budget of
60,000 bytes; 2,000 more are left for the personal lines, and nothing may go beyond 102 KB.

It gives way in this order, each step from the last story upwards, since the first ones matter most:

    1. the first paragraph of the lead story
    2. a source's row becomes a line: number, linked title, mark (publisher, access and role stay in the text part)
    3. the line becomes its number alone, still a link, behind the sourcing line
    4. of many sources of one story so many are named as `FEW` says, with "and n more" and a link to the article
    5. the lede and the numbers go: headline and sourcing line stay. The lead story keeps both.
    6. whole stories: "and n more", with a link to the page of the issue, where nothing is left out
    7. the last sources of the lead story, the editor's note, and notices beyond the first

The page of the issue keeps to 30 KB, as every page does, and no story goes from it: first the lead's paragraph, then
from the last story upwards the list of sources, which the story's own page has, then all but headline and sourcing
line. Its plain text is whole.

Steps 1 to 5 change the HTML alone: the text part keeps each lede, title and mark of the stories that are left. The end
of the mail says that it was shortened.
"""

import quopri
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

BUDGET = 60_000
"""Bytes of the encoded HTML part with its tokens."""
PAGE = 29_500
"""Bytes of the page of an issue; some more are left for the feeds that it names in the end."""
HARD_LIMIT = 102_000
"""Bytes of an encoded part, whatever is in it."""
FEW = 8


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a digest. `rows` to `stories` count stories from the first on, each at most the next."""

    paragraph: bool = True
    rows: int
    """Stories whose sources have a full row each."""
    lines: int
    """Stories whose sources have at least a line each."""
    ledes: int
    """Stories that have their lede, and at least the numbers of their sources."""
    stories: int
    sources: int | None = None
    """The most sources that are shown of one story; None: all."""
    note: bool = True
    notices: int | None = None
    """The most notices of one kind; None: all."""

    @classmethod
    def whole(cls, stories: int) -> "Plan":
        return cls(rows=stories, lines=stories, ledes=stories, stories=stories)


def fitted(stories: int, most_sources: int, most_notices: int, render: Callable[[Plan], str]) -> Plan:
    """The first plan that comes within the budget, found by halving: each plan makes less than the one before.

    `most_sources` is the length of the longest list of sources, `most_notices` that of notices of one kind. Where no
    plan is small enough, the last one stands.
    """
    whole = Plan.whole(stories)
    if _fits(whole, render):
        return whole
    plans = list(_shorter(whole, most_sources, most_notices))
    return _first(plans, render)


def fitted_page(stories: int, render: Callable[[Plan], str]) -> Plan:
    """The same for the page of the issue: `lines` is as `rows`, and every story stays."""
    plan = Plan.whole(stories)
    plans = [plan, plan := replace(plan, paragraph=False)]
    plans += [plan := replace(plan, rows=kept, lines=kept) for kept in range(stories - 1, -1, -1)]
    plans += [replace(plan, ledes=kept) for kept in range(stories - 1, 0, -1)]
    place = bisect_left(plans, 1, key=lambda one: int(len(render(one).encode("utf-8", "ignore")) <= PAGE))
    return plans[min(place, len(plans) - 1)]


def _first(plans: Sequence[Plan], render: Callable[[Plan], str]) -> Plan:
    place = bisect_left(plans, 1, key=lambda plan: int(_fits(plan, render)))
    return plans[min(place, len(plans) - 1)]


def _fits(plan: Plan, render: Callable[[Plan], str]) -> bool:
    return encoded_size(render(plan)) <= BUDGET


def _shorter(plan: Plan, most_sources: int, most_notices: int) -> Iterator[Plan]:
    yield (plan := replace(plan, paragraph=False))
    for kept in range(plan.stories - 1, -1, -1):
        yield (plan := replace(plan, rows=kept))
    for kept in range(plan.stories - 1, -1, -1):
        yield (plan := replace(plan, lines=kept))
    for kept in range(most_sources - 1, FEW - 1, -1):
        yield (plan := replace(plan, sources=kept))
    for kept in range(plan.stories - 1, 0, -1):
        yield (plan := replace(plan, ledes=kept))
    for kept in range(plan.stories - 1, 0, -1):
        yield (plan := replace(plan, stories=kept))
    for kept in range(min(most_sources, FEW) - 1, -1, -1):
        yield (plan := replace(plan, sources=kept))
    yield (plan := replace(plan, note=False))
    for kept in range(most_notices - 1, -1, -1):
        yield (plan := replace(plan, notices=kept))


def encoded_size(text: str) -> int:
    """Bytes of a text in quoted-printable (RFC 2045 s. 6.7) with CRLF."""
    encoded = quopri.encodestring(text.encode())
    return len(encoded) + encoded.count(b"\n")
