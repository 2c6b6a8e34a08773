"""Hubs are told of the feeds that changed, by a hub on this machine that can be away, slow or unwilling (WebSub)."""

import http.server
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from desk import Desk
from publisher.announce import Answered, tell
from publisher.connecting import Limits

SITE = ["https://zendoric.example/feeds/atom.xml", "https://zendoric.example/feeds/feed.json"]


@dataclass
class Hub:
    url: str = ""
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0
    told: list[list[str]] = field(default_factory=list)


@pytest.fixture
def hub() -> Iterator[Hub]:
    made = Hub()

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            assert form["hub.mode"] == ["publish"]
            made.told.append(form["hub.url"])
            time.sleep(made.delay)
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def paper(desk: Desk, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A publication whose site feed has two formats and names the hub."""
    monkeypatch.setenv("PUBLISHER_ALLOW_PRIVATE_UPSTREAMS", "1")
    definition = f'articles = "site"\nformats = ["atom", "json"]\nlength = 5\narchive = 3\nhub = "{hub.url}"\n'
    desk.raw("feeds/site.toml", definition)
    return desk


def minute(number: int) -> str:
    return f"2026-06-25T{8 + number // 60:02}:{number % 60:02}:00+02:00"


def test_a_hub_is_told_once_of_each_feed_that_changed(paper: Desk, hub: Hub) -> None:
    paper.article("tides")
    paper.run("--site-only", at=minute(1))
    assert hub.told == [SITE]
    paper.run("--site-only", at=minute(2))
    assert hub.told == [SITE], "nothing changed, and nobody is told"
    paper.article("tides", section="Sea", body="Text with another word.")
    paper.run("--site-only", at=minute(3))
    assert hub.told == [SITE, SITE]
    assert f'rel="hub" href="{hub.url}"' in paper.page("feeds/atom.xml")
    assert "hub" not in paper.page("feeds/sea/atom.xml")


def test_a_change_that_no_feed_shows_tells_nobody(paper: Desk, hub: Hub) -> None:
    paper.article("tides")
    paper.run("--site-only", at=minute(1))
    paper.raw("static/robots-too.txt", "x")
    assert paper.run("--site-only", at=minute(2))["release"] == 2
    assert hub.told == [SITE]


def test_archives_are_no_topics_of_a_hub(paper: Desk, hub: Hub) -> None:
    for number in range(8):
        paper.article(f"story-{number}", minute(number))
    paper.run("--site-only", at=minute(30))
    assert hub.told == [SITE]
    assert "hub" not in paper.page("feeds/archive/1/atom.xml")


def test_a_hub_that_is_away_is_told_later_and_later_and_delays_nothing(paper: Desk, hub: Hub) -> None:
    hub.status = 503
    paper.article("tides")
    told = paper.run(at="2026-06-25T09:00:00+02:00")
    assert told["written"] == 2
    assert "it answered 503; it is told again later" in " ".join(told["notes"])
    assert f"Hub {hub.url}: not told of 2 feeds yet (it answered 503)" in paper.publisher("status").stdout
    for at in range(70, 76):  # a minute, then two, then four after the one before
        paper.run(at=minute(at - 10))
    assert len(hub.told) == 3
    hub.status = 204
    paper.run(at=minute(80))
    paper.run(at=minute(90))
    assert len(hub.told) == 4


def test_a_hub_that_says_when_is_left_alone_until_then(paper: Desk, hub: Hub) -> None:
    hub.status, hub.headers = 429, {"Retry-After": "3600"}
    paper.article("tides")
    paper.run("--site-only", at=minute(0))
    paper.run("--site-only", at=minute(50))
    assert len(hub.told) == 1
    paper.run("--site-only", at=minute(61))
    assert len(hub.told) == 2


def test_after_a_day_in_vain_a_hub_is_left_alone_until_something_changes(paper: Desk, hub: Hub) -> None:
    hub.status = 500
    paper.article("tides")
    paper.run("--site-only", at=minute(0))
    told = paper.run("--site-only", at="2026-06-26T09:00:00+02:00")
    assert "is left alone" in " ".join(told["notes"])
    paper.run("--site-only", at="2026-06-26T19:00:00+02:00")
    assert len(hub.told) == 2
    hub.status = 202
    paper.article("more", "2026-06-26T19:30:00+02:00")
    paper.run("--site-only", at="2026-06-26T20:00:00+02:00")
    assert len(hub.told) == 3


def test_a_redirect_is_not_followed_and_is_named(paper: Desk, hub: Hub) -> None:
    hub.status, hub.headers = 301, {"Location": "https://elsewhere.example/"}
    paper.article("tides")
    told = paper.run("--site-only", at=minute(0))
    assert "it answered 301 and sends us to https://elsewhere.example/" in " ".join(told["notes"])


def test_a_slow_hub_holds_no_mail_back(paper: Desk, hub: Hub) -> None:
    hub.delay = 0.5
    paper.article("tides")
    order: list[str] = []
    outbox = paper.home / "outbox/new"
    watch = threading.Thread(target=lambda: _wait_for(outbox, order, hub), daemon=True)
    watch.start()
    told = paper.run(at="2026-06-25T09:00:00+02:00")
    watch.join(5)
    assert told["written"] == 2
    assert order == ["mail"], "the mails were there while the hub had not answered"
    assert hub.told == [SITE]


def _wait_for(outbox: Path, order: list[str], hub: Hub) -> None:
    while not (outbox.is_dir() and any(outbox.iterdir())):
        time.sleep(0.002)
    order.append("mail")


def test_no_hub_inside_the_network_is_told_unless_that_is_allowed(hub: Hub) -> None:
    answered = tell(hub.url, SITE, user_agent="test")
    assert "not on the public internet" in (answered.reason or "")
    assert hub.told == []
    assert tell(hub.url, SITE, user_agent="test", allow_private=True) == Answered()


def test_a_hub_that_never_answers_is_left_in_time(hub: Hub) -> None:
    hub.delay = 1
    limits = Limits(connect=0.2, read=0.2, total=0.3)
    answered = tell(hub.url, SITE, user_agent="test", allow_private=True, limits=limits)
    assert "no answer in time" in (answered.reason or "") or "not finished" in (answered.reason or "")


def test_a_set_clock_and_a_rehearsal_tell_no_hub(desk: Desk, hub: Hub) -> None:
    desk.raw("feeds/site.toml", f'articles = "site"\nhub = "{hub.url}"\n')
    desk.article("tides")
    desk.run()
    desk.publisher("rehearse", "--from", "2026-06-25", "--to", "2026-06-25", "--out", str(desk.home / "act"))
    assert hub.told == []
