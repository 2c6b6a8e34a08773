"""Article files: every dialect, and every kind of bad input."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher import config
from publisher.collect.article_file import parse
from publisher.collect.dates import moment
from publisher.collect.files import ReadFile
from publisher.collect.plain_text import headline, one_line
from publisher.collect.slugs import slugify
from publisher.model import Manuscript, Problem, Source

PUBLICATION = config.parse(
    'name = "Zendoric"\nurl = "https://zendoric.example/"\nauthority = "zendoric.example"\ntimezone = "Europe/Madrid"\n'
)
NOW = datetime(2026, 6, 25, 12, tzinfo=UTC)
HEAD = "---\ntitle: A\ndate: 2026-06-25T09:00:00+02:00\n"


def read(text: str | bytes, path: str = "articles/a.md") -> ReadFile:
    found = refused_or_read(text, path)
    assert isinstance(found, ReadFile), found
    return found


def refused(text: str | bytes, path: str = "articles/a.md") -> Problem:
    found = refused_or_read(text, path)
    assert isinstance(found, Problem), found
    return found


def refused_or_read(text: str | bytes, path: str) -> ReadFile | Problem:
    data = text.encode() if isinstance(text, str) else text
    return parse(path, data, PUBLICATION, mtime=NOW)


def manuscript(text: str, path: str = "articles/a.md") -> Manuscript:
    return read(text, path).manuscript


def test_every_key_of_an_article_file_is_read():
    found = read(
        """---
title: "Anthropic *points* the finger &amp; more"
published: 2026-06-25T09:00:00+02:00
updated: 2026-06-25T11:00
lede: A <b>short</b> lede.
authors: [Ada, {name: Bo}]
section: Technology
kind: Fact check
tags: [ai, law]
lang: pt_BR
id: tag:zendoric.example,2026:a
slug: finger
aliases: [/old/url/]
translation_of: original
image: /finger.jpg
image_alt: A finger
sources:
  - key: ft
    title: FirstFT
    publisher: Financial Times
    url: https://www.ft.com/x
    role: primary
    access: paywall
    verification: partial
    seen: 2026-06-25T08:41:00+02:00
    archived: https://archive.example/x
    note: Restricted.
  - https://plain.example/
corrections:
  - {at: 2026-06-26, text: It was Bo.}
retracted: {at: 2026-06-27T10:00:00Z, reason: Wrong.}
draft: false
---
One, two three [@ft].
"""
    )
    assert found.warnings == ()
    one = found.manuscript
    assert (one.title, one.slug, one.lang, one.kind) == (
        "Anthropic points the finger & more",
        "finger",
        "pt-BR",
        "fact-check",
    )
    assert one.published == datetime(2026, 6, 25, 7, tzinfo=UTC)
    assert one.updated == datetime(2026, 6, 25, 9, tzinfo=UTC), "local time without an offset"
    assert (one.lede, one.authors, one.section, one.tags) == (
        "A short lede.",
        ("Ada", "Bo"),
        "Technology",
        ("ai", "law"),
    )
    assert (one.declared_id, one.aliases) == ("tag:zendoric.example,2026:a", ("/old/url/",))
    assert (one.translation_of, one.image, one.image_alt) == ("original", "/finger.jpg", "A finger")
    first, plain = one.sources
    assert (first.key, first.role, first.access, first.verification) == ("ft", "primary", "paywall", "partial")
    assert first.seen == datetime(2026, 6, 25, 6, 41, tzinfo=UTC)
    assert plain == Source(title="https://plain.example/", url="https://plain.example/")
    assert one.corrections[0].at == datetime(2026, 6, 25, 22, tzinfo=UTC), "midnight in Madrid"
    assert one.retracted is not None
    assert one.retracted.reason == "Wrong."
    assert (one.draft, one.words) == (False, 3)


def test_toml_says_the_same_as_yaml():
    one = manuscript(
        '+++\ntitle = "T"\ndate = 2026-06-25T09:00:00+02:00\ntags = ["a"]\ndraft = true\n'
        '[[sources]]\ntitle = "S"\nurl = "https://s.example/"\n+++\nText\n'
    )
    assert (one.title, one.tags, one.draft) == ("T", ("a",), True)
    assert one.published == datetime(2026, 6, 25, 7, tzinfo=UTC)
    assert one.sources == (Source(title="S", url="https://s.example/"),)


def test_pelican_headers_are_read():
    found = read(
        "Title: This Week 60\nDate: 2014-12-08 10:20\nModified: 2014-12-09 19:30\nCategory: Weekly\nTags: a, b\n"
        "Slug: week-60\nAuthors: Ada Byron; Bo\nSummary: Long\n    and longer\nStatus: draft\nLang: es\n\nHello: body\n"
    )
    one = found.manuscript
    assert (one.title, one.section, one.tags, one.slug) == ("This Week 60", "Weekly", ("a", "b"), "week-60")
    assert (one.authors, one.lede, one.draft, one.lang) == (("Ada Byron", "Bo"), "Long and longer", True, "es")
    assert one.published == datetime(2014, 12, 8, 9, 20, tzinfo=UTC)
    assert found.body.text.strip() == "Hello: body"


def test_a_text_that_begins_with_a_colon_is_no_header():
    found = read("# Title\n\nNote: this is prose.\n", "articles/2026-06-25-note.md")
    assert found.body.text.strip() == "Note: this is prose."
    assert read(HEAD + "---\nNote: this too.\n").body.text == "Note: this too.\n"
    assert "no title" in refused("Note: and this\n", "articles/2026-06-25-note.md").reason


def test_jekyll_posts_are_read():
    one = manuscript(
        "---\ntitle: T\nlayout: post\npermalink: /news/t.html\nredirect_from:\n  - /a/\n  - /b/\n"
        "categories: world asia\n"
        "tags: x y\nexcerpt: E\nlast_modified_at: 2026-07-01\npublished: true\n---\nB\n",
        "articles/_posts/2026-06-25-my-slug.md",
    )
    assert (one.slug, one.has_time, one.section, one.tags) == ("my-slug", False, "world", ("asia", "x", "y"))
    assert one.aliases == ("/a/", "/b/", "/news/t.html")
    assert one.published == datetime(2026, 6, 24, 22, tzinfo=UTC)
    assert one.updated == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert manuscript("---\ntitle: T\npublished: false\n---\n", "articles/_posts/2026-06-25-x.md").draft


def test_hugo_files_are_read():
    one = manuscript(
        "---\ntitle: T\ndate: 2026-06-25\npublishDate: 2026-07-01T08:00:00Z\nlastmod: 2026-07-02\n"
        "expiryDate: 2020-01-01\n"
        "url: /old/t/\ncategories: [World, Asia]\n---\nB\n",
        "articles/my-bundle/index.es.md",
    )
    assert one.published == datetime(2026, 7, 1, 8, tzinfo=UTC), "publishDate is the embargo"
    assert (one.slug, one.lang, one.section, one.tags, one.aliases) == (
        "my-bundle",
        "es",
        "World",
        ("Asia",),
        ("/old/t/",),
    )
    assert not one.draft


def test_ghost_exports_are_read():
    one = manuscript(
        "---\ntitle: T\nslug: t\npublished_at: '2026-06-25T07:00:00.000Z'\nupdated_at: 2026-06-26\nstatus: published\n"
        "feature_image: https://img.example/a.jpg\nfeature_image_alt: A\ncustom_excerpt: E\n"
        "canonical_url: https://other.example/t/\ntags:\n  - {name: News, slug: news}\n  - {name: '#internal'}\n"
        "authors:\n  - {name: Ada}\n---\n<p>B</p>\n",
        "articles/t.html",
    )
    assert (one.image, one.image_alt, one.lede, one.tags, one.authors) == (
        "https://img.example/a.jpg",
        "A",
        "E",
        ("News",),
        ("Ada",),
    )
    assert one.updated is None, "Ghost's updated_at is any edit, not a substantive change"
    assert [source.url for source in one.sources] == ["https://other.example/t/"]


def test_a_reported_work_becomes_a_source_with_its_publisher():
    one = manuscript(
        "---\ntitle: T\ndate: 2026-05-14T00:00:00-00:00\nurl: https://blog.example/p\nauthors:\n- Ada\n"
        "source:\n  name: The Blog\n  url: https://blog.example/\nignore:\n---\nB"
    )
    assert one.sources == (Source(title="T", url="https://blog.example/p", publisher="The Blog"),)
    assert one.published == datetime(2026, 5, 14, tzinfo=UTC)
    own = manuscript(HEAD + "canonical: https://zendoric.example/first/\n---\n")
    assert (own.sources, own.aliases) == ((), ("/first/",))


def test_a_whole_html_page_is_read():
    found = read(
        '<!doctype html>\n<html lang="fr"><head><title>Un &amp; deux</title>\n<meta name="date" content="2026-06-25">'
        '<meta content="Ada" name="author"></head><body><p>Bonjour</p></body></html>',
        "articles/p.html",
    )
    one = found.manuscript
    assert (one.title, one.lang, one.authors) == ("Un & deux", "fr", ("Ada",))
    assert found.body.text == "<p>Bonjour</p>"
    assert found.body.markup == "html"


def test_yaml_words_stay_words():
    one = manuscript("---\ntitle: 1984\ndate: 2026-06-25\nlang: no\ntags: [on, 1.10, yes]\nslug: 0123\n---\n")
    assert (one.title, one.lang, one.tags, one.slug) == ("1984", "no", ("on", "1.10", "yes"), "0123")


def test_a_heading_can_be_the_title_and_is_not_shown_twice():
    found = read("# The *title*\n\nText\n", "articles/2026/06/25/x.md")
    assert (found.manuscript.title, found.body.text.strip()) == ("The title", "Text")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-25T09:00:00+02:00", "2026-06-25T07:00:00Z"),
        ("2026-06-25T09:00+02:00", "2026-06-25T07:00:00Z"),
        ("2026-06-25 09:00", "2026-06-25T07:00:00Z"),
        ("2012-02-19 1:44:51 -0400", "2012-02-19T05:44:51Z"),
        ("2023-06-13T00:00:00-00:00", "2023-06-13T00:00:00Z"),
        ("Thu, 25 Jun 2026 09:00:00 +0200", "2026-06-25T07:00:00Z"),
        ("25 Jun 2026 09:00 GMT", "2026-06-25T09:00:00Z"),
        ("2026-06-25 09:00 CEST", "2026-06-25T07:00:00Z"),
        ("2026-06-25 09:00 BST", "2026-06-25T08:00:00Z"),
        ("2026-01-25 09:00 EST", "2026-01-25T14:00:00Z"),
        ("2026-06-25 09:00 UTC+2", "2026-06-25T07:00:00Z"),
        ("2026-06-25 09:00 Asia/Tokyo", "2026-06-25T00:00:00Z"),
        ("2026-06-25 9:00 pm", "2026-06-25T19:00:00Z"),
        ("20260625T070000Z", "2026-06-25T07:00:00Z"),
        ("June 25, 2026", "2026-06-24T22:00:00Z"),
        ("2020-12-2", "2020-12-01T23:00:00Z"),
        ("2026/06/25", "2026-06-24T22:00:00Z"),
        ("2026-03-29 02:30", "2026-03-29T01:30:00Z"),  # in the gap: moved on to 03:30
        ("2026-10-25 02:30", "2026-10-25T00:30:00Z"),  # doubled: the first
    ],
)
def test_dates_are_read_as_people_write_them(text, instant):
    assert moment(text, PUBLICATION.zone).at == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "25/06/2026", "2026-02-30", "1969-12-31", "0001-01-01", "2026-06-25 25:00", "2026-06-25 09:00 IST"],
)
def test_a_date_that_nobody_can_read_is_quoted_with_what_would_be_right(text):
    found = refused(f"---\ntitle: A\n\ndate: {text}\n---\n")
    assert found.line == 4
    assert text in found.reason
    assert "2026-06-25T09:00:00+02:00" in found.reason
    assert found.left_out


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("articles/2026-06-25-a.md", "2026-06-25"),
        ("articles/20260625-a.md", "2026-06-25"),
        ("articles/2020-12-2-a.md", "2020-12-02"),
        ("articles/2026/06/25/a.md", "2026-06-25"),
        ("articles/2026-06-25/a.md", "2026-06-25"),
    ],
)
def test_the_date_may_stand_in_the_name_or_the_folder(path, day):
    one = manuscript("---\ntitle: T\n---\n", path)
    assert one.published.astimezone(PUBLICATION.zone).date().isoformat() == day
    assert (one.has_time, one.slug) == (False, "a")


@pytest.mark.parametrize(
    ("head", "path", "slug"),
    [
        ("slug: 2022-05-04-newsletter-cs\nlang: cs\ndate: 2022-05-04\n", "articles/x.md", "newsletter"),
        ("date: 2026-06-25\n", "articles/slug.es.md", "slug"),
        ("date: 2026-06-25\n", "articles/node.js.md", "node-js"),
        ("date: 2026-06-25\n", "articles/2026/06/25/index.md", "the-title"),
        ("date: 2026-06-25\n", "articles/my folder/index.md", "my-folder"),
        ("date: 2026-06-25\nslug: ..\n", "articles/x.md", "x"),
        ("date: 2026-06-25\nslug: ../../etc/passwd\n", "articles/x.md", "passwd"),
        ("date: 2026-06-25\nslug: 日本語の記事\n", "articles/x.md", "日本語の記事"),
        ("date: 2026-06-25\nslug: Crème brûlée & œufs\n", "articles/x.md", "creme-brulee-oeufs"),
        ("date: 2026-06-25\nslug: हिन्दी\n", "articles/x.md", "हिन्दी"),
        ("date: 2026-06-25\nslug: 2019-in-review\n", "articles/x.md", "2019-in-review"),
        ("date: 2026-06-25\nslug: '!!!'\n", "articles/___.md", "the-title"),
    ],
)
def test_slugs_are_short_safe_and_shared_by_translations(head, path, slug):
    assert manuscript(f"---\ntitle: The title\n{head}---\n", path).slug == slug


@given(st.text())
def test_a_slug_is_a_folder_name_and_stays_itself(text):
    slug = slugify(text)
    assert slugify(slug) == slug
    assert len(slug) <= 80
    assert len(slug.encode()) <= 240
    assert not set(slug) & set("./\\%? \t\n\0")


def test_titles_lose_what_only_hides_or_breaks():
    assert one_line("a\u202eb\u200bc\u2028d\r\ne\x00\ud800\ufeff") == "abc d e"
    assert headline("<em>a</em> **b** `Vec<T>` [c](http://x) snake_case_name 2 * 3 * 4 &lt;x&gt;") == (
        "a b Vec<T> c snake_case_name 2 * 3 * 4 <x>"
    )
    assert one_line("می\u200cشود 👩\u200d💻 a\u200db") == "می\u200cشود 👩\u200d💻 ab"
    body = read(HEAD.encode() + b"---\na\x01b\xc2\x92c\n").body.text
    assert body == "ab\u2019c\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\ntitle: a: b\ndate: 2026-06-25\n---\n", 2, "not valid YAML"),
        ("\n\n---\ntitle: [a\ndate: 2026-06-25\n---\n", 5, "not valid YAML"),
        ("---\na: *b\nb: [\n---\n", 2, "found undefined alias"),
        ("---\na: &a 1\nb: &a 2\n---\n", 3, "second occurrence"),
        ("---\na: &a [x, *a]\n---\n", 2, "nested or repeated"),
        ("---\na: 1\n--- b: 2\n---\n", 3, "found another document"),
        ("---\n[a]: 1\nb: [\n---\n", 4, "not valid YAML"),
        ("---\n[a]: 1\n---\n", 2, "a key is one word"),
        ("---\n- a\n---\n", 2, "no list of keys"),
        ("---\ntitle: A\n", 1, "does not end"),
        ('+++\ntitle = "A"\ndate = x\n+++\n', 3, "not valid TOML"),
        ("---\ntitle: A\ndate: 2026-06-25\nDate: 2026-06-26\n---\n", 4, "given twice (first on line 3)"),
        ("---\ntitle: A\n---\n", 1, "no date"),
        ("---\ndate: 2026-06-25\n---\nText\n", 1, "no title"),
        ("---\ntitle: '\u200b'\ndate: 2026-06-25\n---\nText\n", 2, "no title"),
        ("---\ndate: 2026-06-25\ntitle: [a, b]\n---\nText\n", 3, "`title` is a list; a title is one line of text"),
        ("---\ndate: 2026-06-25\nheadline: {a: b}\n---\nText\n", 3, "`headline` is a mapping; a title is one line"),
        ("", 1, "no date"),
        (b"---\ntitle: A\ndate: 2026-06-25\n---\ncaf\xe9\n", 5, "0xe9 is not UTF-8"),
        ("---\ntitle: A\n---\n".encode("utf-16"), 1, "UTF-16"),
        ("---\na: " + "[" * 5000 + "]" * 5000 + "\n---\n", 2, "nested"),
        ("---\n" + "- " * 60000 + "\n---\n", 2, "nested"),
        ("---\n" + "? " * 60000 + "\n---\n", 2, "nested"),
        (
            "---\na: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
            + "---\n",
            3,
            "repeated",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_line_and_what_would_be_right(text, line, words):
    found = refused(text)
    assert words in found.reason
    assert found.line == line or words == "repeated"
    assert found.left_out


def test_the_day_that_a_broken_article_belongs_to_is_known_where_it_can_be():
    assert refused("---\ntitle: a: b\ndate: 2026-06-25\n---\n").day == date(2026, 6, 25)
    assert refused(b"\xe9", "articles/2026-06-25-x.md").day == date(2026, 6, 25)
    assert refused("---\ndate: 2026-06-25\n---\n").day == date(2026, 6, 25)


def test_a_key_given_twice_that_decides_nothing_is_only_mentioned():
    found = read(HEAD + "expirydate: 1\nexpirydate: 2\n---\n")
    assert [(one.line, one.left_out) for one in found.warnings] == [(5, False)]


def test_an_alias_in_the_front_matter_is_read_where_it_stands():
    found = read(
        HEAD + "x: &x {publisher: Town, titel: a}\nkey: &k sources\n*k :\n  - *x\n  - {title: &t B, note: *t}\n---\n"
    )
    assert [(one.title, one.publisher, one.note) for one in found.manuscript.sources] == [
        ("Town", "Town", None),
        ("B", None, "B"),
    ]
    assert [one.line for one in found.warnings] == [4]


def test_the_words_of_addresses_are_not_counted():
    text = 'One [two](/not/these "nor these") [https://a.example](/nor/this) three[@no] <https://b.example/> [four][no]'
    assert read(HEAD + "---\n" + text).manuscript.words == 4
    assert read(HEAD + "---\n" + text + " a < b").manuscript.words == 6


def test_a_faulty_source_costs_itself_and_not_the_article():
    found = read(
        HEAD + "sources:\n  - {title: A, url: 'https://a.example/'}\n  - {title: B, role: main}\n"
        "  - javascript:alert(1)\n  - {note: nothing}\n  - {title: C, key: c}\n  - {title: D, key: c}\n"
        "corrections:\n  - {at: someday, text: X}\nkind: rant\nlang: Martian language\nid: 7\n---\nT [@c] [@zz]\n"
    )
    assert [source.title for source in found.manuscript.sources] == ["A", "C", "D"]
    assert found.manuscript.corrections == ()
    lines = [(one.line, one.left_out) for one in found.warnings]
    assert sorted(lines) == [(line, False) for line in (6, 7, 8, 10, 12, 13, 14, 15, 17)]
    assert "primary, secondary, document, background, own-reporting" in "".join(one.reason for one in found.warnings)
    assert found.manuscript.lang == "en"


def test_a_draft_needs_neither_date_nor_title():
    one = manuscript("---\ndraft: true\n---\n", "articles/idea.md")
    assert (one.draft, one.title, one.published) == (True, "idea", NOW)


def test_windows_line_ends_and_byte_order_marks_change_nothing():
    unix = read(HEAD + "---\nText\nmore\n")
    windows = read(b"\xef\xbb\xbf" + (HEAD + "---\nText\nmore\n").replace("\n", "\r\n").encode())
    assert windows.manuscript == unix.manuscript
    assert windows.body == unix.body


def test_words_are_counted_without_markup():
    text = (
        HEAD
        + "---\n# One two\n\n[three](https://four.example/five) <b class='x'>four</b> {{< six seven >}}\n\n[r]: https://x.example\n"
    )
    assert manuscript(text).words == 4
    assert manuscript(HEAD + "---\n日本語の記事です\n").words == 4


def test_program_lines_of_mdx_are_no_text():
    found = read(HEAD + "---\nimport A from './a'\nexport const b = 1\n\nText import x\n", "articles/a.mdx")
    assert found.body.text.strip() == "Text import x"


HEADS = st.sampled_from(
    [
        "---\n",
        "+++\n",
        "title: ",
        "date: 2026-06-25\n",
        "sources:\n - ",
        "&a ",
        "*a",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "|\n",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.one_of(HEADS, st.text(max_size=8)), max_size=30).map(
            lambda parts: "".join(parts).encode("utf-8", "replace")
        ),
        st.lists(st.one_of(HEADS, st.text(max_size=8)), max_size=30).map(
            lambda parts: ("---\ntitle: A\ndate: 2026-06-25\n" + "".join(parts) + "\n---\n{{ [@x] {% raw %}").encode(
                "utf-8", "replace"
            )
        ),
    ),
    st.sampled_from(["articles/a.md", "articles/a.html", "articles/a.mdx", "articles/2026-06-25-é.md"]),
)
def test_nothing_that_a_file_may_hold_raises(data, path):
    assert isinstance(parse(path, data, PUBLICATION, mtime=NOW), ReadFile | Problem)
