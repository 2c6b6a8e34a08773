"""What all endpoints share: the open doors, the writer, the languages, and what is on offer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property

import msgspec
from starlette.requests import Request

from publisher.model import Offer
from publisher.release import LINK, live
from publisher.render import feeds, language
from publisher.render.catalogue import Catalogue
from publisher.render.environment import environment, source
from publisher.render.site.frame import Frame
from publisher.render.site.style import sheet_of
from publisher.running.doors import Doors
from publisher.store import offering
from publisher.web.writer import Writer

A_YEAR = timedelta(days=366)
"""A section that had no article for so long is not on offer."""


class Service:
    """Made once for a process. What depends on the release is read anew when there is a new one."""

    def __init__(self, doors: Doors, *, wake: Callable[[], None]) -> None:
        self.doors = doors
        self.wake = wake
        """Has the letters looked after, soon; does not wait for it."""
        self._front: _Front | None = None

    @cached_property
    def writer(self) -> Writer:
        return Writer(self.doors.store)

    def front(self) -> "_Front":
        """What is on offer now. It may read the store: not in the event loop."""
        number = live(self.doors.site)
        found = self._front
        if found is None or found.release != number:
            found = self._front = _Front.read(self.doors, number)
        return found

    def close(self) -> None:
        if "writer" in self.__dict__:
            self.writer.close()


class _Front(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One release, as the pages for readers depend on it."""

    release: int | None
    frames: Mapping[str, Frame]
    """The default language first."""
    sections: Mapping[str, tuple[str, ...]]
    latest: Mapping[str, str]
    """Language -> the path of the newest digest's page; absent where there is none."""

    @classmethod
    def read(cls, doors: Doors, release: int | None) -> "_Front":
        with doors.store.read() as tx:
            spoken = tuple(sorted(offering.languages(tx)))
            sections = offering.sections(tx, since=doors.now() - A_YEAR)
            names = offering.newest_digests(tx)
        frames = _frames(doors, spoken)
        latest = {lang: _latest(doors, frame, names) for lang, frame in frames.items()}
        return cls(
            release=release,
            frames=frames,
            sections=sections,
            latest={lang: path for lang, path in latest.items() if path},
        )

    def offer(self, frame: Frame) -> Offer:
        return Offer(
            weekly=frame.catalogue.publication.digest.weekly is not None,
            sections=self.sections.get(frame.lang, ()),
            languages=tuple(self.frames),
        )

    def frame(self, request: Request, *wanted: str | None) -> Frame:
        """The page's language: the first of `wanted` that there is, else what the visitor reads, else the default."""
        asked = (*wanted, request.query_params.get("lang"), *_read_by(request))
        for tag in asked:
            found = self.frames.get(tag or "") or self._near(tag or "")
            if found is not None:
                return found
        return next(iter(self.frames.values()))

    def _near(self, tag: str) -> Frame | None:
        """`es-MX` is served with `es`, and `es` with `es-ES`."""
        plain = tag.partition("-")[0].lower()
        return next(
            (one for lang, one in self.frames.items() if plain and lang.partition("-")[0].lower() == plain), None
        )


def _frames(doors: Doors, spoken: tuple[str, ...]) -> Mapping[str, Frame]:
    publication = doors.publication
    catalogue = Catalogue(
        publication=publication,
        articles=(),
        fingerprints={},
        spoken=spoken,
        emblems=doors.materials.emblems,
        theme=doors.materials.fingerprint,
    )
    jinja = environment(doors.materials.templates)
    languages = language.load(doors.materials.words, catalogue.languages, publication.zone)
    links = feeds.available(catalogue, feeds.load(doors.materials.feeds))
    sheet = sheet_of(source(jinja, "style.css"), publication.theme)
    return {
        lang: Frame(catalogue=catalogue, environment=jinja, languages=languages, lang=lang, feeds=links, sheet=sheet)
        for lang in catalogue.languages
    }


def _latest(doors: Doors, frame: Frame, names: Sequence[str]) -> str:
    """The newest digest whose page is there, in this language or else in the default one."""
    for prefix in (frame.prefix, ""):
        for name in names:
            path = f"{prefix}/digest/{name}/"
            if (doors.site / LINK / f"{path[1:]}index.html").is_file():
                return path
    return ""


def _read_by(request: Request) -> list[str]:
    """The languages of `Accept-Language` (RFC 9110 s. 12.5.4), the best first."""
    weighted: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "")[:1_000].split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest.strip() else 1.0
        except ValueError:
            continue
        if weight > 0:
            weighted.append((weight, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda one: -one[0])]
