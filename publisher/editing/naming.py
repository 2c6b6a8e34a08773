"""The names in a day file: each means an article that the day may show or mail, or is told with the nearest one."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from publisher.config import DigestPlan
from publisher.editing.edition import is_called
from publisher.model import Article, DayFile, Listed, Problem

LISTED = 3
"""Names that are offered where none is near."""


def names(file: DayFile) -> Sequence[tuple[str, str]]:
    """(key, name) of each article that the file names, once for each key."""
    lead = [("lead", file.lead)] if file.lead else []
    listed = [(key, one) for key in ("order", "leave_out") for one in getattr(file, key)]
    return list(dict.fromkeys([*lead, *listed]))


def within(file: DayFile, plan: DigestPlan) -> tuple[date, date]:
    """The first and the last day whose articles it may name: its page shows one day, its mail what came late too."""
    return file.day - max(plan.late, timedelta(days=1)), file.day


def misnamed(file: DayFile, articles: Sequence[Listed], zone: ZoneInfo) -> Iterator[Problem]:
    """One sentence for each name that is nobody's. `articles` are those of the days `within`, drafts among them."""
    for key, name in names(file):
        meant = [one for one in articles if is_called(one, {name})]
        shown = [one for one in meant if not _is_draft(one)]
        if not shown:
            said = _said_of_draft(meant[0]) if meant else _said_of_nobody(name, file, articles, zone)
            line = file.lines.get((key, name), file.lines.get((key, "")))
            reason = f"`{key}: {name}` {said}"
            yield Problem(path=f"days/{file.day}.md", line=line, reason=reason, left_out=False, day=file.day)


def _is_draft(one: Listed) -> bool:
    return isinstance(one, Article) and one.draft


def _said_of_draft(one: Listed) -> str:
    return f"is a draft, which nobody sees; take `draft` out of {one.path}"


def _said_of_nobody(name: str, file: DayFile, articles: Sequence[Listed], zone: ZoneInfo) -> str:
    today = [one for one in articles if one.published.astimezone(zone).date() == file.day]
    slugs = list(dict.fromkeys(one.slug for one in [*today, *articles]))
    near = get_close_matches(name.rpartition("/")[2].removesuffix(".md"), slugs, 1)
    if near:
        return f"is no article of this day; `{near[0]}` is"
    offered = list(dict.fromkeys(one.slug for one in today))
    if not offered:
        return "is no article of this day, which has none yet"
    more = f" and {len(offered) - LISTED} more" if len(offered) > LISTED else ""
    return f"is no article of this day, which has {', '.join(offered[:LISTED])}{more}"
