"""The bytes of the documents that changed: rendered in one process where they are few, in one for each core else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter

from publisher import release
from publisher.errors import ConfigurationError
from publisher.model import Article, Document, Material
from publisher.release import compression
from publisher.render.feeds.channels import is_asked_for, is_feed
from publisher.render.kept import MADE, entry_names
from publisher.render.months import ids_of
from publisher.render.pictures import FOLDER as PICTURES
from publisher.running.planning import Site
from publisher.running.sharing import lanes, shared
from publisher.store import articles as shelf
from publisher.store import kept, versions
from publisher.store.engine import Store

BLOCK = 100
"""Articles next to each other whose documents are written together: pages, days and archives show the same texts."""
AT_ONCE = 4 * BLOCK
"""Articles that are in memory together."""
MANY = 400
"""Documents that are worth more processes."""


def write(site: Site, documents: Sequence[Document], base: int, draft: release.Draft) -> list[str]:
    """Into the release that is being made. Returns the paths of the feeds that have other bytes now.

    A feed that is what it was stays the file that it was, with its time; a new one gets its compressed copies.
    Raises `ConfigurationError` for a feed that may not go live: the site stays as it is.
    """
    blocks = _blocks(site, documents)
    desk = _Desk(site, base)
    paths = _by_others(site, blocks, desk, draft) if len(documents) >= MANY else _one_by_one(blocks, desk, draft)
    fed = [path for path in paths if is_feed(path)]
    if site.kept.made:
        with site.doors.store.begin() as tx:
            kept.keep(tx, site.kept.made)
    return fed


def _one_by_one(blocks: Iterable[Sequence[Document]], desk: "_Desk", draft: release.Draft) -> Iterator[str]:
    """Feeds first: they are compressed while the pages are written."""
    in_turn = sorted((one for block in blocks for one in block), key=lambda one: not _has_copies(one.path))
    for path, content in _copied_beside(desk.files(in_turn)):
        draft.write(path, content)
        yield path


def _by_others(site: Site, blocks: Sequence[Sequence[Document]], desk: "_Desk", draft: release.Draft) -> Iterator[str]:
    """By one process for each core; this one makes the folders of a block before it gives it out. What they hand over
    for other runs are the entries of what readers ask for.
    """
    asked = [one.needs for block in blocks for one in block if _has_copies(one.path)]
    site.kept.wanted = frozenset(entry_names(frozenset().union(*asked)))

    def put(task: tuple[int, release.Places]) -> tuple[list[str], dict[str, tuple[str, bytes]]]:
        number, places = task
        paths = []
        for path, content in _copied(desk.files(blocks[number])):
            places.put(path, content)
            paths.append(path)
        return paths, site.kept.handed_over()

    def tasks(numbers: Sequence[int]) -> Iterator[tuple[int, release.Places]]:
        return ((number, draft.places(one.path for one in blocks[number])) for number in numbers)

    site.doors.store.let_go()
    for paths, made in shared([tasks(some) for some in lanes(range(len(blocks)))], put, begin=site.doors.store.forked):
        draft.count(len(paths))
        if len(site.kept.made) < MADE:
            site.kept.made.update(made)
        yield from paths


def _copied(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """With the compressed copies of the feeds that readers ask for."""
    for path, content in files:
        yield path, content
        if _has_copies(path):
            yield from compression.copies(path, content)


def _copied_beside(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The same, compressed on another core while this one goes on, and what is left then on both: it is a tenth of the
    work for one more article.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as beside:
        feeds = []
        for path, content in files:
            yield path, content
            if _has_copies(path):
                copies = partial(compression.copies, path, content)
                feeds.append((beside.submit(lambda made: list(made()), copies), copies))
        for made, copies in reversed(feeds):
            yield from copies() if made.cancel() else made.result()


def _has_copies(path: str) -> bool:
    return is_feed(path) and is_asked_for(path)


def _blocks(site: Site, documents: Iterable[Document]) -> list[list[Document]]:
    """Documents by the articles that they show, the oldest first, so that a text is rendered once for all of them."""
    places = {one: place for place, one in enumerate(reversed(ids_of(site.catalogue.articles)))}
    found: dict[int | str, list[tuple[int, Document]]] = {}
    for document in documents:
        asked = document.needs or document.shows
        place = min([places.get(one, 0) for one in asked], default=0) if len(asked) <= BLOCK else 0
        # A picture asks for nothing and takes the longest: those of one folder are a block of their own.
        picture = document.path.startswith(PICTURES)
        block = document.path.rpartition("/")[0] if picture else place // BLOCK
        found.setdefault(block, []).append((place, document))
    return [[document for _, document in sorted(some, key=itemgetter(0))] for some in found.values()]


def _together(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents next to each other whose articles are in memory together: each is read once for most of them."""
    some: list[Document] = []
    asked: set[str] = set()
    for document in documents:
        own = document.needs | document.shows
        if some and len(asked | own) > AT_ONCE:
            yield some
            some, asked = [], set()
        some.append(document)
        asked |= own
    if some:
        yield some


class _Desk:
    """Writes documents in one process."""

    def __init__(self, site: Site, base: int) -> None:
        self._kept = site.kept
        self._store: Store = site.doors.store
        self._home = site.doors.site
        self._base = base
        self._on_base = base > 0 and release.live(self._home) == base
        self._articles: Mapping[str, Article] = {}
        """Of the last documents: those that come next to them show some of these again."""

    def files(self, documents: Sequence[Document]) -> Iterator[tuple[str, bytes]]:
        for some in _together(documents):
            material = self._material(some)
            for document in some:
                content = document.write(material)
                if is_feed(document.path):
                    yield from self._feed(document.path, content)
                else:
                    yield document.path, content

    def _material(self, documents: Sequence[Document]) -> Material:
        needs = frozenset().union(*[one.needs for one in documents])
        self._recall(documents)
        shows = needs.union(*[one.shows for one in documents])
        recalls = frozenset().union(*[one.recalls for one in documents])
        held = {one: self._articles[one] for one in shows & self._articles.keys()}
        with self._store.read() as tx:
            earlier = versions.read(tx, recalls) if recalls else {}
            self._articles = held | shelf.read(tx, shows - held.keys())
            return Material(articles=self._articles, bodies=shelf.bodies(tx, needs), versions=earlier)

    def _recall(self, documents: Sequence[Document]) -> None:
        """The entries that other runs made, of what readers ask for again and again."""
        wanted = [one.needs for one in documents if _has_copies(one.path)]
        names = set(entry_names(frozenset().union(*wanted))) - self._kept.before.keys()
        if names:
            with self._store.read() as tx:
                self._kept.before.update(kept.read(tx, names))

    def _feed(self, path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
        from publisher.render.feeds import gate

        live = self._home / release.LINK / path
        old = live.read_bytes() if live.is_file() else None
        if self._on_base and content == old:
            return
        wrong = gate.fault(path, content, old) or (gate.resealed(path, content, old) if old and self._base else None)
        if wrong:
            raise ConfigurationError(f"Nothing was released: {wrong}.")
        yield path, content
