"""An article for machines: schema.org as JSON-LD, in a block that no browser runs."""

from datetime import date
from typing import Any

import msgspec
from markupsafe import Markup

from publisher.model import Article, Correction, Source
from publisher.render.site.frame import Frame, web_address

TYPES = {
    "report": "ReportageNewsArticle",
    "analysis": "AnalysisNewsArticle",
    "opinion": "OpinionNewsArticle",
}
"""Subtypes of NewsArticle; the others are a plain one."""


def json_ld(frame: Frame, article: Article, *, url: str, published: str, day: date, image: str) -> Markup:
    """`url`, `published` and `day` are what its page says of it."""
    described = _article(frame, article, url=url, published=published, day=day, image=image)
    found = {key: value for key, value in described.items() if value}
    text = msgspec.json.encode(found).decode()
    safe = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(safe)  # noqa: S704 - what could end the block was replaced


def _article(frame: Frame, article: Article, *, url: str, published: str, day: date, image: str) -> dict[str, Any]:
    organisation = frame.once(("organisation", None), lambda: _organisation(frame))
    people = [{"@type": "Person", "name": name} for name in article.authors]
    primary = [source for source in article.sources if source.role == "primary"]
    return {
        "@context": "https://schema.org",
        "@type": TYPES.get(article.kind or "", "NewsArticle"),
        "@id": url,
        "headline": article.title,
        "inLanguage": article.lang,
        "datePublished": published,
        "dateModified": frame.language.iso(article.updated) if article.updated else published,
        "wordCount": article.words,
        "isAccessibleForFree": True,
        "image": image,
        "articleSection": article.section,
        "keywords": article.tags,
        "author": people or {"@id": organisation["@id"]},
        "publisher": organisation,
        "hasPart": _claim(article, url, published, organisation),
        "isPartOf": frame.once(("collection", day), lambda: _day(frame, day)),
        "citation": [_citation(n, source) for n, source in enumerate(article.sources, 1)],
        "isBasedOn": [web_address(source.url) or source.title for source in primary],
        "correction": [_correction(frame.language.iso(one.at), one.text) for one in _mistakes(article)],
    }


def _claim(article: Article, url: str, published: str, organisation: dict[str, str]) -> dict[str, Any]:
    """What a fact check found, where its article says so (schema.org ClaimReview)."""
    if article.kind != "fact-check" or not article.claim:
        return {}
    found: dict[str, Any] = {
        "@type": "ClaimReview",
        "url": url,
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


def _day(frame: Frame, day: date) -> dict[str, str]:
    return {"@type": "CollectionPage", "@id": frame.absolute(frame.day(day)), "name": frame.language.date(day)}


def _citation(number: int, source: Source) -> dict[str, Any]:
    # Relative to the page (RFC 3986 s. 5): the place in its list of sources.
    found: dict[str, Any] = {"@type": "CreativeWork", "@id": f"#s{number}", "name": source.title}
    url = web_address(source.url)
    if url:
        found["url"] = url
    if source.access in {"open", "paywall", "registration"}:
        found["isAccessibleForFree"] = source.access != "paywall"
    if source.publisher:
        found["publisher"] = {"@type": "Organization", "name": source.publisher}
    return found


def _mistakes(article: Article) -> list[Correction]:
    return [one for one in article.corrections if one.kind == "correction"]


def _correction(at: str, text: str) -> dict[str, str]:
    return {"@type": "CorrectionComment", "text": text, "datePublished": at}
