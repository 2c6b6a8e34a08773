"""The pages of `serve` in one language. They have no state and no clock: what is said is handed in."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from publisher.model import Choices, Offer
from publisher.render.forms import phrases
from publisher.render.site.frame import Frame, Link, PageView, own_name


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One radio button or one box."""

    value: str
    label: str
    chosen: bool
    lang: str = ""


class Button(msgspec.Struct, frozen=True, kw_only=True):
    """A form with nothing but a button: what changes anything is a POST."""

    action: str
    label: str
    quiet: bool = False


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """`notice`: a page that says one thing."""

    lede: str
    paragraphs: Sequence[str] = ()
    button: Button | None = None
    links: Sequence[Link] = ()


class JoinView(msgspec.Struct, frozen=True, kw_only=True):
    """`join`: the form to subscribe."""

    action: str
    lede: str
    address: str
    """What was typed, when it has to be typed again."""
    fault: str
    """What is wrong with it; empty when nothing is."""
    frequencies: Sequence[Option]
    """Empty where there is nothing to choose."""
    lang: str
    """Of the digest; empty where there is one only."""
    latest: str
    """The newest digest's page; empty before there is one."""
    feeds: str


class PreferencesView(msgspec.Struct, frozen=True, kw_only=True):
    """`preferences`: what a reader chose."""

    action: str
    leave: str
    """Where the second form goes: it unsubscribes."""
    address: str
    """Masked."""
    saved: bool
    fault: str
    frequencies: Sequence[Option]
    formats: Sequence[Option]
    languages: Sequence[Option]
    sections: Sequence[Option]
    weekly_repeats: bool
    """A switch to the weekly may bring again what a daily brought."""


def join(
    frame: Frame, offer: Offer, *, frequency: str = "daily", address: str = "", fault: str = "", latest: str = ""
) -> bytes:
    """The form. `fault` is an English message of ours."""
    words, plan = frame.language, frame.catalogue.publication.digest
    days = words.text("The articles of the day with their sources, by email.")
    often = _frequencies(frame, offer, frequency)
    when = phrases.daily(words, plan) if not often else ""
    lede = " ".join(filter(None, [days, f"{when} ({words.place() or 'UTC'})." if when else ""]))
    view = JoinView(
        action=frame.href("/subscribe"),
        lede=lede + " " + words.text("On days without articles, nothing."),
        address=address,
        fault=words.text(fault) if fault else "",
        frequencies=often,
        lang=frame.lang if len(offer.languages) > 1 else "",
        latest=frame.href(latest) if latest else "",
        feeds=frame.href(frame.own("/feeds/")) if frame.feeds else "",
    )
    page = PageView(
        title=words.text("Daily email"),
        description=words.text("The daily email of {name}.", name=frame.catalogue.publication.name),
        url=frame.catalogue.publication.absolute(frame.subscribe),
        feeds=frame.site_feeds,
        zone=frame.zone,
    )
    return frame.fill("subscribe.html", "form", page, join=view)


def preferences(
    frame: Frame,
    offer: Offer,
    choices: Choices,
    *,
    address: str,
    action: str,
    leave: str,
    now: datetime,
    saved: bool = False,
    fault: str = "",
) -> bytes:
    words = frame.language
    view = PreferencesView(
        action=action,
        leave=leave,
        address=address,
        saved=saved,
        fault=words.text(fault) if fault else "",
        frequencies=[*_frequencies(frame, offer, _chosen(choices, now), always=True), _pause(frame, choices, now)],
        formats=[
            Option(value="both", label=words.text("With formatting"), chosen=choices.format == "both"),
            Option(value="text", label=words.text("Plain text only"), chosen=choices.format == "text"),
        ],
        languages=_languages(frame, offer, choices),
        sections=_sections(offer, choices),
        weekly_repeats=offer.weekly,
    )
    return frame.fill("preferences.html", "form", _unlisted(frame, "Your subscription"), preferences=view)


def notice(frame: Frame, title: str, view: NoticeView) -> bytes:
    return frame.fill("notice.html", "form", _unlisted(frame, title), notice=view)


def _unlisted(frame: Frame, title: str) -> PageView:
    """It has no address of its own that anybody should keep."""
    return PageView(title=frame.language.text(title), hidden=True, zone=frame.zone)


def _chosen(choices: Choices, now: datetime) -> str:
    return "pause" if choices.paused(now) else choices.frequency


def _frequencies(frame: Frame, offer: Offer, chosen: str, *, always: bool = False) -> list[Option]:
    if not (offer.weekly or always):
        return []
    words, plan = frame.language, frame.catalogue.publication.digest
    found = [Option(value="daily", label=phrases.daily(words, plan), chosen=chosen == "daily")]
    if offer.weekly:
        found.append(Option(value="weekly", label=phrases.weekly(words, plan), chosen=chosen == "weekly"))
    return found


def _pause(frame: Frame, choices: Choices, now: datetime) -> Option:
    words = frame.language
    if choices.paused_until is not None and choices.paused(now):
        day = words.voice.day_month(choices.paused_until)
        return Option(value="pause", label=words.text("Paused until {day}", day=day), chosen=True)
    return Option(value="pause", label=words.text("Pause for 30 days, then go on as before"), chosen=False)


def _languages(frame: Frame, offer: Offer, choices: Choices) -> list[Option]:
    if len(offer.languages) < 2:  # noqa: PLR2004 - nothing to choose
        return []
    chosen = choices.lang if choices.lang in offer.languages else offer.languages[0]
    return [
        Option(value=lang, label=own_name(frame.languages[lang]), chosen=lang == chosen, lang=lang)
        for lang in offer.languages
    ]


def _sections(offer: Offer, choices: Choices) -> list[Option]:
    """Those on offer, and those that the reader chose when they were."""
    names = sorted({*offer.sections, *(choices.sections or ())}, key=str.casefold)
    if len(names) < 2 and choices.sections is None:  # noqa: PLR2004 - nothing to choose
        return []
    return [
        Option(value=name, label=name, chosen=choices.sections is None or name in choices.sections) for name in names
    ]
