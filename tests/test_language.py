import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from newsroom import ROOT, TEMPLATES, WORDS
from publisher.errors import ConfigurationError
from publisher.render import language, sourcing
from publisher.render.language import Language
from publisher.render.site import article as article_page
from publisher.render.site import lists, papers
from specimen import specimen

NINE = datetime(2026, 6, 25, 7, 0, tzinfo=UTC)
DAY = date(2026, 6, 25)


def speak(tag: str, zone: str = "Europe/Madrid") -> Language:
    return language.load(WORDS, [tag], ZoneInfo(zone))[tag]


def test_dates_and_times_are_said_in_the_language_and_the_zone() -> None:
    english, spanish = speak("en"), speak("es")
    assert english.moment(NINE) == "June 25, 2026 · 09:00"
    assert english.weekday_date(DAY) == "Thursday, June 25, 2026"
    assert english.month(DAY) == "June 2026"
    assert english.near_moment(NINE, to=NINE) == "June 25, 09:00"
    assert english.near_moment(NINE.replace(year=2025), to=NINE) == "June 25, 2025, 09:00"
    assert english.iso(NINE) == "2026-06-25T09:00:00+02:00"
    assert english.weekdays[0] == ("Mon", "Monday")
    assert english.weekday_initials[6] == "Su"
    assert spanish.moment(NINE) == "25 de junio de 2026 · 9:00"
    assert spanish.weekday_date(DAY) == "Jueves, 25 de junio de 2026"
    assert spanish.month(DAY) == "Junio de 2026"


def test_a_moment_counts_for_the_day_that_it_has_in_the_zone() -> None:
    late = datetime(2026, 6, 25, 23, 0, tzinfo=UTC)
    assert speak("en").date(late) == "June 26, 2026"
    assert speak("en", "America/New_York").date(late) == "June 25, 2026"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Madrid", "Madrid time (CEST, UTC+2)"),
        ("America/New_York", "New York time (EDT, UTC\u22124)"),
        ("Asia/Kolkata", "Kolkata time (IST, UTC+5:30)"),
        ("America/Sao_Paulo", "Sao Paulo time (UTC\u22123)"),
        ("UTC", "UTC"),
    ],
)
def test_the_zone_is_named_with_its_offset_on_that_day(zone: str, said: str) -> None:
    assert speak("en", zone).zone_name(NINE) == said


def test_the_zone_is_named_in_winter_too() -> None:
    winter = datetime(2026, 1, 25, 7, 0, tzinfo=UTC)
    assert speak("en").zone_name(winter) == "Madrid time (CET, UTC+1)"
    assert speak("es").zone_name(winter) == "hora de Madrid (CET, UTC+1)"


@pytest.mark.parametrize("tag", ["ar", "he", "fa", "ur", "ar-EG"])
def test_some_languages_run_from_right_to_left(tag: str) -> None:
    assert speak(tag).dir == "rtl"


@pytest.mark.parametrize("tag", ["en", "es", "zh-Hant-TW", "xx-YY", "i-klingon"])
def test_others_run_from_left_to_right(tag: str) -> None:
    assert speak(tag).dir == "ltr"


def test_a_language_without_a_catalogue_says_english_words_with_its_own_dates() -> None:
    portuguese = speak("pt-BR")
    assert portuguese.text("Sources & references") == "Sources & references"
    assert portuguese.date(DAY) == "25 de junho de 2026"


def test_a_regional_language_takes_the_words_of_its_language() -> None:
    assert speak("es-MX").text("Archive") == "Archivo"


def test_english_of_any_country_is_english_with_that_country_s_dates() -> None:
    british = speak("en-GB")
    assert british.speaks == "en-GB"
    assert british.voice.date(DAY) == british.date(DAY) == "25 June 2026"
    assert speak("fr").speaks == "en"


def test_plurals_are_the_language_s_own() -> None:
    assert speak("en").plural("{n} article", "{n} articles", 1) == "1 article"
    assert speak("es").plural("{n} article", "{n} articles", 12345) == "12.345 artículos"
    polish = """msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "{n} article"
msgid_plural "{n} articles"
msgstr[0] "{n} artykuł"
msgstr[1] "{n} artykuły"
msgstr[2] "{n} artykułów"
"""
    found = language.load({"pl": polish}, ["pl"], ZoneInfo("Europe/Warsaw"))["pl"]
    assert [found.plural("{n} article", "{n} articles", n) for n in (1, 3, 5)] == [
        "1 artykuł",
        "3 artykuły",
        "5 artykułów",
    ]


def test_a_catalogue_that_says_nothing_is_english_and_one_word_in_it_counts() -> None:
    text = WORDS["en"]
    assert language.parse(text, "en") is language.ENGLISH
    said = language.parse(text.replace('msgid "Archive"\nmsgstr ""', 'msgid "Archive"\nmsgstr "Vault"'), "en")
    assert said.forms == {"Archive": ("Vault",)}


def test_what_is_no_catalogue_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"xx\.po"):
        language.load({"xx": 'msgid "a"\nnonsense\n'}, ["xx"], ZoneInfo("UTC"))


@pytest.mark.parametrize("form", ["Hasta {x}", "Hasta {date!r}", "Hasta {date:>9}", "Hasta {date", "{date.__class__}"])
def test_a_catalogue_with_other_names_in_braces_than_the_english_is_named(form: str) -> None:
    text = f'msgid "Until {{date}}"\nmsgstr "{form}"\n'
    with pytest.raises(ConfigurationError, match=r"xx\.po: in the words for `Until {date}`.*only {date} may stand"):
        language.parse(text, "xx")
    own = language.parse('msgid "Until {date}"\nmsgstr "Hasta entonces"\n', "xx")
    assert own.forms == {"Until {date}": ("Hasta entonces",)}


def said_by_the_pages() -> set[str]:
    """Every message that templates and pages ask for by a constant."""
    found: set[str] = set()
    for text in TEMPLATES.values():
        found.update(re.findall(r'_\("([^"]+)"', text))
    pages = [*(ROOT / "publisher" / "web").glob("*.py"), *(ROOT / "publisher" / "render" / "forms").glob("*.py")]
    for path in [*(ROOT / "publisher" / "render").rglob("*.py"), *pages]:
        found.update(re.findall(r'(?:\btext|plural|\bsay)\(\s*"([^"]+)"', path.read_text("utf-8")))
    for path in pages:
        text = path.read_text("utf-8")
        found.update(re.findall(r'frame, "([^"]+)"', text))
        found.update(re.findall(r'(?:NOTHING|NOT_\w+) = \(?\s*"([^"]+)"', text))
    for listed in (
        sourcing.VERIFICATIONS,
        sourcing.ROLES,
        sourcing.ACCESSES,
        article_page.KINDS,
        lists.NAMES,
        papers.GROUPS,
    ):
        found.update(listed.values())  # type: ignore[attr-defined]
    return found - {""}


def test_every_word_of_the_interface_is_in_the_catalogues() -> None:
    spanish = language.parse(WORDS["es"], "es").forms
    assert sorted(said_by_the_pages() - spanish.keys()) == []
    listed = set(re.findall(r'^msgid "(.+)"$', WORDS["en"], re.MULTILINE))
    assert sorted(said_by_the_pages() - listed) == []


def test_translations_fill_the_same_names() -> None:
    for message, forms in language.parse(WORDS["es"], "es").forms.items():
        for form in forms:
            assert _names(form) == _names(message), message


def _names(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_a_date_that_runs_to_the_left_stays_in_one_piece_in_an_english_sentence() -> None:
    hebrew, german, arabic = speak("he"), speak("de"), speak("ar")
    said = hebrew.text("Articles published by {name} on {day}.", name="The Lantern", day=hebrew.date(DAY))
    assert said == f"Articles published by \u2068The Lantern\u2069 on \u2068{hebrew.date(DAY)}\u2069."
    assert "\u2068" not in german.text("Times are {zone}.", zone="Madrid")
    assert arabic.plural("{n} article", "{n} articles", 2) == "2 articles"
    own = language.parse(
        'msgid ""\nmsgstr "Language: he\\n"\n\nmsgid "Times are {zone}."\nmsgstr "{zone} כל השעות"\n', "he"
    )
    whole = Language(tag="he", zone=ZoneInfo("Europe/Madrid"), catalogue=own)
    assert whole.text("Times are {zone}.", zone="מדריד") == "מדריד כל השעות", "its own sentence needs no help"


def test_a_day_within_an_english_sentence_is_english_on_a_page_without_a_catalogue() -> None:
    assert speak("ar").voice.date(DAY) == "June 25, 2026"
    assert speak("ar").date(DAY) != "June 25, 2026"
    assert speak("es").voice.date(DAY) == speak("es").date(DAY) == "25 de junio de 2026"


def test_a_name_that_runs_the_other_way_is_kept_in_one_piece() -> None:
    assert speak("en").set_apart("نص") == "\u2068نص\u2069"
    assert speak("en").set_apart("Zoë") == "Zoë"
    assert speak("ar").set_apart("نص 1") == "نص 1"
    assert speak("ar").set_apart("GSA") == "\u2068GSA\u2069"


class Heard(HTMLParser):
    """The pieces of text within a page's body, each with the language that it is said to be in."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[tuple[str, str]] = []
        self._langs: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "br", "img", "path", "input"}:
            self._langs.append(dict(attrs).get("lang") or (self._langs[-1] if self._langs else ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        self._langs.pop()

    def handle_data(self, data: str) -> None:
        said = re.sub(r"[\u2068\u2069]", "", data).strip(" \n\u00b7:.,")
        if said:
            self.pieces.append((self._langs[-1], said))


def test_a_page_in_a_language_without_a_catalogue_says_which_of_its_words_are_english() -> None:
    interface = set(language.parse(WORDS["es"], "es").forms)
    room = specimen()
    pages = {path: one for path, one in room.documents().items() if path.endswith(".html")}
    foreign = {path: Heard(room.write(one)) for path, one in pages.items() if path.startswith(("ar/", "he/"))}
    assert len(foreign) > 10
    for path, heard in foreign.items():
        own = path[:2]
        english = [said for lang, said in heard.pieces if lang == "en"]
        assert len(english) > 5, path
        assert not {said for lang, said in heard.pieces if lang == own} & interface, path
        assert not [
            said for said in english if re.fullmatch(r"[\W\d\u0590-\u06ff]*[\u0590-\u06ff][\W\d\u0590-\u06ff]*", said)
        ], path
    assert ' lang="en"' not in room.write(pages["2026/06/24/index.html"]).partition("<main")[2]
