"""The digest's own sentences in a language: interface words from the catalogue, dates from `Language`."""

from datetime import date, datetime, timedelta

import msgspec

from publisher.config import Publication
from publisher.model import Article, Kind
from publisher.render import sourcing
from publisher.render.digest.content import DigestContent
from publisher.render.language import Language
from publisher.render.message import Slots

_KINDS: dict[Kind, str] = {
    "report": "Report",
    "analysis": "Analysis",
    "opinion": "Opinion",
    "brief": "Brief",
    "fact-check": "Fact check",
}
_READ: dict[Kind | None, str] = {
    "report": "Read the report",
    "analysis": "Read the analysis",
    "opinion": "Read the opinion",
    "brief": "Read the brief",
    "fact-check": "Read the fact check",
    None: "Read the article",
}
_WEEK = timedelta(days=7)


class Phrases(msgspec.Struct, frozen=True, kw_only=True):
    language: Language
    publication: Publication

    def kicker(self, article: Article, day: date) -> tuple[str, ...]:
        """`09:00`, or the day before it when it is another one; kind or section; minutes."""
        local = self.language.local(article.published)
        when = [self.language.voice.day_month(local)] if local.date() != day else []
        when += [self.language.clock(local)] if article.has_time else []
        kind = (
            self.language.text(_KINDS[article.kind]) if article.kind else self.language.set_apart(article.section or "")
        )
        parts = (", ".join(when), kind, sourcing.minutes(article.minutes, self.language))
        return tuple(part for part in parts if part)

    def read(self, article: Article) -> str:
        return self.language.text(_READ[article.kind])

    def counts(self, articles: tuple[Article, ...]) -> tuple[str, ...]:
        if not articles:
            return ()
        _, *rest = sourcing.counts(articles, self.language, since=self.publication.sources_since)
        return (self.stories(len(articles)), *rest)

    def stories(self, n: int) -> str:
        return self.language.plural("{n} story", "{n} stories", n)

    def preheader(self, articles: tuple[Article, ...]) -> str:
        """`3 stories, 9 minutes. 6 sources: 4 verified.`"""
        if not articles:
            return self.language.text("Corrections to earlier issues.")
        minutes = sum(article.minutes for article in articles)
        said = f"{self.stories(len(articles))}, {self.language.plural('{n} minute', '{n} minutes', minutes)}."
        found = [sourcing.line(article, since=self.publication.sources_since) for article in articles]
        if total := sum(one.total for one in found if one):
            sources = self.language.plural("{n} source", "{n} sources", total)
            verified = sum(one.verified for one in found if one)
            said += f" {sources}: {self.language.plural('{n} verified', '{n} verified', verified)}."
        return said

    def dateline(self, content: DigestContent) -> str:
        """`Thursday, June 25, 2026`; `The week to Saturday, June 27, 2026`."""
        if not content.weekly:
            return self.language.weekday_date(content.day)
        return self.language.text("The week to {day}", day=self._within(self.language.voice.weekday_date(content.day)))

    def subject_endings(self, content: DigestContent) -> tuple[str, ...]:
        """` · 3 stories for June 25`, then with the year, for the day when that subject was used."""
        days = (self.language.voice.day_month(content.day), self.language.voice.date(content.day))
        one, many = ("{n} story for {day}", "{n} stories for {day}")
        if content.weekly:
            one, many = ("{n} story of the week to {day}", "{n} stories of the week to {day}")
        return tuple(" · " + self.language.plural(one, many, content.count, day=day) for day in days)

    def end(self, content: DigestContent) -> str:
        """`That is all for Thursday. The next issue comes on Friday at 11:00.`"""
        day, following, voice = content.day, content.following, self.language.voice
        weekday = voice.weekdays[day.weekday()][1]
        if content.weekly:
            said = self.language.text("That is all for this week.")
        else:
            said = self.language.text("That is all for {day}.", day=self._within(weekday))
        if following is None:
            return said
        local = self.language.local(following)
        near = local.date() - day < _WEEK
        next_day = voice.weekdays[local.weekday()][1] if near else voice.weekday_date(local)
        coming = "The next issue comes on {day} at {time}."
        return f"{said} {self.language.text(coming, day=self._within(next_day), time=voice.clock(local))}"

    def _within(self, day: str) -> str:
        """A day's name as it stands within a sentence."""
        return day if self.language.voice.locale.language in {"en", "de"} else day[:1].lower() + day[1:]

    def reason(self, slots: Slots) -> tuple[str, tuple[str, ...]]:
        """Why somebody gets this mail: as a sentence, and as lines that end in one token each: nobody knows here how
        long those will be.
        """
        sentence = self.language.text("You get this because {address} confirmed a subscription on {since}.")
        lines = ("Sent to {address}", "because it confirmed a subscription on {since}.")
        values = {"address": slots.address, "since": slots.since}
        return sentence.format_map(values), tuple(self.language.text(line, **values) for line in lines)

    def times(self, slot: datetime) -> str:
        return self.language.text("Times are {zone}.", zone=self.language.zone_name(slot))

    def corrections_title(self, n: int) -> str:
        return self.language.text("Correction" if n == 1 else "Corrections")

    def retractions_title(self, n: int) -> str:
        return self.language.text("Retraction" if n == 1 else "Retractions")

    @property
    def shortened(self) -> str:
        return self.language.text("This message was shortened to fit a mail.")

    def dir_of(self, lang: str) -> str:
        return Language(tag=lang, zone=self.language.zone).dir

    def more_stories(self, n: int) -> str:
        return self.language.plural(
            "And {n} more story in the whole issue", "And {n} more stories in the whole issue", n
        )

    def more_notices(self, n: int) -> str:
        return self.language.plural("And {n} more in the whole issue", "And {n} more in the whole issue", n)

    def more_sources(self, n: int) -> str:
        return self.language.plural("And {n} more source in the article", "And {n} more sources in the article", n)
