"""A variant of a digest is a list of story fragments; each is rendered once, whichever variants it stands in."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from itertools import accumulate

import msgspec
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup
from msgspec.structs import replace

from publisher.config import Publication
from publisher.model import Article
from publisher.render.catalogue import Catalogue
from publisher.render.digest.budget import HARD_LIMIT, Plan, encoded_size, fitted, fitted_page
from publisher.render.digest.columns import wrap
from publisher.render.digest.content import Composed, DigestContent
from publisher.render.digest.cut import cut, cut_story, for_text
from publisher.render.digest.issue import digest_view, subject_of
from publisher.render.digest.look import Look
from publisher.render.digest.phrases import Phrases
from publisher.render.digest.stories import story_view
from publisher.render.digest.views import DigestView, StoryView
from publisher.render.environment import fill, source
from publisher.render.language import Language
from publisher.render.message import Slots
from publisher.render.site.frame import FeedLink, Frame, PageView
from publisher.render.site.style import sheet_of

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters: C1 ones make Gmail cut a mail however short it is. And what UTF-8 cannot carry."""
_APART = dict.fromkeys(map(ord, "\u2068\u2069"))
"""Signs that set words of another direction apart; a subject is shown in too many ways to have them."""

Where = tuple[str, int, int]
"""What a fragment depends on: an article's id, its place in the issue, and how many sources were numbered before it."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the frame of a digest's page tells of the rest of the site."""

    catalogue: Catalogue
    """Its articles are not needed."""
    languages: Mapping[str, Language]
    """One for each of the catalogue's."""
    feeds: tuple[FeedLink, ...] = ()
    """What there is to subscribe to."""


class Composer:
    """Writes one digest in one language, in as many variants as are asked for. `environment` knows its templates.

    Pure: the same content, language, templates and tokens give the same bytes.
    """

    def __init__(
        self,
        *,
        language: Language,
        environment: SandboxedEnvironment,
        publication: Publication,
        surroundings: Surroundings | None = None,
    ) -> None:
        self._phrases = Phrases(language=language, publication=publication)
        self._environment = environment
        self._surroundings = surroundings or Surroundings(
            catalogue=Catalogue(publication=publication, articles=(), fingerprints={}, spoken=(language.tag,)),
            languages={tag: replace(language, tag=tag) for tag in (publication.language, language.tag)},
        )
        self._views: dict[Where, StoryView] = {}
        self._fragments: dict[tuple[str, Where, StoryView], Markup] = {}

    def compose(self, content: DigestContent, slots: Slots | None) -> Composed:
        """All contents are of the same digest: only their articles and notices differ.

        With `slots` it is the mail: their tokens stand where the personal values go, and it gives way as `budget` says.
        Without them it is the page and its `index.txt`: no personal line, and nothing is left out.
        """
        issue = _Issue(self, content, slots)
        plan = issue.fitted() if slots is not None else Plan.whole(content.count)
        return Composed(
            subject=clean(subject_of(content, self._phrases)).translate(_APART),
            preheader=clean(issue.view.preheader),
            html=issue.write("html", plan) if slots is not None else issue.page(),
            text=issue.text(plan),
        )

    @cached_property
    def look(self) -> Look:
        return Look.of(self._phrases.publication.theme)

    @cached_property
    def frame(self) -> Frame:
        sheet = sheet_of(source(self._environment, "style.css"), self._phrases.publication.theme)
        return Frame(
            catalogue=self._surroundings.catalogue,
            environment=self._environment,
            languages=self._surroundings.languages,
            lang=self._phrases.language.tag,
            feeds=self._surroundings.feeds,
            sheet=sheet,
        )

    @property
    def phrases(self) -> Phrases:
        return self._phrases

    def view(self, article: Article, content: DigestContent, place: int, before: int) -> StoryView:
        where = (article.id, place, before)
        if where not in self._views:
            self._views[where] = story_view(article, content, self._phrases, place=place, before=before)
        return self._views[where]

    def fragment(self, kind: str, where: Where, story: StoryView, issue: DigestView) -> Markup:
        key = (kind, where, story)
        if key not in self._fragments:
            found = self.fill(f"digest-story.{kind}", {"story": story, "digest": issue})
            self._fragments[key] = Markup(clean(found).rstrip("\n"))  # noqa: S704 - a template escaped it
        return self._fragments[key]

    def fill(self, template: str, values: dict[str, object]) -> str:
        words = {"look": self.look, "wrap": wrap, "_": self._phrases.language.wording}
        return fill(self._environment, template, values | words)


class _Issue:
    """One variant."""

    def __init__(self, composer: Composer, content: DigestContent, slots: Slots | None) -> None:
        self._composer = composer
        self._content = content
        self._slots = slots
        self.view = digest_view(content, composer.phrases, slots, has_feeds=bool(composer.frame.feeds))
        self._written: dict[tuple[str, Plan], str] = {}
        before = accumulate((len(article.sources) for article in content.articles), initial=0)
        self._stories = [
            ((article.id, place, start), composer.view(article, content, place, start))
            for place, (article, start) in enumerate(zip(content.articles, before, strict=False), 1)
        ]

    def fitted(self) -> Plan:
        most = max((len(article.sources) for article in self._content.articles), default=0)
        notices = max((len(box.notices) for box in self.view.notices), default=0)
        return fitted(self._content.count, most, notices, partial(self.write, "html"))

    def write(self, kind: str, plan: Plan) -> str:
        """What was tried for its size is not written again."""
        if (kind, plan) not in self._written:
            self._written[kind, plan] = self._write(kind, plan)
        return self._written[kind, plan]

    def _write(self, kind: str, plan: Plan) -> str:
        composer = self._composer
        around = cut(self.view, plan, composer.phrases, stories=len(self._stories))
        stories: Sequence[Markup] = [
            composer.fragment(kind, where, cut_story(story, plan, composer.phrases), self.view)
            for where, story in self._stories[: plan.stories]
        ]
        digest = replace(around, stories=stories)
        return clean(composer.fill(f"digest.{kind}", {"digest": digest, "slots": self._slots}))

    def page(self) -> str:
        """No story is left out, and nobody's links are in it."""
        plan = fitted_page(len(self._stories), self._page)
        return self._page(plan)

    def _page(self, plan: Plan) -> str:
        if ("page", plan) not in self._written:
            self._written["page", plan] = self._write_page(plan)
        return self._written["page", plan]

    def _write_page(self, plan: Plan) -> str:
        composer, phrases = self._composer, self._composer.phrases
        page = PageView(
            title=clean(subject_of(self._content, phrases)),
            description=clean(self.view.preheader),
            url=self.view.url,
            zone=phrases.language.zone_name(self._content.slot),
        )
        stories = [cut_story(story, plan, phrases) for _, story in self._stories]
        shorter = any(story.form != "row" for story in stories)
        values = {"digest": self.view, "stories": stories, "shorter": shorter}
        kind = "digest headlines" if plan.ledes < len(stories) else "digest"
        return clean(composer.frame.fill("digest-page.html", kind, page, **values).decode())

    def text(self, plan: Plan) -> str:
        found = self.write("txt", for_text(plan, bounded=False))
        if self._slots is None or encoded_size(found) <= HARD_LIMIT:
            return found
        return self.write("txt", for_text(plan, bounded=True))


def clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
