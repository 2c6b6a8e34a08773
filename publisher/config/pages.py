"""Addresses that are pages of the site itself, whatever its articles are called."""

import re

from publisher.config.values import Publication

EVERYTHING_BELOW = frozenset({"authors", "confirm", "digest", "feeds", "hooks", "images", "p", "sections", "tags", "u"})
PAGES = frozenset({"archive", "corrections", "standards", "subscribe"})


def address_of_page(lang: str, name: str, publication: Publication) -> str:
    """Where a fixed page stands."""
    return f"/{name}/" if lang == publication.language else f"/{lang}/{name}/"


def is_page(path: str) -> bool:
    """Whether a path without its language is, or may become, a page of the site that is no article's."""
    top, *below = path.strip("/").split("/")
    if top in EVERYTHING_BELOW:
        return True
    if top in PAGES:
        return re.fullmatch(r"\d*", "/".join(below)) is not None
    return re.fullmatch(r"\d{4}(/\d\d){0,2}", path.strip("/")) is not None
