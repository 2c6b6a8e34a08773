"""Where fixed pages stand: their addresses, and which of them have none."""

from collections.abc import Iterator, Sequence

from publisher.config.pages import is_page
from publisher.model import FixedPage, Problem
from publisher.render.catalogue import Catalogue


def misplaced(catalogue: Catalogue) -> Iterator[Problem]:
    """The pages that have no place on the site, each with the reason."""
    return (
        Problem(path=page.path, reason=reason)
        for page in catalogue.pages
        for reason in [_reason(catalogue, page)]
        if reason
    )


def placed(catalogue: Catalogue) -> Sequence[FixedPage]:
    return [page for page in catalogue.pages if not _reason(catalogue, page)]


def _reason(catalogue: Catalogue, page: FixedPage) -> str | None:
    if page.lang not in catalogue.languages:
        return f"the site has no article in {page.lang}, and so no navigation for this page; it waits for one"
    top = page.name.partition("/")[0]
    # A publication may say itself how it works, on the page of that name.
    taken = is_page(page.name) and page.name != "standards"
    if taken or top in catalogue.languages or page.name == "index":
        return f"its address /{page.name}/ is that of another page of the site; give the file another name"
    if address_of(catalogue, page) in catalogue.addresses:
        return f"its address {address_of(catalogue, page)} is that of an article; give the file another name"
    return None


def address_of(catalogue: Catalogue, page: FixedPage) -> str:
    return f"{catalogue.prefix(page.lang)}/{page.name}/"
