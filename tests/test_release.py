"""Releases on a real disk: all or nothing, cheap, and nothing that is live is ever removed."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from publisher import release
from publisher.errors import ConfigurationError, TemporaryError
from putting import putting

Site = dict[str, bytes]


def publish(
    home: Path, number: int, write: Site | None = None, remove: tuple[str, ...] = (), **more: int
) -> release.Released:
    base = more.get("base", number - 1)
    return release.publish(
        home, base=base, number=number, write=putting((write or {}).items()), remove=remove, keep=more.get("keep", 3)
    )


def shown(home: Path) -> Site:
    """The live site as a web server sees it."""
    found = {}
    for folder, _, files in os.walk(home / "public", followlinks=True):
        for name in files:
            path = Path(folder, name)
            found[path.relative_to(home / "public").as_posix()] = path.read_bytes()
    return found


def on_disk(home: Path) -> list[int]:
    return sorted(int(one.name) for one in (home / "releases").iterdir() if one.name.isdigit())


def folders_in_use(home: Path) -> set[str]:
    """RELEASE/FOLDER of every tree that a release on disk leads to."""
    roots = [home / "releases" / f"{number:06}" for number in on_disk(home)]
    found = set()
    while roots:
        for entry in os.scandir(roots.pop()):
            if entry.is_symlink():
                place = Path(os.path.realpath(entry.path))
                found.add(f"{place.parent.name}/{place.name}")
                roots.append(place)
    return found


def folders_on_disk(home: Path) -> set[str]:
    trees = home / "releases" / "trees"
    return {f"{made.name}/{tree.name}" for made in trees.iterdir() for tree in made.iterdir()}


def test_a_first_release_is_live_with_all_its_files(tmp_path: Path) -> None:
    site = {"index.html": b"front", "2026/06/25/a/index.html": b"a", "feeds/atom.xml": b"<feed/>"}
    made = publish(tmp_path, 1, site)
    assert shown(tmp_path) == site
    assert (tmp_path / "public").readlink() == Path("releases/000001")
    assert release.live(tmp_path) == 1
    assert release.exists(tmp_path, 1)
    assert not release.exists(tmp_path, 2)
    assert (made.number, made.written, made.folders) == (1, 3, 6)


def test_nothing_is_live_before_the_first_release(tmp_path: Path) -> None:
    assert release.live(tmp_path) is None
    assert not release.exists(tmp_path, 1)


def test_only_the_folders_on_the_path_of_a_change_are_made_anew(tmp_path: Path) -> None:
    site = {f"2026/{month:02}/{day:02}/index.html": b"day" for month in range(1, 6) for day in range(1, 11)}
    publish(tmp_path, 1, site)
    made = publish(tmp_path, 2, {"2026/05/10/new/index.html": b"new"})
    assert made.folders == 5  # root, 2026, 05, 10, new
    assert made.written == 1
    assert shown(tmp_path) == site | {"2026/05/10/new/index.html": b"new"}


@pytest.mark.parametrize("days", [4, 160])
def test_one_more_article_costs_the_same_in_a_small_and_in_a_large_site(tmp_path: Path, days: int) -> None:
    site = {f"{2000 + day // 20}/{day % 20:02}/{n}/index.html": b"x" for day in range(days) for n in range(10)}
    publish(tmp_path, 1, site)
    made = publish(tmp_path, 2, {"2000/00/new/index.html": b"new", "index.html": b"front"})
    assert made.folders == 4
    assert made.carried <= 20 + 10 + days // 20 + 1


def test_an_unchanged_file_is_the_same_file_on_disk_and_a_changed_one_is_new(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"a": b"1", "b": b"1"})
    publish(tmp_path, 2, {"a": b"2"})
    first, second = tmp_path / "releases/000001", tmp_path / "releases/000002"
    assert (first / "b").stat().st_ino == (second / "b").stat().st_ino
    assert (first / "a").read_bytes() == b"1"
    assert (second / "a").read_bytes() == b"2"


def test_a_path_is_copied_and_a_later_change_of_the_original_does_not_show(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"old" * 1_000_000)
    release.publish(tmp_path, base=0, number=1, write=putting([("logo.png", logo)]), remove=[], keep=2)
    logo.write_bytes(b"new")
    assert shown(tmp_path) == {"logo.png": b"old" * 1_000_000}


def test_a_pipe_in_place_of_a_file_to_copy_is_refused_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TemporaryError, match="pipe: it is not a file"):
        release.publish(tmp_path, base=0, number=1, write=putting([("pipe", tmp_path / "pipe")]), remove=[], keep=2)
    assert release.live(tmp_path) is None


def test_removed_files_take_their_empty_folders_along(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"a/b/c/x": b"x", "a/y": b"y", "z/z/z": b"z"})
    publish(tmp_path, 2, {}, ("a/b/c/x", "z/z/z", "was/never/there"))
    assert shown(tmp_path) == {"a/y": b"y"}
    assert not (tmp_path / "public/a/b").exists()
    assert not (tmp_path / "public/z").is_symlink()


def test_a_file_becomes_a_folder_and_the_other_way_round(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"about": b"file", "old/page/index.html": b"folder"})
    publish(tmp_path, 2, {"about/index.html": b"folder", "old": b"file"}, ("about", "old/page/index.html"))
    assert shown(tmp_path) == {"about/index.html": b"folder", "old": b"file"}
    publish(tmp_path, 3, {"about": b"file"}, ("about/index.html",))
    assert shown(tmp_path) == {"about": b"file", "old": b"file"}


@pytest.mark.parametrize("clash", ["about/index.html", "old"])
def test_a_file_where_a_folder_stands_is_refused_and_so_is_the_opposite(tmp_path: Path, clash: str) -> None:
    publish(tmp_path, 1, {"about": b"file", "old/page": b"folder"})
    with pytest.raises(ConfigurationError, match=r"cannot have a file .* is a f"):
        publish(tmp_path, 2, {"new": b"n", clash: b"x"})
    assert shown(tmp_path) == {"about": b"file", "old/page": b"folder"}


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "a//b",
        "a/",
        "",
        ".",
        "./x",
        "a/./b",
        "a\0b",
        "\ud800",
        "n" * 256,
        "a/" + "é" * 128,
    ],
)
def test_a_path_that_leads_out_of_the_site_is_refused(tmp_path: Path, path: str) -> None:
    publish(tmp_path, 1, {"index.html": b"1"})
    with pytest.raises(ConfigurationError, match="cannot have a file"):
        publish(tmp_path, 2, {"index.html": b"2", path: b"x"})
    with pytest.raises(ConfigurationError, match="cannot have a file"):
        publish(tmp_path, 2, {"index.html": b"2"}, (path,))
    assert shown(tmp_path) == {"index.html": b"1"}
    assert on_disk(tmp_path) == [1]


@pytest.mark.parametrize("where", ["public/out", "public/a/out"])
def test_a_link_that_someone_else_put_into_the_site_is_kept_and_never_followed(tmp_path: Path, where: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"s")
    publish(tmp_path, 1, {"a/x": b"1"})
    (tmp_path / where).symlink_to(outside)
    inside = where.removeprefix("public/")
    publish(tmp_path, 2, {"a/x": b"2"})
    for path in (f"{inside}/page", inside):
        with pytest.raises(ConfigurationError, match=r"link"):
            publish(tmp_path, 3, {path: b"x"})
    with pytest.raises(ConfigurationError, match=r"link"):
        publish(tmp_path, 3, {}, (f"{inside}/secret",))
    assert list(outside.iterdir()) == [outside / "secret"]
    assert (tmp_path / where).is_symlink()


def test_a_folder_that_someone_else_put_into_the_site_is_left_behind(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"index.html": b"1"})
    (tmp_path / "public/theirs").mkdir()
    (tmp_path / "public/theirs/file").write_bytes(b"t")
    publish(tmp_path, 2, {"index.html": b"2"})
    assert shown(tmp_path) == {"index.html": b"2"}


@pytest.mark.parametrize("target", [None, "/var/www", "releases/../elsewhere", "releases/000001/../../x"])
def test_a_public_that_is_not_ours_is_refused_and_left_alone(tmp_path: Path, target: str | None) -> None:
    public = tmp_path / "public"
    if target is None:
        public.mkdir()
        (public / "precious").write_bytes(b"p")
    else:
        public.symlink_to(target)
    with pytest.raises(ConfigurationError, match="Move it away"):
        publish(tmp_path, 1, {"index.html": b"1"})
    assert not (tmp_path / "releases").exists()
    if target:
        assert str(public.readlink()) == target
    else:
        assert (public / "precious").read_bytes() == b"p"


def test_a_web_server_can_read_everything_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        publish(tmp_path, 1, {"a/b/index.html": b"1"})
    finally:
        os.umask(before)
    for folder, folders, files in os.walk(tmp_path / "releases"):
        assert all(os.lstat(Path(folder, name)).st_mode & 0o777 == 0o644 for name in files if "superseded" not in name)
        real = [Path(folder, name) for name in folders if not Path(folder, name).is_symlink()]
        assert all(path.stat().st_mode & 0o777 == 0o755 for path in real)
    assert (tmp_path / "releases").stat().st_mode & 0o777 == 0o755


def test_a_number_of_releases_stays_with_just_the_folders_that_they_use(tmp_path: Path) -> None:
    for number in range(1, 12):
        publish(tmp_path, number, {f"day/{number}/index.html": b"x", "index.html": b"%d" % number}, keep=4)
    assert on_disk(tmp_path) == [8, 9, 10, 11]
    assert folders_on_disk(tmp_path) == folders_in_use(tmp_path)
    assert len(shown(tmp_path)) == 12


def test_a_release_that_the_store_never_heard_of_stays_while_it_is_live_and_goes_later(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"a/x": b"1", "b/y": b"1"})
    publish(tmp_path, 2, {"a/x": b"2"})  # live, but the run died before the store knew
    publish(tmp_path, 3, {"b/y": b"3"}, base=1)
    assert shown(tmp_path) == {"a/x": b"1", "b/y": b"3"}
    assert on_disk(tmp_path) == [1, 2, 3]
    publish(tmp_path, 4, {"a/x": b"4"}, keep=2)
    assert on_disk(tmp_path) == [3, 4]
    assert folders_on_disk(tmp_path) == folders_in_use(tmp_path)
    assert shown(tmp_path) == {"a/x": b"4", "b/y": b"3"}


def test_a_restored_store_goes_on_from_an_older_release_that_is_still_there(tmp_path: Path) -> None:
    for number in range(1, 6):
        publish(tmp_path, number, {f"p{number % 3}/x": b"%d" % number}, keep=4)
    publish(tmp_path, 6, {"p9/x": b"6"}, base=3)
    assert shown(tmp_path) == {"p1/x": b"1", "p2/x": b"2", "p0/x": b"3", "p9/x": b"6"}
    publish(tmp_path, 7, {"p9/x": b"7"}, keep=4)
    assert on_disk(tmp_path) == [2, 3, 6, 7]
    assert folders_on_disk(tmp_path) == folders_in_use(tmp_path)


def test_a_lost_store_starts_from_nothing_and_all_that_was_is_swept(tmp_path: Path) -> None:
    for number in range(1, 6):
        publish(tmp_path, number, {f"p{number}/x": b"%d" % number}, keep=2)
    publish(tmp_path, 6, {"new/x": b"6"}, base=0)
    assert shown(tmp_path) == {"new/x": b"6"}
    publish(tmp_path, 7, {"new/x": b"7"})
    assert on_disk(tmp_path) == [6, 7]
    assert folders_on_disk(tmp_path) == folders_in_use(tmp_path)


def test_a_base_that_is_gone_is_said_and_nothing_changes(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"x": b"1"})
    with pytest.raises(TemporaryError, match="no longer has release 7"):
        publish(tmp_path, 8, {"x": b"8"})
    assert shown(tmp_path) == {"x": b"1"}


def test_a_number_that_is_live_is_never_built_over(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"x": b"1"})
    with pytest.raises(ValueError, match="not newer"):
        publish(tmp_path, 1, {"x": b"2"}, base=0)


def test_an_error_of_the_renderer_leaves_no_trace(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"x": b"1"})

    def rendered() -> Iterator[tuple[str, bytes]]:
        yield "x", b"2"
        yield "deep/er/y", b"2"
        raise OSError(errno.ECONNRESET, "the store is away")

    with pytest.raises(OSError, match="the store is away"):
        release.publish(tmp_path, base=1, number=2, write=putting(rendered()), remove=[], keep=2)
    assert shown(tmp_path) == {"x": b"1"}
    assert on_disk(tmp_path) == [1]
    assert folders_on_disk(tmp_path) == set()


# A kill at any system call: an audit hook lets the disk be and raises at the n-th call and at all that follow.


class Killed(BaseException):
    pass


class Fuse:
    """Counts down with each change of the disk; burnt, it lets none pass until it is put out."""

    WATCHED = frozenset({"os.mkdir", "os.rmdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.chmod", "open"})

    def __init__(self) -> None:
        self.left: int | None = None
        self.thread = 0

    def hook(self, event: str, _: object) -> None:
        if self.left is None or event not in self.WATCHED or threading.get_ident() != self.thread:
            return
        self.left -= 1
        if self.left < 0:
            raise Killed

    def light(self, steps: int | None) -> None:
        self.thread = threading.get_ident()
        self.left = steps


FUSE = Fuse()
sys.addaudithook(FUSE.hook)

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
CHANGE = st.tuples(
    st.dictionaries(PATHS, st.binary(max_size=3), max_size=4),
    st.lists(PATHS, max_size=3),
    st.one_of(st.none(), st.integers(0, 120)),
    st.integers(2, 4),
    st.sampled_from(["", "", "died before the store knew", "store lost"]),
)


def changed(site: Site, write: Site, remove: list[str]) -> Site | None:
    """The plain model; None: it would put a file where a folder is."""
    after = {path: content for path, content in site.items() if path not in remove} | write
    folders = {path.rsplit("/", cut)[0] for path in after for cut in range(1, path.count("/") + 1)}
    return None if folders & after.keys() else after


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CHANGE, min_size=1, max_size=14))
@example([({"a/a/a/a": b""}, [], None, 2, ""), ({"a/a": b""}, ["a/a/a/a"], None, 2, "")])
def test_the_live_site_equals_a_plain_model_whatever_is_changed_killed_and_swept(changes: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        remembered, known, visible = 0, {}, {}
        for write, remove, fuse, keep, fate in changes:
            if fate == "store lost" or not release.exists(home, remembered):
                remembered, known = 0, {}
            after = changed(known, write, remove)
            if after is None:
                continue
            number = max(remembered, release.live(home) or 0) + 1
            FUSE.light(fuse)
            try:
                release.publish(
                    home, base=remembered, number=number, write=putting(write.items()), remove=remove, keep=keep
                )
                if fate != "died before the store knew":
                    remembered, known = number, after
            except Killed:
                pass
            finally:
                FUSE.light(None)
            visible = after if release.live(home) == number else visible
            assert shown(home) == visible
            if release.live(home):
                assert remembered == 0 or release.exists(home, remembered)
        publish(home, (release.live(home) or 0) + 1, {"last": b"1"}, base=remembered, keep=2)
        publish(home, (release.live(home) or 0) + 1, {"last": b"2"}, keep=2)
        assert shown(home) == known | {"last": b"2"}
        assert len(on_disk(home)) <= 2
        assert folders_on_disk(home) == folders_in_use(home)
        assert not [one for one in (home / "releases").iterdir() if one.suffix in {".old", ".abandoned"}]


PUBLISHES_FOR_EVER = """
import json, os, sys
from pathlib import Path
from publisher import release
home = Path(sys.argv[1])
memory = home / "store.json"
while True:
    base = json.loads(memory.read_text())["base"] if memory.exists() else 0
    if not release.exists(home, base):
        base = 0
    number = max(base, release.live(home) or 0) + 1
    pages = [(f"{n % 7}/{n}/index.html", b"%d " % number * 2000) for n in range(40) if base == 0 or n % 3 == number % 3]
    remove = [f"{number % 7}/extra"]
    pages.append((f"{(number + 1) % 7}/extra", b"e"))
    write = lambda draft: [draft.write(*page) for page in pages]
    release.publish(home, base=base, number=number, write=write, remove=remove, keep=3)
    new = home / "store.new"
    new.write_text(json.dumps({"base": number}))
    os.replace(new, memory)
"""


def test_after_a_real_kill_at_any_moment_the_next_release_goes_on(tmp_path: Path) -> None:
    chance = random.Random(7)
    for _ in range(12):
        child = subprocess.Popen([sys.executable, "-c", PUBLISHES_FOR_EVER, str(tmp_path)])
        memory = tmp_path / "store.json"
        before = memory.read_text() if memory.exists() else None
        while child.poll() is None and (not memory.exists() or memory.read_text() == before):
            time.sleep(0.001)
        time.sleep(chance.random() / 20)
        assert child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        seen = {path: content for path, content in shown(tmp_path).items() if path.endswith("index.html")}
        assert len(seen) == 40
        assert all(len(words) == 2000 and len(set(words)) == 1 for words in map(bytes.split, seen.values()))
    base = json.loads((tmp_path / "store.json").read_text())["base"]
    publish(tmp_path, (release.live(tmp_path) or 0) + 1, {"last": b"1"}, base=base, keep=2)
    publish(tmp_path, (release.live(tmp_path) or 0) + 1, {"last": b"2"}, keep=2)
    assert len(on_disk(tmp_path)) == 2
    assert folders_on_disk(tmp_path) == folders_in_use(tmp_path)


READS_FOR_EVER = """
import os, sys
from pathlib import Path
public = Path(sys.argv[1]) / "public"
looks, newest = 0, 0
while True:
    for page in ("index.html", "2026/06/25/a/index.html", "2026/06/25/index.html", "feeds/atom.xml", "static/logo"):
        text = (public / page).read_text()
        words = set(text.split())
        assert len(text.split()) == 3000 and len(words) == 1, f"mixed: {page}"
        looks += 1
        if page == "index.html":
            assert int(text.split()[0]) >= newest, "an older page came back"
            newest = int(text.split()[0])
            if newest == 200:
                print(looks)
                sys.exit()
"""


def test_a_reader_that_loops_over_the_site_during_200_releases_never_misses_a_page(tmp_path: Path) -> None:
    def page(number: int) -> bytes:
        return b"%d " % number * 3000

    every = ["index.html", "2026/06/25/a/index.html", "2026/06/25/index.html", "feeds/atom.xml", "static/logo"]
    publish(tmp_path, 1, dict.fromkeys(every, page(1)))
    reader = subprocess.Popen(
        [sys.executable, "-c", READS_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for number in range(2, 201):
        some = [path for place, path in enumerate(every) if place == 0 or (number + place) % 3]
        publish(tmp_path, number, dict.fromkeys(some, page(number)), keep=5)
    out, complaints = reader.communicate(timeout=60)
    assert reader.returncode == 0, complaints
    assert int(out) >= 5


# What the disk refuses.


def test_a_full_disk_is_said_and_the_old_release_stays_live(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("a small file system can only be mounted by root")
    try:
        publish(small, 1, {"index.html": b"1"})
        with pytest.raises(TemporaryError, match=r"is full: see `df -h .*last release is still live"):
            publish(small, 2, {"index.html": b"2", **{f"big/{n}": bytes(100_000) for n in range(20)}})
        assert shown(small) == {"index.html": b"1"}
        assert on_disk(small) == [1]
        publish(small, 2, {"index.html": b"2"})
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        with pytest.raises(TemporaryError, match="is read-only: see `findmnt"):
            publish(small, 3, {"index.html": b"3"})
        assert shown(small) == {"index.html": b"2"}
    finally:
        subprocess.run(["umount", small], check=True)


PUBLISHES_AS_NOBODY = """
import os, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from publisher import release
from publisher.errors import TemporaryError
os.setgid(65534)
os.setuid(65534)
try:
    write = lambda draft: draft.write("a/y", b"2")
    release.publish(Path(sys.argv[1]), base=1, number=2, write=write, remove=[], keep=2)
except TemporaryError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files that belong to root")
@pytest.mark.parametrize("theirs", ["releases", "releases/000001", "releases/trees/000001/0001/x", "releases/trees"])
def test_files_that_belong_to_root_after_one_sudo_are_named_with_what_to_type(theirs: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        publish(home, 1, {"index.html": b"1", "a/x": b"1"})
        for path in [home, *home.rglob("*")]:
            os.chown(path, 65534, 65534, follow_symlinks=False)
        for path in [home / theirs, *(home / theirs).glob("*")]:
            os.chown(path, 0, 0, follow_symlinks=False)
        child = subprocess.run(
            [sys.executable, "-c", PUBLISHES_AS_NOBODY, home, *sys.path], capture_output=True, text=True, check=True
        )
        if child.stdout:
            assert "belongs to root: type `sudo chown -hR nobody" in child.stdout
            assert shown(home) == {"index.html": b"1", "a/x": b"1"}
        else:  # where hard links to other people's files are allowed, it simply works
            assert shown(home) == {"index.html": b"1", "a/x": b"1", "a/y": b"2"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named_with_what_to_type(tmp_path: Path) -> None:
    publish(tmp_path, 1, {"index.html": b"1"})
    (tmp_path / "releases").chmod(0o555)
    try:
        with pytest.raises(TemporaryError, match="type `chmod -R u"):
            publish(tmp_path, 2, {"index.html": b"2"})
        assert shown(tmp_path) == {"index.html": b"1"}
    finally:
        (tmp_path / "releases").chmod(0o755)
