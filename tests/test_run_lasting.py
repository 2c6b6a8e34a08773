"""What outlives a rename, a deletion, a share that is away, the loss of the store and an upgrade."""

import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import create_engine

from desk import Desk
from publisher.render import compiler
from publisher.render import environment as sandbox
from publisher.running import compiling
from publisher.store import upgrades


def test_a_folder_that_is_away_unpublishes_nothing(desk: Desk) -> None:
    for slug in ("a", "b"):
        desk.article(slug)
    desk.run()
    (desk.home / "articles").rename(desk.home / "away")
    assert desk.run(exit_code=65)["articles"] == 2
    (desk.home / "articles").mkdir()
    told = desk.run(exit_code=65)
    assert told["articles"] == 2
    assert "empty" in told["left_out"][0]


def test_an_id_belongs_to_one_article_at_a_time(desk: Desk) -> None:
    desk.article("strike", id="urn:x:1")
    desk.run()
    desk.article("ferry", id="urn:x:1", published="2026-06-25T08:30:00+02:00")
    for _ in range(2):
        told = desk.run(exit_code=65)
        assert "articles/ferry.md" in told["left_out"][0]
        assert (desk.home / "public/2026/06/25/strike/index.html").is_file()


def test_an_article_that_is_given_another_id_keeps_the_one_that_readers_know(desk: Desk) -> None:
    desk.article("strike")
    desk.run()
    desk.article("strike", id="urn:x:1")
    told = desk.run(exit_code=65)
    assert "tag:zendoric.example,2026-06-25:strike" in told["left_out"][0]
    assert told["articles"] == 1
    assert "urn:x:1" not in desk.page("feeds/atom.xml")


def test_another_article_may_take_the_name_of_a_file(desk: Desk) -> None:
    desk.article("strike")
    desk.run()
    desk.article("strike", body="Another.", title="Ferry", slug="ferry", id="urn:x:1")
    assert desk.run()["articles"] == 1
    assert "urn:x:1" in desk.page("feeds/atom.xml")


def test_an_article_whose_new_text_cannot_be_read_keeps_its_last_good_page(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    page = desk.page("2026/06/25/tides/index.html")
    desk.raw("articles/tides.md", "---\ntitle: [unclosed\n---\n")
    desk.run(exit_code=65)
    assert desk.page("2026/06/25/tides/index.html") == page


def test_a_deleted_article_leaves_the_site_and_its_id_stays_when_it_comes_back(desk: Desk) -> None:
    path = desk.article("tides")
    desk.run()
    text, ids = path.read_text(), (desk.home / "ids.tsv").read_text()
    path.unlink()
    desk.run()
    assert not (desk.home / "public/2026/06/25/tides").exists()
    path.with_name("back.md").write_text(text.replace("Tides", "Tides again"))
    desk.run()
    assert (desk.home / "ids.tsv").read_text().startswith(ids)
    assert ids.split("\t")[0] in desk.page("feeds/atom.xml")


def test_ids_survive_new_names_new_slugs_a_new_domain_and_the_loss_of_the_store(desk: Desk) -> None:
    desk.article("tides", body="High water.")
    desk.article("ferry", body="Every hour.", slug="boats")
    desk.run()
    before = {line.split("\t")[0] for line in (desk.home / "ids.tsv").read_text().splitlines()}
    for name in ("tides", "ferry"):
        old = desk.home / f"articles/{name}.md"
        text = old.read_text().replace('slug: "boats"\n', "").replace("---\n", f'---\nslug: "new-{name}"\n', 1)
        old.unlink()
        desk.raw(f"articles/deep/er/renamed-{name}.md", text)
    desk.configure('url = "https://zendoric.example/"', 'url = "https://elsewhere.example/"')
    for file in desk.home.glob("publisher.db*"):
        file.unlink()
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "publisher adopt" in done.stderr
    assert len(desk.mails()) == 2
    assert desk.publisher("adopt").returncode == 0
    told = desk.run(at="2026-06-25T10:00:00+02:00")
    assert told["digest"] is None
    feed = desk.page("feeds/atom.xml")
    assert all(identity in feed for identity in before)
    assert "https://elsewhere.example/2026/06/25/new-tides/" in feed
    assert len(desk.mails()) == 2


def test_a_backup_brings_everything_back_after_the_original_is_destroyed(desk: Desk, tmp_path: Path) -> None:
    desk.article("tides")
    desk.run()
    saved = tmp_path / "backup.tar.gz"
    assert desk.publisher("backup", str(saved)).returncode == 0
    key = (desk.home / "secret.key").read_bytes()
    for name in ("secret.key", "ids.tsv", "publisher.db"):
        (desk.home / name).unlink()
    for file in desk.home.glob("publisher.db*"):
        file.unlink()
    assert desk.publisher("restore", str(saved)).returncode == 0
    assert (desk.home / "secret.key").read_bytes() == key
    told = desk.run()
    assert (told["audience"], told["written"]) == (2, 2)
    assert len(desk.mails()) == 2


def test_a_lost_secret_is_noticed_by_the_links_that_it_signed(desk: Desk) -> None:
    desk.article("one")
    desk.run()
    path = desk.home / "secret.key"
    lost = path.read_text()
    desk.publisher("secret", "--rotate")
    assert "secret.key" not in desk.publisher("check").stderr
    path.unlink()
    said = desk.publisher("check").stderr
    assert "secret.key is newer than the digest of 2026-06-25: their readers cannot leave" in said
    path.write_text(path.read_text() + lost)
    assert "secret.key is newer" not in desk.publisher("check").stderr


def test_an_emptied_store_is_noticed_and_nobody_is_mailed_again(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    for file in desk.home.glob("publisher.db*"):
        file.unlink()
    (desk.home / "publisher.db").touch()
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "publisher adopt" in done.stderr
    assert desk.publisher("adopt").returncode == 0
    desk.subscribe("anna@example.org")
    assert desk.run(at="2026-06-26T09:00:00+02:00")["digest"] is None
    assert (desk.home / "public/digest/2026-06-25/index.html").is_file()


def test_another_authority_is_not_taken_for_a_new_publication(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    desk.configure('authority = "zendoric.example"', 'authority = "other.example"')
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "zendoric.example" in done.stderr


def put_back_to_the_first_schema(store: Path) -> None:
    """A store made by the first migration alone, with the same rows as far as it had room for them."""
    newer = store.rename(store.with_name("newer.db"))
    engine = create_engine(f"sqlite:///{store}")
    with patch("publisher.store.upgrades.HEAD", "0001"), engine.begin() as connection:
        upgrades.upgrade(connection)
    engine.dispose()
    with closing(sqlite3.connect(store)) as first:
        first.execute("ATTACH ? AS newer", [str(newer)])
        tables = [row[0] for row in first.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in set(tables) - {"alembic_version"}:
            columns = ", ".join(f'"{row[1]}"' for row in first.execute(f"PRAGMA main.table_info({table})"))
            first.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")
        first.commit()
    for file in store.parent.glob("newer.db*"):
        file.unlink()


def test_a_store_of_the_first_schema_is_copied_migrated_and_goes_on(desk: Desk) -> None:
    desk.article("tides")
    desk.run()
    before = desk.site()
    put_back_to_the_first_schema(desk.home / "publisher.db")
    told = desk.run()
    assert (told["stories"], told["written"]) == (0, 2)
    assert desk.site() == before
    kept = sqlite3.connect(desk.home / "publisher.db.before-0001")
    assert kept.execute("SELECT count(*) FROM delivery WHERE state = 'written'").fetchone() == (2,)
    assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    kept.close()
    desk.article("more", published="2026-06-26T08:00:00+02:00")
    assert desk.run(at="2026-06-26T09:00:00+02:00")["stories"] == 1
    assert len(desk.mails()) == 4


def test_templates_that_another_compiler_made_are_compiled_anew_though_the_version_is_the_same(
    desk: Desk, tmp_path: Path
) -> None:
    def makers() -> set[str]:
        with closing(sqlite3.connect(desk.home / "publisher.db")) as store:
            return {row[0] for row in store.execute("SELECT fingerprint FROM kept WHERE name LIKE 'template %'")}

    def run() -> None:
        compiling._program.cache_clear()
        sandbox._ENVIRONMENTS.clear()
        desk.run()

    other = tmp_path / "compiler.py"
    other.write_text("# does it in another way\n", "utf-8")
    with patch.object(compiler, "__file__", str(other)):
        for name in ("a", "b"):  # what a first build makes is kept by the second
            desk.article(name)
            run()
        before = makers()
    desk.article("c")
    run()
    assert len(before) == len(makers()) == 1
    assert before.isdisjoint(makers())
