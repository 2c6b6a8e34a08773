"""The stories of a digest as views, whole: `budget` says what is left of them in a mail that grows too large."""

import re

from publisher.config import Publication
from publisher.model import Article, Source
from publisher.render import sourcing
from publisher.render.digest.content import DigestContent
from publisher.render.digest.phrases import Phrases
from publisher.render.digest.prose import Paragraph, paragraphs
from publisher.render.digest.subject import shortened
from publisher.render.digest.views import SourceView, StoryView
from publisher.render.markdown import render

LONGEST_TITLE = 300
LONGEST_LEDE = 1500
"""Characters, far more than anybody writes: so that no single line makes a mail too large."""
LONGEST_EXCERPT = 320
"""Characters of a first paragraph that stands for a lede nobody wrote."""
LONGEST_PARAGRAPH = 1500
"""Characters: a first paragraph that is longer is left to the page."""
MOST_MARKS = 8
"""More sources than this are named behind the lede by the first and the last of them."""


def story_view(article: Article, content: DigestContent, phrases: Phrases, *, place: int, before: int) -> StoryView:
    """`place` counts stories from 1; sources are numbered through the issue, and `before` were numbered so far."""
    publication, language = phrases.publication, phrases.language
    sources = tuple(
        _source(one, before + number, article.lang, phrases) for number, one in enumerate(article.sources, 1)
    )
    lede, paragraph = _opening(article, content, publication, sources, leads=place == 1)
    restates = paragraph is not None and _same(lede, paragraph.words)
    marked = paragraph is not None and any(run.mark for run in paragraph.runs)
    line = sourcing.line(article, since=publication.sources_since)
    return StoryView(
        number=place,
        leads=place == 1,
        lang=article.lang,
        dir=phrases.dir_of(article.lang),
        foreign=article.lang != language.tag,
        kicker=phrases.kicker(article, content.day),
        title=shortened(article.title, LONGEST_TITLE),
        url=publication.absolute(article.address),
        lede=lede,
        paragraph=paragraph,
        restates=restates,
        marks=() if restates and marked else _marks(sources),
        read=phrases.read(article),
        sourcing=f"{line.sign} {sourcing.words(line, language)}" if line else "",
        sound=line is not None and line.sound,
        sources=sources,
        form="row",
        more="",
    )


def _source(source: Source, number: int, lang: str, phrases: Phrases) -> SourceView:
    """A title is in the language of its article, `lang`, unless the source says its own."""
    language = phrases.language
    lang = source.lang or lang
    level = sourcing.LEVELS[source.verification]
    url, archived = web_address(source.url), web_address(source.archived)
    shown_by_link = source.access == "archived" and url and archived
    return SourceView(
        number=number,
        title=shortened(source.title, LONGEST_TITLE) or url or archived,
        url=url or archived,
        publisher=shortened(source.publisher or "", LONGEST_TITLE),
        sign=sourcing.SIGNS[level],
        verification=sourcing.verification(source, language),
        sound=level in {"v1", "v2"},
        access="" if shown_by_link else sourcing.access(source, language),
        role=sourcing.role(source, language),
        archived=archived if url else "",
        lang=lang if lang != language.tag else "",
    )


def web_address(url: str | None) -> str:
    """An address that may stand behind a link: http, https or mailto, without spaces; else nothing."""
    address = re.sub(r"\s", "%20", (url or "").strip())
    return address if re.match(r"(?:https?://|mailto:)\S", address, re.IGNORECASE) else ""


def _marks(sources: tuple[SourceView, ...]) -> tuple[SourceView, ...]:
    return sources if len(sources) <= MOST_MARKS else (sources[0], sources[-1])


def _opening(
    article: Article, content: DigestContent, publication: Publication, sources: tuple[SourceView, ...], *, leads: bool
) -> tuple[str, Paragraph | None]:
    """The lede, or the first paragraph in its place; and for the lead story the first paragraph, with its links."""
    body = content.bodies.get(article.id)
    written = shortened(article.lede or "", LONGEST_LEDE)
    if body is None or (written and not leads):
        return written, None
    cited = {place: (source.number, source.url) for place, source in enumerate(sources, 1)}
    html = render(body, article.sources, base=publication.absolute(article.address)).html
    first = next(paragraphs(html, cited), None)
    if first is None:
        return written, None
    fits = leads and len(first.words) <= LONGEST_PARAGRAPH
    return written or shortened(first.words, LONGEST_EXCERPT), first if fits else None


def _same(lede: str, paragraph: str) -> bool:
    """Whether a lede says what a paragraph says, as one that was made of it does."""
    short, whole = ("".join(re.findall(r"\w", text.casefold())) for text in (lede, paragraph))
    return bool(short) and whole.startswith(short)
