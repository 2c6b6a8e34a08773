"""A publication that has everything once: each state of a source and of an article, long and short, scripts that run to
the left, one article a day and forty. `python tests/specimen.py DIR` writes its site, to be looked at or measured.
"""

import sys
from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PIL import Image

from newsroom import (
    ARABIC,
    BODY,
    DATED,
    LENS,
    PUBLICATION,
    SOURCES,
    STORIES,
    Newsroom,
    at,
    newsroom,
    older,
    story,
)
from publisher.model import Body, Correction, FixedPage, Issue, Picture, Shown, Source, Version
from publisher.render import pixels
from publisher.render.pictures import variants

HEBREW_BODY = """\
המגדלור מקבל עדשה חדשה, והשומר נשאר.[@oil] המחיר הוא 570,000 אירו, לפי **לוח 2** של לשכת הסטטיסטיקה.

## מה הוחלט

- עדשה חדשה, 12 ק״ג
- אין שינוי בצבע
"""
ARABIC_BODY = """\
يصعد الحارس الدرج مرتين كل ليلة.[@oil] يستغرق ذلك إحدى عشرة دقيقة، كما تقول *The Breakwater Review*.

لم يُحصِ أحد الدرجات حتى الربيع. السعر 570,000 يورو (انظر https://stats.example/oil).

> لم يكن الأكثر سطوعا، بل الأكثر انتظاما.
"""
ROW = "| " + " | ".join(["value 1,234.5"] * 7) + " |"
LONG_BODY = "\n\n".join(
    [
        "A word that has no end: "
        + "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
        "<https://example.org/" + "a-path-without-any-place-to-break-it-" * 6 + ">",
        "```\n" + "code_that_is_wider_than_a_telephone = 'and goes on and on and on without a break'" * 2 + "\n```",
        "|  " + " | ".join(f"Column {n}" for n in range(1, 8)) + " |\n|" + "---|" * 7 + f"\n{ROW}\n{ROW}",
        "1. One\n2. Two\n   - inner\n\nTerm[^1] and `code` and ~~gone~~.\n\n[^1]: A note with [a link](https://x.example/).",
        "![A chart](chart.png)\n\n![The pier](pier.jpg)",
        *[
            f"## Part {n}\n\n" + "The keeper climbs the stairs twice a night, and counts them. " * 4 + "[@oil; @rev]"
            for n in range(8)
        ],
    ]
)


def _picture(path: str, size: tuple[int, int], kind: str) -> tuple[Picture, bytes]:
    target = BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").save(target, kind)
    found = pixels.measured(path, target.getvalue())
    assert isinstance(found, Picture)
    return found, target.getvalue()


PIER, PIER_FILE = _picture("articles/pier.jpg", (1500, 1000), "JPEG")
CHART, CHART_FILE = _picture("articles/chart.png", (640, 320), "PNG")
LONG = story(
    "long",
    at(2026, 6, 22, 9, 0),
    title="A headline that goes on for as long as an editor lets it, and then a little longer, to see what it does",
    lede="A lede of two sentences. " + "The second of them is rather long, as ledes are not meant to be. " * 4,
    kind="report",
    section="Harbour & Coast",
    tags=tuple(f"tag number {n}" for n in range(12)),
    authors=("Ada Quill", "Ben Ink", "Chloë Nib"),
    sources=(*SOURCES, *(replace(SOURCES[n % 5], key=f"k{n}", title=f"Source number {n}") for n in range(6))),
    corrections=tuple(
        Correction(at=at(2026, 6, 23, 9, n), text=f"Correction number {n} of a long day.") for n in range(4)
    ),
    image="pier.jpg",
    image_alt="The pier at low tide",
    pictures=(Shown(written="pier.jpg", picture=PIER), Shown(written="chart.png", picture=CHART)),
    words=2412,
)
WORDLESS = story(
    "wordless",
    at(2026, 6, 21, 9, 0),
    title="Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    words=0,
    sources=(Source(title="https://example.org/" + "long-address-" * 12, url="https://example.org/x"),),
)
FACT = story(
    "fact",
    at(2026, 6, 21, 10, 0),
    title="Is it so?",
    kind="fact-check",
    claim="The boats will not sail on Sundays.",
    verdict="False",
    sources=SOURCES[4:5],
    words=90,
)
HEBREW = story(
    "lens",
    LENS.published,
    lang="he",
    title="עדשה חדשה למגדלור: \u2068570,000\u2069 אירו",
    sources=SOURCES[:3],
    section="נמל",
)
FORTY = [
    story(
        f"forty-{n}",
        at(2026, 6, 10, 6, 0) + timedelta(minutes=20 * n),
        title=f"Story {n} of a day with forty, each with a headline of usual length",
        lede="A lede of usual length, which says what happened and leaves the rest for the page of the article. " * 2,
        sources=SOURCES[: n % 4],
        section="Town",
    )
    for n in range(40)
]
ARTICLES = [*STORIES, LONG, WORDLESS, FACT, HEBREW, *FORTY, *older(60)]
BODIES = {LONG.id: LONG_BODY, WORDLESS.id: "", ARABIC.id: ARABIC_BODY, HEBREW.id: HEBREW_BODY, DATED.id: BODY * 3}
ABOUT = FixedPage(
    path="pages/about.md",
    name="about",
    lang="en",
    title="About us",
    lede="Who writes this, and who pays for it.",
    body=Body(markup="markdown", text="We are **three**.\n\n## Who pays\n\nReaders do.\n"),
)
ISSUE = Issue(
    name="2026-06-25",
    day=LENS.published.date(),
    slot=LENS.published,
    subject="A new lens",
    articles=(LENS.id,),
)
EARLIER = {
    LENS.id: (
        Version(
            article=replace(LENS, title="A lighthouse gets its first lens", sources=SOURCES[:4], corrections=()),
            body=Body(
                markup="markdown",
                text=BODY.replace("a new lens", "an old lens").replace("It takes eleven minutes.", "It takes an hour."),
            ),
            until=at(2026, 6, 26, 10, 0),
        ),
    ),
    LONG.id: tuple(
        Version(
            article=replace(LONG, corrections=LONG.corrections[:n]),
            body=Body(markup="markdown", text=LONG_BODY.replace("twice a night", f"{n} times a night")),
            until=one.at,
        )
        for n, one in enumerate(LONG.corrections)
    ),
}
FILES: Mapping[str, bytes] = {
    variant.path: pixels.encoded(pixels.pixels(data, picture), variant)
    for picture, data in ((PIER, PIER_FILE), (CHART, CHART_FILE))
    for variant in variants(picture)
}


def specimen(**given: Any) -> Newsroom:
    room = newsroom(ARTICLES, bodies=BODIES, publication=PUBLICATION)
    bore = {one: tuple(tuple(it.at for it in old.article.corrections) for old in some) for one, some in EARLIER.items()}
    catalogue = replace(room.catalogue, pages=(ABOUT,), issues=(ISSUE,), bore=bore, **given)
    return replace(room, catalogue=catalogue, versions=EARLIER)


PAGES = {
    "article": "2026/06/25/lens/index.html",
    "article-es": "es/2026/06/25/lens/index.html",
    "article-ar": "ar/2026/06/25/lens/index.html",
    "article-he": "he/2026/06/25/lens/index.html",
    "versions": "2026/06/25/lens/versions/index.html",
    "versions-long": "2026/06/22/long/versions/index.html",
    "article-long": "2026/06/22/long/index.html",
    "article-short": "2026/06/25/brief/index.html",
    "article-wordless": "2026/06/21/wordless/index.html",
    "article-without-sources": "2026/06/25/none/index.html",
    "article-before-sources": "2019/06/22/old/index.html",
    "gone": "2026/06/23/gone/index.html",
    "front": "index.html",
    "front-ar": "ar/index.html",
    "day": "2026/06/25/index.html",
    "day-of-one": "2026/06/24/index.html",
    "day-of-forty": "2026/06/10/index.html",
    "month": "2026/06/index.html",
    "year": "2026/index.html",
    "archive": "archive/index.html",
    "archive-he": "he/archive/index.html",
    "section": "sections/town/index.html",
    "tag": "tags/light/index.html",
    "author": "authors/ada-quill/index.html",
    "feeds": "feeds/index.html",
    "corrections": "corrections/index.html",
    "standards": "standards/index.html",
    "page": "about/index.html",
    "404": "404.html",
}


def main(folder: Path) -> None:
    room = specimen()
    for path, document in room.documents().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(room.write(document), "utf-8")
    for path, data in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
