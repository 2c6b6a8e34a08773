"""The pages in a real browser: nobody is shut out, nothing overflows, nothing moves, nothing is fetched.

Needs Chromium (Debian's `chromium`), and is skipped without it.
"""

import mimetypes
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from specimen import FILES, PAGES, specimen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
SITE = "https://lantern.example/"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BUDGET = 30 * 1024
SMALL = """() => [...document.querySelectorAll('a[href],button,input,summary')].filter(one => {
    const box = one.getBoundingClientRect();
    const inText = getComputedStyle(one).display === 'inline' && one.closest('p,li,dd,blockquote,td,cite');
    return box.width && box.height && (box.height < 24 || box.width < 24) && !inText;
}).map(one => one.textContent)"""
SHIFTS = """window.shifts = 0; new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({type: 'layout-shift', buffered: true})"""
VIOLATIONS = """async rules => (await axe.run(document, {runOnly: {type: 'tag', values: rules}})).violations
    .map(one => [one.id, one.help, one.nodes.map(node => node.target.join(' ')).slice(0, 3)])"""
EVERY_PAGE = os.environ.get("EVERY_PAGE") == "1"
"""Of the specimen; else one of each kind."""
LOOKED_AT = [
    name
    for name in PAGES
    if EVERY_PAGE
    or name
    in {
        "article",
        "article-ar",
        "article-long",
        "gone",
        "day",
        "day-of-forty",
        "month",
        "archive",
        "section",
        "feeds",
        "corrections",
        "page",
        "versions",
    }
]
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@cache
def site() -> Any:
    room = specimen()
    documents = room.documents()
    return lambda path: room.write(documents[path])


said: list[str] = []
"""By the browser, of the page that was opened last."""


@cache
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def opened(
    browser: "Browser", path: str, *, width: int, dark: bool = False, axe: bool = False
) -> tuple["Page", list[str]]:
    """The page as a visitor has it, and what it asked for. For `axe` its policy is lifted: it allows no script."""
    asked: list[str] = []
    said.clear()
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        bypass_csp=axe,
    )

    def answer(route: "Route") -> None:
        url = route.request.url
        asked.append(url)
        name = url.removeprefix(SITE)
        if name == path.removesuffix("index.html"):
            route.fulfill(body=site()(path), content_type="text/html; charset=utf-8")
        elif name in FILES:
            route.fulfill(body=FILES[name], content_type=mimetypes.guess_type(name)[0] or "image/avif")
        else:
            route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.add_init_script(SHIFTS)
    page.goto(SITE + path.removesuffix("index.html"), wait_until="load")
    return page, asked


@pytest.mark.parametrize("name", LOOKED_AT)
def test_everybody_can_read_it_on_a_telephone_and_on_a_desk_by_day_and_by_night(browser: "Browser", name: str) -> None:
    for width, dark in ((390, False), (1280, True)):
        page, asked = opened(browser, PAGES[name], width=width, dark=dark, axe=True)
        own = [url for url in asked if not url.startswith(f"{SITE}images/")]
        assert own == [SITE + PAGES[name].removesuffix("index.html")]
        assert page.evaluate(WIDER) <= 0
        assert page.evaluate(SMALL) == []
        assert page.evaluate("() => document.querySelectorAll('script:not([type$=json])').length") == 0
        assert page.evaluate("() => window.shifts") == 0
        page.evaluate(axe())
        assert page.evaluate(VIOLATIONS, RULES) == [], f"{width}, {'dark' if dark else 'light'}"
        page.context.close()


@pytest.mark.parametrize("name", LOOKED_AT)
def test_nothing_overflows_where_the_window_is_narrow_or_the_text_large(browser: "Browser", name: str) -> None:
    page, _ = opened(browser, PAGES[name], width=320)
    assert page.evaluate(WIDER) <= 0
    assert said == []
    page.add_style_tag(content="html{font-size:200%!important}")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDER) <= 0, f"{width} with text twice as large"
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_small(name: str) -> None:
    assert len(site()(PAGES[name]).encode()) < BUDGET


def test_print_names_the_address_of_every_source_and_leaves_the_navigation_out(browser: "Browser") -> None:
    page, _ = opened(browser, PAGES["article"], width=800)
    page.emulate_media(media="print")
    printed = page.evaluate(
        """() => [...document.querySelectorAll('.src [rel=external]')]
        .map(one => getComputedStyle(one, '::after').content)"""
    )
    assert len(printed) == 6, "five sources and an archived copy"
    assert all("attr(href)" in one or "http" in one for one in printed)
    shown = page.evaluate(
        "() => [...document.querySelectorAll('nav, .skip, .back')].map(n => getComputedStyle(n).display)"
    )
    assert set(shown) == {"none"}
    filled = page.evaluate(
        """() => [...document.querySelectorAll('.v1, .v2')].map(one => getComputedStyle(one, '::before'))
        .map(style => [style.printColorAdjust, style.backgroundImage.split('(')[0]])"""
    )
    assert {tuple(one) for one in filled} == {("exact", "linear-gradient")}, (
        "or a mark would be printed as a mere circle"
    )
    page.context.close()


def test_the_keyboard_reaches_the_text_first_and_shows_where_it_is(browser: "Browser") -> None:
    page, _ = opened(browser, PAGES["article"], width=1280)
    page.keyboard.press("Tab")
    first = page.evaluate(
        """() => [document.activeElement.getAttribute('href'), getComputedStyle(document.activeElement).outlineWidth,
        document.activeElement.getBoundingClientRect().top >= 0]"""
    )
    assert first == ["#main", "3px", True]
    page.context.close()


def test_a_script_that_runs_to_the_left_has_its_rail_on_the_right(browser: "Browser") -> None:
    sides = {}
    for name in ("article", "article-he"):
        page, _ = opened(browser, PAGES[name], width=1280)
        sides[name] = page.evaluate(
            "() => document.querySelector('.rail').getBoundingClientRect().left"
            " < document.querySelector('.body').getBoundingClientRect().left"
        )
        page.context.close()
    assert sides == {"article": True, "article-he": False}
