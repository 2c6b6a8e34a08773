"""The digests as entries of a feed: each is one entry with the whole of every story in it.

They are composed from the articles as they stand now, not from the mail that went out: a correction shows, and what was
retracted is gone.
"""

import html
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from publisher.config import Publication
from publisher.model import Article, Issue, Listed
from publisher.render.catalogue import Catalogue
from publisher.render.feeds import xml
from publisher.render.feeds.entry import Entry, clean, entry_of
from publisher.render.language import Language


def digest_entry(
    article: Article, stories: Sequence[Entry], *, publication: Publication, language: Language, fraction: int
) -> Entry:
    """A digest; `article` is its stand-in, and has its id, address, subject and times."""
    made = entry_of(article, "", publication=publication, language=language, fraction=fraction)
    content = clean("\n<hr/>\n".join(map(_story, stories)))
    return replace(made, pieces=(content,), escaped=xml.markup(content))


def entries(catalogue: Catalogue, lang: str) -> list[tuple[Article, tuple[Listed, ...]]]:
    """The daily digests of a language, newest first: each as an article that stands for it, with its stories.

    A weekly tells the same stories once more, to those who chose it.
    """
    return list(_entries(catalogue, lang))


def _entries(catalogue: Catalogue, lang: str) -> Iterator[tuple[Article, tuple[Listed, ...]]]:
    publication = catalogue.publication
    for issue in catalogue.issues:
        subject = issue.subject if lang == publication.language else issue.subjects.get(lang)
        stories = _stories(catalogue, issue, lang)
        if subject and stories and not issue.weekly:
            yield _stand_in(catalogue, issue, subject, lang, stories), stories


def _stories(catalogue: Catalogue, issue: Issue, lang: str) -> tuple[Listed, ...]:
    """One of each group of translations, in the order of the mail: in `lang`, else the default language, else any."""
    groups: dict[str, list[Listed]] = {}
    for one in [catalogue.by_id[name] for name in issue.articles if name in catalogue.by_id]:
        groups.setdefault(one.group, []).append(one)
    ranks = (lang, catalogue.publication.language)
    return tuple(
        min(group, key=lambda one: ranks.index(one.lang) if one.lang in ranks else len(ranks))
        for group in groups.values()
    )


def _stand_in(catalogue: Catalogue, issue: Issue, subject: str, lang: str, stories: tuple[Listed, ...]) -> Article:
    changes: list[datetime] = [one.changed for one in stories]
    known_as = catalogue.publication.recorded(lang)
    return Article(
        path="",
        slug=issue.name,
        title=subject,
        published=issue.slot,
        updated=max(issue.slot, *changes),
        lang=lang,
        id=f"tag:{catalogue.publication.authority},2026:digest/{issue.name}/{known_as}",
        address=f"{catalogue.prefix(lang)}/digest/{issue.name}/",
        group=issue.name,
    )


def _story(entry: Entry) -> str:
    title = f'<h2><a href="{html.escape(entry.url)}">{html.escape(entry.title)}</a></h2>\n'
    if not entry.article.retracted:
        return title + entry.content
    words = html.escape(entry.language.text("Retracted"))
    return f"{title}<p><strong>{words}.</strong> {html.escape(entry.article.retracted.reason)}</p>"
