"""How each program is installed, what its publication looks like, and how it is built."""

import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

from material import SECTIONS, Piece


def aside(path: Path, scratch: Path) -> None:
    """Moved away and removed at the end: a file system is slow to give out inodes after a large removal."""
    gone = scratch / "gone" / f"{time.monotonic_ns()}"
    gone.mkdir(parents=True)
    path.rename(gone / path.name)


class Builder:
    """One program. `begin` lays out an empty publication, `add` writes an article, `clean` forgets what was built."""

    name = ""
    keeps: tuple[str, ...] = ()
    """What a build leaves behind."""

    def __init__(self, tools: Path) -> None:
        self.tools = tools

    def install(self) -> None:
        """Into the folder of tools, unless it is there."""

    def begin(self, home: Path) -> None:
        raise NotImplementedError

    def path(self, piece: Piece) -> str:
        raise NotImplementedError

    def head(self, piece: Piece) -> list[str]:
        return [
            f"title: {piece.title}",
            f"date: {piece.date}",
            f"slug: {piece.slug}",
            f"category: {piece.section}",
            f"author: {piece.author}",
            f"tags: [{', '.join(piece.tags)}]",
            f"summary: {piece.lede}",
        ]

    def add(self, home: Path, piece: Piece) -> None:
        file = home / self.path(piece)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(["---", *self.head(piece), "---", piece.text]))

    def command(self, home: Path) -> tuple[list[str], dict[str, str]]:
        raise NotImplementedError

    def clean(self, home: Path) -> None:
        for name in self.keeps:
            kept = home / name
            if kept.is_symlink() or kept.exists():
                aside(kept, self.tools.parent)

    def _python(self, *packages: str) -> Path:
        home = self.tools / "python"
        if not home.exists():
            venv.create(home, with_pip=True)
        subprocess.run([home / "bin/pip", "install", "-q", *packages], check=True)
        return home / "bin"

    def _write(self, home: Path, files: dict[str, str]) -> None:
        for name, text in files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)


class Publisher(Builder):
    """With two sources to each article, which no peer shows."""

    name = "publisher"
    keeps = ("public", "releases", "ids.tsv", "publisher.db", "publisher.db-wal", "publisher.db-shm")

    def begin(self, home: Path) -> None:
        text = 'name = "Daily"\nurl = "https://daily.example/"\nauthority = "daily.example"\n'
        text += 'timezone = "Europe/Madrid"\nlanguage = "en"\npostal_address = "1 Quay"\n'
        text += '[digest]\nat = "09:00"\nstart = "2999-01-01"\n[mail]\nfrom = "Daily <daily@daily.example>"\n'
        self._write(home, {"publication.toml": text + 'transport = "maildir:outbox"\n'})

    def path(self, piece: Piece) -> str:
        return f"articles/{piece.at:%Y/%m}/{piece.slug}.md"

    def head(self, piece: Piece) -> list[str]:
        return [
            *super().head(piece),
            "sources:",
            f"  - {{title: The record, url: 'https://records.example/{piece.number}', publisher: Town, role: primary,",
            "     access: open, verification: verified}",
            f"  - https://papers.example/{piece.number}",
        ]

    def command(self, home: Path) -> tuple[list[str], dict[str, str]]:
        program = str(Path(sys.executable).with_name("publisher"))
        return [program, "run", "--site-only", "--publication", str(home)], {"PUBLISHER_CLOCK": "2100-01-01T00:00:00Z"}


HUGO = """
baseURL = "https://daily.example/"
title = "Daily"
timeZone = "Europe/Madrid"
disableKinds = ["section"]
[taxonomies]
section = "category"
tag = "tags"
day = "days"
[permalinks]
posts = "/:year/:month/:day/:slug/"
[services.rss]
limit = 30
[outputs]
home = ["html", "rss"]
taxonomy = ["html"]
term = ["html", "rss"]
"""
HUGO_BASE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
<link rel="canonical" href="{{ .Permalink }}"></head><body><header><a href="/">Daily</a></header>
<main>{{ block "main" . }}{{ end }}</main></body></html>
"""
HUGO_CARD = """<article><h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2>
<time>{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}</time><p>{{ .Summary }}</p></article>
"""


class Hugo(Builder):
    name = "hugo"
    keeps = ("public", "resources", ".hugo_build.lock")

    def install(self) -> None:
        self.program = self._python("hugo") / "hugo"

    def begin(self, home: Path) -> None:
        one = '{{ define "main" }}<h1>{{ .Title }}</h1><time>{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}</time>'
        one += '<p>{{ .Summary }}</p>{{ .Content }}{{ range .Params.tags }}<a href="/tags/{{ . }}/">{{ . }}</a> '
        many = '{{ define "main" }}<h1>{{ .Title }}</h1>{{ range first 30 .Pages }}' + HUGO_CARD
        front = '{{ define "main" }}{{ range first 30 .Site.RegularPages }}' + HUGO_CARD
        self._write(
            home,
            {
                "hugo.toml": HUGO,
                "layouts/_default/baseof.html": HUGO_BASE,
                "layouts/_default/single.html": one + "{{ end }}{{ end }}",
                "layouts/_default/list.html": many + "{{ end }}{{ end }}",
                "layouts/index.html": front + "{{ end }}{{ end }}",
            },
        )

    def path(self, piece: Piece) -> str:
        return f"content/posts/{piece.day}/{piece.slug}.md"

    def head(self, piece: Piece) -> list[str]:
        return [*super().head(piece), f"days: ['{piece.day}']"]

    def command(self, home: Path) -> tuple[list[str], dict[str, str]]:
        return [str(self.program), "--source", str(home), "--quiet"], {}


class Pelican(Builder):
    """Its own simple theme, which has the fewest elements, and its cache."""

    name = "pelican"
    keeps = ("output", "cache")

    def install(self) -> None:
        self.program = self._python("pelican[markdown]") / "pelican"

    def begin(self, home: Path) -> None:
        settings = """
SITENAME = "Daily"
SITEURL = "https://daily.example"
PATH = "content"
TIMEZONE = "Europe/Madrid"
DEFAULT_LANG = "en"
THEME = "simple"
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = "feeds/{slug}.atom.xml"
TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
FEED_MAX_ITEMS = 30
ARTICLE_URL = "{date:%Y}/{date:%m}/{date:%d}/{slug}/"
ARTICLE_SAVE_AS = ARTICLE_URL + "index.html"
DAY_ARCHIVE_SAVE_AS = "{date:%Y}/{date:%m}/{date:%d}/index.html"
AUTHOR_SAVE_AS = ARCHIVES_SAVE_AS = ""
DEFAULT_PAGINATION = 30
CACHE_CONTENT = LOAD_CONTENT_CACHE = True
"""
        self._write(home, {"pelicanconf.py": f"{settings}CACHE_PATH = {str(home / 'cache')!r}\n"})
        (home / "content").mkdir()

    def path(self, piece: Piece) -> str:
        return f"content/{piece.slug}.md"

    def head(self, piece: Piece) -> list[str]:
        return [line.replace("[", "").replace("]", "") for line in super().head(piece)]

    def command(self, home: Path) -> tuple[list[str], dict[str, str]]:
        arguments = [str(home / "content"), "-s", str(home / "pelicanconf.py"), "-o", str(home / "output"), "-q"]
        return [str(self.program), *arguments], {}


ELEVENTY = """
module.exports = config => {
  config.addCollection("newest", api => api.getFilteredByGlob("posts/**/*.md").reverse());
  config.addCollection("days", api => {
    const days = {};
    for (const one of api.getFilteredByGlob("posts/**/*.md"))
      (days[one.data.date.toISOString().slice(0, 10)] ??= []).push(one);
    return Object.entries(days).map(([day, pieces]) => ({ day, pieces }));
  });
  for (const name of SECTIONS)
    config.addCollection(name, api =>
      api.getFilteredByGlob("posts/**/*.md").filter(one => one.data.category === name).reverse());
  config.addFilter("upto", (list, n) => list.slice(0, n));
  config.addFilter("iso", date => date.toISOString());
  return { htmlTemplateEngine: "njk", markdownTemplateEngine: false };
};
"""
ELEVENTY_CARD = """<article><h2><a href="{{ one.url }}">{{ one.data.title }}</a></h2><time>{{ one.date | iso }}</time>
<p>{{ one.data.summary }}</p></article>
"""
ELEVENTY_ENTRY = """<entry><id>https://daily.example{{ one.url }}</id><title>{{ one.data.title }}</title>
<updated>{{ one.date | iso }}</updated><content type="html">{{ one.templateContent | escape }}</content></entry>
"""


class Eleventy(Builder):
    name = "eleventy"
    keeps = ("_site",)

    def install(self) -> None:
        home = self.tools / "eleventy"
        if not home.exists():
            home.mkdir()
            (home / "package.json").write_text("{}")
            subprocess.run(
                ["npm", "install", "--silent", "--no-audit", "--no-fund", "@11ty/eleventy"], cwd=home, check=True
            )
        self.program = home / "node_modules/@11ty/eleventy/cmd.cjs"

    def begin(self, home: Path) -> None:
        (home / "node_modules").symlink_to(self.tools / "eleventy/node_modules")
        page = "<!doctype html><title>{{ title }}</title><body><h1>{{ title }}</h1><time>{{ date | iso }}</time>"
        files = {
            "eleventy.config.cjs": ELEVENTY.replace("SECTIONS", repr(list(SECTIONS))),
            "_includes/piece.njk": page + "<p>{{ summary }}</p>{{ content | safe }}</body>",
            "posts/posts.json": '{"layout": "piece.njk"}',
            "days.njk": "---\npagination: {data: collections.days, size: 1, alias: one_day}\n"
            "permalink: 'days/{{ one_day.day }}/'\n---\n{% for one in one_day.pieces %}"
            + ELEVENTY_CARD
            + "{% endfor %}",
        }
        for name in ("newest", *SECTIONS):
            shown = f"{{% for one in collections.{name} | upto(30) %}}"
            where = "" if name == "newest" else f"{name.lower()}/"
            files[f"{name}.njk"] = f"---\npermalink: /{where}index.html\n---\n{shown}{ELEVENTY_CARD}{{% endfor %}}"
            feed = f"<feed xmlns='http://www.w3.org/2005/Atom'>{shown}{ELEVENTY_ENTRY}{{% endfor %}}</feed>"
            files[f"{name}-feed.njk"] = f"---\npermalink: /{where}atom.xml\n---\n{feed}"
        self._write(home, files)

    def path(self, piece: Piece) -> str:
        return f"posts/{piece.day}-{piece.slug}.md"

    def head(self, piece: Piece) -> list[str]:
        own = [line for line in super().head(piece) if not line.startswith("tags")]
        return [*own, f"permalink: /{piece.day}/{piece.slug}/"]

    def command(self, home: Path) -> tuple[list[str], dict[str, str]]:
        node = shutil.which("node") or "node"
        # Its paths are taken from the folder in which it is called.
        here, config = os.path.relpath(home), os.path.relpath(home / "eleventy.config.cjs")
        return [
            node,
            str(self.program),
            f"--config={config}",
            f"--input={here}",
            f"--output={here}/_site",
            "--quiet",
        ], {}
