"""Pages as they were looked at and found good, byte for byte but for their style."""

import os
import re
from pathlib import Path

import pytest

from newsroom import newsroom

GOLDENS = Path(__file__).parent / "goldens" / "site"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("article", "2026/06/25/lens/index.html"),
        ("article-es", "es/2026/06/25/lens/index.html"),
        ("article-ar", "ar/2026/06/25/lens/index.html"),
        ("article-retracted", "2026/06/23/gone/index.html"),
        ("article-without-sources", "2026/06/25/none/index.html"),
        ("article-before-sources", "2019/06/22/old/index.html"),
        ("article-brief", "2026/06/25/brief/index.html"),
        ("article-of-a-day", "2026/06/24/dated/index.html"),
        ("day", "2026/06/25/index.html"),
        ("front-es", "es/index.html"),
        ("archive", "archive/index.html"),
        ("year", "2026/index.html"),
        ("tag", "tags/light/index.html"),
        ("author", "authors/ada-quill/index.html"),
        ("404", "404.html"),
        ("month", "2026/06/index.html"),
        ("section", "sections/harbour/index.html"),
        ("feeds", "feeds/index.html"),
        ("corrections", "corrections/index.html"),
        ("standards-es", "es/standards/index.html"),
        ("moved", "lens/index.html"),
        ("redirects.nginx", "redirects.nginx"),
        ("redirects.caddy", "redirects.caddy"),
        ("sitemap", "sitemap-2026-06.xml"),
        ("news-sitemap", "news-sitemap.xml"),
    ],
)
def test_pages_are_as_reviewed(name: str, path: str) -> None:
    same_as_reviewed(name, newsroom().page(path))


@pytest.mark.parametrize("name", ["article-he", "article-long", "article-wordless", "page", "day-of-forty", "versions"])
def test_the_specimen_is_as_reviewed(name: str) -> None:
    from specimen import PAGES, specimen

    same_as_reviewed(name, specimen().page(PAGES[name]))


def same_as_reviewed(name: str, page: str) -> None:
    """`REWRITE_GOLDENS=1` writes the files anew; the difference is then read in version control."""
    made = re.sub(r"<style>.*?</style>", "<style></style>", page, flags=re.DOTALL)
    made = re.sub(r"style-src '[^']+'", "style-src ''", made)
    golden = GOLDENS / f"{name}.html"
    if os.environ.get("REWRITE_GOLDENS"):
        GOLDENS.mkdir(parents=True, exist_ok=True)
        golden.write_text(made, "utf-8")
    assert golden.read_text("utf-8") == made, f"{golden.name} differs; REWRITE_GOLDENS=1 writes it anew"
