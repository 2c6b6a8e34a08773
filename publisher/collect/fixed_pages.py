"""Fixed pages: `pages/about.md`, and `pages/about.es.md` in another language."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from publisher.collect.article_file import decoded
from publisher.collect.front_matter import Fault, FrontMatter, split
from publisher.collect.plain_text import headline, one_line
from publisher.collect.slugs import language_in_name, slugify
from publisher.config import Publication
from publisher.model import Body, FixedPage, Problem

FOLDER = "pages"
SUFFIXES = (".md", ".markdown", ".html", ".htm")
KEYS = frozenset({"title", "lede", "order", "nav", "lang"})
ALIKE = {"description": "lede", "summary": "lede", "weight": "order", "language": "lang"}
"""What other systems call the same."""
PLACES = get_args(FixedPage.__annotations__["nav"])


def fixed_pages(root: Path, publication: Publication) -> tuple[tuple[FixedPage, ...], tuple[Problem, ...]]:
    """In the order of the navigation. One that cannot be used is a problem; a missing folder is none."""
    found: dict[tuple[str, str], FixedPage] = {}
    problems: list[Problem] = []
    for path, place in _files(root / FOLDER):
        page = _page(path, place, publication, problems)
        if page is None:
            continue
        first = found.setdefault((page.lang, page.name), page)
        if first is not page:
            reason = f"its address is that of {first.path}; give it another name"
            problems.append(Problem(path=page.path, reason=reason))
    return tuple(sorted(found.values(), key=lambda one: (one.order, one.name, one.lang))), tuple(problems)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for place in sorted(folder.rglob("*")) if folder.is_dir() else ():
        path = place.relative_to(folder)
        hidden = any(part.startswith(".") for part in path.parts)
        inside = place.resolve().is_relative_to(folder.resolve())
        if not hidden and inside and place.is_file() and place.name.lower().endswith(SUFFIXES):
            yield f"{FOLDER}/{path.as_posix()}", place


def _page(path: str, place: Path, publication: Publication, problems: list[Problem]) -> FixedPage | None:
    try:
        matter = split(decoded(place.read_bytes()))
    except UnicodeDecodeError:
        problems.append(Problem(path=path, reason="it is not UTF-8; save the file as UTF-8"))
        return None
    except OSError as error:
        problems.append(Problem(path=path, reason=f"it cannot be read: {(error.strerror or '').lower()}"))
        return None
    if isinstance(matter, Fault):
        problems.append(Problem(path=path, line=matter.line, reason=matter.reason))
        return None
    problems += _doubts(path, matter)
    return _from(path, matter, publication, problems)


def _from(path: str, matter: FrontMatter, publication: Publication, problems: list[Problem]) -> FixedPage | None:
    values = {ALIKE.get(key, key): value for key, value in reversed(list(matter.values.items()))}
    stem, lang = language_in_name(path.removeprefix(f"{FOLDER}/").rpartition(".")[0])
    title, text = _text(values.get("title")), matter.body
    heading = re.match(r"\s*#[ \t]+([^\n]+?)[ \t]*#*[ \t]*(?:\n|$)", text)
    if not title and heading:
        title, text = headline(heading[1]), text[heading.end() :]
    name = "/".join(slugify(part) for part in stem.split("/"))
    if not title or not all(name.split("/")):
        reason = (
            "it has no title; add a line `title: ...` to the front matter" if not title else "its name has no letter"
        )
        problems.append(Problem(path=path, line=1, reason=reason))
        return None
    return FixedPage(
        path=path,
        name=name,
        lang=_text(values.get("lang")) or lang or publication.language,
        title=title,
        lede=_text(values.get("lede")),
        order=_number(values.get("order")),
        nav=next((one for one in PLACES if one == _text(values.get("nav")).lower()), "top"),
        body=Body(markup="html" if path.lower().endswith((".html", ".htm")) else "markdown", text=text),
    )


def _doubts(path: str, matter: FrontMatter) -> Iterator[Problem]:
    for key, value in sorted(matter.values.items()):
        known = ALIKE.get(key, key)
        reason = None
        if known not in KEYS:
            reason = f"a page has no key `{key}`; known are {', '.join(sorted(KEYS))}"
        elif known == "nav" and _text(value).lower() not in PLACES:
            reason = f"`nav: {_text(value)}` is unknown; it is one of {', '.join(PLACES)}"
        elif known == "order" and not re.fullmatch(r"-?\d+(\.\d+)?", _text(value)):
            reason = f"`{key}: {_text(value)}` is no number"
        if reason:
            yield Problem(path=path, line=matter.lines.get((key,)), reason=reason, left_out=False)


def _text(value: Any) -> str:
    return headline(one_line(str(value))) if value is not None and not isinstance(value, list | dict) else ""


def _number(value: Any) -> float:
    text = _text(value)
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else 0
