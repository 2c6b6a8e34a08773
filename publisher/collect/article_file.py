"""The bytes of one article file -> a manuscript and its body, or the one sentence that says why not. No I/O."""

import hashlib
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import get_args

from msgspec.structs import replace

from publisher.collect import citations, slugs
from publisher.collect.dates import EXAMPLE, Moment, day_in_folders, day_in_name, first_instant, moment
from publisher.collect.dialects import ADDRESSES, ALIASES, IMAGE, IMAGE_ALT, LANG, LEDE, TITLE, UPDATED, Fields
from publisher.collect.front_matter import Fault, FrontMatter, split
from publisher.collect.plain_text import headline, legible, one_line
from publisher.collect.slugs import stem_of
from publisher.collect.stamps import LONGEST, FileStamp, ReadFile
from publisher.config import Publication
from publisher.model import Body, Kind, Manuscript, Markup, Problem, Source
from publisher.render.markdown import render
from publisher.render.words import count_words


def parse(path: str, data: bytes, publication: Publication, *, mtime: datetime) -> ReadFile | Problem:
    """Read one file. `path` is relative to the publication. Never raises for anything that `data` may hold.

    A draft that has no date yet is given `mtime`; it is not shown anyway.
    """
    text = _decoded(path, data)
    if isinstance(text, Problem):
        return text
    matter = split(text)
    if isinstance(matter, Fault):
        day = _day_of_place(path) or _day_in_text(text)
        return Problem(path=path, line=matter.line, reason=matter.reason, day=day)
    stamp = FileStamp(path=path, mtime_ns=int(mtime.timestamp() * 1_000_000) * 1000, size=len(data))
    return _Reading(path, matter, publication, stamp, mtime).article()


def decoded(data: bytes) -> str:
    """UTF-8, with or without a byte order mark, as legible text whose lines end in a line feed.

    Raises UnicodeDecodeError.
    """
    text = data.removeprefix(BOM_UTF8).decode()
    return legible(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)


def _decoded(path: str, data: bytes) -> str | Problem:
    if len(data) > LONGEST:
        return Problem(path=path, reason=f"it has {len(data)} bytes; an article has at most {LONGEST}")
    try:
        return decoded(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        what = "it is written in UTF-16" if wide else f"the byte 0x{data[error.start]:02x} is not UTF-8"
        day = _day_of_place(path) or _day_in_text(data.decode("latin-1"))
        return Problem(path=path, line=line, reason=f"{what}; save the file as UTF-8", day=day)


def _day_of_place(path: str) -> date | None:
    named = day_in_name(stem_of(path))
    return named[0] if named else day_in_folders(tuple(path.split("/")[:-1]))


def _day_in_text(text: str) -> date | None:
    """The day that an article would have belonged to, when its front matter does not parse."""
    found = re.search(
        r"^(?:date|published)\s*[:=]\s*[\"']?(\d{4}-\d{2}-\d{2})", text[:4000], re.MULTILINE | re.IGNORECASE
    )
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


class _Reading:
    """One file's front matter and body, and what was found wanting on the way."""

    def __init__(
        self, path: str, matter: FrontMatter, publication: Publication, stamp: FileStamp, mtime: datetime
    ) -> None:
        self._path = path
        self._matter = matter
        self._fields = Fields(matter, jekyll="_posts" in path.split("/"))
        self._publication = publication
        self._stamp = stamp
        self._mtime = mtime
        self._warnings: list[Problem] = []
        for doubt in matter.doubts:
            self._warn(doubt.line, doubt.reason)
        markup: Markup = "html" if path.lower().endswith((".html", ".htm")) else "markdown"
        self._body = Body(markup=markup, text=_without_imports(matter.body) if path.endswith(".mdx") else matter.body)

    def _warn(self, line: int | None, reason: str) -> None:
        self._warnings.append(Problem(path=self._path, line=line, reason=reason, left_out=False))

    def article(self) -> ReadFile | Problem:
        when = self._moment()
        if isinstance(when, Problem):
            return when
        title = self._title()
        if title is None:
            day = when.at.astimezone(self._publication.zone).date()
            return Problem(path=self._path, line=self._title_line() or 1, reason=self._no_title(), day=day)
        odd = self._odd_title()
        if odd:
            self._warn(self._title_line(), f"{odd}; it is passed over")
        manuscript = self._manuscript(title, when)
        self._look_for_unknown_marks(manuscript.sources)
        return ReadFile(
            stamp=self._stamp,
            manuscript=manuscript,
            body=self._body,
            body_line=self._body_line,
            warnings=tuple(self._warnings),
            lines=dict(self._lines()),
        )

    def _lines(self) -> Iterator[tuple[str, int]]:
        for name, keys in (("image", IMAGE), ("corrections", ("corrections",)), ("updated", UPDATED)):
            given = self._fields.first(keys)
            line = self._fields.line(given[0]) if given else None
            if line:
                yield name, line

    def _moment(self) -> Moment | Problem:
        zone = self._publication.zone
        written = self._fields.published
        if written:
            key, text = written
            try:
                return moment(text, zone)
            except ValueError as error:
                line, day = self._fields.line(key), _day_of_place(self._path)
                return Problem(path=self._path, line=line, reason=f"`{key}: {one_line(text)[:80]}` {error}", day=day)
        day = _day_of_place(self._path)
        if day:
            return Moment(at=first_instant(day, zone), has_time=False, written=day)
        if self._fields.is_draft:
            return Moment(at=self._mtime.astimezone(UTC), has_time=True, written=self._mtime.date())
        reason = f"it has no date; add a line `published: {EXAMPLE.partition(' ')[0]}` to the front matter"
        return Problem(path=self._path, line=1, reason=reason)

    def _title(self) -> str | None:
        title = self._fields.wording(TITLE)
        if title:
            return title
        heading = re.match(
            r"\s*(?:#[ \t]+([^\n]+?)[ \t]*#*[ \t]*(?:\n|$)|([^\n]+)\n=+[ \t]*(?:\n|$)|<h1[^>]*>(.*?)</h1>)",
            self._body.text,
            re.DOTALL | re.IGNORECASE,
        )
        if heading:
            title = headline(heading[1] or heading[2] or heading[3] or "")
            if title:
                self._body = replace(self._body, text=self._body.text[heading.end() :])
                return title
        return stem_of(self._path) if self._fields.is_draft else None

    def _title_line(self) -> int | None:
        given = self._fields.first(TITLE)
        return self._fields.line(given[0]) if given else None

    def _no_title(self) -> str:
        missing = "it has no title; add a line `title: ...` to the front matter, or begin the text with `# Title`"
        return self._odd_title() or missing

    def _odd_title(self) -> str | None:
        given = self._fields.first(TITLE)
        if given is None or isinstance(given[1], str):
            return None
        kind = "a list" if isinstance(given[1], list) else "a mapping"
        return f"`{given[0]}` is {kind}; a title is one line of text: in quotes, where it has brackets or a colon"

    def _language(self) -> tuple[str, bool]:
        """The tag, and whether the file says it itself."""
        written = self._fields.text(LANG)
        tag = slugs.language_tag(written) if written else None
        if written and not tag:
            key = next(key for key in LANG if self._matter.values.get(key))
            self._warn(self._fields.line(key), f"`{key}: {written}` is no language tag (BCP 47), such as en or pt-BR")
        tag = tag or slugs.language_in_name(stem_of(self._path))[1]
        return (tag, True) if tag else (self._publication.language, False)

    def _manuscript(self, title: str, when: Moment) -> Manuscript:
        fields, zone, site = self._fields, self._publication.zone, self._publication.url
        lang, _ = self._language()
        section, tags = fields.section_and_tags
        days = frozenset({when.written, when.at.astimezone(zone).date()})
        own = tuple(citations.sources(fields, zone, self._warn))
        cited = {source.url for source in own}
        reported = (one for one in citations.reported_work(fields, title, site) if one.url not in cited)
        return Manuscript(
            path=self._path,
            declared_id=self._declared_id(),
            slug=slugs.slug_of(
                fields.text(("slug",)),
                self._path,
                title,
                days=days,
                lang=lang,
                translated=lang != self._publication.language,
            ),
            title=title,
            published=when.at,
            has_time=when.has_time,
            updated=self._updated(when),
            lede=fields.wording(LEDE),
            authors=fields.authors,
            section=section,
            kind=self._kind(),
            claim=fields.wording(("claim",)),
            verdict=fields.wording(("verdict",)),
            tags=tags,
            lang=lang,
            translation_of=fields.text(("translation_of",)),
            image=self._image(),
            image_alt=fields.wording(IMAGE_ALT) or self._alt_of_image(),
            sources=(*own, *reported),
            corrections=tuple(citations.corrections(fields, zone, self._warn)),
            retracted=citations.retraction(fields, when.at, zone, self._warn),
            draft=fields.is_draft,
            aliases=tuple(dict.fromkeys(self._aliases())),
            words=count_words(self._body),
            body_hash=hashlib.sha256(self._matter.body.encode()).hexdigest(),
        )

    def _declared_id(self) -> str | None:
        value = self._matter.values.get("id")
        if not isinstance(value, str) or not value.strip():
            return None
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", value.strip()):
            return value.strip()
        self._warn(
            self._fields.line("id"), f"`id: {one_line(value)}` is no IRI, such as tag:example.org,2026:slug; ignored"
        )
        return None

    def _updated(self, when: Moment) -> datetime | None:
        found = self._fields.first(UPDATED)
        if not found:
            return None
        key, value = found
        try:
            at = moment(str(value), self._publication.zone).at
        except ValueError as error:
            self._warn(self._fields.line(key), f"`{key}: {one_line(str(value))[:80]}` {error}")
            return None
        return at if at > when.at else None

    def _kind(self) -> Kind | None:
        written = self._fields.text(("kind",))
        value = re.sub(r"[\s_]+", "-", written.lower()) if written else None
        for kind in get_args(Kind):
            if value == kind:
                found: Kind = kind
                return found
        if written:
            kinds = ", ".join(get_args(Kind))
            self._warn(self._fields.line("kind"), f"`kind: {written}` is unknown; it is one of {kinds}")
        return None

    def _image(self) -> str | None:
        found = self._fields.first(IMAGE)
        if not found:
            return None
        key, value = found
        if isinstance(value, dict):
            value = next((value[part] for part in ("url", "src", "path", "image") if value.get(part)), None)
        if not isinstance(value, str):
            self._warn(self._fields.line(key), f"`{key}` is no address of a picture, such as {key}: pier.jpg")
            return None
        address = re.sub(r"\A//", "https://", one_line(value).replace(" ", "%20"))
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address) and not citations.web_address(address):
            self._warn(self._fields.line(key), f"`{key}: {address[:80]}` is no web address and no path")
            return None
        return address

    def _alt_of_image(self) -> str | None:
        found = self._fields.first(IMAGE)
        alt = found[1].get("alt") if found and isinstance(found[1], dict) else None
        return headline(alt) or None if isinstance(alt, str) else None

    def _aliases(self) -> list[str]:
        found: list[str] = []
        for key in ALIASES:
            value = self._matter.values.get(key)
            for place, item in enumerate(value if isinstance(value, list) else [value] if value else []):
                path = slugs.site_path(item, "") if isinstance(item, str) else None
                if path:
                    found.append(path)
                else:
                    line = self._fields.line(key, place) or self._fields.line(key)
                    self._warn(
                        line, f"`{key}`: {one_line(str(item))[:80]!r} is no path on this site, such as /old/address/"
                    )
        for key in ADDRESSES:
            value = self._matter.values.get(key)
            path = slugs.site_path(value, self._publication.url) if isinstance(value, str) else None
            found += [path] if path else []
        return found

    @property
    def _body_line(self) -> int:
        whole, text = self._matter.body, self._body.text
        return self._matter.body_line + (whole.count("\n") - text.count("\n") if text is not whole else 0)

    def _look_for_unknown_marks(self, sources: tuple[Source, ...]) -> None:
        text = self._body.text
        if "@" not in text or "[@" not in text:
            return
        for key in render(self._body, sources, base=self._publication.url).unknown:
            at = text.find(f"@{key}")
            line = self._body_line + text.count("\n", 0, at) if at >= 0 else None
            self._warn(line, f"`[@{key}]` cites no source of this article; give one of its sources `key: {key}`")


def _without_imports(text: str) -> str:
    """MDX: the block of `import` and `export` lines that a file may begin with is program, not text."""
    return re.sub(r"\A(?:\s*(?:import|export)\s[^\n]*(?:\n(?![\n#])[^\n]*)*(?:\n|\Z))+", "", text)
