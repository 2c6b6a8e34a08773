"""The page of an article."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from html import escape

import msgspec
from markupsafe import Markup

from publisher.model import Article, Document, Kind, Listed, Material, Retraction, Source
from publisher.render import markdown, sourcing
from publisher.render.excerpts import excerpt
from publisher.render.pictures import on_page, picture_of, picture_tag
from publisher.render.site import versions
from publisher.render.site.cards import Card, Mark, card
from publisher.render.site.frame import Frame, Link, Moment, PageView, own_name, web_address
from publisher.render.site.lists import AUTHORS, SECTIONS, TAGS, path_of
from publisher.render.site.structured import json_ld
from publisher.render.site.style import kinds, source_hash

KINDS: Mapping[Kind, str] = {
    "report": "Report",
    "analysis": "Analysis",
    "opinion": "Opinion",
    "brief": "Brief",
    "fact-check": "Fact check",
}
COLUMNS = 4
"""So many stand side by side on a telephone."""
_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
DESCRIPTION = 300
"""Characters for search engines and previews."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A correction or a retraction."""

    at: Moment
    text: str
    label: str = ""
    """What it is, in a word: a correction, or an update."""
    sent: Link | None = None
    """The digest that told readers of it."""
    compare: Link | None = None
    """Where the versions before and after it are compared."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    """Absolute; of a file that everybody can show."""
    alt: str
    html: Markup
    """Empty for a picture from elsewhere, whose size nobody here knows."""


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    url: str
    lang: str
    publisher: str
    level: str
    verification: str
    words: Sequence[str]
    """Role and access."""
    seen: Moment | None
    archived: str
    note: str
    cited: Sequence[Link]


class ArticleView(msgspec.Struct, frozen=True, kw_only=True):
    """`article` in its template."""

    title: str
    day: str
    published: Moment
    hands: str
    updated: Moment | None
    authors: Sequence[Link]
    section: Link | None
    tags: Sequence[Link]
    kind: str
    length: str
    claim: str
    """What a fact check looks into; empty on other pages."""
    verdict: str
    sourcing: Mark | None
    shows_sources: bool
    sources: Sequence[SourceView]
    corrections: Sequence[Note]
    corrected: str
    """How many there are of each kind, in words; empty without any."""
    retraction: Note | None
    all_corrections: str
    """The address of the page that lists them."""
    translations: Sequence[Link]
    lede: str
    image: Picture | None
    social: str
    """The address of the picture that stands for the page elsewhere; the site's where it has none of its own."""
    body: Markup
    json_ld: Markup


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an article stands."""

    earlier: Listed | None
    """On the same day."""
    later: Listed | None
    translations: Sequence[Listed]
    """Itself among them; empty without any."""

    @property
    def key(self) -> str:
        """Equal keys make equal links."""
        return repr([one and (one.address, one.title) for one in (self.earlier, self.later)]) + repr(
            [(one.address, one.lang) for one in self.translations]
        )


def document(frame: Frame, listed: Listed, place: Place) -> Document:
    seen = frame.catalogue.fingerprints[listed.id]
    needs = () if listed.retracted else (listed.id,)
    write = partial(_write, frame, listed.id, place)
    told = repr((frame.catalogue.sent(listed), versions.steps(frame, listed))) if listed.corrections else ""
    return frame.document(listed.address, write, seen, place.key, told, needs=needs, shows=[listed])


def _write(frame: Frame, identity: str, place: Place, material: Material) -> bytes:
    article = material.articles[identity]
    url = frame.absolute(article.address)
    rendered = markdown.Rendered(html="")
    if not article.retracted:
        labels = frame.once(("labels", None), lambda: _labels(frame))
        rendered = markdown.render(material.bodies[identity], article.sources, base=url, labels=labels)
    summary = article.retracted.reason if article.retracted else article.lede or excerpt(rendered.html)
    description = summary if len(summary) <= DESCRIPTION else summary[:DESCRIPTION].rpartition(" ")[0] + "\u2026"
    image = picture_of(article, frame.absolute, url)
    shown, day = card(frame, article), frame.catalogue.day_of(article)
    described = json_ld(frame, article, url=url, published=shown.published, day=day, image=image)
    allows = Markup("" if article.retracted else f"; script-src {source_hash(described)}")  # noqa: S704 - base64
    page = _page(frame, article, place, url=url, day=day, description=description, allows=allows)
    view = _view(frame, article, shown, place, rendered=rendered, image=image, described=described)
    kind = kinds(rendered.has, picture=view.image is not None)
    return frame.fill("gone.html" if article.retracted else "article.html", kind, page, article=view)


def _page(
    frame: Frame, article: Article, place: Place, *, url: str, day: date, description: str, allows: Markup
) -> PageView:
    words = frame.language
    return PageView(
        title=words.text("Retracted: {title}", title=article.title) if article.retracted else article.title,
        description=description,
        url=url,
        hidden=article.retracted is not None,
        up=frame.once(("up", day), lambda: frame.href(frame.day(day))),
        previous=_neighbour(frame, place.earlier, "Earlier that day"),
        next=_neighbour(frame, place.later, "Later that day"),
        alternates=frame.alternates({one.lang: one.address for one in place.translations})
        if place.translations
        else (),
        feeds=frame.site_feeds,
        zone=words.zone_name(article.published),
        allows=allows,
    )


def _neighbour(frame: Frame, article: Listed | None, label: str) -> Link | None:
    if article is None:
        return None
    return Link(title=article.title, url=frame.href(article.address), label=frame.language.wording[label])


def _view(
    frame: Frame,
    article: Article,
    shown: Card,
    place: Place,
    *,
    rendered: markdown.Rendered,
    image: str,
    described: Markup,
) -> ArticleView:
    words = frame.language
    authors, tags = (
        [_topic(frame, kind, name) for name in names]
        for kind, names in ((AUTHORS, article.authors), (TAGS, article.tags))
    )
    return ArticleView(
        title=article.title,
        day=shown.date,
        published=Moment(iso=shown.published, words=shown.moment),
        hands=shown.hands,
        updated=Moment(iso=words.iso(article.updated), words=words.moment(article.updated))
        if article.updated
        else None,
        authors=authors,
        section=_topic(frame, SECTIONS, article.section) if article.section else None,
        tags=tags,
        kind=words.wording[KINDS[article.kind] if article.kind else "Length"],
        length=_length(frame, article),
        claim=(article.claim or "") if article.kind == "fact-check" else "",
        verdict=(article.verdict or "") if article.kind == "fact-check" else "",
        sourcing=shown.sourcing if not article.retracted else None,
        shows_sources=bool(article.sources) or shown.sourcing is not None,
        sources=_sources(frame, article, rendered),
        corrections=_corrections(frame, article),
        corrected=_corrected(frame, article) if article.corrections else "",
        retraction=_note(frame, article.retracted),
        all_corrections=frame.once(("corrections", None), lambda: frame.href(frame.own("/corrections/"))),
        translations=[
            Link(title=own_name(frame.languages[one.lang]), url=frame.href(one.address), lang=one.lang)
            for one in place.translations
            if one.id != article.id
        ],
        lede=article.lede or "",
        image=_hero(frame, article, image) if image else None,
        social=image or frame.site("article").social,
        body=_body(frame, article, rendered),
        json_ld=described,
    )


def _body(frame: Frame, article: Article, rendered: markdown.Rendered) -> Markup:
    html = rendered.html
    if article.pictures:
        base = frame.absolute(article.address)
        html = on_page(html, article.pictures, base=base, address=frame.picture)
    if "table" in rendered.has:
        html = _TABLE.sub(lambda found: _scrolled(frame, found[0]), html)
    return Markup(html)  # noqa: S704 - markdown.render sanitises


def _scrolled(frame: Frame, table: str) -> str:
    """A table of many columns, in a box that scrolls where the window is narrow; the keyboard reaches it too."""
    columns = len(re.findall(r"<t[hd]\b", table.partition("</tr>")[0]))
    if columns <= COLUMNS:
        return table
    name = escape(frame.language.text("Table"))
    return f'<div class="scroll" role="group" aria-label="{name}" tabindex="0">{table}</div>'


def _hero(frame: Frame, article: Article, url: str) -> Picture:
    alt = article.image_alt or ""
    known = next((one.picture for one in article.pictures if one.written == article.image), None)
    if known is None:
        return Picture(url=url, alt=alt, html=Markup())
    given = {"alt": escape(alt), "class": "hero u-photo", "fetchpriority": "high"}
    return Picture(url=url, alt=alt, html=Markup(picture_tag(known, frame.picture, given)))  # noqa: S704 - escaped there


def _corrections(frame: Frame, article: Article) -> list[Note]:
    if not article.corrections:
        return []
    sent = frame.catalogue.sent(article)
    labels = {"correction": frame.language.text("Correction"), "update": frame.language.text("Update")}
    compared = versions.links(frame, article)
    return [
        Note(
            at=_moment(frame, one.at),
            text=one.text,
            label=labels[one.kind],
            sent=_issue(frame, sent.get(one.at)),
            compare=compared.get(one.at),
        )
        for one in article.corrections
    ]


def _corrected(frame: Frame, article: Article) -> str:
    """`1 correction, 2 updates`."""
    updates = sum(one.kind == "update" for one in article.corrections)
    mistakes = len(article.corrections) - updates
    said = [
        frame.language.plural("{n} correction", "{n} corrections", mistakes) if mistakes else "",
        frame.language.plural("{n} update", "{n} updates", updates) if updates else "",
    ]
    return ", ".join(filter(None, said))


def _issue(frame: Frame, day: date | None) -> Link | None:
    if day is None:
        return None
    return Link(title=frame.language.day_month(day), url=frame.href(f"/digest/{day.isoformat()}/"))


def _note(frame: Frame, retracted: Retraction | None) -> Note | None:
    return Note(at=_moment(frame, retracted.at), text=retracted.reason) if retracted else None


def _length(frame: Frame, article: Article) -> str:
    words = frame.language.plural("{n} word", "{n} words", article.words)
    return f"{words}, {sourcing.minutes(article.minutes, frame.language)}"


def _topic(frame: Frame, kind: str, name: str) -> Link:
    return frame.once((kind, name), lambda: Link(title=name, url=frame.href(path_of(frame, kind, name))))


def _moment(frame: Frame, at: datetime) -> Moment:
    return Moment(iso=frame.language.iso(at), words=frame.language.moment(at))


def _sources(frame: Frame, article: Article, rendered: markdown.Rendered) -> list[SourceView]:
    found = []
    for number, source in enumerate(article.sources, 1):
        archived = web_address(source.archived)
        access = "" if archived and source.access == "archived" else sourcing.access(source, frame.language)
        found.append(
            SourceView(
                title=source.title,
                url=web_address(source.url),
                lang=source.lang or "",
                publisher=source.publisher or "",
                level=sourcing.LEVELS[source.verification],
                verification=sourcing.verification(source, frame.language),
                words=[word for word in (sourcing.role(source, frame.language), access) if word],
                seen=_seen(frame, source, article),
                archived=archived,
                note=source.note or "",
                cited=_cited(frame, number, rendered),
            )
        )
    return found


def _seen(frame: Frame, source: Source, article: Article) -> Moment | None:
    if source.seen is None:
        return None
    words = frame.language
    return Moment(iso=words.iso(source.seen), words=words.near_moment(source.seen, to=article.published))


def _cited(frame: Frame, number: int, rendered: markdown.Rendered) -> list[Link]:
    """The paragraphs that cite a source, each a link to its mark; a mark in a list or table is `the text`.

    Where a paragraph cites it twice, only the first paragraph's mark is known for certain.
    """
    if number not in rendered.cited:
        return []
    marks = re.findall(rf'id="(r{number}(?:-\d+)?)"', rendered.html)
    paragraphs = [f"¶\u00a0{frame.language.number(one)}" for one in rendered.cited[number]]
    if not paragraphs:
        return [Link(title=frame.language.text("the text"), url=f"#{marks[0]}")] if marks else []
    known = marks if len(marks) == len(paragraphs) else marks[:1]
    return [
        Link(title=title, url=f"#{known[place]}" if place < len(known) else "")
        for place, title in enumerate(paragraphs)
    ]


def _labels(frame: Frame) -> markdown.Labels:
    text = frame.language.text
    return markdown.Labels(
        source=text("Source {n}: {publisher}"), footnotes=text("Footnotes"), back=text("Back to the text")
    )
