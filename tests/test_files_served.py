"""The live release over HTTP, asked by a real client through a real socket."""

import gzip
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import brotli
import pytest
import uvicorn

from publisher import release
from publisher.release.compression import copies
from publisher.web.files import site
from publisher.web.files.tree import tag, version
from putting import putting

ATOM = b"<feed>" + b"<entry>the same words</entry>" * 200 + b"</feed>"
PAGE = b"<!DOCTYPE html><title>A page</title>" + b"<p>words</p>" * 300
FILES = {
    "index.html": PAGE,
    "404.html": b"nothing here",
    "2026/06/25/index.html": PAGE + b"day",
    "2026/06/25/gone/index.html": b"why it is gone",
    "2026/06/25/caf\u00e9/index.html": b"unicode",
    "feeds/atom.xml": ATOM,
    **dict(copies("feeds/atom.xml", ATOM)),
    "feeds/feed.json": b'{"items": []}',
    "feeds/archive/1/rss.xml": b"<rss/>",
    "film.mp4": bytes(range(256)) * 40,
    "logo.svg": b"<svg/>",
    ".well-known/security.txt": b"Contact: mailto:desk@lantern.example",
    "_redirects": b"/old/ /2026/06/25/ 301\n/2026/06/25/gone/ /2026/06/25/gone/ 410\n# else\n/a/* /b/:splat 301\n",
}


@contextmanager
def served(home: Path, root: str = "") -> Iterator[int]:
    """The port at which the publication is served on this machine."""
    server = uvicorn.Server(uvicorn.Config(site(home, root=root), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def publish(home: Path, base: int, number: int, files: dict[str, bytes]) -> None:
    release.publish(home, base=base, number=number, write=putting(files.items()), remove=(), keep=5)
    # A file that is a second old may be told from what stood there before in the same second.
    for folder, _, names in os.walk(home / "public", followlinks=True):
        for name in names:
            if os.stat(f"{folder}/{name}").st_mtime > time.time() - 5:  # noqa: PTH116
                os.utime(f"{folder}/{name}", (time.time() - 10,) * 2)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home = tmp_path_factory.mktemp("site")
    publish(home, 0, 1, FILES)
    (home / "secret.key").write_text("k1 secret")
    (home / "public/leak.txt").symlink_to(home / "secret.key")
    with served(home) as found:
        yield found


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


def test_a_feed_has_its_type_its_validators_and_how_long_it_may_be_kept(port: int) -> None:
    answer, body = ask(port, "/feeds/atom.xml")
    assert (answer.status, body) == (200, ATOM)
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=300, stale-while-revalidate=86400"
    assert answer.headers["Vary"] == "Accept-Encoding, Sec-Fetch-Dest"
    assert answer.headers["ETag"] == f'"{hashlib.sha256(ATOM).hexdigest()[:32]}"'
    assert answer.headers["Last-Modified"].endswith("GMT")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/feeds/feed.json", "application/feed+json; charset=utf-8"),
        ("/feeds/archive/1/rss.xml", "application/rss+xml; charset=utf-8"),
        ("/film.mp4", "video/mp4"),
        ("/logo.svg", "image/svg+xml; charset=utf-8"),
        ("/.well-known/security.txt", "text/plain; charset=utf-8"),
        ("/2026/06/25/caf%C3%A9/", "text/html; charset=utf-8"),
    ],
)
def test_each_kind_of_file_has_its_type(port: int, path: str, media_type: str) -> None:
    answer, _ = ask(port, path)
    assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)


def test_each_coding_has_bytes_and_a_validator_of_its_own(port: int) -> None:
    seen = {}
    for coding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)):
        answer, body = ask(port, "/feeds/atom.xml", Accept_Encoding=coding)
        assert unpack(body) == ATOM
        assert answer.headers.get("Content-Encoding", "identity") == coding
        assert int(answer.headers["Content-Length"]) == len(body)
        seen[coding] = answer.headers["ETag"]
        again, nothing = ask(port, "/feeds/atom.xml", Accept_Encoding=coding, If_None_Match=seen[coding])
        assert (again.status, nothing, again.headers["ETag"]) == (304, b"", seen[coding])
    assert len(set(seen.values())) == 3
    assert ask(port, "/feeds/atom.xml", If_None_Match=seen["gzip"])[0].status == 200


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.000", None),
        ("*", None),
        ("", None),
    ],
)
def test_the_best_coding_that_the_reader_takes_is_sent(port: int, accepted: str, coding: str | None) -> None:
    assert ask(port, "/feeds/atom.xml", Accept_Encoding=accepted)[0].headers.get("Content-Encoding") == coding


def test_a_page_without_a_copy_is_compressed_and_a_film_is_not(port: int) -> None:
    answer, body = ask(port, "/", Accept_Encoding="gzip")
    assert (answer.headers["Content-Encoding"], gzip.decompress(body)) == ("gzip", PAGE)
    again, _ = ask(port, "/", Accept_Encoding="gzip", If_None_Match=answer.headers["ETag"])
    assert again.status == 304
    film, _ = ask(port, "/film.mp4", Accept_Encoding="gzip")
    assert film.headers.get("Content-Encoding") is None
    assert film.headers.get("Vary") is None


def test_either_validator_alone_gets_304_and_the_tag_decides_where_both_are_sent(port: int) -> None:
    first, _ = ask(port, "/feeds/atom.xml")
    etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for known, status in (
        ({"If_None_Match": etag}, 304),
        ({"If_None_Match": f"W/{etag}"}, 304),
        ({"If_None_Match": f'"other", {etag}'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_Modified_Since": modified}, 304),
        ({"If_None_Match": '"other"', "If_Modified_Since": modified}, 200),
        ({"If_None_Match": etag, "If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 304),
        ({"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"If_Modified_Since": "yesterday"}, 200),
    ):
        answer, body = ask(port, "/feeds/atom.xml", **known)
        assert (answer.status, body) == (status, b"" if status == 304 else ATOM), known
        assert answer.headers["ETag"] == etag
        assert "max-age" in answer.headers["Cache-Control"]
        assert answer.headers["Vary"] == "Accept-Encoding, Sec-Fetch-Dest"


def test_a_feed_that_is_opened_in_a_browser_is_shown_and_not_downloaded(port: int) -> None:
    answer, body = ask(port, "/feeds/atom.xml", Sec_Fetch_Dest="document")
    assert (answer.headers["Content-Type"], body) == ("application/xml; charset=utf-8", ATOM)
    answer, _ = ask(port, "/feeds/atom.xml", Sec_Fetch_Dest="empty")
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert ask(port, "/", Sec_Fetch_Dest="document")[0].headers["Content-Type"] == "text/html; charset=utf-8"


def test_head_says_what_get_says_and_nothing_more(port: int) -> None:
    for coding in ("identity", "gzip", "br"):
        for path in ("/feeds/atom.xml", "/", "/film.mp4", "/nowhere"):
            get, _ = ask(port, path, Accept_Encoding=coding)
            head, body = ask(port, path, "HEAD", Accept_Encoding=coding)
            assert (head.status, body) == (get.status, b"")
            dates = {"date"}
            assert {k.lower(): v for k, v in head.getheaders() if k.lower() not in dates} == {
                k.lower(): v for k, v in get.getheaders() if k.lower() not in dates
            }


@pytest.mark.parametrize(
    ("asked", "status", "size"),
    [
        ("bytes=0-99", 206, 100),
        ("bytes=-10", 206, 10),
        ("bytes=10200-", 206, 40),
        ("bytes=20000-", 416, None),
        ("bytes=0-1,5-6", 200, 10240),
        ("lines=1-2", 200, 10240),
        ("bytes=nonsense", 200, 10240),
    ],
)
def test_one_range_is_answered_and_other_ranges_are_ignored(port: int, asked: str, status: int, size: int) -> None:
    answer, body = ask(port, "/film.mp4", Range=asked)
    assert answer.status == status
    if size is not None:
        assert len(body) == size
    assert ask(port, "/film.mp4", "HEAD", Range=asked)[0].status == 200


def test_a_range_of_an_older_version_gets_the_whole(port: int) -> None:
    etag = ask(port, "/film.mp4")[0].headers["ETag"]
    assert ask(port, "/film.mp4", Range="bytes=0-9", If_Range=etag)[0].status == 206
    assert ask(port, "/film.mp4", Range="bytes=0-9", If_Range='"older"')[0].status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.key",
        "/%2e%2e/secret.key",
        "/..%2fsecret.key",
        "/feeds/../../secret.key",
        "/feeds/%2e%2e/%2e%2e/%2e%2e/secret.key",
        "//etc/passwd",
        "/%00",
        "/leak.txt",
        "/.",
        "/feeds//atom.xml",
        "/" + "a" * 5000,
    ],
)
def test_no_path_leads_out_of_the_site(port: int, path: str) -> None:
    answer, body = ask(port, path)
    assert (answer.status, body) == (404, b"nothing here")


def test_what_is_not_there_was_moved_or_is_gone_says_so(port: int) -> None:
    answer, body = ask(port, "/nowhere")
    assert (answer.status, body) == (404, b"nothing here")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    answer, body = ask(port, "/2026/06/25/gone/")
    assert (answer.status, body) == (410, b"why it is gone")
    answer, _ = ask(port, "/old/")
    assert (answer.status, answer.headers["Location"]) == (301, "/2026/06/25/")
    answer, _ = ask(port, "/2026/06/25?from=mail")
    assert (answer.status, answer.headers["Location"]) == (301, "/2026/06/25/?from=mail")
    answer, _ = ask(port, "/", "POST")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_line_with_placeholders_leads_every_address_of_its_kind(tmp_path: Path) -> None:
    rules = (
        b"/d/:year-:month-:day/:file https://lantern.example:8080/d/:year/:month/:day/:file?of=:none 301\n"
        b"/d/2026-01-01/first /first 301\n/twice/:a/:a /:a 301\n"
    )
    publish(tmp_path, 0, 1, {"404.html": b"nothing here", "_redirects": rules})
    with served(tmp_path) as port:
        answer, _ = ask(port, "/d/2026-06-25/caf%C3%A9%0D%0A.xml")
        assert answer.status == 301
        there = "https://lantern.example:8080/d/2026/06/25/caf%C3%A9%0D%0A.xml?of=:none"
        assert answer.headers["Location"] == there
        assert ask(port, "/d/2026-01-01/first")[0].headers["Location"] == "/first"
        for path in ("/d/2026-06/atom.xml", "/d/2026-06-25/atom.xml/more", "/twice/1/1"):
            assert ask(port, path)[0].status == 404


def test_a_publication_below_a_path_of_its_own_is_found_with_it_and_without_it(tmp_path: Path) -> None:
    rules = b"/news/old/ https://lantern.example/news/ 301\n/news/gone/ /news/gone/index.html 410\n"
    publish(
        tmp_path, 0, 1, {"index.html": PAGE, "gone/index.html": b"gone", "newsy/index.html": b"y", "_redirects": rules}
    )
    with served(tmp_path, "/news") as port:
        for prefix in ("", "/news"):
            assert ask(port, f"{prefix}/")[1] == PAGE
            assert ask(port, f"{prefix}/gone/")[0].status == 410
            assert ask(port, f"{prefix}/old/")[0].headers["Location"] == "https://lantern.example/news/"
            assert ask(port, f"{prefix}/gone")[0].headers["Location"] == "/news/gone/"
        assert ask(port, "/news")[1] == PAGE
        assert ask(port, "/newsy/")[1] == b"y"


def test_before_the_first_release_a_reader_is_asked_to_come_back(tmp_path: Path) -> None:
    with served(tmp_path) as port:
        assert ask(port, "/")[0].status == 503


def test_a_new_release_shows_at_once_and_what_did_not_change_keeps_its_validators(tmp_path: Path) -> None:
    publish(tmp_path, 0, 1, {"feeds/atom.xml": b"one", "index.html": b"same"})
    with served(tmp_path) as port:
        feed, page = ask(port, "/feeds/atom.xml")[0], ask(port, "/")[0]
        publish(tmp_path, 1, 2, {"feeds/atom.xml": b"two"})
        again, body = ask(port, "/feeds/atom.xml", If_None_Match=feed.headers["ETag"])
        assert (again.status, body) == (200, b"two")
        assert ask(port, "/", If_None_Match=page.headers["ETag"])[0].status == 304
        assert ask(port, "/", If_Modified_Since=page.headers["Last-Modified"])[0].status == 304
        publish(tmp_path, 0, 3, {"feeds/atom.xml": b"one", "index.html": b"same"})
        assert ask(port, "/feeds/atom.xml", If_None_Match=feed.headers["ETag"])[0].status == 304


def test_a_file_of_this_second_has_no_date_yet(tmp_path: Path) -> None:
    release.publish(tmp_path, base=0, number=1, write=putting([("feeds/atom.xml", ATOM)]), remove=(), keep=5)
    os.utime(tmp_path / "public/feeds/atom.xml", (time.time() + 60,) * 2)
    with served(tmp_path) as port:
        answer, _ = ask(port, "/feeds/atom.xml")
        assert answer.headers.get("Last-Modified") is None
        assert ask(port, "/feeds/atom.xml", If_None_Match=answer.headers["ETag"])[0].status == 304
        assert ask(port, "/feeds/atom.xml", If_Modified_Since=answer.headers["Date"])[0].status == 200


def test_a_file_counts_as_changed_at_the_end_of_its_second(tmp_path: Path) -> None:
    """`Last-Modified` counts seconds: whoever has what stood there earlier in that second gets the new one."""
    file = tmp_path / "atom.xml"
    file.write_bytes(b"one")
    os.utime(file, ns=(1_000_000_000_200_000_000,) * 2)
    earlier = version(str(file))
    os.utime(file, ns=(1_000_000_000_700_000_000,) * 2)
    later = version(str(file))
    assert earlier is not None
    assert later is not None
    assert earlier.modified == later.modified == 1_000_000_001
    assert tag(earlier) == tag(later)
