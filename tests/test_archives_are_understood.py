"""Five real archives, as they are: every dated post becomes one manuscript, and the rest is named."""

import csv
import re
import tarfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher import config
from publisher.collect.files import ReadFile, Scan, scan
from publisher.render.markdown import render

pytestmark = pytest.mark.corpora
NAMES = ("bitcoin-optech", "digitalgov-news", "nodejs-blog", "ocaml-planet", "this-week-in-rust")
ZONE = ZoneInfo("America/New_York")
PUBLICATION = config.parse(
    'name = "Z"\nurl = "https://z.example/"\nauthority = "z.example"\ntimezone = "America/New_York"\n'
)
LEFT_OUT = {
    "digitalgov-news/2018/09/2018-09-24-example.md": (1, "it has no title"),
    "nodejs-blog/index.md": (1, "it has no date"),
}
DATED_INSIDE = {
    "digitalgov-news/2021/04/2021-04-06-using-chatbots-to-improve-customer-experience.md": "2021-04-07 20:33:00 -0500",
}
"""An empty line stands before its front matter: the MANIFEST has the day of its name, its own date is another."""
WARNED = {
    "bitcoin-optech/ja/newsletters/2022-05-18-newsletter.md": {139},
    "digitalgov-news/2014/06/2014-06-30-social-media-accessibility-issues-and-solutions.md": {18},
    "digitalgov-news/2015/06/2015-06-22-citysdk-helping-civic-hackers-deliver-local-solutions.md": {15},
    "digitalgov-news/2015/09/2015-09-16-using-plain-language-to-write-for-the-web.md": {14},
    "digitalgov-news/2015/10/2015-10-28-building-the-next-generation-of-government-innovators.md": {14},
    "digitalgov-news/2015/12/2015-12-29-18f-reflects-on-their-most-meaningful-projects-in-2015.md": {20},
    "digitalgov-news/2017/05/2017-05-09-benefits-of-accessible-design.md": {15},
    "digitalgov-news/2018/12/2018-12-20-designing-for-translation.md": {20},
    "digitalgov-news/2024/10/2024-10-07-building-a-culture-of-customer-experience-across-government.md": {27},
}


@pytest.fixture(scope="module")
def scanned(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Scan:
    root = tmp_path_factory.mktemp("publication")
    for name in NAMES:
        with tarfile.open(corpora / "archives" / name / "articles.tar.xz") as archive:
            archive.extractall(root / "articles", filter="data")
    return scan(root, PUBLICATION, known={}, now=datetime(2100, 1, 1, tzinfo=UTC))


def test_what_cannot_be_used_is_named_with_line_and_reason(scanned: Scan):
    found = {problem.path: (problem.line, problem.reason.partition(";")[0]) for _, problem in scanned.problems}
    assert found == {f"articles/{path}": expected for path, expected in LEFT_OUT.items()}
    warned: dict[str, set[int | None]] = {}
    for one in scanned.read:
        for warning in one.warnings:
            if "picture" in warning.reason:
                continue  # the archives have the posts alone, without the pictures that they show
            warned.setdefault(warning.path.removeprefix("articles/"), set()).add(warning.line)
    assert warned == WARNED


@pytest.mark.parametrize("name", NAMES)
def test_the_posts_of_each_day_are_those_of_the_manifest(scanned: Scan, corpora: Path, name: str):
    expected: Counter[str] = Counter()
    with (corpora / "archives" / name / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            place = f"{name}/{row['file']}"
            if row["date_as_written"] and place not in LEFT_OUT:
                expected[_day(DATED_INSIDE.get(place, row["date_as_written"]))] += 1
    ours = [one.manuscript for one in scanned.read if one.manuscript.path.startswith(f"articles/{name}/")]
    assert Counter(one.published.astimezone(ZONE).date().isoformat() for one in ours) == expected


def _day(written: str) -> str:
    """Reckoned apart from the program: zero-padded, then the standard library."""
    day, _, clock = written.replace("T", " ").partition(" ")
    year, month, number = day.split("-")
    day = f"{year}-{month:0>2}-{number:0>2}"
    if not clock:
        return day
    clock = clock.replace(" ", "").rjust(len("00:00:00-0000") if " " in clock else 0, "0")
    at = datetime.fromisoformat(f"{day}T{clock}")
    return (at if at.tzinfo else at.replace(tzinfo=ZONE)).astimezone(ZONE).date().isoformat()


def test_translations_share_day_and_slug(scanned: Scan):
    groups: dict[tuple[datetime, str], list[str]] = {}
    ours = [one.manuscript for one in scanned.read if one.manuscript.path.startswith("articles/bitcoin-optech/")]
    for one in ours:
        groups.setdefault((one.published, one.slug), []).append(one.lang)
    assert all(len(langs) == len(set(langs)) for langs in groups.values()), "one address, one article"
    # 831 by their files' names; seven more say in their front matter what their names do not.
    assert sum(len(langs) for langs in groups.values() if len(langs) > 1) == 838
    assert {lang for langs in groups.values() for lang in langs} == {"cs", "de", "en", "es", "fr", "hi", "ja", "zh"}


def test_the_works_that_posts_report_are_their_sources(scanned: Scan):
    planet = [one.manuscript for one in scanned.read if one.manuscript.path.startswith("articles/ocaml-planet/")]
    assert all(len(one.sources) == 1 and one.sources[0].url for one in planet)


def test_no_body_shows_a_template(scanned: Scan):
    for one in scanned.read[::4]:
        _assert_clean(one)


def _assert_clean(one: ReadFile) -> None:
    found = render(one.body, one.manuscript.sources, base="https://z.example/a/").html
    found = re.sub(r"<(pre|code)>.*?</\1>", "", found, flags=re.DOTALL)
    for tag in ("{{<", "{{%", "{% include", "{% assign", "{% comment", "{{page.", "{{site."):
        assert tag not in found, one.manuscript.path
    assert "\ufdd0" not in found
    for forbidden in ("<script", "<style", "<iframe", "<h1"):
        assert forbidden not in found, one.manuscript.path
