"""Slugs, language tags and site paths from whatever stands in a file, its name or its folder."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from publisher.collect.dates import day_in_name

LONGEST = 80
LONGEST_IN_BYTES = 240
"""A folder's name has at most 255 on the file systems in use."""
LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik is it iu ja
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb
    nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq
    sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()  # noqa: SIM905 - words are read more easily than a list of literals
)
"""ISO 639-1: what a file's name may end in, so that `node.js.md` is no translation."""
_A_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "þ": "th",
        "\u0131": "i",
        "'": "",
        "\u2019": "",
    }
)


def slugify(text: str) -> str:
    """`[a-z0-9-]` for Latin script, other scripts' letters as they are (RFC 3987), in NFC, at most 80 characters."""
    if len(text) <= LONGEST and _A_SLUG.fullmatch(text):
        return text
    folded = "".join(_fold(unicodedata.normalize("NFKC", text).lower().translate(_LETTERS)))
    slug = re.sub(r"-+", "-", unicodedata.normalize("NFC", folded)).strip("-")
    while len(slug) > LONGEST or len(slug.encode()) > LONGEST_IN_BYTES:
        slug = (
            slug[:LONGEST].rpartition("-")[0] if "-" in slug[:LONGEST] and len(slug) > LONGEST else slug[: LONGEST - 10]
        )
        slug = slug[: LONGEST_IN_BYTES // 4] if len(slug.encode()) > LONGEST_IN_BYTES else slug
    return slug.strip("-")


def _fold(text: str) -> Iterator[str]:
    takes_marks = False
    for letter in unicodedata.normalize("NFKD", text):
        if unicodedata.category(letter).startswith("M"):
            if takes_marks:
                yield letter
        else:
            takes_marks = letter.isalnum() and not letter.isascii()
            yield letter if letter.isalnum() else "-"


@lru_cache(maxsize=100)
def language_tag(text: str) -> str | None:
    """BCP 47 in its usual case (`zh_CN` -> `zh-CN`), or None."""
    tag = text.strip().partition(".")[0].replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        return None
    first, *rest = tag.split("-")
    cased = (
        part.upper() if len(part) == len("CN") else part.title() if len(part) == len("Hant") else part for part in rest
    )
    return "-".join([first.lower(), *cased])


def stem_of(path: str) -> str:
    """The file's name without its last suffix, as pathlib has it."""
    name = path.rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return stem if stem and dot and suffix else name


def language_in_name(stem: str) -> tuple[str, str | None]:
    """`slug.es` -> (`slug`, `es`)."""
    name, dot, suffix = stem.rpartition(".")
    tag = language_tag(suffix) if dot else None
    return (name, tag) if name and tag and tag.partition("-")[0] in LANGUAGES else (stem, None)


def slug_of(declared: str | None, path: str, title: str, *, days: frozenset[date], lang: str, translated: bool) -> str:
    """The first of the `slug` key, the file's name, an index file's folder and the title that leaves something.

    A date in front is dropped where it is one of `days`, the language behind where `translated` or a date was dropped:
    so the translations of one article share a slug.
    """
    for candidate in (declared, *_names(path), title):
        cleaned = unquote(candidate or "").strip().strip("/").rpartition("/")[2]
        dated = day_in_name(cleaned)
        bare = dated[1] if dated and (dated[0] in days or candidate != declared) else cleaned
        slug = slugify(bare)
        if translated or bare != cleaned:
            slug = slug.removesuffix(f"-{lang.lower()}")
        if slug:
            return slug
    return "article-" + hashlib.sha256(title.encode("utf-8", "replace")).hexdigest()[:8]


def _names(path: str) -> Iterator[str]:
    stem = language_in_name(stem_of(path))[0]
    if stem.lower() not in {"index", "_index"}:
        yield stem
        return
    folder = path.rpartition("/")[0].rpartition("/")[2]
    if not folder.isdigit():
        yield folder


def site_path(text: str, site: str) -> str | None:
    """A path on this site, beginning with `/`: from a path, or from a URL on `site` (on any host when it is empty)."""
    try:
        parts = urlsplit(text.strip())
        ours = urlsplit(site).hostname
        if parts.scheme not in {"", "http", "https"} or (site and parts.hostname not in {None, ours}):
            return None
    except ValueError:
        return None
    path = "/" + unicodedata.normalize("NFC", unquote(parts.path)).lstrip("/")
    segments = path.split("/")
    unsafe = ".." in segments or "." in segments or re.search(r"[\x00-\x1f\x7f\\:*<>\"|]|//", path)
    return None if unsafe or path == "/" else path
