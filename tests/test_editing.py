"""Identity and editions, decided from values alone."""

import random
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from publisher.config import parse
from publisher.editing.edition import (
    arrange,
    notices_to_announce,
    own_language_first,
    placed_by_hand,
    reason_to_hold,
    select,
)
from publisher.editing.identity import Known, KnownArticle, Newcomers, admit, by_itself
from publisher.model import Article, Correction, DayFile, Manuscript, Origin, Problem

PUBLICATION = parse('name="Z"\nurl="https://z.example/"\nauthority="z.example"\ntimezone="Europe/Madrid"\n')
SLOT = datetime(2026, 6, 25, 7, tzinfo=UTC)
PLAN = PUBLICATION.digest


def manuscript(slug: str, /, *, hours: float = 1, **more: object) -> Manuscript:
    values: dict[str, object] = {
        "path": f"articles/{slug}.md",
        "slug": slug,
        "title": slug.title(),
        "published": SLOT - timedelta(hours=hours),
        "lang": "en",
        "body_hash": f"hash of {slug}",
    }
    return Manuscript(**(values | more))  # type: ignore[arg-type]


def article(slug: str, /, *, hours: float = 1, **more: object) -> Article:
    found = manuscript(slug, hours=hours, **more)
    return Article.of(found, id=f"id:{slug}", address=f"/{slug}/", group=slug)


def known(one: Article, **more: object) -> KnownArticle:
    values = {name: getattr(one, name) for name in ("id", "path", "body_hash", "address", "published", "title")}
    return KnownArticle(**(values | more))


NOTHING = Known(articles=(), paths_now=())


def test_a_new_article_gets_a_tag_uri_and_an_address() -> None:
    (one,) = admit([manuscript("tides")], NOTHING, PUBLICATION).articles
    assert one.id == "tag:z.example,2026-06-25:tides"
    assert one.address == "/2026/06/25/tides/"


def beside_those_before(newcomers: Newcomers, one: Manuscript) -> Article | Problem:
    alone = by_itself(one, PUBLICATION)
    if isinstance(alone, Problem) or newcomers.have_room(one.path, alone.id, alone.address):
        return alone
    return newcomers.admit(alone)


def test_where_nothing_is_known_each_is_admitted_by_itself_as_among_all() -> None:
    some = random.Random(0)
    for _ in range(50):
        found = [
            manuscript(
                some.choice(("tides", "storms")),
                path=f"articles/{number}.md",
                hours=some.choice((1, 30)),
                lang=some.choice(("en", "es")),
                body_hash=some.choice("ab"),
                declared_id=some.choice((None, None, "id:1", "id:2")),
                draft=some.random() < 0.2,
            )
            for number in range(9)
        ]
        newcomers = Newcomers(PUBLICATION)
        each = [beside_those_before(newcomers, one) for one in found]
        some.shuffle(found)
        among_all = admit(found, NOTHING, PUBLICATION)
        assert among_all.articles == tuple(one for one in each if isinstance(one, Article))
        assert among_all.problems == tuple(one for one in each if isinstance(one, Problem))
        assert among_all.problems


def test_a_translation_has_its_own_id_and_prefix_and_shares_the_group() -> None:
    both = [manuscript("tides"), manuscript("tides", path="articles/tides.es.md", lang="es", body_hash="x")]
    one, other = admit(both, NOTHING, PUBLICATION).articles
    assert {one.address, other.address} == {"/2026/06/25/tides/", "/es/2026/06/25/tides/"}
    assert one.group == other.group
    assert one.id != other.id


def test_an_id_survives_a_new_file_name_slug_and_headline() -> None:
    (first,) = admit([manuscript("tides")], NOTHING, PUBLICATION).articles
    moved = manuscript("tides", path="articles/2026/new-name.md", slug="high-water", title="High water")
    (again,) = admit([moved], Known(articles=[known(first)], paths_now={moved.path}), PUBLICATION).articles
    assert again.id == first.id
    assert again.address == "/2026/06/25/high-water/"


def test_an_id_survives_a_new_body_at_another_path_by_its_date_and_headline() -> None:
    (first,) = admit([manuscript("tides")], NOTHING, PUBLICATION).articles
    moved = manuscript("tides", path="articles/b.md", slug="other", body_hash="another")
    (again,) = admit([moved], Known(articles=[known(first)], paths_now={moved.path}), PUBLICATION).articles
    assert again.id == first.id


def test_a_copy_beside_its_original_is_a_new_article() -> None:
    (first,) = admit([manuscript("tides")], NOTHING, PUBLICATION).articles
    copy = manuscript("tides", path="articles/copy.md", slug="copy")
    found = Known(articles=[known(first)], paths_now={first.path, copy.path})
    assert admit([copy], found, PUBLICATION).articles[0].id != first.id


def test_what_could_be_either_of_two_is_left_out_with_a_sentence() -> None:
    gone = [known(article(slug), body_hash="same") for slug in ("a", "b")]
    new = manuscript("c", body_hash="same")
    admission = admit([new], Known(articles=gone, paths_now={new.path}), PUBLICATION)
    assert not admission.articles
    assert "articles/a.md or articles/b.md" in admission.problems[0].reason


def test_two_articles_at_one_address_leave_the_newcomer_out() -> None:
    (first,) = admit([manuscript("tides")], NOTHING, PUBLICATION).articles
    newcomer = manuscript("tides", path="articles/a-comes-before-in-the-alphabet.md", body_hash="x")
    found = Known(articles=[known(first)], paths_now={first.path, newcomer.path})
    for read in ([newcomer], [newcomer, manuscript("tides")]):
        admission = admit(read, found, PUBLICATION)
        assert [problem.path for problem in admission.problems] == [newcomer.path]
        assert "articles/tides.md" in admission.problems[0].reason


def test_two_collected_entries_of_one_headline_get_two_addresses_and_keep_them() -> None:
    origin = Origin(feed="https://a.example/feed")
    entries = [
        manuscript("news", path=f"upstream:https://a.example/feed#{n}", origin=origin, declared_id=f"urn:{n}")
        for n in range(3)
    ]
    first = admit(entries, NOTHING, PUBLICATION).articles
    stems = {one.id: one.address.rsplit("/", 2)[1] for one in first}
    assert stems == {"urn:0": "news", "urn:1": "news-2", "urn:2": "news-3"}
    remembered = Known(articles=[known(one) for one in first], paths_now={one.path for one in first})
    again = admit([entries[2], entries[1]], remembered, PUBLICATION).articles
    assert {one.id: one.address for one in again}.items() <= {one.id: one.address for one in first}.items()


def test_the_order_of_reading_changes_nothing() -> None:
    some = [manuscript(f"n{number % 7}", path=f"articles/{number}.md", body_hash=str(number)) for number in range(20)]
    shuffled = random.Random(1).sample(some, k=20)
    one, other = (admit(order, NOTHING, PUBLICATION) for order in (some, shuffled))
    assert {a.path: a.id for a in one.articles} == {a.path: a.id for a in other.articles}


def test_an_edition_takes_up_to_its_slot_inclusive_from_start_and_not_too_late() -> None:
    plan = replace(PLAN, start=SLOT - timedelta(days=30), late=timedelta(days=7))
    ages = {"future": -0.01, "on the dot": 0, "a week": 24 * 7, "older": 24 * 7 + 1, "archive": 24 * 31}
    found = select(
        [article(s, hours=h) for s, h in ages.items()],
        slot=SLOT,
        publication=replace(PUBLICATION, digest=plan),
        taken=(),
        day_file=None,
    )
    assert [one.slug for one in found.articles] == ["on the dot", "a week"]


def test_what_was_taken_a_draft_and_a_retraction_are_not_taken() -> None:
    some = [article("taken"), article("draft", draft=True), article("fresh")]
    found = select(some, slot=SLOT, publication=PUBLICATION, taken={"id:taken"}, day_file=None)
    assert [one.slug for one in found.articles] == ["fresh"]


def test_the_day_file_leads_orders_and_leaves_out() -> None:
    some = [article(slug, hours=hours) for slug, hours in (("a", 4), ("b", 3), ("c", 2), ("d", 1))]
    hand = DayFile(day=date(2026, 6, 25), lead="c", order=("d",), leave_out=("a", "nobody"))
    found = select(some, slot=SLOT, publication=PUBLICATION, taken=(), day_file=hand)
    assert [one.slug for one in found.articles] == ["c", "d", "b"]
    assert [one.slug for one in found.left_out] == ["a"]


def test_without_a_hand_the_newest_leads_and_the_rest_goes_by_time() -> None:
    some = [article(slug, hours=hours) for slug, hours in (("b", 3), ("d", 1), ("a", 4))]
    assert [one.slug for one in arrange(some, None, PUBLICATION)] == ["d", "a", "b"]


def test_a_late_digest_begins_with_the_newest_day_and_each_day_goes_by_time() -> None:
    some = [article(f"{day}-{hours}", hours=24 * day + hours) for day in (2, 1, 0) for hours in (1, 3, 2)]
    found = [one.slug for one in arrange(some, None, PUBLICATION)]
    assert found == ["0-1", "0-3", "0-2", "1-3", "1-2", "1-1", "2-3", "2-2", "2-1"]


def test_the_newest_article_of_the_highest_section_leads_a_day_that_nobody_arranged() -> None:
    ranked = replace(PUBLICATION, sections=("Politics", "Harbour"))
    some = [article("a", hours=1, section="Sport"), article("b", hours=2, section="harbour"), article("c", hours=3)]
    assert [one.slug for one in arrange(some, None, ranked)] == ["b", "c", "a"]
    some.append(article("d", hours=4, section="Politics"))
    assert next(iter(arrange(some, None, ranked))).slug == "d"
    hand = DayFile(day=date(2026, 6, 25), lead="nobody")
    assert next(iter(arrange(some, hand, ranked))).slug == "d", "a lead that is nobody's is none"


def test_what_has_no_translation_follows_the_stories_in_the_readers_language_unless_a_hand_placed_it() -> None:
    some = [
        article("a", hours=4, lang="es"),
        article("b", hours=3, lang="en-GB"),
        article("c", hours=2, section="Harbour"),
        article("d", hours=1, lang="es"),
    ]

    def told(lang: str, *placed: str) -> str:
        hand = DayFile(day=date(2026, 6, 25), order=placed) if placed else None
        stories = arrange(some, hand, PUBLICATION)
        by_hand = placed_by_hand(some, hand)
        found = own_language_first(stories, lang, placed=by_hand, sections=("Harbour",))
        return "".join(one.slug for one in found)

    assert told("es") == "dabc"
    assert told("es-MX") == told("es"), "a country makes no other language"
    assert told("en") == "cbda", "the lead is chosen as on the day's page in that language"
    assert told("fr") == "dabc", "who has nothing of their own gets all in the common order"
    assert told("en", "a") == "abcd"
    assert told("es", "c", "b") == "cbad"
    assert told("en", "nobody") == "cbda"


def test_a_correction_is_announced_once_after_the_article_was_mailed() -> None:
    early, late = SLOT - timedelta(days=2), SLOT - timedelta(hours=1)
    one = article("a", corrections=(Correction(at=early, text="before"), Correction(at=late, text="after")))
    mailed = {"id:a": SLOT - timedelta(days=1)}
    assert notices_to_announce([one], slot=SLOT, mailed=mailed, announced=()) == (("id:a", late),)
    assert notices_to_announce([one], slot=SLOT, mailed=mailed, announced={("id:a", late)}) == ()
    assert notices_to_announce([one], slot=SLOT, mailed={}, announced=()) == ()


def test_an_edition_is_held_for_each_of_the_four_reasons_and_says_what_to_do() -> None:
    selection = select([article("a")], slot=SLOT, publication=PUBLICATION, taken=(), day_file=None)
    bad = Problem(path="articles/x.md", line=3, reason="no date")
    quiet: dict[str, object] = {"day": date(2026, 6, 25), "plan": PLAN, "day_file": None, "unreadable": ()}

    def why(**more: object) -> str | None:
        return reason_to_hold(selection, **(quiet | {"waited_out": False} | more))  # type: ignore[arg-type]

    assert why() is None
    for more in (
        {"day_file": DayFile(day=date(2026, 6, 25), hold=True)},
        {"plan": replace(PLAN, approve=True)},
        {"plan": replace(PLAN, hold_over=0)},
        {"unreadable": (bad,)},
    ):
        assert "publisher approve 2026-06-25" in (why(**more) or "")
    assert "articles/x.md:3" in (why(unreadable=(bad,)) or "")
    assert why(unreadable=(bad,), waited_out=True) is None
    assert why(unreadable=(bad,), plan=replace(PLAN, if_left_out="send")) is None
