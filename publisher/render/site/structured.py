"""An article for machines: schema.org as JSON-LD, in a block that no browser runs."""

from collections.abc import Iterator
from typing import Any

import msgspec
from markupsafe import Markup

from publisher.model import Article, Correction, Source
from publisher.render.site.cards import stamp
from publisher.render.site.frame import Frame, web_address

TYPES = {
    "report": "ReportageNewsArticle",
    "analysis": "AnalysisNewsArticle",
    "opinion": "OpinionNewsArticle",
}
"""Subtypes of NewsArticle; the others are a plain one."""


def json_ld(frame: Frame, article: Article, *, image: str) -> Markup:
    found = {key: value for key, value in _article(frame, article, image) if value}
    text = msgspec.json.encode(found).decode()
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(safe)  # noqa: S704 - what could end the block was replaced


def _article(frame: Frame, article: Article, image: str) -> Iterator[tuple[str, Any]]:
    url = frame.absolute(article.address)
    day = frame.catalogue.day_of(article)
    published = stamp(frame, article)
    yield "@context", "https://schema.org"
    yield "@type", TYPES.get(article.kind or "", "NewsArticle")
    yield "@id", url
    yield "headline", article.title
    yield "inLanguage", article.lang
    yield "datePublished", published
    yield "dateModified", frame.language.iso(article.updated) if article.updated else published
    yield "wordCount", article.words
    yield "isAccessibleForFree", True
    yield "image", image
    yield "articleSection", article.section
    yield "keywords", list(article.tags)
    organisation = _organisation(frame)
    people = [{"@type": "Person", "name": name} for name in article.authors]
    yield "author", people or {"@id": organisation["@id"]}
    yield "publisher", organisation
    yield "hasPart", _claim(frame, article, published, organisation)
    yield "isPartOf", _day(frame, f"/{day:%Y/%m/%d}/", frame.language.date(day))
    yield "citation", [_citation(n, source) for n, source in enumerate(article.sources, 1)]
    primary = [source for source in article.sources if source.role == "primary"]
    yield "isBasedOn", [web_address(source.url) or source.title for source in primary]
    yield "correction", [_correction(frame.language.iso(one.at), one.text) for one in _mistakes(article)]


def _claim(frame: Frame, article: Article, published: str, organisation: dict[str, str]) -> dict[str, Any]:
    """What a fact check found, where its article says so (schema.org ClaimReview)."""
    if article.kind != "fact-check" or not article.claim:
        return {}
    found: dict[str, Any] = {
        "@type": "ClaimReview",
        "url": frame.absolute(article.address),
        "datePublished": published,
        "claimReviewed": article.claim,
        "author": {"@id": organisation["@id"]},
    }
    if article.verdict:
        found["reviewRating"] = {"@type": "Rating", "alternateName": article.verdict}
    return found


def _organisation(frame: Frame) -> dict[str, str]:
    publication, logo = frame.catalogue.publication, frame.catalogue.emblems.get("logo")
    found = {
        "@type": "NewsMediaOrganization",
        "@id": publication.url,
        "name": publication.name,
        "url": publication.url,
        "publishingPrinciples": frame.absolute(frame.own("/standards/")),
        "correctionsPolicy": frame.absolute(frame.own("/corrections/")),
    }
    return found | {"logo": frame.absolute(logo.path)} if logo else found


def _day(frame: Frame, path: str, name: str) -> dict[str, str]:
    return {"@type": "CollectionPage", "@id": frame.absolute(frame.own(path)), "name": name}


def _citation(number: int, source: Source) -> dict[str, Any]:
    # Relative to the page (RFC 3986 s. 5): the place in its list of sources.
    found: dict[str, Any] = {"@type": "CreativeWork", "@id": f"#s{number}", "name": source.title}
    if web_address(source.url):
        found["url"] = web_address(source.url)
    if source.access in {"open", "paywall", "registration"}:
        found["isAccessibleForFree"] = source.access != "paywall"
    if source.publisher:
        found["publisher"] = {"@type": "Organization", "name": source.publisher}
    return found


def _mistakes(article: Article) -> list[Correction]:
    return [one for one in article.corrections if one.kind == "correction"]


def _correction(at: str, text: str) -> dict[str, str]:
    return {"@type": "CorrectionComment", "text": text, "datePublished": at}
