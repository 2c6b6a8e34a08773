"""Where fixed pages stand: their addresses, and which of them have none."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from publisher.config import Publication
from publisher.config.pages import address_of_page, is_page
from publisher.model import FixedPage, Problem
from publisher.render.catalogue import Catalogue


def misplaced(catalogue: Catalogue) -> Iterator[Problem]:
    """The pages that have no place on the site, each with the reason."""
    addresses = catalogue.addresses if catalogue.pages else ()
    return without_place(catalogue.pages, catalogue.publication, catalogue.languages, addresses)


def without_place(
    pages: Iterable[FixedPage], publication: Publication, languages: Collection[str], addresses: Collection[str]
) -> Iterator[Problem]:
    """The same where there is no catalogue: `languages` and `addresses` are those of the articles."""
    for page in pages:
        reason = _reason(page, publication, languages, addresses)
        if reason:
            yield Problem(path=page.path, reason=reason)


def placed(catalogue: Catalogue) -> Sequence[FixedPage]:
    if not catalogue.pages:
        return []
    languages, addresses = catalogue.languages, catalogue.addresses
    return [page for page in catalogue.pages if not _reason(page, catalogue.publication, languages, addresses)]


def _reason(
    page: FixedPage, publication: Publication, languages: Collection[str], addresses: Collection[str]
) -> str | None:
    if page.lang not in languages:
        return f"the site has no article in {page.lang}, and so no navigation for this page; it waits for one"
    top = page.name.partition("/")[0]
    # A publication may say itself how it works, on the page of that name.
    taken = is_page(page.name) and page.name != "standards"
    if taken or top in languages or page.name == "index":
        return f"its address /{page.name}/ is that of another page of the site; give the file another name"
    address = address_of_page(page.lang, page.name, publication)
    if address in addresses:
        return f"its address {address} is that of an article; give the file another name"
    return None


def address_of(catalogue: Catalogue, page: FixedPage) -> str:
    return address_of_page(page.lang, page.name, catalogue.publication)
