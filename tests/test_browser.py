"""The whole life of a subscriber in a real browser, with scripts turned off: by mouse, keyboard and mailbox."""

import shutil
from pathlib import Path

from browser import browser
from desk import Desk
from served import house
from test_subscriber_pages import published as published  # noqa: PLC0414 - a fixture


def test_a_subscribers_life_in_a_browser(published: Path, tmp_path: Path) -> None:
    desk = Desk(shutil.copytree(published, tmp_path / "zendoric", symlinks=True))
    desk.article("concert", "2026-06-25T08:30:00+02:00", section="Culture")
    desk.run("--site-only")
    with house(desk) as home, browser(tmp_path / "profile") as page:
        here = f"http://127.0.0.1:{home.port}"

        page.open(f"{here}/")
        page.press('nav a[href="/subscribe"]')
        page.click("#email")
        page.type("rosa@nowhere")
        page.press("button")
        assert "This is no mail address" in page.text
        assert page.see("document.activeElement.id") == "email", "the focus is where something is to be done"
        assert page.see("document.activeElement.getAttribute('aria-invalid')") == "true"
        page.type("rosa@example.org")
        page.press("button")
        assert page.title == "Look into your mailbox"

        home.post()
        page.open(here + home.letters()[-1][1])
        assert page.title == "Confirm your subscription"
        assert home.state("rosa@example.org") == "pending"
        page.press("main button")
        assert page.title == "Subscribed"
        assert home.state("rosa@example.org") == "confirmed"
        page.press('main a[href="/digest/2026-06-25/"]')
        assert "Ferry" in page.see("document.body.innerText")

        page.open(here + home.ask(home.letters()[-1][1]).link("/p/"))
        for box in ("Culture", "Harbour"):
            page.click(f'[value="{box}"][type=checkbox]')
        page.press("button")
        assert "Choose one section at least" in page.text
        page.click('[value="Culture"][type=checkbox]')
        page.click('[value="text"]')
        page.click('[value="pause"]')
        page.press("button")
        assert "Saved." in page.text
        assert "Paused until July 25" in page.text
        assert page.see("[...document.querySelectorAll(':checked')].map(one => one.value)") == [
            "pause",
            "Culture",
            "text",
        ]

        page.press(".quiet")
        assert page.title == "Unsubscribed"
        assert home.state("rosa@example.org") == "unsubscribed"
        page.press(".quiet")
        assert page.title == "Subscribed"
        assert home.state("rosa@example.org") == "confirmed"

        assert page.call("Storage.getCookies")["cookies"] == []
        assert page.see("document.scripts.length") == 0
