"""The sample publication, from its files to its mails, through the command line that `make run` uses."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from publisher import config
from publisher.cli import main
from publisher.collect import files
from publisher.model import Access, Kind, Role, Verification

EXAMPLES = Path(__file__).parent.parent / "examples"
HARBOUR = EXAMPLES / "harbour"
MADE = shutil.ignore_patterns(
    "publisher.db*", "public", "releases", "trees", "outbox", "secret.key", "*.lock", "ids.tsv"
)


def read_articles(home):
    publication = config.parse((home / "publication.toml").read_text("utf-8"))
    return files.scan(home, publication, known={}, now=datetime(2026, 12, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A copy, after `make run`, with what the command printed."""
    root = tmp_path_factory.mktemp("examples")
    shutil.copytree(HARBOUR, root / "harbour", ignore=MADE)
    shutil.copy(EXAMPLES / "run_sample.py", root)
    return root / "harbour", make_run(root)


def make_run(root):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PUBLISHER_")}
    done = subprocess.run(
        [sys.executable, root / "run_sample.py"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def mails(home):
    return sorted((home / "outbox" / "new").iterdir())


def parts(path):
    """Headers, text and HTML of one mail."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    by_type = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    return message, by_type["text/plain"], by_type["text/html"]


def tree(home):
    """Every file that a reader or the program sees, with its bytes."""
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for folder in ("public/", "outbox", "articles")
        for path in (Path(at) / name for at, _, names in os.walk(home / folder, followlinks=True) for name in names)
    }


def articles_of_june_25(lang):
    scan = read_articles(HARBOUR)
    found = [one.manuscript for one in scan.read if one.stamp.path.startswith("articles/2026-06-25/")]
    translated = {one.slug for one in found if one.lang == lang}
    return [one for one in found if one.lang == lang or (one.lang == "en" and one.slug not in translated)]


def test_every_article_can_be_read_and_nothing_in_it_is_doubtful():
    scan = read_articles(HARBOUR)
    assert len(scan.read) == 20
    assert scan.problems == ()
    assert [str(warning) for one in scan.read for warning in one.warnings] == []


def test_it_shows_every_state_that_an_article_and_a_source_can_have():
    found = [one.manuscript for one in read_articles(HARBOUR).read]
    sources = [source for one in found for source in one.sources]
    assert {source.role for source in sources} >= set(Role.__args__)
    assert {source.access for source in sources} == set(Access.__args__)
    assert {source.verification for source in sources} == set(Verification.__args__)
    assert {one.kind for one in found} == {*Kind.__args__, None}
    assert {one.lang for one in found} == {"en", "es"}
    assert any(one.retracted for one in found)
    assert any(one.draft for one in found)
    assert any(one.updated for one in found)
    assert sum(bool(one.corrections) for one in found) == 3


def test_it_gives_one_mail_to_each_of_its_five_subscribers(sample):
    home, _ = sample
    assert sorted(parts(path)[0]["To"] for path in mails(home)) == [
        "ana@example.org",
        "ben@example.net",
        "chloe@example.com",
        "diego@example.org",
        "elena@example.net",
    ]


def test_each_mail_has_every_headline_and_every_source_link_in_both_parts(sample):
    home, _ = sample
    for path in mails(home):
        message, text, html = parts(path)
        wanted = articles_of_june_25("es" if message["To"].startswith(("diego", "elena")) else "en")
        assert len(wanted) == 4
        for article in wanted:
            assert article.title in " ".join(text.split())
            for url in (source.url for source in article.sources if source.url):
                assert url in text
                assert url in html


def test_neither_the_draft_nor_the_embargo_nor_what_is_older_is_in_a_mail(sample):
    home, _ = sample
    text = "".join(part for path in mails(home) for part in parts(path)[1:])
    assert "ice house" not in text
    assert "hundred years old" not in text
    assert "neap-tides" not in text


def test_the_pages_of_the_days_and_the_articles_are_there(sample):
    home, _ = sample
    public = home / "public"
    pages = [
        "index.html",
        "2026/06/25/index.html",
        "2026/06/20/index.html",
        "es/2026/06/25/the-missing-year/index.html",
    ]
    pages += [f"2026/06/25/{article.slug}/index.html" for article in articles_of_june_25("en")]
    pages += ["digest/2026-06-25/index.html", "feeds/atom.xml", "feeds/rss.xml", "feeds/feed.json"]
    assert [page for page in pages if not (public / page).is_file()] == []
    assert list(public.rglob("*ice-house*")) == []
    assert list(public.rglob("*lighthouse-centenary*")) == []


def test_the_articles_page_has_its_parts_in_order(sample):
    home, _ = sample
    page = (home / "public/2026/06/25/the-missing-year/index.html").read_text("utf-8")
    body = page[page.index("<body") :]
    order = [
        "The Morning Tide",
        "Back to the day",
        "missing year turns up",
        "June 25, 2026 · 07:30",
        "Sources &amp; references",
    ]
    places = [body.find(words) for words in order]
    assert -1 not in places
    assert re.search(r'<time[^>]+datetime="2026-06-25T07:30:00\+02:00"', body)


def test_a_page_of_its_own_stands_in_the_navigation_in_both_languages(sample):
    home, _ = sample
    for lang, title in (("", "About the Tide"), ("es/", "Quiénes somos")):
        assert f'<a href="/{lang}about/">{title}</a>' in (home / f"public/{lang}index.html").read_text("utf-8")
        assert f"<h1>{title}</h1>" in (home / f"public/{lang}about/index.html").read_text("utf-8")


def test_a_picture_is_there_in_several_widths_and_says_what_it_shows(sample):
    home, _ = sample
    page = (home / "public/2026/06/25/who-pays-for-the-breakwater/index.html").read_text("utf-8")
    (picture,) = re.findall(r"<picture>.*?</picture>", page)
    assert 'alt="A drawing of the north arm at sunrise.' in picture
    names = set(re.findall(r"/images/[^ ,\"]+", picture))
    assert len(names) >= 4
    assert [name for name in names if not (home / f"public{name}").is_file()] == []


def test_the_closing_words_say_what_was_made_where_and_what_next(sample):
    home, told = sample
    assert "5 mails were written" in told
    assert str(home / "public" / "index.html") in told
    assert str(home / "outbox" / "new") in told
    assert "init zendoric" in told
    named = [Path(path) for path in re.findall(r"^  the [a-z ]+? {2,}(/.*)$", told, re.MULTILINE)]
    assert len(named) == 6
    assert [path for path in named if not path.exists()] == []


def test_again_is_harmless_and_says_so(sample):
    home, _ = sample
    before = tree(home)
    told = make_run(home.parent)
    assert tree(home) == before
    assert "none was written again" in told


def test_what_init_writes_runs_and_mails_its_first_article(tmp_path, monkeypatch):
    monkeypatch.setenv("PUBLISHER_CLOCK", "2026-06-25T12:00:00+02:00")
    monkeypatch.chdir(tmp_path)

    def publisher(*arguments):
        with pytest.raises(SystemExit) as done:
            main([*arguments])
        assert done.value.code == 0

    publisher("init", "zendoric", "--timezone", "Europe/Madrid")
    monkeypatch.chdir("zendoric")
    publisher("run", "--now")
    (mail,) = mails(Path())
    assert "Welcome to Zendoric" in parts(mail)[1]
    assert Path("public/2026/06/25/welcome/index.html").is_file()
    assert "secret.key" in Path(".gitignore").read_text("utf-8")
