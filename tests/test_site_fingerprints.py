"""What is written anew when something changes: all that is different, and nothing else."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from newsroom import BRIEF, GONE, STORIES, at, changed, newsroom, older, story
from publisher.model import Correction

LENS_PAGE = "2026/06/25/lens/index.html"


def test_one_new_article_changes_few_documents() -> None:
    many = [*STORIES, *older(400)]
    new = story("new", at(2026, 6, 25, 16, 0), section="Town", tags=("light",), authors=("Ben Ink",))
    after = newsroom([*many, new]).documents()
    assert changed(newsroom(many).documents(), after) == {
        "2026/06/25/new/index.html",
        "2026/06/25/none/index.html",
        "2026/06/25/index.html",
        "2026/06/24/index.html",
        "2026/06/23/index.html",
        "2026/06/index.html",
        "2026/index.html",
        "index.html",
        "archive/index.html",
        "sections/town/index.html",
        "tags/light/index.html",
        "authors/ben-ink/index.html",
        "sitemap-2026-06.xml",
        "sitemap-pages.xml",
        "news-sitemap.xml",
    }


def test_a_new_body_changes_its_page_and_the_lists_that_count_its_words() -> None:
    one = newsroom().documents()
    other = newsroom(bodies={BRIEF.id: "Later still."}).documents()
    assert "2026/06/25/brief/index.html" in changed(one, other)
    assert not {LENS_PAGE, "archive/index.html", "sitemap.xml", "2026/06/24/index.html"} & changed(one, other)


EDITS = st.sampled_from(
    [
        lambda one: replace(one, title=one.title + "!"),
        lambda one: replace(one, lede="Another lede."),
        lambda one: replace(one, words=one.words + 500),
        lambda one: replace(one, sources=one.sources[1:]),
        lambda one: replace(one, section="Elsewhere"),
        lambda one: replace(one, tags=(*one.tags, "new")),
        lambda one: replace(one, updated=one.published + timedelta(hours=30)),
        lambda one: replace(one, corrections=(Correction(at=one.published + timedelta(hours=9), text="Not so."),)),
        lambda one: replace(one, retracted=GONE.retracted),
        lambda one: replace(one, published=one.published + timedelta(minutes=20)),
        lambda one: None,
        lambda one: one,
    ]
)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, len(STORIES) - 1), EDITS)
def test_equal_fingerprints_mean_equal_bytes(which: int, edit: object) -> None:
    edited = edit(STORIES[which])  # type: ignore[operator]
    articles = [*STORIES[:which], *([edited] if edited else []), *STORIES[which + 1 :]]
    before, after = newsroom(), newsroom(articles)
    planned, planned_after = before.documents(), after.documents()
    for path in planned.keys() & planned_after.keys():
        if planned[path].fingerprint == planned_after[path].fingerprint:
            assert before.write(planned[path]) == after.write(planned_after[path]), path
    if edited == STORIES[which]:
        assert changed(planned, planned_after) == set()


def test_the_same_input_gives_the_same_bytes_and_each_path_once() -> None:
    one, other = newsroom(), newsroom(reversed(STORIES))
    first, second = one.documents(), other.documents()
    assert list(first) == list(second)
    for path in first:
        assert first[path].fingerprint == second[path].fingerprint
        assert one.write(first[path]) == other.write(second[path])
