"""The words that Hugo, Jekyll, Pelican and Ghost have for what an article file says, and how each writes a list."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from publisher.collect.front_matter import FrontMatter
from publisher.collect.plain_text import headline, one_line

TITLE = ("title", "headline")
PUBLISHED = ("published", "published_at", "publishdate", "publish_date", "date", "date_published", "pubdate")
UPDATED = ("updated", "modified", "last_modified_at", "last_modified", "lastmod", "date_modified")
LEDE = ("lede", "standfirst", "summary", "description", "excerpt", "custom_excerpt", "dek", "deck")
AUTHORS = ("authors", "author", "byline")
SECTION = ("section", "category", "categories")
TAGS = ("tags", "tag", "keywords", "topics")
LANG = ("lang", "language", "locale")
IMAGE = ("image", "feature_image", "featured_image", "cover_image", "cover", "preview_image", "og_image", "thumbnail")
IMAGE_ALT = ("image_alt", "feature_image_alt", "alt")
ALIASES = ("aliases", "alias", "redirect_from")
ADDRESSES = ("url", "permalink", "link", "external_url", "source_url", "canonical", "canonical_url")
"""A path is an old address of this article; an address on another host is the work that the article reports."""
HIDDEN = frozenset({"draft", "hidden", "private", "unpublished", "scheduled"})
YES, NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


class Fields(msgspec.Struct, frozen=True):
    """Front matter, asked by meaning."""

    matter: FrontMatter
    jekyll: bool = False
    """True under `_posts/`, where `categories: a b` is two of them."""

    def line(self, *path: str | int) -> int | None:
        return self.matter.lines.get(path)

    def first(self, names: Iterable[str]) -> tuple[str, Any] | None:
        """The first of these keys that has something in it, with its value."""
        values = self.matter.values
        if values.keys().isdisjoint(names):
            return None
        return next(((name, values[name]) for name in names if values.get(name)), None)

    def text(self, names: Iterable[str]) -> str | None:
        """One line, as written."""
        if self.matter.values.keys().isdisjoint(names):
            return None
        return next((text for name in names for text in [_name(self.matter.values.get(name))] if text), None)

    def wording(self, names: Iterable[str]) -> str | None:
        """One line of plain text from what may hold markup."""
        values = self.matter.values
        if values.keys().isdisjoint(names):
            return None
        for name in names:
            value = values.get(name)
            text = headline(value) if isinstance(value, str) else None
            if text:
                return text
        return None

    def names(self, keys: Iterable[str], *, splits: str) -> tuple[str, ...]:
        """A list of names: of texts, of mappings with a `name`, or one text that is split at these characters."""
        found = self.first(keys)
        if not found:
            return ()
        value = found[1]
        if isinstance(value, str):
            return _split(value, splits)
        items = [_name(item) for item in (value if isinstance(value, list) else [value])]
        return tuple(dict.fromkeys(_as_headline(name) for name in items if name))

    def truth(self, name: str) -> bool | None:
        """None where the key is missing or says neither yes nor no."""
        value = str(self.matter.values.get(name) or "").strip().lower()
        return True if value in YES else False if value in NO else None

    @property
    def is_draft(self) -> bool:
        status = str(self.matter.values.get("status") or "").strip().lower()
        return bool(self.truth("draft")) or self.truth("published") is False or status in HIDDEN

    @property
    def authors(self) -> tuple[str, ...]:
        written = self.first(AUTHORS)
        several = ";" if written and ";" in str(written[1]) else ","
        return self.names(AUTHORS, splits=several if self.matter.headers or several == ";" else "")

    @property
    def section_and_tags(self) -> tuple[str | None, tuple[str, ...]]:
        """The section is the first category; the other categories are tags like the tags."""
        listed = "," if not self.jekyll else ", "
        section, *more = self.names(("section",), splits="") or self.names(("category",), splits="") or [None]
        categories = self.names(("categories",), splits=listed)
        if section is None and categories:
            section, *more = categories
        elif categories:
            more = [name for name in categories if name != section]
        tags = [name for key in TAGS for name in self.names((key,), splits=listed)]
        return section, tuple(dict.fromkeys([*more, *(tag for tag in tags if not tag.startswith("#"))]))

    @property
    def published(self) -> tuple[str, str] | None:
        """The key and the text of the date; Jekyll's `published: true` is none."""
        for name in PUBLISHED:
            value = self.matter.values.get(name)
            if isinstance(value, str) and value.strip() and not (name == "published" and self.truth(name) is not None):
                return name, value.strip()
        return None


@lru_cache(maxsize=200)  # most sections, tags and authors are those of the article before
def _split(text: str, splits: str) -> tuple[str, ...]:
    parts = re.split(f"[{re.escape(splits)}\n]", text.strip("[]")) if splits else [text]
    return tuple(dict.fromkeys(name for part in parts for name in [headline(part).strip("'\" ")] if name))


_as_headline = lru_cache(maxsize=200)(headline)


def _name(value: Any) -> str | None:
    if isinstance(value, dict):
        value = next((value[key] for key in ("name", "title", "label") if value.get(key)), None)
    return one_line(value) or None if isinstance(value, str) else None
