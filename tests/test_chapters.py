"""A release plans and writes only what changed; what stands in the end is what a first release would have made."""

import contextlib
import fcntl
import random
import shutil
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from desk import TOML, Desk, at, files_of
from publisher.render.feeds import atom
from publisher.render.feeds.atom import entry_atom
from publisher.render.feeds.entry import Entry
from publisher.running import reading, sharing, writing

FIRST = at("2026-03-25T08:00:00+01:00")
NOW = "2026-12-01T12:00:00+01:00"
SECTIONS = ("World", "Harbour", "AI")


@pytest.fixture
def paper(tmp_path: Path) -> Desk:
    return new_paper(tmp_path / "paper")


def new_paper(home: Path) -> Desk:
    made = Desk(home)
    (home / "feeds").mkdir(parents=True)
    (home / "publication.toml").write_text(TOML.replace("2026-06-20", "2999-01-01"), "utf-8")
    (home / "feeds/site.toml").write_text(
        'articles = "site"\ntitle = "{publication}"\nlength = 5\narchive = 10\n', "utf-8"
    )
    return made


def write(desk: Desk, numbers: range, **keys: object) -> None:
    for number in numbers:
        given = {
            "section": SECTIONS[number % 3],
            "tags": ["ai", f"tag-{number % 4}"],
            "author": f"Author {number % 2}",
            "sources": [f"https://papers.example/{number}"],
            "body": f"Text {number} with [a link](/elsewhere/).",
        }
        when = str(keys.pop("published", (FIRST + timedelta(days=number)).isoformat()))
        desk.article(f"story-{number}", when, **(given | keys))


def release(desk: Desk) -> dict[str, object]:
    return desk.run("--site-only", at=NOW)


def anew(desk: Desk) -> dict[str, bytes]:
    """The site that a first release makes of the same articles, with the same ids in the same order."""
    fresh = new_paper(desk.home.parent / "anew")
    for name in ("articles", "days", "static"):
        if (desk.home / name).exists():
            shutil.copytree(desk.home / name, fresh.home / name)
    shutil.copy(desk.home / "ids.tsv", fresh.home)
    release(fresh)
    found = fresh.site()
    shutil.rmtree(fresh.home)
    return found


def same(desk: Desk, *, moved: tuple[str, ...] = ()) -> None:
    """`moved` are addresses that only readers of an earlier release know."""
    here, there = desk.site(), anew(desk)
    redirects = {f"{path}index.html" for path in moved}
    assert sorted(here.keys() - redirects) == sorted(there)
    lists = {"_redirects", "redirects.nginx", "redirects.caddy"} if moved else set()
    assert [path for path in there if here[path] != there[path] and path not in lists] == []


def test_release_after_release_leaves_what_a_first_release_makes(paper: Desk) -> None:
    write(paper, range(24))
    release(paper)
    same(paper)
    write(paper, range(24, 26))
    release(paper)
    same(paper)
    # Another section and day, a translation, a headline, a correction, an old address, a day file, a file in static/
    write(paper, range(5, 6), section="Culture", tags=["new"])
    write(paper, range(6, 7), published=(FIRST + timedelta(days=40)).isoformat(), id=an_id(paper, "story-6"))
    write(paper, range(26, 27), lang="es", translation_of="story-8")
    write(paper, range(9, 10), title="Another headline")
    write(paper, range(8, 9), corrections=[{"at": "2026-08-01", "text": "It was ten."}])
    write(paper, range(10, 11), aliases=["/old/ten/"])
    paper.raw("days/2026-04-10.md", "---\nlead: story-16\n---\nA note.\n")
    paper.raw("static/robots.txt", "User-agent: *\n")
    release(paper)
    moved = ("2026/03/31/story-6/",)
    same(paper, moved=moved)
    paper.raw("static/robots.txt", "").unlink()
    write(paper, range(11, 12), retracted={"at": "2026-08-02", "reason": "It was not so."})
    release(paper)
    same(paper, moved=moved)


def an_id(desk: Desk, name: str) -> str:
    lines = (desk.home / "ids.tsv").read_text().splitlines()
    return next(line.split("\t")[0] for line in lines if f"/{name}.md" in line)


def test_an_article_that_goes_takes_its_pages_along(paper: Desk) -> None:
    write(paper, range(12))
    release(paper)
    (paper.home / "articles/story-3.md").unlink()
    report = release(paper)
    gone = {path for path in paper.site() if "story-3/" in path or "/2026/03/28/" in f"/{path}"}
    assert gone == set()
    assert report["files_removed"]
    assert release(paper)["release"] is None


def test_one_more_article_writes_few_documents_whatever_there_is(paper: Desk) -> None:
    written = []
    for number in (30, 60):
        write(paper, range(number))
        release(paper)
        write(paper, range(number, number + 1))
        written.append(release(paper)["files_written"])
    assert abs(written[1] - written[0]) <= 6
    assert written[1] < len(files_of(paper.home / "public")) / 4


def test_several_processes_write_the_same_site_as_one(paper: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    write(paper, range(30))
    monkeypatch.setattr(sharing, "cores", lambda: 1)
    release(paper)
    alone = paper.site()
    shutil.rmtree(paper.home / "releases")
    for name in ("public", "publisher.db", "ids.tsv"):
        (paper.home / name).unlink()
    monkeypatch.setattr(sharing, "cores", lambda: 3)
    monkeypatch.setattr(writing, "MANY", 1)
    monkeypatch.setattr(reading, "MANY", 1)
    monkeypatch.setattr(reading, "PART", 7)
    paper.raw("articles/broken.md", "---\ntitle: No end\n")
    assert paper.run("--site-only", at=NOW, exit_code=65)["left_out"]
    assert paper.site() == alone


def test_an_entry_is_made_once_for_the_archive_and_the_day_that_show_it(
    paper: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sections", "tags", "authors"):
        (paper.home / f"feeds/{name}.toml").write_text(
            f'articles = "{name[:-1]}"\ntitle = "x"\nformats = []\n', "utf-8"
        )
    (paper.home / "feeds/site.toml").write_text('articles = "site"\ntitle = "x"\nlength = 5\narchive = 50\n', "utf-8")
    # Nine on the first day and ten on each other, so that archives end in the middle of a day.
    for number in range(100):
        day, hour = divmod(number + 1, 10)
        write(paper, range(number, number + 1), published=(FIRST + timedelta(days=day, hours=hour)).isoformat())
    made: list[str] = []

    def counted(entry: Entry) -> bytes:
        made.append(entry.id)
        return entry_atom(entry)

    monkeypatch.setattr(atom, "entry_atom", counted)
    monkeypatch.setattr(sharing, "cores", lambda: 1)
    monkeypatch.setattr(writing, "MANY", 1)
    release(paper)
    assert len(files_of(paper.home / "public/feeds/archive/2")) == 3
    assert len(made) == len(set(made)) == 100


def test_what_goes_wrong_in_another_process_is_said_in_this_one(paper: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    write(paper, range(8))
    (paper.home / "templates").mkdir()
    (paper.home / "templates/article.html").write_text("{{ nobody.knows }}", "utf-8")
    monkeypatch.setattr(sharing, "cores", lambda: 2)
    monkeypatch.setattr(writing, "MANY", 1)
    done = paper.publisher("run", "--site-only", at=NOW)
    assert done.returncode == 78
    assert "templates/article.html:1" in done.stderr
    assert not (paper.home / "public").exists()


HOLDS = """
import fcntl, os, sys, time
from publisher.running import sharing
held = open(sys.argv[1], "w")
fcntl.flock(held, fcntl.LOCK_EX)
sharing.cores = lambda: 2
def busy(_):
    os.write(1, b"busy\\n")  # by one call: the two of them write into one pipe
    time.sleep(30)
list(sharing.shared([[1, 2]], busy))
"""


def test_a_process_that_is_killed_takes_along_what_it_forked_and_its_locks(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    first = subprocess.Popen([sys.executable, "-c", HOLDS, str(lock)], stdout=subprocess.PIPE)
    assert first.stdout
    assert first.stdout.readline() == b"busy\n"
    first.kill()
    first.communicate(timeout=10)  # until no process writes there any more
    with lock.open("w") as free:
        fcntl.flock(free, fcntl.LOCK_EX)


def test_what_is_kept_of_an_article_goes_when_it_changes(paper: Desk) -> None:
    write(paper, range(3))
    release(paper)
    write(paper, range(1, 2), body="Other words.")
    release(paper)
    assert "Other words." in paper.page("feeds/atom.xml")
    assert (
        "Text 1 with" not in (paper.home / "publisher.db").read_bytes().decode("latin-1").partition("\0Text 1 with")[2]
    )


EDITS: tuple[dict[str, object], ...] = (
    {"title": "Another headline"},
    {"section": "Culture", "tags": ["new", "world"]},
    {"corrections": [{"at": "2026-05-01", "text": "It was ten."}]},
    {"retracted": {"at": "2026-05-02", "reason": "It was not so."}},
    {"updated": "2026-05-19T10:00:00+02:00"},
    {"lang": "es", "translation_of": "story-3"},
    {"published": "2026-04-01T00:30:00+02:00"},
    {},
)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_edited_a_release_is_what_one_of_everything_would_be(paper: Desk, seed: int) -> None:
    draw = random.Random(seed)
    write(paper, range(30))
    now = at("2026-05-20T12:00:00+02:00")
    for _ in range(5):
        for number in draw.sample(range(34), 2):
            write(paper, range(number, number + 1), **draw.choice(EDITS))
        (paper.home / f"articles/story-{draw.randrange(30)}.md").unlink(missing_ok=True)
        now += timedelta(hours=draw.choice((1, 20, 200)))
        paper.run("--site-only", at=now.isoformat())
        released = paper.site()
        with contextlib.closing(sqlite3.connect(paper.home / "publisher.db")) as store:
            store.execute("UPDATE chapter SET fingerprint = ''")
            store.execute("UPDATE document SET fingerprint = ''")
            store.execute("UPDATE outline_month SET content = NULL, summary = NULL")
            store.execute("UPDATE publication SET site_fingerprint = NULL")
            store.execute("DELETE FROM kept")
            store.commit()
        paper.run("--site-only", at=now.isoformat())
        assert paper.site() == released
