"""Fixed pages: in the navigation, in each language, and never in another page's place."""

import re

from desk import Desk


def nav(page: str, place: str) -> list[tuple[str, str]]:
    part = re.search(rf'<nav[^>]* aria-label="{place}">(.*?)</nav>', page, re.DOTALL)
    assert part
    return re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', part[1])


def test_pages_stand_in_the_navigation_in_their_order(desk: Desk) -> None:
    desk.article("one")
    desk.raw(
        "pages/about.md", "---\norder: 2\nlede: Who we are.\n---\n# About *us*\n\nWe are **three**.<script>x</script>\n"
    )
    desk.raw("pages/join.html", "---\ntitle: Join\norder: 1\n---\n<p>Come.</p>")
    desk.raw("pages/legal/privacy.md", "---\ntitle: Privacy\nnav: foot\n---\nNothing is kept.")
    desk.raw("pages/hidden.md", "---\ntitle: Hidden\nnav: none\n---\nStill here.")
    assert desk.run()["left_out"] == []
    front = desk.page("index.html")
    assert nav(front, "Site")[2:] == [("/feeds/", "Feeds"), ("/join/", "Join"), ("/about/", "About us")]
    assert ("/legal/privacy/", "Privacy") in nav(front, "About this site")
    assert "Hidden" not in front
    about = desk.page("about/index.html")
    assert "<h1>About us</h1>" in about
    assert '<p class="lede">Who we are.</p>' in about
    assert "<p>We are <strong>three</strong>.</p>" in about
    assert '<meta name="description" content="Who we are.">' in about
    assert "Still here." in desk.page("hidden/index.html")
    assert "https://zendoric.example/legal/privacy/" in desk.page("sitemap-pages.xml")


def test_a_translation_takes_its_place_and_what_has_none_is_marked(desk: Desk) -> None:
    desk.article("one")
    desk.article("uno", lang="es")
    desk.raw("pages/about.md", "---\ntitle: About\n---\nWe.")
    desk.raw("pages/about.es.md", "---\ntitle: Quiénes somos\n---\nNosotros.")
    desk.raw("pages/privacy.md", "---\ntitle: Privacy\n---\nNone.")
    desk.run()
    spanish = desk.page("es/index.html")
    assert ("/es/about/", "Quiénes somos") in nav(spanish, "Sitio")
    assert '<a href="/privacy/" lang="en" hreflang="en">Privacy</a>' in spanish
    assert '<link rel="alternate" hreflang="es" href="https://zendoric.example/es/about/">' in desk.page(
        "about/index.html"
    )


def test_a_page_takes_no_other_page_s_place_save_that_of_how_we_work(desk: Desk) -> None:
    desk.article("one")
    desk.raw("pages/archive.md", "---\ntitle: Mine\n---\nNot here.")
    desk.raw("pages/2026/06.md", "---\ntitle: Mine\n---\nNot here.")
    desk.raw("pages/acerca.fr.md", "---\ntitle: Nous\n---\nRien.")
    desk.raw("pages/untitled.md", "Nothing.")
    desk.raw("pages/twice.md", "---\ntitle: One\n---\n")
    desk.raw("pages/twice.html", "---\ntitle: Two\ncolour: red\nnav: left\n---\n")
    desk.raw("pages/standards.md", "---\ntitle: How we work\n---\nWe ask twice.")
    for _ in range(2):
        told = desk.run("--site-only", exit_code=65)
        assert sorted(one.partition(": ")[0] for one in told["left_out"]) == [
            "pages/2026/06.md",
            "pages/acerca.fr.md",
            "pages/archive.md",
            "pages/twice.md",
            "pages/untitled.md:1",
        ]
        assert [one.partition(": ")[2] for one in told["warnings"]] == [
            "a page has no key `colour`; known are lang, lede, nav, order, title",
            "`nav: left` is unknown; it is one of top, foot, none",
        ]
    assert "<h1>Archive</h1>" in desk.page("archive/index.html")
    assert "We ask twice." in desk.page("standards/index.html")


def test_an_article_keeps_its_address_and_the_page_is_named(desk: Desk) -> None:
    desk.configure("[digest]", '[site]\npermalink = "/{slug}/"\n[digest]')
    desk.article("about")
    desk.raw("pages/about.md", "---\ntitle: Page\n---\nText.")
    assert "its address /about/ is that of an article" in desk.run("--site-only", exit_code=65)["left_out"][0]
    assert "<h1>Page</h1>" not in desk.page("about/index.html")


def test_a_changed_page_writes_itself_alone_and_a_changed_title_every_page(desk: Desk) -> None:
    desk.article("one")
    desk.raw("pages/about.md", "---\ntitle: About\n---\nWe.")
    desk.run("--site-only")
    desk.raw("pages/about.md", "---\ntitle: About\n---\nWe three.")
    assert desk.run("--site-only")["files_written"] == 1
    assert desk.run("--site-only")["files_written"] == 0
    desk.raw("pages/about.md", "---\ntitle: About us\n---\nWe three.")
    assert desk.run("--site-only")["files_written"] > 5
    assert "About us" in desk.page("2026/06/25/one/index.html")


def test_check_names_what_is_wrong_with_a_page(desk: Desk) -> None:
    desk.article("one")
    desk.raw("pages/untitled.md", "Nothing.")
    done = desk.publisher("check")
    assert done.returncode == 65
    assert "pages/untitled.md:1: it has no title" in done.stderr
