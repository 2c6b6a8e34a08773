"""Old addresses stay alive, whatever moves."""

import re

import pytest
from msgspec.structs import replace

from desk import Desk
from newsroom import GONE, LENS, PUBLICATION, newsroom
from publisher import config
from publisher.config import Redirect
from publisher.errors import ConfigurationError

HEAD = """\
name = "Zendoric"
url = "https://zendoric.example/"
authority = "zendoric.example"
timezone = "Europe/Madrid"
"""


DAYS = "/feeds/days/:year-:month-:day/:file https://lantern.example/feeds/days/:year/:month/:day/:file 301"


def redirects(*pairs: tuple[str, str]) -> tuple[Redirect, ...]:
    tables = "".join(f"[[redirect]]\nfrom = {old!r}\nto = {new!r}\n" for old, new in pairs)
    return config.parse(HEAD + tables).redirects


def test_chains_are_followed_with_and_without_the_last_slash():
    found = redirects(
        ("/a", "/b/"), ("/b", "/c/"), ("/c/", "https://elsewhere.example/c?x=1"), ("/d%C3%A9j%C3%A0", "/")
    )
    end = "https://elsewhere.example/c?x=1"
    assert [(one.old, one.new) for one in found] == [("/a", end), ("/b", end), ("/c/", end), ("/déjà", "/")]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("/a/", "/a/")], r"publication.toml:7: `redirect.to`: /a/ -> /a/ goes round in a circle"),
        ([("/a/", "/a")], r"goes round in a circle"),
        ([("/a/", "/b/"), ("/b/", "/a")], r"/a/ -> /b/ -> /a/ goes round in a circle"),
        ([("/a/", "/b/"), ("/a/", "/c/")], r"/a/ stands twice"),
        ([("a/", "/b/")], r"'a/' is no path on this site"),
        ([("/", "/b/")], r"'/' is no path on this site"),
        ([("/../x/", "/b/")], r"is no path on this site"),
        ([("/a/*", "/b/")], r"is no path on this site"),
        ([("/a/", "javascript:alert(1)")], r"is neither a path on this site nor a web address"),
    ],
)
def test_circles_and_what_is_no_address_are_refused(pairs, said):
    with pytest.raises(ConfigurationError, match=said):
        redirects(*pairs)


def files(room):
    documents = room.documents()
    return {name: room.write(documents[name]) for name in ("redirects.nginx", "redirects.caddy", "_redirects")}


def test_the_files_for_servers_name_every_old_address_and_what_is_gone():
    publication = replace(
        PUBLICATION,
        redirects=(Redirect(old="/rss/", new="/feeds/rss.xml"), Redirect(old="/q", new="https://x.example/?q=1#a")),
    )
    lens = replace(LENS, aliases=("/old/lens.html", "/a $b{c}", "/lens"))
    found = files(newsroom([lens, GONE], publication=publication))
    there = "https://lantern.example/2026/06/25/lens/"
    assert f'location = "/a $b{{c}}" {{ return 301 "{there}"; }}' in found["redirects.nginx"]
    assert 'location = "/rss" { return 301 "https://lantern.example/feeds/rss.xml"; }' in found["redirects.nginx"]
    gone = "/2026/06/23/gone/"
    assert f'location = "{gone}" {{ error_page 410 "{gone}index.html"; return 410; }}' in found["redirects.nginx"]
    assert f"redir /a%20$b%7Bc%7D {there} permanent" in found["redirects.caddy"]
    assert "redir /q https://x.example/?q=1#a permanent" in found["redirects.caddy"]
    assert f"@gone path {gone}" in found["redirects.caddy"]
    assert found["_redirects"].splitlines() == [
        "/rss/ https://lantern.example/feeds/rss.xml 301",
        "/q https://x.example/?q=1#a 301",
        f"/old/lens.html {there} 301",
        f"/a%20$b%7Bc%7D {there} 301",
        f"/lens {there} 301",
        "/rss https://lantern.example/feeds/rss.xml 301",
        "/q/ https://x.example/?q=1#a 301",
        f"/a%20$b%7Bc%7D/ {there} 301",
        f"/lens/ {there} 301",
        f"{gone} {gone}index.html 410",
        DAYS,
    ]


def test_the_feed_of_a_day_is_found_where_it_used_to_stand():
    publication = replace(PUBLICATION, url="https://lantern.example/a.b/")
    found = files(newsroom([LENS, replace(LENS, id="tag:es", slug="lente", lang="es")], publication=publication))
    for language in ("", "es/"):
        folder = f"https://lantern.example/a.b/{language}feeds/days/"
        line = next(one for one in found["redirects.nginx"].splitlines() if f"/{language}feeds" in one)
        match = re.fullmatch(r'location ~ "(.*)" { return 301 "(.*)"; }', line)
        assert match
        pattern = match[1].replace("\\\\", "\\")
        old = re.search(pattern, f"/a.b/{language}feeds/days/2026-06-25/feed.json")
        assert old
        assert old.expand(match[2].replace("$", "\\")) == f"{folder}2026/06/25/feed.json"
        for other in (f"/axb/{language}feeds/days/2026-06-25/feed.json", f"/a.b/{language}feeds/days/2026-06-25/x"):
            assert not re.search(pattern, other)
        line = f"/a.b/{language}feeds/days/:year-:month-:day/:file {folder}:year/:month/:day/:file 301"
        assert line in found["_redirects"].splitlines()
    assert f"redir @days2 {folder}{{re.days2.1}}/{{re.days2.2}}/{{re.days2.3}}/{{re.days2.4}} permanent" in "".join(
        found["redirects.caddy"]
    )


def test_a_redirect_from_a_page_of_the_site_is_named_and_the_page_stays():
    publication = replace(PUBLICATION, redirects=(Redirect(old="/archive", new="/"), Redirect(old="/x/", new="/no/")))
    room = newsroom([LENS], publication=publication)
    assert "archive" not in files(room)["_redirects"]
    assert "http-equiv" in room.page("archive/index.html")
    said = [(one.reason, one.left_out) for one in room.problems[:2]]
    assert said == [
        ("[[redirect]] from /archive: that is a page of the site, and stays one; take the entry out", True),
        ("[[redirect]] to /no/: the site has no such page", False),
    ]


def test_a_new_slug_leaves_a_way_from_the_old_address(desk: Desk):
    path = desk.article("ferry", slug="ferry")
    desk.run("--site-only")
    path.write_text(path.read_text("utf-8").replace("ferry", "boat"), "utf-8")
    desk.run("--site-only")
    public = desk.home / "public"
    there = "https://zendoric.example/2026/06/25/boat/"
    assert f"url={there}" in (public / "2026/06/25/ferry/index.html").read_text("utf-8")
    assert f"/2026/06/25/ferry/ {there} 301" in (public / "_redirects").read_text("utf-8")

    path.write_text(path.read_text("utf-8").replace("boat", "ferry"), "utf-8")
    desk.run("--site-only")
    assert 'http-equiv="refresh"' not in (public / "2026/06/25/ferry/index.html").read_text("utf-8")
    assert "/2026/06/25/boat/ https://zendoric.example/2026/06/25/ferry/ 301" in (public / "_redirects").read_text()


def test_a_new_permalink_leaves_a_way_from_every_address(desk: Desk):
    for name in ("one", "two"):
        desk.article(name)
    desk.run("--site-only")
    desk.configure("[digest]", '[site]\npermalink = "/{section}/{slug}/"\n[digest]')
    desk.run("--site-only")
    lines = (desk.home / "public" / "_redirects").read_text("utf-8").splitlines()
    assert lines[:2] == [f"/2026/06/25/{name}/ https://zendoric.example/news/{name}/ 301" for name in ("one", "two")]


def test_the_ways_outlive_the_loss_of_the_store(desk: Desk):
    path = desk.article("ferry", slug="ferry")
    desk.run("--site-only")
    path.write_text(path.read_text("utf-8").replace("ferry", "boat"), "utf-8")
    desk.run("--site-only")
    (desk.home / "publisher.db").unlink()
    assert desk.publisher("adopt").returncode == 0
    desk.run("--site-only")
    assert desk.page("_redirects").startswith("/2026/06/25/ferry/ https://zendoric.example/2026/06/25/boat/ 301\n")


def test_a_draft_that_nobody_saw_leaves_none(desk: Desk):
    path = desk.article("ferry", draft=True)
    desk.article("other")
    desk.run("--site-only")
    path.rename(path.with_name("boat.md"))
    desk.run("--site-only")
    assert "ferry" not in (desk.home / "public" / "_redirects").read_text("utf-8")


def test_a_static_file_never_hides_a_page_and_is_named_at_every_run(desk: Desk):
    desk.article("one")
    static = desk.home / "static"
    (static / "archive").mkdir(parents=True)
    (static / "archive" / "index.html").write_text("mine")
    (static / "2026").write_text("a file where pages are")
    (static / "robots.txt").write_text("User-agent: *\nDisallow: /\n")
    (static / "favicon.ico").write_bytes(b"icon")
    for _ in range(2):
        left_out = " ".join(desk.run("--site-only", exit_code=65)["left_out"])
        for name in ("archive/index.html", "2026"):
            assert f"static/{name}: it would hide a page of the site, and is not copied" in left_out
    public = desk.home / "public"
    assert "<h1>Archive</h1>" in (public / "archive" / "index.html").read_text("utf-8")
    assert (public / "robots.txt").read_text() == "User-agent: *\nDisallow: /\n"
    assert (public / "favicon.ico").read_bytes() == b"icon"


def test_check_names_a_static_file_that_would_hide_a_page(desk: Desk):
    desk.article("one")
    for path in ("archive/index.html", "2026/06/25/one/index.html", "images/own.png", "robots.txt"):
        (desk.home / "static" / path).parent.mkdir(parents=True, exist_ok=True)
        (desk.home / "static" / path).write_text("mine")
    done = desk.publisher("check")
    assert done.returncode == 65
    named = [line.partition(": it would hide")[0] for line in done.stderr.splitlines() if "it would hide" in line]
    assert named == ["left out: static/2026/06/25/one/index.html", "left out: static/archive/index.html"]
