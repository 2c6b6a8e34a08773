"""Which articles make an edition, in what order, and which corrections it announces."""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

import msgspec

from publisher.config import DigestPlan, Publication
from publisher.model import Announced, Article, Correction, DayFile, Listed, Problem

Piece = TypeVar("Piece", bound=Listed)


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What one slot takes. Left out by the editor's hand counts as taken."""

    articles: tuple[Article, ...]
    left_out: tuple[Article, ...]


def select(
    articles: Iterable[Article],
    *,
    slot: datetime,
    publication: Publication,
    taken: Container[str],
    day_file: DayFile | None,
    mailed_groups: Container[str] = (),
) -> Selection:
    """Every article that no edition took yet, with start <= published <= slot and no older than `late`, in order.

    See `arrange` for the order.
    A translation that comes after its original was mailed is taken and not mailed: readers had the story.
    """
    found = [
        article
        for article in articles
        if article.id not in taken and is_due(article, slot=slot, plan=publication.digest)
    ]
    chosen_out = set(day_file.leave_out) if day_file else set()
    left_out = tuple(one for one in found if is_called(one, chosen_out) or one.group in mailed_groups)
    kept = [article for article in found if article not in left_out]
    return Selection(articles=arrange(kept, day_file, publication), left_out=left_out)


def is_due(article: Article, *, slot: datetime, plan: DigestPlan) -> bool:
    """Whether an edition at `slot` may take it. An embargo waits, an archive that is moved in is never mailed."""
    if article.draft or article.retracted or article.published > slot:
        return False
    if plan.start is not None and article.published < plan.start:
        return False
    return article.published >= slot - plan.late


def arrange(articles: Sequence[Piece], day_file: DayFile | None, publication: Publication) -> tuple[Piece, ...]:
    """The lead, then the order by hand, then the newest day first; within a day by time of publication, and by address
    where times are equal. So a digest that comes late, or carries last evening's stories too, begins with the news.
    """
    placed = sorted(articles, key=lambda one: (-_day(one, publication), one.published, one.address))
    wanted = [day_file.lead, *day_file.order] if day_file else []
    by_hand = list(
        dict.fromkeys(article for slug in wanted if slug for article in placed if is_called(article, {slug}))
    )
    first = by_hand or _lead(placed, publication.sections)
    return (*first, *(article for article in placed if article not in first))


def own_language_first(
    stories: Sequence[Article], lang: str, *, placed: Container[str], sections: Sequence[str]
) -> tuple[Article, ...]:
    """What a digest in `lang` (BCP 47) tells, as `arrange` left it; but what has no translation follows the rest.

    Groups that were `placed` by hand keep their places. Where nobody chose a lead and the one of all languages is in
    another, the lead is chosen among those in `lang`, as on its page of the day.
    """
    by_hand = [one for one in stories if one.group in placed]
    rest = [one for one in stories if one.group not in placed]
    own = [one for one in rest if _tongue(one.lang) == _tongue(lang)]
    leads_already = by_hand or own[:1] == rest[:1]
    first = [*by_hand] if leads_already else [*_lead(own, sections)]
    return tuple({one.id: one for one in (*first, *own, *rest)}.values())


def placed_by_hand(articles: Iterable[Article], day_file: DayFile | None) -> frozenset[str]:
    """The groups of those that the day file names as lead or in its order."""
    named = {day_file.lead or "", *day_file.order} if day_file else set()
    return frozenset(article.group for article in articles if is_called(article, named))


def _tongue(lang: str) -> str:
    """The language without its country."""
    return lang.casefold().partition("-")[0]


def _day(article: Listed, publication: Publication) -> int:
    return article.published.astimezone(publication.zone).toordinal()


def _lead(articles: Sequence[Piece], sections: Sequence[str]) -> Sequence[Piece]:
    """The newest article of the first section that has any; of equal times the first by address."""
    places = {name.casefold(): place for place, name in enumerate(sections)}
    ranked = [(places.get((one.section or "").casefold(), len(places)), one) for one in articles]
    highest = min((rank for rank, _ in ranked), default=0)
    chosen = [one for rank, one in ranked if rank == highest]
    newest = max((one.published for one in chosen), default=None)
    return [one for one in chosen if one.published == newest][:1]


def notices_to_announce(
    articles: Iterable[Article],
    *,
    slot: datetime,
    mailed: Mapping[str, datetime],
    announced: Container[tuple[str, datetime]],
) -> tuple[tuple[str, datetime], ...]:
    """(article id, at) of each correction and retraction that came after its article was mailed, and was not told yet.

    What was retracted is told of once more and not corrected any further.
    """
    return tuple(
        sorted(
            {
                (article.id, notice.at)
                for article in articles
                if article.id in mailed
                for notice in ([article.retracted] if article.retracted else _mistakes(article))
                if mailed[article.id] < notice.at <= slot and (article.id, notice.at) not in announced
            }
        )
    )


def _mistakes(article: Article) -> list[Correction]:
    """What was wrong; an update only adds to what was said."""
    return [one for one in article.corrections if one.kind == "correction"]


def announced_by(articles: Mapping[str, Article], notices: Iterable[tuple[str, datetime]]) -> tuple[Announced, ...]:
    """The notices with their articles; one whose article or correction is gone since is passed over.

    Of an article that was retracted only that is told.
    """
    found: list[Announced] = []
    for identity, at in notices:
        article = articles.get(identity)
        if article is None:
            continue
        all_of_it = [article.retracted] if article.retracted else article.corrections
        found += [Announced(article=article, notice=notice) for notice in all_of_it if notice.at == at]
    return tuple(found)


def reason_to_hold(
    selection: Selection,
    *,
    day: date,
    plan: DigestPlan,
    day_file: DayFile | None,
    unreadable: Sequence[Problem],
    waited_out: bool,
) -> str | None:
    """The sentence that says why this edition waits for a person; None: it may go.

    `unreadable` are the problems of articles that belong to it; `waited_out` is true once `hold_for` is over.
    """
    if day_file and day_file.hold:
        return f"days/{day}.md says `hold: true`; set it to false, or `publisher approve {day}`"
    if plan.approve:
        return f"`[digest] approve` is true; `publisher approve {day}` lets it go"
    if unreadable and plan.if_left_out == "hold" and not waited_out:
        first = unreadable[0]
        more = f" and {len(unreadable) - 1} more" if len(unreadable) > 1 else ""
        return f"an article of today cannot be read: {first}{more}; mend it, or `publisher approve {day}` without it"
    if len(selection.articles) > plan.hold_over:
        count = len(selection.articles)
        return f"{count} articles are more than `hold_over` = {plan.hold_over}; `publisher approve {day}` sends them"
    return None


def is_called(article: Listed, names: Container[str]) -> bool:
    """Whether its slug, the path of its file or its id is among these."""
    return article.slug in names or article.path in names or article.id in names
