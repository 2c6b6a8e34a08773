"""A digest's view as a plan leaves it."""

from msgspec.structs import replace

from publisher.render.digest.budget import Plan
from publisher.render.digest.phrases import Phrases
from publisher.render.digest.views import DigestView, Form, NoticesView, StoryView


def cut(view: DigestView, plan: Plan, phrases: Phrases, *, stories: int) -> DigestView:
    """What surrounds the stories. What is left out is counted, and shortening is said."""
    missing = stories - plan.stories
    shorter = plan != Plan.whole(stories)
    return replace(
        view,
        note=view.note if plan.note else None,
        more=phrases.more_stories(missing) if missing else "",
        shortened=phrases.shortened if shorter else "",
        notices=tuple(_cut_notices(one, plan, phrases) for one in view.notices),
    )


def _cut_notices(box: NoticesView, plan: Plan, phrases: Phrases) -> NoticesView:
    shown = box.notices[: plan.notices]
    missing = len(box.notices) - len(shown)
    return replace(box, notices=shown, more=phrases.more_notices(missing) if missing else "")


def cut_story(story: StoryView, plan: Plan, phrases: Phrases) -> StoryView:
    form = _form(story.number, plan)
    paragraph = story.paragraph if plan.paragraph else None
    told = form != "headline" and not (story.restates and paragraph)
    sources = () if form == "headline" else story.sources[: plan.sources]
    missing = 0 if form == "headline" else len(story.sources) - len(sources)
    marked = form in {"row", "line"}
    return replace(
        story,
        lede=story.lede if told else "",
        paragraph=paragraph,
        marks=tuple(mark for mark in story.marks if mark in sources) if marked else (),
        sources=sources,
        form=form,
        more=phrases.more_sources(missing) if missing else "",
    )


def _form(number: int, plan: Plan) -> Form:
    if number <= plan.rows:
        return "row"
    if number <= plan.lines:
        return "line"
    return "number" if number <= plan.ledes else "headline"


def for_text(plan: Plan, *, bounded: bool) -> Plan:
    """The same stories; in text nothing else gives way, unless it would be too long itself."""
    whole = Plan.whole(plan.stories)
    return replace(whole, sources=plan.sources, notices=plan.notices, note=plan.note) if bounded else whole
