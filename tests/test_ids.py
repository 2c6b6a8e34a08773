"""`ids.tsv` outlives half lines, odd file names and editors that change the end of a file."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.errors import ConfigurationError
from publisher.release import ids

HASH = "ab" * 32
ONE, TWO = ("tag:z,2026:one", "articles/one.md", HASH), ("tag:z,2026:two", "articles/two.md", HASH)


def test_what_is_appended_is_read_again_and_once(tmp_path: Path) -> None:
    ids.append(tmp_path, [ONE, TWO])
    before = (tmp_path / ids.NAME).read_bytes()
    ids.append(tmp_path, [ONE, TWO])
    assert (tmp_path / ids.NAME).read_bytes() == before
    assert ids.read(tmp_path) == {ONE[0]: ONE[1:], TWO[0]: TWO[1:]}


def test_a_moved_article_gets_a_later_line_that_holds(tmp_path: Path) -> None:
    ids.append(tmp_path, [ONE])
    ids.append(tmp_path, [(ONE[0], "articles/moved.md", HASH)])
    assert ids.read(tmp_path) == {ONE[0]: ("articles/moved.md", HASH)}


def test_half_a_line_says_nothing_and_goes_with_the_next_append(tmp_path: Path) -> None:
    ids.append(tmp_path, [ONE])
    with (tmp_path / ids.NAME).open("ab") as file:
        file.write(b"tag:z,2026:two\tarticles/tw")
    assert set(ids.read(tmp_path)) == {ONE[0]}
    ids.append(tmp_path, [TWO])
    assert ids.read(tmp_path) == {ONE[0]: ONE[1:], TWO[0]: TWO[1:]}


def test_a_last_line_without_its_end_is_kept(tmp_path: Path) -> None:
    ids.append(tmp_path, [ONE])
    path = tmp_path / ids.NAME
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    assert set(ids.read(tmp_path)) == {ONE[0]}
    ids.append(tmp_path, [TWO])
    assert set(ids.read(tmp_path)) == {ONE[0], TWO[0]}


def test_a_line_in_the_middle_that_nobody_can_read_is_named(tmp_path: Path) -> None:
    ids.append(tmp_path, [ONE])
    path = tmp_path / ids.NAME
    path.write_text("<<<<<<< ours\n" + path.read_text())
    with pytest.raises(ConfigurationError, match=r"ids\.tsv:1"):
        ids.read(tmp_path)


@given(name=st.text(min_size=1, max_size=20).filter(lambda name: name.isprintable() or "\t" in name or "\n" in name))
def test_any_file_name_comes_back(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    home = tmp_path_factory.mktemp("ids")
    ids.append(home, [("id", name, HASH), TWO])
    assert ids.read(home) == {"id": (name, HASH), TWO[0]: TWO[1:]}
