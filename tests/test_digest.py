"""The digest as a mail and as a page: what it says, that both parts say the same, and that it always fits."""

import os
import re
from datetime import date, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from publisher import config
from publisher.model import Announced, Article, Body, Correction, DayFile, Retraction, Source
from publisher.render import feeds
from publisher.render import language as languages
from publisher.render.catalogue import Catalogue
from publisher.render.digest import Composed, DigestContent, Surroundings, compose, variant
from publisher.render.digest.budget import BUDGET, HARD_LIMIT, encoded_size
from publisher.render.digest.columns import COLUMNS, cells, wrap
from publisher.render.digest.subject import LONGEST, distinct, shortened
from publisher.render.environment import environment
from publisher.render.message import Headers, Personal, Slots, build, splice

ROOT = Path(__file__).parents[1]
GOLDENS = Path(__file__).parent / "goldens" / "digest"
PUBLICATION = config.parse(
    """
    name = "Harbour Notes"
    url = "https://harbour.example/"
    authority = "harbour.example"
    timezone = "Europe/Madrid"
    postal_address = "1 Quay Street, 28001 Madrid, Spain"
    [mail]
    reply_to = "Editor <editor@harbour.example>"
    [web]
    service = true
    """
)
ZONE = PUBLICATION.zone
TEMPLATES = environment(
    {path.name: path.read_text("utf-8") for path in sorted((ROOT / "templates").iterdir()) if path.is_file()}
)
DEFINITIONS = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "feeds").iterdir())}
CATALOGUES = {path.stem: path.read_text("utf-8") for path in (ROOT / "publisher" / "locale").glob("*.po")}
SLOTS = Slots.of("2026-06-25", "en")

STATES = (
    Source(
        key="tables",
        title="Annual tide tables, 2026",
        url="https://port.example/tides?year=2026&form=long",
        publisher="Example Port Authority",
        role="primary",
        access="open",
        verification="verified",
    ),
    Source(
        key="gazette",
        title="“Ports open their data”",
        url="https://gazette.example/ports",
        publisher="The Example Gazette",
        role="secondary",
        access="paywall",
        verification="unverified",
    ),
    Source(
        title="Council minutes, session 14",
        url="https://city.example/minutes/14",
        role="document",
        access="dead",
        archived="https://archive.example/minutes/14",
        verification="partial",
    ),
    Source(title="A chart", url="https://charts.example/9", publisher="Charts & Sons", verification="withdrawn"),
    Source(title="Two visits to the harbour office", role="own-reporting", verification="verified"),
)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=ZONE)


def article(slug: str = "tides", **given: object) -> Article:
    values = {
        "title": "A port turns its tide tables into a feed",
        "published": at(25, 8, 30),
        "lang": "en",
        "lede": "Fourteen stations, one entry an hour, and a licence of nine words.",
        "words": 600,
        "group": slug,
    }
    address = f"/2026/06/25/{slug}/"
    return Article(
        path=f"{slug}.md", slug=slug, id=f"tag:harbour.example,2026:{slug}", address=address, **values | given
    )


TIDES = article(kind="analysis", sources=STATES, published=at(25, 9))
MOTHS = article(
    "moths",
    title="The lighthouse keeper who counts moths",
    lede="Forty years of notebooks. Nobody had asked.",
    kind="report",
    published=at(24, 21, 40),
    sources=(Source(title="Conversation with the keeper", role="own-reporting", verification="verified"),),
)
FERRY = article("ferry", title="Ferries run again", lede=None, kind="brief", words=90)
BODIES = {
    TIDES.id: Body(
        markup="markdown",
        text="Each of the *fourteen* stations has [a page](https://port.example/stations), and now a feed [@tables]. "
        "Who needs it is another question [@gazette].\n\nSecond paragraph.",
    ),
    FERRY.id: Body(markup="markdown", text="After nine days of fog the first boat left at six."),
}
CORRECTED = Announced(
    article=article("timetable", title="Ferry timetables", published=at(23, 9)),
    notice=Correction(at=at(24, 10), text="The article gave the number of crossings as 40. It is 14."),
)

RETRACTED = Announced(
    article=article("whale", title="A whale in the basin", published=at(22, 9), retracted=None),
    notice=Retraction(at=at(24, 11), reason="The photograph was of another harbour."),
)


def content(*articles: Article, **given: object) -> DigestContent:
    values = {
        "name": "2026-06-25",
        "day": date(2026, 6, 25),
        "slot": at(25, 9),
        "following": at(26, 11),
        "bodies": BODIES,
        "articles": articles or (TIDES, MOTHS, FERRY),
    }
    return DigestContent(**values | given)


def composed(what: DigestContent, lang: str = "en", slots: Slots | None = SLOTS, publication=PUBLICATION) -> Composed:
    words = languages.load(CATALOGUES, ["en", lang], ZONE)
    catalogue = Catalogue(publication=publication, articles=(), fingerprints={}, spoken=(lang,))
    around = Surroundings(
        catalogue=catalogue, languages=words, feeds=feeds.available(catalogue, feeds.load(DEFINITIONS))
    )
    return compose(
        what,
        language=words[lang],
        environment=TEMPLATES,
        publication=publication,
        slots=slots,
        surroundings=around,
    )


class Page(HTMLParser):
    """The links, headings and words of a page, as a reader meets them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._href: str | None = None
        self._begins = 0
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self._href, self._begins = dict(attrs)["href"], len(self.words)

    def handle_endtag(self, tag):
        if tag == "a":
            self.links.append((self.words[self._begins :], self._href))

    def handle_data(self, data):
        self.words += data


class Tongues(HTMLParser):
    """The words of a body by the language that a screen reader says them in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: dict[str | None, set[str]] = {}
        self._langs: list[str | None] = [None]
        self.feed(html[html.index("<body") :])

    def handle_starttag(self, tag, attrs):
        if tag not in {"br", "img", "meta", "link"}:
            self._langs.append(dict(attrs).get("lang", self._langs[-1]))

    def handle_endtag(self, tag):
        self._langs.pop()

    def handle_data(self, data):
        words = " ".join(re.sub(r"\[\d+\]|\W", " ", data).split())
        if re.search(r"[^\W\d]", words):
            self.said.setdefault(self._langs[-1], set()).add(words)


def sources_in_text(text: str) -> dict[int, str]:
    """Number -> address, of the blocks under the stories."""
    found = re.findall(r"^\[(\d+)\] [^\n]*(?:\n    (?!https?://)[^\n]*)*(?:\n    (https?://\S+))?", text, re.MULTILINE)
    return {int(number): url for number, url in found}


def test_a_story_shows_kicker_headline_lede_marks_read_link_and_each_source() -> None:
    page = Page(composed(content()).html)
    said = " ".join(page.words.split())
    assert "09:00 · Analysis · 3 min" in said
    assert "Fourteen stations, one entry an hour, and a licence of nine words. [1] [2] [3] [4] [5]" in said
    assert ("Read the analysis", "https://harbour.example/2026/06/25/tides/") in page.links
    assert ("[2]", "https://gazette.example/ports") in page.links
    assert "[2]“Ports open their data”, The Example Gazette○ Not verified · Paywall · Secondary source" in said
    assert ("Archived copy", "https://archive.example/minutes/14") in page.links
    assert "✕ Withdrawn" in said
    assert "○ 5 sources, 2 verified, 1 withdrawn" in said


def test_the_day_is_counted_on_top_and_its_end_names_the_next_issue() -> None:
    mail = composed(content(announced=(CORRECTED,)))
    for part in (" ".join(Page(mail.html).words.split()), mail.text):
        assert "3 stories · 7 min · 6 sources, 3 verified" in part
        assert "That is all for Thursday. The next issue comes on Friday at 11:00." in part
        assert "June 24, 21:40" in part
    assert mail.preheader == "3 stories, 7 minutes. 6 sources: 3 verified."


def test_the_lead_story_alone_has_its_first_paragraph_with_emphasis_and_links() -> None:
    mail = composed(content())
    assert "<em>fourteen</em>" in mail.html
    assert ("a page", "https://port.example/stations") in Page(mail.html).links
    assert "Second paragraph" not in mail.html
    assert "a page <https://port.example/stations>," in " ".join(mail.text.split())
    assert "question [2]." in " ".join(mail.text.split())


def test_a_first_paragraph_that_is_the_lede_is_said_once() -> None:
    mail = composed(content(FERRY))
    assert mail.html.count("After nine days of fog") == 1
    assert mail.text.count("After nine days of fog") == 1


def test_a_body_brings_no_image_script_or_style_into_the_mail() -> None:
    body = Body(markup="html", text='<p onclick="x()">A <img src="https://t.example/p.gif"><script>x</script>word</p>')
    html = composed(content(FERRY, bodies={FERRY.id: body})).html
    assert "A word" in html
    assert not re.search(r"<(img|script|link|form|iframe)|onclick|t\.example", html)


def test_every_source_is_in_both_parts_under_the_same_number() -> None:
    mail = composed(content())
    in_html = {int(words[1:-1]): url for words, url in Page(mail.html).links if re.fullmatch(r"\[\d+\]", words)}
    in_text = sources_in_text(mail.text)
    assert set(in_text) == {1, 2, 3, 4, 5, 6}
    assert in_html == {number: url for number, url in in_text.items() if url}
    assert [source.url or "" for source in STATES] == [in_text[number] for number in range(1, 6)]


def test_every_mark_in_the_text_resolves() -> None:
    text = composed(content()).text
    assert {int(number) for number in re.findall(r"\[(\d+)\]", text)} <= set(sources_in_text(text))


def test_every_link_of_the_mail_is_in_its_text() -> None:
    mail = composed(
        content(announced=(CORRECTED,), day_file=DayFile(day=date(2026, 6, 25), note="[A](https://a.example/)"))
    )
    assert [url for _, url in Page(mail.html).links if url not in mail.text] == []


def test_a_correction_is_told_with_its_article_in_both_parts() -> None:
    mail = composed(content(announced=(CORRECTED,)))
    assert "June 23, Ferry timetables: The article gave the number of crossings as 40. It is 14." in " ".join(
        Page(mail.html).words.split()
    )
    assert "https://harbour.example/2026/06/25/timetable/#corrections" in mail.text


def test_an_issue_of_corrections_alone_can_be_written() -> None:
    mail = composed(replace(content(announced=(CORRECTED,)), articles=()))
    assert mail.subject == "Correction: Ferry timetables · June 25"
    assert "It is 14." in mail.text


def test_the_page_has_no_personal_line_and_no_token() -> None:
    page = composed(content(), slots=None)
    for part in (page.html, page.text):
        assert "slot-" not in part
        assert "nsubscribe" not in part
        assert "Reply to this message" not in part
        assert "/subscribe" in part


def test_without_the_web_service_nothing_points_at_its_pages() -> None:
    alone = replace(PUBLICATION, service=False)
    mail = composed(content(), publication=alone)
    for part in (mail.html, mail.text):
        assert SLOTS.unsubscribe in part
        assert SLOTS.preferences not in part
        assert "/subscribe" not in part
        assert "https://harbour.example/archive/" in part


def test_an_archive_that_never_had_sources_shows_no_sourcing_line() -> None:
    before = replace(PUBLICATION, sources_since=at(30, 0))
    assert "No sources given" in composed(content(FERRY)).text
    assert "No sources given" not in composed(content(FERRY), publication=before).text


def test_a_source_with_an_address_that_is_no_web_address_is_named_without_a_link() -> None:
    mail = composed(content(article(sources=(Source(title="Odd", url="javascript:alert(1)"),))))
    assert "javascript" not in mail.html + mail.text
    assert "Odd" in mail.html


def test_there_is_no_image_no_script_no_anchor_and_one_h1() -> None:
    html = composed(content()).html
    page = Page(html)
    assert not {"img", "script", "link", "form", "svg", "main", "nav"} & {tag for tag, _ in page.tags}
    assert not [url for _, url in page.links if url.startswith("#")]
    assert [tag for tag, _ in page.tags if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h2", "h2"]
    assert all(given.get("role") == "presentation" for tag, given in page.tags if tag == "table")
    assert "rgb(" not in html
    assert "var(" not in html
    assert sum(map(len, re.findall(r"<style>(.*?)</style>", html, re.DOTALL))) < 8192


def test_a_story_in_another_language_says_so_and_keeps_its_direction() -> None:
    hebrew = article("he", lang="he", title="לוחות הגאות", lede="ארבע עשרה תחנות.")
    html = composed(content(TIDES, hebrew)).html
    assert '<h2 class="ink" lang="he" dir="rtl"' in html
    assert '<html lang="en" dir="ltr">' in html
    assert '<html lang="ar" dir="rtl">' in composed(content(), lang="ar").html


def many_sources(count: int) -> tuple[Source, ...]:
    return tuple(
        Source(
            title=f"Change number {n} to a library",
            url=f"https://code.example/some/library/changes/{n}",
            publisher="Code",
        )
        for n in range(count)
    )


def test_where_a_language_has_no_catalogue_the_words_of_the_interface_are_said_in_english() -> None:
    french = Source(title="Annuaire des marées", publisher="SHOM", url="https://shom.example/", lang="fr")
    plain = Source(title="Tábua de marés", url="https://mar.example/")
    piece = article("mares", lang="pt", title="Marés", lede="Catorze estações.", sources=(french, plain))
    other = replace(piece, id="tag:harbour.example,2026:cais", title="O cais", lede=None, published=at(24, 21))
    notice = replace(CORRECTED, article=replace(CORRECTED.article, lang="pt", title="Barcos"))
    what = content(
        piece, other, bodies={}, announced=(replace(notice, notice=Correction(at=at(24, 10), text="São 14.")),)
    )
    mail, page = Tongues(composed(what, "pt").html).said, Tongues(composed(what, "pt", slots=None).html).said
    own = {"Marés", "Catorze estações", "O cais", "Tábua de marés", "23 de junho", "Barcos", "São 14"}
    date = "Quinta feira 25 de junho de 2026"
    assert mail["pt"] == own | {date, "Harbour Notes"}
    assert page[None] | page["pt"] == own | {date, "Harbour Notes"}
    for said in (mail, page):
        assert said["fr"] == {"Annuaire des marées"}
        assert said["en"] >= {"Not verified", "Correction", "Feeds"}
        assert any("June 24" in words for words in said["en"])
        assert said.keys() <= {None, "en", "fr", "pt"}
    assert {"Open in a browser", "Unsubscribe", "Read the article"} <= mail["en"]


def test_a_long_day_comes_within_the_budget_without_losing_a_source() -> None:
    day = [replace(article(f"s{n}"), sources=many_sources(2)) for n in range(25)]
    mail = composed(content(*day))
    assert encoded_size(mail.html) <= BUDGET
    assert mail.html.count("https://code.example/some/library/changes/") >= 50
    assert mail.text.count(day[0].lede) == 25
    assert "This message was shortened" in mail.html


def long_day(stories: int, sources: int) -> DigestContent:
    return content(*(replace(article(f"s{n}"), sources=many_sources(sources)) for n in range(stories)))


@pytest.mark.parametrize(("stories", "sources"), [(1, 147), (2, 147), (40, 3), (90, 0), (1, 400), (300, 5), (2, 3000)])
def test_however_long_a_day_is_its_mail_keeps_the_budget_and_says_what_it_left_out(stories: int, sources: int) -> None:
    mail, page = composed(long_day(stories, sources)), composed(long_day(stories, sources), slots=None)
    assert encoded_size(mail.html) <= BUDGET
    assert encoded_size(mail.text) <= HARD_LIMIT
    told = [tag for tag, _ in Page(mail.html).tags].count("h2")
    left_out = re.search(r"And [\d,]+ more stor(?:y|ies) in the whole issue", mail.html)
    assert (told < stories) == (left_out is not None)
    assert left_out is None or left_out[0] in mail.text
    assert mail.text.count("\nRead it: ") == told
    assert "This message was shortened" in mail.html
    assert len(sources_in_text(page.text)) == stories * sources
    assert page.html.count('h-entry"') == stories


def test_forty_stories_with_their_sources_go_to_headline_and_sourcing_line_from_the_end_and_no_further() -> None:
    mail = composed(long_day(40, 3))
    numbers = {int(words[1:-1]) for words, _ in Page(mail.html).links if re.fullmatch(r"\[\d+\]", words)}
    assert max(numbers) >= 90
    assert numbers == set(range(1, max(numbers) + 1))
    assert mail.html.count("3 sources, none verified") == 40
    assert len(sources_in_text(mail.text)) == 120
    assert mail.text.count("Fourteen stations") == 40


def test_of_very_many_sources_of_one_story_the_first_are_linked_and_the_rest_is_in_the_article() -> None:
    mail = composed(long_day(2, 400))
    assert "And " in mail.html
    assert "more sources in the article" in mail.html
    assert mail.html.count("/changes/0") >= 2


def test_a_note_and_notices_of_any_length_do_not_break_the_budget() -> None:
    many = [replace(CORRECTED, article=article(f"c{n}", title="T" * 400)) for n in range(300)]
    note = DayFile(day=date(2026, 6, 25), note="word " * 30_000)
    mail = composed(content(article(title="word " * 9_000, lede="word " * 9_000), announced=tuple(many), day_file=note))
    assert encoded_size(mail.html) <= BUDGET
    assert encoded_size(mail.text) <= HARD_LIMIT
    assert re.search(r"And [\d,]+ more in the whole issue", mail.html)


def test_the_text_is_never_wider_than_72_columns_but_for_addresses() -> None:
    japanese = article(
        "ja", lang="ja", title="港湾局、潮位表を公開" * 8, lede="東京都は二十四日、新しい潮位表を公開した。" * 9
    )
    wide = [article("w", title="word " * 60, lede="x" * 300, sources=many_sources(147)), japanese]
    for line in composed(content(*wide)).text.splitlines():
        assert cells(line) <= COLUMNS or "://" in line


def test_a_wide_script_breaks_between_its_characters_but_not_before_a_full_stop() -> None:
    lines = wrap("。".join(["東京都は新しい潮位表を公開した"] * 9)).splitlines()
    assert len(lines) > 3
    assert all(66 <= cells(line) <= COLUMNS for line in lines[:-1])
    assert not any(line.startswith("。") for line in lines)


def test_an_address_is_never_broken() -> None:
    address = "https://harbour.example/" + "a" * 200
    assert address in wrap(f"see {address} there").split("\n")


@given(st.text(), st.text(alphabet=" ", max_size=8))
@settings(deadline=None)
def test_wrapping_loses_no_letter_and_keeps_to_its_columns(text: str, indent: str) -> None:
    wrapped = wrap(text, indent)
    assert "".join(wrapped.split()) == "".join(text.split())
    assert all(cells(line) <= COLUMNS or "://" in line or "mailto:" in line for line in wrapped.split("\n"))


def test_the_subject_is_the_lead_and_the_number_of_stories() -> None:
    assert composed(content()).subject == "A port turns its tide tables into a feed · 3 stories for June 25"
    assert composed(content(MOTHS)).subject == "The lighthouse keeper who counts moths · 1 story for June 25"


def test_the_subject_and_preheader_of_the_day_file_hold_for_the_language_it_is_written_in() -> None:
    by_hand = DayFile(day=date(2026, 6, 25), subject="Tides, in fourteen lines", preheader="And moths.")
    mail = composed(content(day_file=by_hand))
    assert (mail.subject, mail.preheader) == ("Tides, in fourteen lines", "And moths.")
    assert composed(content(day_file=by_hand), lang="es").subject != mail.subject


def test_the_editors_note_opens_the_mail_and_the_text() -> None:
    mail = composed(content(day_file=DayFile(day=date(2026, 6, 25), note="Tomorrow we are *out*.")))
    assert "Tomorrow we are <em>out</em>." in mail.html
    assert mail.text.index("Tomorrow we are out.") < mail.text.index("1. A port")


def test_a_subject_is_never_used_twice() -> None:
    used: set[str] = set()
    for _ in range(12):
        subject = composed(content(previous_subjects=frozenset(used))).subject
        assert subject.casefold() not in {one.casefold() for one in used}
        assert len(subject) <= LONGEST
        used.add(subject)
    by_hand = DayFile(day=date(2026, 6, 25), subject="Good  Morning")
    assert (
        composed(content(day_file=by_hand, previous_subjects=frozenset({"good morning"}))).subject
        == "Good Morning · June 25"
    )


def test_a_long_headline_is_cut_where_a_clause_ends_else_after_a_word() -> None:
    assert (
        shortened("A port turns its tables into a feed: what fits on a line", 45)
        == "A port turns its tables into a feed"
    )
    assert shortened("A port turns its tables into a feed that fits on a line", 30) == "A port turns its tables into…"


@given(st.text(), st.lists(st.text(max_size=90), max_size=4))
@settings(deadline=None)
def test_any_title_makes_a_subject_of_one_line_that_is_new(title: str, previous: list[str]) -> None:
    subject = distinct(title, (" · 3 stories for June 25", " · 3 stories for June 25, 2026"), previous)
    assert len(subject) <= LONGEST
    assert subject not in previous
    assert len(subject.splitlines()) == 1


@given(st.text(min_size=1), st.text(), st.text(min_size=1))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_odd_words_break_neither_part(title: str, lede: str, name: str) -> None:
    odd = article(title=title, lede=lede, sources=(Source(title=name, url="https://odd.example/?a=1&b=<>"),))
    mail = composed(content(odd))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", mail.html + mail.text + mail.subject)
    page = Page(mail.html)
    assert [tag for tag, _ in page.tags].count("h2") == 1
    assert "https://odd.example/?a=1&b=<>" in [url for _, url in page.links]
    mail.html.encode()
    mail.text.encode()


def test_the_same_content_gives_the_same_bytes() -> None:
    assert composed(content()) == composed(content())


def test_a_variant_takes_the_readers_language_and_else_the_first() -> None:
    english, spanish = article("a"), article("a-es", lang="es", group="a")
    brazilian = article("b", lang="pt-BR")
    groups = [(english, spanish), (brazilian,), ()]
    assert variant(groups, "es") == (spanish, brazilian)
    assert variant(groups, "es-MX") == (spanish, brazilian)
    assert variant(groups, "pt") == (english, brazilian)


def golden_content(name: str) -> tuple[DigestContent, str]:
    spanish = replace(TIDES, lang="es", title="Un puerto publica sus mareas", lede="Catorce estaciones y una licencia.")
    arabic = replace(TIDES, lang="ar", title="ميناء ينشر جداول المد والجزر", lede="أربع عشرة محطة وقراءة كل ساعة.")
    note = DayFile(day=date(2026, 6, 25), note="Tomorrow we are at the [boat fair](https://fair.example/).")
    return {
        "full": (content(announced=(CORRECTED,), day_file=note), "en"),
        "spanish": (content(spanish, MOTHS), "es"),
        "arabic": (content(arabic, MOTHS), "ar"),
        "long": (content(*(replace(TIDES, slug=f"s{n}", sources=STATES[:3]) for n in range(24))), "en"),
        "brief": (content(FERRY), "en"),
        "weekly": (
            content(TIDES, MOTHS, name="weekly-2026-06-27", day=date(2026, 6, 27), slot=at(27, 9), following=None),
            "en",
        ),
        "retraction": (content(MOTHS, announced=(CORRECTED, RETRACTED)), "en"),
    }[name]


def as_mail(mail: Composed, lang: str) -> bytes:
    headers = Headers(
        sender=PUBLICATION.mail.sender,
        reply_to=PUBLICATION.mail.reply_to,
        subject=mail.subject,
        date=at(25, 9),
        list_name=PUBLICATION.name,
        list_id="daily.harbour.example",
        language=lang,
        one_click=True,
    )
    reader = Personal(
        to="reader@example.org",
        message_id="<2026-06-25.golden@harbour.example>",
        unsubscribe="https://harbour.example/u/token",
        unsubscribe_mailto="mailto:daily@harbour.example?subject=unsubscribe",
        preferences="https://harbour.example/p/token",
        address="reader@example.org",
        since="3/5/2026",
    )
    return splice(build(headers, mail.text, mail.html, SLOTS), reader)


@pytest.mark.parametrize("name", ["full", "spanish", "arabic", "long", "brief", "weekly", "retraction"])
def test_the_digest_looks_as_it_was_last_approved(name: str) -> None:
    """`REWRITE_GOLDENS=1` writes the files anew; the difference is then read in version control."""
    what, lang = golden_content(name)
    mail, page = composed(what, lang), composed(what, lang, slots=None)
    files = {"eml": as_mail(mail, lang)}
    if name in {"full", "spanish", "arabic"}:
        files |= {"html": page.html.encode(), "txt": page.text.encode()}
    if name == "brief":
        files["text-only.eml"] = as_mail(replace(mail, html=None), lang)
    for ending, made in files.items():
        path = GOLDENS / f"{name}.{ending}"
        if os.environ.get("REWRITE_GOLDENS"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made)
        assert path.read_bytes() == made, f"{path.name} differs; REWRITE_GOLDENS=1 writes it anew"


def test_the_archives_words_are_told_in_html_as_in_text() -> None:
    mail = composed(content())
    in_html = set(re.findall(r"\w{4,}", unescape(Page(mail.html).words)))
    in_text = set(re.findall(r"\w{4,}", mail.text))
    assert len(in_html & in_text) >= 0.6 * len(in_html)


def test_of_many_sources_the_first_and_the_last_are_named_and_what_lies_between_is_a_dash() -> None:
    page = composed(long_day(1, 10), slots=None)
    assert "[1]\u2013[10]" in page.text
    assert re.search(r">\[1\]</(?:a|span)>\u2013<(?:a|span)[^>]*>\[10\]<", page.html)


@pytest.mark.parametrize("count", [1, 18, 40, 100])
def test_the_page_of_an_issue_keeps_to_thirty_kilobytes_and_loses_no_story_and_no_source(count: int) -> None:
    stories = [
        replace(TIDES, id=f"tag:x,2026:s{n}", slug=f"s{n}", address=f"/2026/06/25/s{n}/", sources=STATES[:3])
        for n in range(count)
    ]
    page = composed(content(*stories), slots=None)
    assert len(page.html.encode()) < 30_000
    whole, headlines = page.html.count('<article class="story'), page.html.count('<li class="h-entry"><a')
    assert page.html.count('<p class="p-summary">') == whole == count - headlines
    listed = page.html.count('<ul class="refs">')
    assert listed + page.html.count('/#sources">') == whole
    assert bool(headlines) == (count == 100)
    assert (listed == count) == ("To keep this page light" not in page.html)
    assert page.text.count(STATES[0].title) == count
