"""A whole digest as a view, and its subject."""

from email.utils import parseaddr

from publisher.model import Announced, Body, Correction, Retraction
from publisher.render.digest.content import DigestContent
from publisher.render.digest.phrases import Phrases
from publisher.render.digest.prose import paragraphs
from publisher.render.digest.stories import LONGEST_LEDE, LONGEST_TITLE
from publisher.render.digest.subject import distinct, shortened
from publisher.render.digest.views import DigestView, NoteView, NoticesView, NoticeView
from publisher.render.markdown import render
from publisher.render.message import Slots


def digest_view(content: DigestContent, phrases: Phrases, slots: Slots | None, *, has_feeds: bool) -> DigestView:
    """Everything that the content has besides its stories; nothing cut yet."""
    publication, language = phrases.publication, phrases.language
    prefix = "" if language.tag == publication.language else f"/{language.tag}"
    page = publication.absolute(f"{prefix}/digest/{content.name}/")
    day = phrases.dateline(content)
    reason, reason_lines = phrases.reason(slots) if slots else ("", ())
    archive = publication.absolute(f"{prefix}/archive/")
    asked = f"?lang={language.tag}" if prefix else ""
    return DigestView(
        lang=language.tag,
        dir=language.dir,
        said=language.marked(language.speaks),
        own=language.marked(language.tag),
        publication=publication.name,
        title=f"{publication.name}, {day}",
        preheader=preheader_of(content, phrases),
        date=day,
        counts=phrases.counts(content.articles),
        home=publication.absolute(f"{prefix}/"),
        url=page,
        text_url=f"{page}index.txt",
        feeds=publication.absolute(f"{prefix}/feeds/") if has_feeds else "",
        archive=archive,
        subscribe=publication.absolute(f"/subscribe{asked}") if publication.service else archive,
        service=publication.service,
        editor=parseaddr(publication.mail.reply_to or "")[1],
        note=_note(content, phrases),
        stories=(),
        more="",
        shortened="",
        notices=_notices(content, phrases),
        end=phrases.end(content),
        reason=reason,
        reason_lines=reason_lines,
        times=phrases.times(content.slot),
        postal_address=" ".join((publication.postal_address or "").split()),
    )


def _note(content: DigestContent, phrases: Phrases) -> NoteView | None:
    """The editor writes it in the publication's language, and it goes to all."""
    if content.day_file is None or not content.day_file.note.strip():
        return None
    lang = phrases.publication.language
    html = render(Body(markup="markdown", text=content.day_file.note), base=phrases.publication.url).html
    found = tuple(paragraphs(html, {}))
    return NoteView(lang=lang, dir=phrases.dir_of(lang), paragraphs=found) if found else None


def _notices(content: DigestContent, phrases: Phrases) -> tuple[NoticesView, ...]:
    """Retractions first: they weigh more. A kind that there is none of has no box."""
    retracted = [one for one in content.announced if isinstance(one.notice, Retraction)]
    corrected = [one for one in content.announced if isinstance(one.notice, Correction)]
    boxes = ((phrases.retractions_title, retracted), (phrases.corrections_title, corrected))
    return tuple(
        NoticesView(title=title(len(some)), notices=tuple(_notice(one, phrases) for one in some))
        for title, some in boxes
        if some
    )


def _notice(announced: Announced, phrases: Phrases) -> NoticeView:
    article, notice = announced.article, announced.notice
    retracted = isinstance(notice, Retraction)
    return NoticeView(
        date=phrases.language.day_month(article.published),
        title=shortened(article.title, LONGEST_TITLE),
        text=shortened(notice.reason if isinstance(notice, Retraction) else notice.text, LONGEST_LEDE),
        url=phrases.publication.absolute(article.address) + ("" if retracted else "#corrections"),
        lang=article.lang,
        dir=phrases.dir_of(article.lang),
        foreign=article.lang != phrases.language.tag,
    )


def _by_hand(content: DigestContent, phrases: Phrases, key: str) -> str:
    """What the day file says, for readers of the language in which the editor writes it."""
    if content.day_file is None or phrases.language.tag != phrases.publication.language:
        return ""
    return " ".join((getattr(content.day_file, key) or "").split())


def preheader_of(content: DigestContent, phrases: Phrases) -> str:
    return _by_hand(content, phrases, "preheader") or phrases.preheader(content.articles)


def subject_of(content: DigestContent, phrases: Phrases) -> str:
    """The day file's, else the lead's first words and the number of stories; the same one never twice."""
    day = (phrases.language.day_month(content.day), phrases.language.date(content.day))
    dated = tuple(f" · {one}" for one in day)
    if by_hand := _by_hand(content, phrases, "subject"):
        return distinct(by_hand, ("", *dated), content.previous_subjects)
    if content.articles:
        return distinct(content.articles[0].title, phrases.subject_endings(content), content.previous_subjects)
    if content.announced:
        first = content.announced[0]
        lead = "Retraction: {title}" if isinstance(first.notice, Retraction) else "Correction: {title}"
        return distinct(phrases.language.text(lead, title=first.article.title), dated, content.previous_subjects)
    return distinct(phrases.publication.name, dated, content.previous_subjects)
