"""The page of an article: what it says, in which order, to readers and to machines."""

import json
import re

import pytest
from msgspec.structs import replace

from newsroom import (
    BRIEF,
    DATED,
    LENS,
    LENS_PAGE,
    LENTE,
    MADRID,
    NONE,
    OLD,
    SOURCES,
    at,
    newsroom,
    story,
)
from publisher.model import Article, Correction, Source
from publisher.render import language, sourcing
from reading import Reading, in_order


def test_an_article_reads_in_the_order_of_the_trade(pages: dict[str, str]) -> None:
    in_order(
        Reading(pages[LENS_PAGE]).text,
        "The Lantern",
        "Back to the day · June 25, 2026",
        "A lighthouse gets its first new lens & keeps the old keeper",
        "Published on The Lantern: June 25, 2026 · 09:00",
        "Updated June 25, 2026 · 11:30",
        "Analysis 812 words, 4 min",
        "6 sources, 3 verified, 1 withdrawn",
        "The board voted four to three, says <em>nobody</em>.",
        "The keeper climbs the stairs twice a night.",
        "Sources & references",
        "Lamp oil prices, second quarter",
        "Corrections Correction, June 26, 2026 · 10:00. The lens was ordered in March, not in May.",
        "Earlier that day",
        "Later that day",
    )


def test_times_carry_their_offset_and_a_date_alone_stays_one(pages: dict[str, str]) -> None:
    lens = Reading(pages[LENS_PAGE])
    assert lens.all("time", class_="dt-published") == [
        {"class": "dt-published", "datetime": "2026-06-25T09:00:00+02:00"}
    ]
    dated = Reading(pages["2026/06/24/dated/index.html"])
    assert dated.all("time", class_="dt-published")[0]["datetime"] == "2026-06-24"
    assert "Published on The Lantern: June 24, 2026 " in dated.text
    assert "00:00" not in dated.text


def test_the_day_is_one_link_back(pages: dict[str, str]) -> None:
    assert Reading(pages[LENS_PAGE]).all("a", rel="up") == [{"href": "/2026/06/25/", "rel": "up"}]


def test_every_source_stands_on_the_page_with_its_marks_and_its_way_back(pages: dict[str, str]) -> None:
    page = pages[LENS_PAGE]
    reading = Reading(page)
    assert [one["id"] for one in reading.all("li", class_="h-cite")] == [f"s{n}" for n in range(1, 7)]
    links = [one["href"] for one in reading.all("a", class_="u-url p-name")]
    assert links == [source.url for source in SOURCES if source.url]
    for said in (
        "Verified · Primary source · Open · Seen June 25, 08:41 · Cited in ¶ 1, ¶ 3",
        "Read in part · Secondary source · Registration · Cited in ¶ 2",
        "Not verified · Primary source · Paywall · Seen December 24, 2025, 18:05",
        "Verified · Document · Archived copy · Cited in the text",
        "Withdrawn · Link dead",
        "Verified · Own reporting",
    ):
        assert said in reading.text.replace("\u00a0", " "), said
    ids = {given["id"] for _, given in reading.tags if "id" in given}
    assert {href[1:] for href in re.findall(r'href="(#[^"]+)"', page)} - {""} <= ids


def test_an_article_without_sources_says_so_and_an_old_archive_is_spared_the_line(pages: dict[str, str]) -> None:
    none = Reading(pages["2026/06/25/none/index.html"]).text
    in_order(none, "Sourcing No sources given", "Sources & references", "No sources given.")
    old = Reading(pages["2019/06/22/old/index.html"]).text
    assert "Sourcing" not in old
    assert "Sources & references" not in old


def test_corrections_are_always_on_the_page(pages: dict[str, str]) -> None:
    assert "Corrections None" in Reading(pages["2026/06/25/brief/index.html"]).text
    assert "desk@lantern.example" in pages["2026/06/25/brief/index.html"]


def test_the_link_to_the_corrections_of_an_article_says_how_many_there_are_of_each_kind() -> None:
    (first,) = LENS.corrections
    update = replace(first, kind="update")

    def told(*corrections: Correction, story: Article = LENS, lang: str = "") -> str:
        page = newsroom([replace(story, corrections=corrections)]).page(lang + LENS_PAGE)
        (said,) = re.findall(r'<a href="#corrections">(.*?)</a>', page)
        return str(said)

    assert told(first) == "1 correction"
    assert told(first, first) == "2 corrections"
    assert told(update) == "1 update"
    assert told(update, first, update) == "1 correction, 2 updates"
    assert told(first, update, story=LENTE, lang="es/") == "1 corrección, 1 actualización"
    assert told(first, first, story=LENTE, lang="es/") == "2 correcciones"


def test_an_update_is_no_correction_and_a_dead_link_says_since_when() -> None:
    update = Correction(at=at(2026, 6, 25, 18, 5), text="Adds the board's reply.", kind="update")
    dead = replace(SOURCES[0], access="dead", dead_since=at(2026, 7, 2))
    room = newsroom([replace(LENS, corrections=(*LENS.corrections, update), sources=(dead,))])
    page = room.page(LENS_PAGE)
    assert "Update, June 25, 2026 · 18:05. Adds the board's reply." in Reading(page).text
    assert "Link dead since July 2, 2026" in page
    assert "board" not in room.page("corrections/index.html")
    (described,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert [one["text"] for one in json.loads(described)["correction"]] == [LENS.corrections[0].text]


@pytest.mark.parametrize("path", ["2026/06/24/index.html", "2026/06/index.html"])
def test_under_its_day_an_article_without_a_time_does_not_say_the_day_again_but_to_machines(path: str) -> None:
    page = newsroom([DATED]).page(path)
    (said,) = re.findall(r'(<[^<>]+>)<time class="dt-published" datetime="2026-06-24"( hidden)?></time>', page)
    assert any(" hidden" in one for one in said), "an empty element would leave a gap"


def test_the_newest_day_stands_out_in_the_archive_alone() -> None:
    room = newsroom()
    assert room.page("archive/index.html").count('<a href="/2026/06/25/" aria-current="date">25</a>') == 1
    assert "aria-current" not in room.page("2026/index.html").partition("</style>")[2]


def test_a_retracted_article_keeps_its_address_and_says_why() -> None:
    room = newsroom()
    document = room.documents()["2026/06/23/gone/index.html"]
    assert document.needs == frozenset()
    page = room.write(document)
    assert "Retracted, June 24, 2026 · 09:30. The photograph was of another harbour." in Reading(page).text
    assert "There was a whale" not in page
    assert "The keeper climbs" not in page
    assert '<meta name="robots" content="noindex">' in page
    assert "gone" not in room.page("sitemap-2026-06.xml")


def test_only_articles_need_their_bodies() -> None:
    for path, document in newsroom().documents().items():
        assert bool(document.needs) == bool(re.search(r"/(lens|brief|none|dated|old)/index", path)), path


def test_previous_and_next_are_the_neighbours_of_the_day(pages: dict[str, str]) -> None:
    reading = Reading(pages[LENS_PAGE])
    assert reading.all("a", rel="prev")[0]["href"] == BRIEF.address
    assert reading.all("a", rel="next")[0]["href"] == NONE.address
    assert reading.all("link", rel="prev")[0]["href"] == BRIEF.address


def test_no_text_of_an_article_becomes_markup_or_a_template() -> None:
    bad = "</script><script>alert(1)</script>{{ 7 * 7 }}"
    source = Source(title=bad, publisher=bad, url="javascript:alert(1)", note=bad, archived="javascript:alert(2)")
    wild = story("wild", at(2026, 6, 25, 9), title=bad, lede=bad, tags=(bad,), section=bad, sources=(source,))
    room = newsroom([replace(wild, corrections=(Correction(at=wild.published, text=bad),))], bodies={wild.id: bad})
    for path, document in room.documents().items():
        page = room.write(document)
        assert "<script>" not in page, path
        assert "javascript:" not in page, path
        assert "49" not in Reading(page).text if path.endswith(".html") else True


def test_control_characters_never_reach_a_page() -> None:
    odd = story("odd", at(2026, 6, 25, 9), title="a\x07b\x85c")
    assert '<h1 class="p-name wide">abc</h1>' in newsroom([odd]).page("2026/06/25/odd/index.html")


def test_the_sourcing_line_follows_its_rule() -> None:
    english = language.load({}, ["en"], MADRID)["en"]

    def said(*sources: Source) -> tuple[str, str]:
        found = sourcing.line(story("x", at(2026, 6, 25), sources=sources), since=None)
        assert found is not None
        return found.level, sourcing.words(found, english)

    good, part, bad, own = SOURCES[0], SOURCES[1], SOURCES[2], SOURCES[5]
    assert said() == ("v0", "No sources given")
    assert said(good) == ("v2", "1 source, verified")
    assert said(bad) == ("v0", "1 source, not verified")
    assert said(good, good) == ("v2", "2 sources, all verified")
    assert said(good, part, bad) == ("v1", "3 sources, 1 verified")
    assert said(part, bad) == ("v0", "2 sources, none verified")
    assert said(own) == ("v2", "Own reporting")
    assert said(SOURCES[4]) == ("v0", "1 source, withdrawn")
    assert said(good, SOURCES[4]) == ("v1", "2 sources, 1 verified, 1 withdrawn")
    assert sourcing.line(OLD, since=at(2020, 1, 1)) is None


def test_a_wide_table_scrolls_in_a_box_of_its_own_and_a_head_that_says_nothing_is_a_cell() -> None:
    wide = "| | " + " | ".join("bcdef") + " |\n" + "|---" * 6 + "|\n" + "| 1 " * 6 + "|\n"
    page = newsroom(bodies={LENS.id: wide + "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"}).page(LENS_PAGE)
    assert page.count('<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>') == 1
    assert '<tr><td></td><th scope="col">b</th>' in page
    assert page.count("<table>") == 2
