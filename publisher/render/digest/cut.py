"""A digest's view as a plan leaves it."""

from dataclasses import replace

from publisher.render.digest.budget import Plan
from publisher.render.digest.phrases import Phrases
from publisher.render.digest.views import DigestView, Form, StoryView


def cut(view: DigestView, plan: Plan, phrases: Phrases) -> DigestView:
    """What is left out is counted, and shortening is said."""
    missing = len(view.stories) - plan.stories
    stories = tuple(_cut_story(story, plan, phrases) for story in view.stories[: plan.stories])
    shorter = plan.ledes < plan.stories or plan.rows < plan.stories
    return replace(
        view,
        stories=stories,
        more=phrases.more_stories(missing) if missing else "",
        shortened=phrases.shortened if shorter or missing else "",
    )


def _cut_story(story: StoryView, plan: Plan, phrases: Phrases) -> StoryView:
    paragraph = story.paragraph if plan.paragraph else None
    told = story.number <= plan.ledes and not (story.restates and paragraph)
    sources = story.sources[: plan.sources]
    missing = len(story.sources) - len(sources)
    return replace(
        story,
        lede=story.lede if told else "",
        paragraph=paragraph,
        marks=tuple(mark for mark in story.marks if mark in sources) if story.number <= plan.ledes else (),
        sources=sources,
        form=_form(story.number, plan),
        more=phrases.more_sources(missing) if missing else "",
    )


def _form(number: int, plan: Plan) -> Form:
    if number <= plan.rows:
        return "row"
    return "line" if number <= plan.lines else "number"


def for_text(plan: Plan) -> Plan:
    """The same stories and sources; in text nothing else gives way."""
    return replace(Plan.whole(plan.stories), sources=plan.sources)
