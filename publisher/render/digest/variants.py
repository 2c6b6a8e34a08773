"""Who gets which digest. Readers to whom the same stories go get the same mail, which is composed once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from publisher.model import Announced, Article, Choice
from publisher.render.feeds.channels import slug

section_key = lru_cache(maxsize=4_096)(slug)
"""A section as choices name it: by its name or by its slug."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One form of a digest."""

    lang: str
    """BCP 47."""
    sections: tuple[str, ...] = ()
    """Slugs, sorted; of those that the reader chose, the ones that this digest has. Empty: nothing is left out."""
    text_only: bool = False

    @property
    def name(self) -> str:
        """`en`, `en.text`, `en+culture,harbour`: what the outbox and the frozen bytes are known by."""
        chosen = f"+{','.join(self.sections)}" if self.sections else ""
        return f"{self.lang}{chosen}{'.text' if self.text_only else ''}"

    @classmethod
    def parse(cls, name: str) -> "Variant":
        """Neither a language tag nor a slug has one of the three marks in it."""
        rest, dot, _ = name.partition(".")
        lang, _, chosen = rest.partition("+")
        return cls(lang=lang, sections=tuple(chosen.split(",")) if chosen else (), text_only=bool(dot))

    @property
    def whole(self) -> bool:
        """It has a page on the web: all stories, in HTML and text."""
        return not self.sections and not self.text_only

    def has(self, group: Iterable[Article]) -> bool:
        """Whether a story, given with its translations, belongs to it."""
        return not self.sections or not sections_of(group).isdisjoint(self.sections)


def sections_of(group: Iterable[Article]) -> set[str]:
    return {section_key(one.section) for one in group if one.section}


def assign(
    choices: Iterable[Choice],
    *,
    groups: Sequence[Sequence[Article]],
    announced: Sequence[Announced],
    languages: Sequence[str],
) -> Mapping[Choice, Variant]:
    """The variant for each choice. Absent is a choice of sections of which this digest has neither story nor notice.

    `languages` are those that it is made in, the default one first: it is the one of readers who speak none of them.
    """
    things = [sections_of(group) for group in groups] + [sections_of([one.article]) for one in announced]
    found: dict[Choice, Variant] = {}
    for choice in choices:
        chosen = _chosen(choice)
        hits = things if chosen is None else [one for one in things if one & chosen]
        if not hits:
            continue
        some = () if chosen is None or len(hits) == len(things) else tuple(sorted(set().union(*hits) & chosen))
        lang = _nearest(choice.lang, languages)
        found[choice] = Variant(lang=lang, sections=some, text_only=choice.format == "text")
    return found


def _chosen(choice: Choice) -> set[str] | None:
    """Slugs; None: all. What cannot be read counts as all: nobody loses a digest over it."""
    try:
        names = json.loads(choice.sections) if choice.sections else None
    except ValueError:
        return None
    return {section_key(name) for name in names if isinstance(name, str)} if isinstance(names, list) else None


def _nearest(wanted: str | None, languages: Sequence[str]) -> str:
    """The reader's language, else the same one of another region, else the default."""
    tag = (wanted or "").casefold()
    exact = [lang for lang in languages if lang.casefold() == tag]
    near = [lang for lang in languages if lang.casefold().partition("-")[0] == tag.partition("-")[0]]
    return (exact or near or list(languages))[0]
