"""The pages of days and lists, and what holds of all pages."""

import json
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from newsroom import (
    ARABIC,
    BRIEF,
    BUDGET,
    DATED,
    LENS,
    LENS_PAGE,
    LENTE,
    NONE,
    PUBLICATION,
    SOURCES,
    STORIES,
    TEMPLATES,
    TOML,
    at,
    changed,
    newsroom,
    older,
    story,
)
from publisher import config
from publisher.config.theme import SHIPPED
from publisher.errors import ConfigurationError
from publisher.model import DayFile, Issue
from publisher.render.site.lists import leaves
from publisher.render.site.style import sheet_of
from reading import Reading, in_order


def html_of(pages: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in pages.items() if path.endswith(".html") and 'http-equiv="refresh"' not in text}


# ---- for machines


def test_json_ld_says_what_the_page_says(pages: dict[str, str]) -> None:
    found = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', pages[LENS_PAGE])[1])  # type: ignore[index]
    assert found["@type"] == "AnalysisNewsArticle"
    assert found["datePublished"] == "2026-06-25T09:00:00+02:00"
    assert found["dateModified"] == "2026-06-25T11:30:00+02:00"
    assert found["isPartOf"]["@id"] == "https://lantern.example/2026/06/25/"
    assert [one["name"] for one in found["citation"]] == [source.title for source in SOURCES]
    assert found["isBasedOn"] == [source.url for source in SOURCES if source.role == "primary"]
    assert found["correction"] == [
        {
            "@type": "CorrectionComment",
            "text": "The lens was ordered in March, not in May.",
            "datePublished": "2026-06-26T10:00:00+02:00",
        }
    ]


def test_heads_have_canonical_alternates_and_feeds(pages: dict[str, str]) -> None:
    reading = Reading(pages[LENS_PAGE])
    assert reading.all("link", rel="canonical")[0]["href"] == "https://lantern.example/2026/06/25/lens/"
    languages = {one["hreflang"]: one["href"] for one in reading.all("link", rel="alternate") if "hreflang" in one}
    assert languages == {
        "en": "https://lantern.example/2026/06/25/lens/",
        "es": "https://lantern.example/es/2026/06/25/lens/",
        "ar": "https://lantern.example/ar/2026/06/25/lens/",
        "x-default": "https://lantern.example/2026/06/25/lens/",
    }
    assert [one["type"] for one in reading.all("link", rel="alternate") if "type" in one] == [
        "application/atom+xml",
        "application/rss+xml",
        "application/feed+json",
    ]
    assert "https://lantern.example/feeds/harbour/atom.xml" in pages["sections/harbour/index.html"]


def test_sitemaps_name_every_article_once(pages: dict[str, str]) -> None:
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = ET.fromstring(pages["sitemap.xml"])
    maps = [one.text.removeprefix("https://lantern.example/") for one in index.iter(f"{space}loc")]  # type: ignore[union-attr]
    listed = [one.text for name in maps for one in ET.fromstring(pages[name]).iter(f"{space}loc")]
    shown = [one for one in [*STORIES, *older(120)] if one.retracted is None]
    assert sorted(one for one in listed if one and re.search(r"/\d{4}/\d\d/\d\d/", one)) == sorted(
        PUBLICATION.absolute(one.address) for one in shown
    )
    assert len(listed) == len(set(listed))
    assert "Sitemap: https://lantern.example/sitemap.xml" in pages["robots.txt"]


def test_the_news_sitemap_has_the_last_two_days_alone(pages: dict[str, str]) -> None:
    found = re.findall(r"<loc>([^<]+)", pages["news-sitemap.xml"])
    assert found == [PUBLICATION.absolute(one.address) for one in (NONE, ARABIC, LENS, LENTE, BRIEF, DATED)]
    assert "<news:language>es</news:language>" in pages["news-sitemap.xml"]


def test_a_fact_check_says_what_it_looked_into_to_readers_and_machines() -> None:
    from specimen import FACT, specimen

    page = specimen().page("2026/06/21/fact/index.html")
    assert "<dt>Claim</dt><dd>The boats will not sail on Sundays.</dd>" in page
    assert "<dt>Verdict</dt><dd><b>False</b></dd>" in page
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    told = json.loads(block)
    assert (told["@type"], told["hasPart"]["@type"]) == ("NewsArticle", "ClaimReview")
    assert told["hasPart"]["claimReviewed"] == FACT.claim
    assert told["hasPart"]["reviewRating"] == {"@type": "Rating", "alternateName": "False"}
    assert told["hasPart"]["author"] == {"@id": told["publisher"]["@id"]}
    other = newsroom([replace(FACT, kind="report")]).page("2026/06/21/fact/index.html")
    assert "Sundays" not in other, "what is no fact check has no verdict"


# ---- the pages of days, months, topics


def test_a_day_leads_with_its_newest_article_and_goes_on_by_time(pages: dict[str, str]) -> None:
    reading = Reading(pages["2026/06/25/index.html"])
    in_order(
        reading.text,
        "Thursday, June 25, 2026",
        "3 articles · 7 min · 7 sources, 3 verified",
        "The tide table",
        "Ferry late",
        "1 source, not verified · Guild of Keepers (paywall)",
        "A lighthouse gets its first new lens",
        "6 sources, 3 verified, 1 withdrawn · Harbour Statistics Office, The Breakwater Review and 3 more",
    )
    assert len(reading.all("article", class_="story h-entry")) == 3
    week = [one["href"] for one in reading.all("a") if re.fullmatch(r"/2026/06/2\d/", one.get("href", ""))]
    assert week[:3] == ["/2026/06/23/", "/2026/06/24/", "/2026/06/25/"]
    assert reading.all("a", aria_current="page") or 'aria-current="page"' in pages["2026/06/25/index.html"]


def test_the_front_page_is_the_last_day_that_has_articles(pages: dict[str, str]) -> None:
    front, day = Reading(pages["index.html"]), Reading(pages["2026/06/25/index.html"])
    assert front.text == day.text
    assert front.all("link", rel="canonical")[0]["href"] == "https://lantern.example/"


def test_an_editor_s_day_file_gives_order_and_note() -> None:
    file = DayFile(day=LENS.published.date(), lead="lens", note="A *quiet* day.")

    def lens_first(articles: object, _: object, __: object) -> list[object]:
        return sorted(articles, key=lambda one: one.slug != "lens")  # type: ignore[call-overload, no-any-return]

    given = {"day_files": {file.day: file}, "arrange": lens_first}
    page = newsroom().page("2026/06/25/index.html", **given)
    in_order(page, "A <em>quiet</em> day.", "A lighthouse gets", "Ferry late")
    plain, ruled = newsroom().documents(), newsroom().documents(**given)
    assert changed(plain, ruled) == {
        "index.html",
        "2026/06/25/index.html",
        "es/2026/06/25/index.html",
        "ar/2026/06/25/index.html",
        "es/index.html",
        "ar/index.html",
    } & set(plain)


def test_a_day_links_to_the_mail_that_went_out() -> None:
    room = newsroom()
    issue = Issue(name="2026-06-25", day=LENS.published.date(), slot=LENS.published, subject="Lens", articles=())
    mailed = replace(room, catalogue=replace(room.catalogue, issues=(issue,)))
    assert 'href="/digest/2026-06-25/"' in mailed.page("2026/06/25/index.html")
    assert changed(room.documents(), mailed.documents()) == {"index.html", "2026/06/25/index.html"}


def test_forty_articles_a_day_stay_within_the_budget_and_all_are_there() -> None:
    lede = "It said, in short, that stones are cheaper than they were, and that the street will be paved. " * 2
    many = [
        story(
            f"many-{n}",
            at(2026, 5, 10, 8, n),
            title=f"Number {n}: what the council said about the paving of the lower market street",
            lede=lede,
            sources=SOURCES[: n % 6],
        )
        for n in range(40)
    ]
    page = newsroom(many).page("2026/05/10/index.html")
    assert len(page.encode()) < BUDGET
    assert len(re.findall(r'class="u-url[^"]*" href="/2026/05/10/many-', page)) == 40
    assert "Also on this day" in page


def test_a_publication_without_articles_has_its_pages() -> None:
    room = newsroom([])
    pages = {path: room.write(document) for path, document in room.documents().items()}
    assert "Nothing has been published yet." in pages["index.html"]
    assert {"archive/index.html", "404.html", "robots.txt", "sitemap.xml", "corrections/index.html"} <= pages.keys()


def test_the_archive_is_a_calendar_of_tables(pages: dict[str, str]) -> None:
    archive = Reading(pages["archive/index.html"])
    assert {"scope": "col", "abbr": "Monday"} in archive.all("th")
    assert "/2026/06/25/" in [one.get("href") for one in archive.all("a")]
    assert "June 22, 2019" in archive.text
    assert {"2025/index.html", "2025/03/index.html", "2019/06/index.html"} <= pages.keys()


@pytest.mark.parametrize("count", [0, 1, 29, 30, 44, 45, 46, 74, 75, 1000])
def test_lists_are_cut_from_the_oldest_on(count: int) -> None:
    cut = list(leaves(count))
    shown = [place for leaf in cut for place in range(leaf.start, leaf.end)]
    assert shown == list(range(count))
    assert all(leaf.end - leaf.start == 30 for leaf in cut if leaf.number)
    for leaf, older_leaf in pairwise(cut):
        assert leaf.older("/x/") == older_leaf.path("/x/")
        assert older_leaf.newer("/x/") == leaf.path("/x/")


def test_topics_of_one_slug_share_a_page() -> None:
    articles = [story(f"n{n}", at(2026, 6, 25, 9, n), tags=(tag,)) for n, tag in enumerate(("AI", "ai", "C", "C++"))]
    paths = newsroom(articles).documents().keys()
    assert {path for path in paths if path.startswith("tags/")} == {
        "tags/ai/index.html",
        "tags/c/index.html",
        "tags/c-plus-plus/index.html",
    }


# ---- languages


def test_each_language_has_its_own_site_under_its_tag(pages: dict[str, str]) -> None:
    for path in (
        "index.html",
        "archive/index.html",
        "2026/06/25/index.html",
        "standards/index.html",
        "2026/06/25/lens/index.html",
    ):
        assert f"es/{path}" in pages
    spanish = Reading(pages["es/2026/06/25/lens/index.html"])
    in_order(
        spanish.text,
        "Volver al día · 25 de junio de 2026",
        "Un faro estrena lente",
        "Publicado en The Lantern: 25 de junio de 2026 · 9:00",
        "6 fuentes, 3 verificadas, 1 retirada",
        "Fuentes y referencias",
        "Verificada · Fuente primaria · Abierta",
        "Las horas se dan en hora de Madrid (CEST, UTC+2).",
    )
    assert spanish.all("html")[0] == {"lang": "es", "dir": "ltr"}


def test_a_page_from_right_to_left_says_so_and_its_arrow_turns(pages: dict[str, str]) -> None:
    arabic = pages["ar/2026/06/25/lens/index.html"]
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "\u2192 " in arabic
    assert "\u2190 " not in arabic


def test_a_url_with_a_path_is_in_every_link() -> None:
    below = config.parse(TOML.replace("lantern.example/", "lantern.example/news/"))
    room = newsroom(publication=below)
    for path, document in room.documents().items():
        if path.endswith(".html"):
            for href in re.findall(r'href="(/[^"]*)"', room.write(document)):
                assert href.startswith("/news/"), (path, href)


# ---- what all pages keep


def test_no_page_runs_a_script_or_asks_anybody_else(pages: dict[str, str]) -> None:
    for path, page in html_of(pages).items():
        reading = Reading(page)
        assert [one for one in reading.all("script") if one.get("type") != "application/ld+json"] == [], path
        fetched = [tag for tag, _ in reading.tags if tag in {"img", "iframe", "object", "embed", "video", "audio"}]
        sheets = [one for one in reading.all("link") if one.get("rel") in {"stylesheet", "preload", "icon", "prefetch"}]
        assert (fetched, [one for one in sheets if one["href"] != "data:,"]) == ([], []), path
        assert "@import" not in page
        assert "url(" not in page
        assert not re.search(r"<[^>]+ (?:style|on[a-z]+)=", page.partition("</style>")[2]), path


def test_the_policy_allows_no_script_but_the_described_article_by_its_hash(pages: dict[str, str]) -> None:
    from publisher.render.site.style import source_hash

    for path, page in html_of(pages).items():
        policy = Reading(page).all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
        assert policy.startswith("default-src 'none'"), path
        assert "style-src 'unsafe-inline'" in policy, path
        for block in re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL):
            assert source_hash(block) in policy, path


def test_pages_are_small_and_well_formed(pages: dict[str, str]) -> None:
    for path, page in html_of(pages).items():
        assert len(page.encode()) < BUDGET, path
        reading = Reading(page)
        assert len(reading.all("h1")) == 1, path
        assert len(reading.all("main")) == 1, path
        ids = [given["id"] for _, given in reading.tags if "id" in given]
        assert len(ids) == len(set(ids)), path


def test_every_link_within_the_site_leads_to_a_page(pages: dict[str, str]) -> None:
    feeds = {f"/{path}" for link in (*__import__("newsroom").FEEDS,) for path in link.paths.values()} | {
        "/feeds/opml.xml"
    }
    for path, page in html_of(pages).items():
        for href in set(re.findall(r'href="(/[^"#]*)', page)):
            file = href[1:] + ("index.html" if href.endswith("/") else "")
            assert file in pages or href in feeds, (path, href)


def test_the_style_of_each_kind_of_page_is_small_and_has_no_physical_side() -> None:
    sheet = sheet_of(TEMPLATES["style.css"], SHIPPED)
    for kind in {name for names, _ in sheet.parts for name in names}:
        style = sheet.style(kind, "picture", "code", "table", "rtl")
        assert len(style.css) <= 8_000, kind
        assert not re.search(
            r"(?:margin|padding|border)-(?:left|right)|text-align:(?:left|right)|[;{](?:left|right):", style.css
        )


def test_a_page_carries_no_style_that_it_does_not_need(pages: dict[str, str]) -> None:
    article, hebrew = pages[LENS_PAGE], newsroom([replace(LENS, lang="he")]).page(LENS_PAGE)
    assert ".src" in article
    assert "<table" not in article
    assert not any(rule in article for rule in (".scroll", ".body pre", ".hero", ".week", ".cal", "plaintext;"))
    assert ".rail" not in pages["index.html"]
    assert "match-parent" in hebrew


def test_an_old_address_leads_to_the_new_one(pages: dict[str, str]) -> None:
    for path in ("old/lens.html", "lens/index.html"):
        assert '<meta http-equiv="refresh" content="0; url=https://lantern.example/2026/06/25/lens/">' in pages[path]


@pytest.mark.parametrize(
    "alias", ["/../up/", "/archive/", "/archive/index.html/x/", "/feeds/atom.xml", "//x", "/2026/06", "/"]
)
def test_an_alias_never_takes_the_place_of_a_page_or_leaves_the_site(alias: str) -> None:
    room, bare = newsroom([replace(LENS, aliases=(alias,))]), newsroom([replace(LENS, aliases=())])
    assert room.documents().keys() == bare.documents().keys()


def test_a_publication_s_own_template_takes_the_place_of_the_shipped_one() -> None:
    own = TEMPLATES | {"404.html": '{% extends "base.html" %}{% block main %}<h1>Lost at sea</h1>{% endblock %}'}
    assert "<h1>Lost at sea</h1>" in newsroom().page("404.html", templates=own)
    wrong = TEMPLATES | {"404.html": "\n{{ page.nonsense }}"}
    with pytest.raises(ConfigurationError, match=r"templates/404\.html:2: there is no value `nonsense` here"):
        newsroom().page("404.html", templates=wrong)


def test_a_sitemap_that_grows_too_large_is_cut_and_the_index_names_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.render.site.sitemaps.MOST_URLS", 2)
    pages = {path: document for path, document in newsroom().documents().items() if path.startswith("sitemap")}
    room = newsroom()
    index = room.write(pages["sitemap.xml"])
    named = re.findall(r"<loc>https://lantern.example/(sitemap-[^<]+)</loc>", index)
    assert sorted(named) == sorted(pages.keys() - {"sitemap.xml"})
    assert "sitemap-2026-06-3.xml" in named
    found = [url for name in named for url in re.findall(r"<loc>([^<]+)</loc>", room.write(pages[name]))]
    assert len(found) == len(set(found)) > len(STORIES)
    assert all(room.write(pages[name]).count("<loc>") <= 2 for name in named)
