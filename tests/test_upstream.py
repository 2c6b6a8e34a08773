"""Other people's feeds, from a real server on 127.0.0.1 that misbehaves on purpose."""

import gzip
import http.server
import ipaddress
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from publisher import config
from publisher.collect.fetch import Fetched, FetchFailed, Limits, fetch
from publisher.collect.syndication import ParsedFeed, parse
from publisher.collect.upstream import collect, collect_all
from publisher.collect.upstream_memory import CHANGES, RememberedFeed
from publisher.connecting.addresses import is_public

NOW = datetime(2026, 6, 25, 12, tzinfo=UTC)
PUBLICATION = config.parse(
    'name = "Zendoric"\nurl = "https://zendoric.example/"\nauthority = "zendoric.example"\ntimezone = "Europe/Madrid"\n'
)
QUICK = Limits(connect=2, read=0.4, total=1.0, size=200_000)
ITEM = "<item><title>{0}</title><link>https://up.example/{0}</link><guid isPermaLink='false'>{1}</guid>{2}</item>"
DATE = "<pubDate>Thu, 25 Jun 2026 09:00:00 +0200</pubDate><description>{}</description>"


def rss(*items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>Up</title>{''.join(items)}</channel></rss>".encode()


def item(name: str, *, guid: str | None = None, text: str = "Text", more: str = "") -> str:
    return ITEM.format(name, guid or f"up-{name}", DATE.format(text) + more)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Callable[[Handler], None]] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))
        try:
            self.server.answers[self.path](self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"content_length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def get(url: str, **more: object) -> Fetched | FetchFailed:
    return fetch(url, user_agent="test", now=NOW, **({"allow_private": True, "limits": QUICK} | more))


def look(url: str, remembered: RememberedFeed, *, now: datetime = NOW, body: bytes | None = None):
    """One look at a feed: by its bytes, or over the network."""
    ask = (lambda url, **_: Fetched(status=200, url=url, body=body)) if body is not None else partial(get_as_collector)
    return collect(config.Upstream(url=url, section="World"), remembered, publication=PUBLICATION, now=now, fetch=ask)


def get_as_collector(url: str, **asked: object) -> Fetched | FetchFailed:
    return fetch(url, allow_private=True, limits=QUICK, **asked)


# The fetch


def test_validators_are_sent_back_as_they_came(server: Server) -> None:
    def answer(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == 'W/"a b"':
            handler.send(304, etag='W/"a b"')
        else:
            handler.send(200, rss(), etag='W/"a b"', last_modified="yesterday-ish", cache_control="public, max-age=600")

    server.answers["/"] = answer
    first = get(server.url("/"))
    assert isinstance(first, Fetched)
    assert (first.status, first.etag, first.last_modified, first.max_age) == (200, 'W/"a b"', "yesterday-ish", 600)
    second = get(server.url("/"), etag=first.etag, last_modified=first.last_modified)
    assert isinstance(second, Fetched)
    assert second.status == 304
    assert server.seen[1][1]["If-Modified-Since"] == "yesterday-ish"


def test_only_permanent_redirects_are_remembered(server: Server) -> None:
    server.answers = {
        "/old": lambda handler: handler.send(301, location="/new"),
        "/new": lambda handler: handler.send(302, location="/today"),
        "/today": lambda handler: handler.send(200, rss()),
    }
    answer = get(server.url("/old"))
    assert isinstance(answer, Fetched)
    assert (answer.moved_to, answer.url) == (server.url("/new"), server.url("/today"))


@pytest.mark.parametrize("status", [410, 404, 500, 503])
def test_an_unhappy_status_is_an_answer_without_a_body(server: Server, status: int) -> None:
    server.answers["/"] = lambda handler: handler.send(status, b"<html>no</html>", retry_after="120")
    answer = get(server.url("/"))
    assert isinstance(answer, Fetched)
    assert (answer.status, answer.body, answer.retry_after) == (status, b"", 120)


def test_a_redirect_loop_ends(server: Server) -> None:
    server.answers["/"] = lambda handler: handler.send(302, location="/")
    assert get(server.url("/")) == FetchFailed(reason="more than 5 redirects")
    assert len(server.seen) == 6


def test_a_redirect_is_checked_like_the_first_address(server: Server) -> None:
    server.answers["/"] = lambda handler: handler.send(302, location="file:///etc/passwd")
    answer = get(server.url("/"))
    assert isinstance(answer, FetchFailed)
    assert "no web address" in answer.reason


def test_a_truncated_document_is_no_document(server: Server) -> None:
    server.answers["/"] = lambda handler: handler.send(200, b"<rss>", content_length="500")
    answer = get(server.url("/"))
    assert isinstance(answer, FetchFailed)
    assert "495 bytes too early" in answer.reason


def test_gzip_is_read_and_a_truncated_one_refused(server: Server) -> None:
    packed = gzip.compress(rss()[:20]) + gzip.compress(rss()[20:])
    server.answers["/"] = lambda handler: handler.send(200, packed, content_encoding="gzip")
    server.answers["/cut"] = lambda handler: handler.send(200, packed[:-9], content_encoding="gzip")
    whole = get(server.url("/"))
    assert isinstance(whole, Fetched)
    assert whole.body == rss()
    assert isinstance(get(server.url("/cut")), FetchFailed)


def test_a_gzip_bomb_is_not_unpacked(server: Server) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    server.answers["/"] = lambda handler: handler.send(200, bomb, content_encoding="gzip")
    answer = get(server.url("/"))
    assert isinstance(answer, FetchFailed)
    assert "larger than" in answer.reason


def test_a_stream_of_100_mb_is_left_at_the_limit(server: Server) -> None:
    sent = 0

    def answer(handler: Handler) -> None:
        nonlocal sent
        handler.send(200, b"", content_length=str(100_000_000))
        for _ in range(1_000):
            handler.wfile.write(bytes(100_000))
            sent += 100_000

    server.answers["/"] = answer
    assert isinstance(get(server.url("/")), FetchFailed)
    assert sent < 100_000_000


def test_silence_and_a_byte_now_and_then_both_end(server: Server) -> None:
    enough = threading.Event()

    def drip(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not enough.wait(0.05):
            handler.wfile.write(b"X-More: 1\r\n")

    server.answers = {"/silent": lambda _: enough.wait(5) and None, "/drip": drip}
    silent, dripping = get(server.url("/silent")), get(server.url("/drip"))
    enough.set()
    assert silent == FetchFailed(reason="no answer in time")
    assert dripping == FetchFailed(reason="not finished after 1 seconds")


def test_the_own_network_is_refused_unless_it_is_allowed(server: Server) -> None:
    answer = get(server.url("/"), allow_private=False)
    assert isinstance(answer, FetchFailed)
    assert "not on the public internet" in answer.reason
    assert server.seen == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "100.64.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "::127.0.0.1",
        "fec0::1",
        "2001:0:7f00:1::1",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public_are_known_in_every_wrapping(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1"]
)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_nothing_that_listens_is_a_sentence() -> None:
    assert isinstance(get("http://127.0.0.1:1/"), FetchFailed)
    assert isinstance(get("http://[::1/"), FetchFailed)
    assert isinstance(get("ftp://127.0.0.1/"), FetchFailed)
    assert isinstance(get("http://no-such-host.invalid/"), FetchFailed)


# The document


def read(data: bytes, content_type: str = "") -> ParsedFeed:
    return parse(data, content_type=content_type, url="https://up.example/feed", now=NOW)


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        '<!-- <rss> --><!DOCTYPE rss [<!ENTITY % dtd SYSTEM "http://127.0.0.1/x.dtd"> %dtd;]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_that_declares_entities_is_refused(prolog: str, encoding: str) -> None:
    feed = "<rss version='2.0'><channel><title>&b;</title></channel></rss>"
    text = f"<?xml version='1.0' encoding='{encoding}'?>{prolog}{feed}"
    assert "declares entities" in (read(text.encode(encoding)).error or "")


def test_a_bare_doctype_and_talk_of_entities_are_harmless() -> None:
    doctype = b'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/x.dtd">'
    feed = read(doctype + rss(item("a", text="<![CDATA[<!ENTITY x>]]>")))
    assert feed.error is None
    assert len(feed.entries) == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<html><body><p>Not found</p></body></html>", "no feed"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no feed"),
        (b'{"version": 1', "fault"),
        (b'{"hello": "world"}', "no JSON Feed"),
        (b"[" * 100_000, "fault"),
    ],
)
def test_what_is_no_feed_is_an_error_in_words(data: bytes, words: str) -> None:
    assert words in (read(data).error or "")


def test_a_feed_without_entries_is_no_error() -> None:
    assert read(rss()) == ParsedFeed(title="Up")
    empty = read(b'{"version": "https://jsonfeed.org/version/1.1", "title": "Up", "items": []}')
    assert (empty.error, empty.entries) == (None, ())


def test_a_file_on_this_machine_is_never_opened() -> None:
    assert read(b"/etc/passwd").error


@pytest.mark.parametrize(
    ("written", "at", "uncertain"),
    [
        ("2026-06-25T09:00:00+02:00", "2026-06-25T07:00:00", False),
        ("Thu, 25 Jun 2026 09:00:00 CEST", "2026-06-25T07:00:00", False),
        ("Thu, 25 Jun 2026 09:00:00 EST", "2026-06-25T14:00:00", True),
        ("2026-06-25T09:00:00", "2026-06-25T09:00:00", True),
        ("2026-06-25", "2026-06-25T00:00:00", True),
        ("2020/1/10 14:33:00", "2020-01-10T14:33:00", True),
        ("Thu, 25 Jun 2099 09:00:00 GMT", "2026-06-25T12:00:00", True),
        ("the other day", "2026-06-25T12:00:00", True),
        ("", "2026-06-25T12:00:00", True),
    ],
)
def test_dates_are_read_marked_and_clamped(written: str, at: str, *, uncertain: bool) -> None:
    [entry] = read(rss(ITEM.format("a", "b", f"<pubDate>{written}</pubDate>"))).entries
    expected = min(datetime.fromisoformat(at).replace(tzinfo=UTC), NOW)
    assert (entry.published, entry.uncertain, entry.raw_date) == (expected, uncertain, written or None)


OLD_JSON = {
    "version": "https://jsonfeed.org/version/1",
    "title": "Up",
    "items": [{"id": 7, "url": "/a", "content_text": "A <b>", "author": {"name": "Ann"}}],
}
NEW_JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Up",
    "items": [
        {
            "id": "x",
            "title": "T",
            "url": "https://up.example/a",
            "content_html": '<p><a href="/b">b</a></p>',
            "date_published": "2026-06-25T09:00:00Z",
            "date_modified": "2026-06-25T10:00:00Z",
            "authors": [{"name": "Ann"}, {"name": "Bo"}],
            "tags": ["x"],
        }
    ],
}


def test_json_feed_1_0_and_1_1_are_read() -> None:
    [old] = read(json.dumps(OLD_JSON).encode()).entries
    assert (old.id, old.link, old.authors) == ("7", "https://up.example/a", ("Ann",))
    assert (old.content, old.uncertain) == ("<p>A &lt;b&gt;</p>\n", True)
    [new] = read(json.dumps(NEW_JSON).encode("utf-8-sig"), "application/feed+json").entries
    assert (new.authors, new.tags, new.uncertain) == (("Ann", "Bo"), ("x",), False)
    assert new.content == '<p><a href="https://up.example/b">b</a></p>'
    assert new.updated == datetime(2026, 6, 25, 10, tzinfo=UTC)


def test_text_is_cleaned_and_markup_taken_out_of_titles() -> None:
    feed = read(
        rss(item("a", text="&lt;p&gt;One&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;")).replace(
            b">a<", b">A &amp;lt;b&amp;gt;\x01 x&#x2028;y<", 1
        )
    )
    [entry] = feed.entries
    assert "\x01" not in entry.title
    assert "\u2028" not in entry.title
    assert entry.content.startswith("<p>One</p>")


def test_plain_text_that_was_escaped_twice_is_read_as_it_was_meant() -> None:
    assert read(rss().replace(b">Up<", b">Up &amp;amp; away &amp;#8211; daily<")).title == "Up & away \u2013 daily"


def test_at_most_a_thousand_entries_are_taken() -> None:
    assert len(read(rss(*(item(str(number)) for number in range(1_200)))).entries) == 1_000


# The memory


def test_a_first_look_is_marked_and_a_second_brings_nothing() -> None:
    first = look("https://up.example/f", RememberedFeed(), body=rss(item("a"), item("b")))
    again = look("https://up.example/f", first.remembered, body=rss(item("b"), item("a")))
    assert (first.first, len(first.articles)) == (True, 2)
    assert (again.first, again.articles, again.problem) == (False, (), None)
    news = look("https://up.example/f", again.remembered, body=rss(item("c"), item("a")))
    assert [manuscript.title for manuscript, _ in news.articles] == ["c"]


def test_an_article_names_the_entry_as_its_source_and_the_feed_as_its_origin() -> None:
    [(manuscript, body)] = look("https://up.example/f", RememberedFeed(), body=rss(item("a"))).articles
    [source] = manuscript.sources
    assert (source.title, source.url, source.publisher, source.seen) == ("a", "https://up.example/a", "Up", NOW)
    assert (source.role, source.access, source.verification) == ("primary", "unknown", "unverified")
    assert manuscript.origin is not None
    assert (manuscript.origin.feed, manuscript.section, manuscript.slug) == ("https://up.example/f", "World", "a")
    assert manuscript.declared_id == "https://up.example/f#up-a"
    assert manuscript.path == "upstream:https://up.example/f#up-a"
    assert body.markup == "html"


@pytest.mark.parametrize(
    ("again", "why"),
    [
        (item("a", guid="other"), "guid scheme changed"),
        (item("a").replace("25 Jun", "24 Jun"), "re-dated"),
        (
            item("a", guid="https://up.example/a").replace("https://up.example/a<", "http://up.example/a/<"),
            "moved to links",
        ),
        (item("a", guid="x").replace("25 Jun", "24 Jun"), "another id and another date"),
        (item("a", guid="x", text="Edited"), "another id and another text"),
    ],
)
def test_an_old_entry_that_comes_again_is_not_news(again: str, why: str) -> None:
    first = look("https://up.example/f", RememberedFeed(), body=rss(item("a"), item("b")))
    assert look("https://up.example/f", first.remembered, body=rss(again, item("b"))).articles == (), why


def test_an_edit_after_a_change_of_ids_still_belongs_to_the_first_article() -> None:
    first = look("https://up.example/f", RememberedFeed(), body=rss(item("a")))
    moved = look("https://up.example/f", first.remembered, body=rss(item("a", guid="x")))
    edited = look("https://up.example/f", moved.remembered, body=rss(item("a", guid="x", text="Edited")))
    assert [one.declared_id for one, _ in edited.articles] == [one.declared_id for one, _ in first.articles]


def test_two_entries_that_stand_side_by_side_are_two() -> None:
    twins = rss(item("a", guid="1"), item("a", guid="2"))
    assert len(look("https://up.example/f", RememberedFeed(), body=twins).articles) == 2


def test_one_guid_for_all_entries_names_none_of_them() -> None:
    same = rss(item("a", guid="1"), item("b", guid="1"))
    assert len(look("https://up.example/f", RememberedFeed(), body=same).articles) == 2


def test_a_change_is_told_with_the_first_date_and_at_most_24_times() -> None:
    remembered = look("https://up.example/f", RememberedFeed(), body=rss(item("a"))).remembered
    told = 0
    for number in range(CHANGES + 5):
        body = rss(item("a", text=f"seen {number} times").replace("09:00:00", "10:00:00"))
        result = look("https://up.example/f", remembered, body=body)
        remembered = result.remembered
        told += len(result.articles)
        assert all(one.published == datetime(2026, 6, 25, 7, tzinfo=UTC) for one, _ in result.articles)
    assert told == CHANGES


def test_a_feed_that_says_when_is_asked_then(server: Server) -> None:
    server.answers["/"] = lambda handler: handler.send(200, rss(), cache_control="max-age=3600")
    first = look(server.url("/"), RememberedFeed())
    assert not look(server.url("/"), first.remembered, now=NOW + timedelta(minutes=59)).asked
    assert look(server.url("/"), first.remembered, now=NOW + timedelta(minutes=60)).asked
    assert server.seen[0][1]["User-Agent"].endswith("(+https://zendoric.example/)")


def test_a_dead_feed_is_asked_ever_more_rarely_and_comes_back(server: Server) -> None:
    server.answers["/"] = lambda handler: handler.send(500)
    remembered, now, waits = RememberedFeed(), NOW, []
    for _ in range(12):
        result = look(server.url("/"), remembered, now=now)
        assert result.problem is not None
        assert "500" in str(result.problem)
        remembered = result.remembered
        assert remembered.next_fetch is not None
        waits.append(remembered.next_fetch - now)
        now = remembered.next_fetch
    assert waits[:3] == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20)]
    assert max(waits) == timedelta(days=1)
    server.answers["/"] = lambda handler: handler.send(200, rss(item("a")))
    back = look(server.url("/"), remembered, now=now)
    assert (len(back.articles), back.remembered.failures) == (1, 0)


def test_retry_after_is_obeyed_and_a_page_in_place_of_the_feed_keeps_the_old_validators(server: Server) -> None:
    server.answers["/"] = lambda handler: handler.send(429, retry_after="7200")
    before = RememberedFeed(etag='"good"', first=False)
    assert look(server.url("/"), before).remembered.next_fetch == NOW + timedelta(hours=2)
    server.answers["/"] = lambda handler: handler.send(200, b"<html>Sign in</html>", etag='"page"')
    result = look(server.url("/"), before)
    assert result.problem is not None
    assert (result.remembered.etag, result.remembered.first) == ('"good"', False)


def test_gone_is_gone_and_moved_is_remembered(server: Server) -> None:
    server.answers = {
        "/gone": lambda handler: handler.send(410),
        "/old": lambda handler: handler.send(301, location="/new"),
        "/new": lambda handler: handler.send(200, rss(item("a"))),
    }
    gone = look(server.url("/gone"), RememberedFeed())
    assert gone.problem is not None
    assert not look(server.url("/gone"), gone.remembered, now=NOW + timedelta(days=9)).asked
    moved = look(server.url("/old"), RememberedFeed())
    look(server.url("/old"), moved.remembered)
    assert [path for path, _ in server.seen] == ["/gone", "/old", "/new", "/new"]
    assert moved.articles[0][0].path.startswith(f"upstream:{server.url('/old')}#")


def test_a_dead_feed_stops_no_other_and_the_order_stays(server: Server) -> None:
    server.answers = {f"/{number}": lambda handler: handler.send(200, rss(item("a"))) for number in range(12)}
    server.answers["/3"] = lambda handler: handler.send(500)
    feeds = [(config.Upstream(url=server.url(f"/{number}")), RememberedFeed()) for number in range(12)]
    results = list(collect_all(feeds, publication=PUBLICATION, now=NOW, fetch=get_as_collector))
    assert [result.upstream for result in results] == [upstream for upstream, _ in feeds]
    assert [bool(result.problem) for result in results] == [number == 3 for number in range(12)]


def test_what_is_remembered_is_plain_values() -> None:
    remembered = look("https://up.example/f", RememberedFeed(), body=rss(item("a"))).remembered
    [(name, entry)] = remembered.known.items()
    assert name == "up-a"
    assert replace(entry, changes=3).changes == 3
    assert entry.fingerprint.isascii()
