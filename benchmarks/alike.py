"""Hugo asked for what `publisher` makes, as far as its own means go: the sources of each article on its page, in its
metadata and in its feeds, whole texts in Atom, RSS and JSON for the site and each section, tag and author, an Atom feed
for each day, complete lists in parts.

Where `publisher` keeps the archive of the site in documents of fifty entries (RFC 5005), the site's three feeds have
all entries here: as many bytes in fewer files. Left out: pages of months and years, sitemaps by month, redirects,
compressed copies, the look at each feed before it is shown, the flush to the disk, and the old site standing until the
new one is whole.
"""

from pathlib import Path

from builders import Hugo
from material import Piece

CONFIGURATION = """
baseURL = "https://daily.example/"
title = "Daily"
timeZone = "Europe/Madrid"
disableKinds = ["section"]
[taxonomies]
section = "category"
tag = "tags"
author = "authors"
day = "days"
[permalinks]
posts = "/:year/:month/:day/:slug/"
[pagination]
pagerSize = 30
[mediaTypes."application/atom+xml"]
suffixes = ["xml"]
[mediaTypes."application/feed+json"]
suffixes = ["json"]
[outputFormats.atom]
mediaType = "application/atom+xml"
baseName = "atom"
[outputFormats.json]
mediaType = "application/feed+json"
baseName = "feed"
isPlainText = true
[outputFormats.rss]
baseName = "rss"
[[cascade]]
outputs = ["html", "atom"]
[cascade.target]
path = "/days/*"
[outputs]
home = ["html", "rss", "atom", "json"]
taxonomy = ["html"]
term = ["html", "rss", "atom", "json"]
"""
BASE = """<!DOCTYPE html>
<html lang="en" dir="ltr"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ .Title }}</title><link rel="canonical" href="{{ .Permalink }}">
<link rel="alternate" type="application/atom+xml" title="Daily" href="/atom.xml">
<link rel="alternate" type="application/rss+xml" title="Daily" href="/rss.xml">
<link rel="alternate" type="application/feed+json" title="Daily" href="/feed.json">
<meta property="og:title" content="{{ .Title }}"><meta property="og:url" content="{{ .Permalink }}">
{{ block "head" . }}{{ end }}{{ partialCached "style.html" . }}</head>
<body><a class="skip" href="#main">Skip to content</a><div class="page">
<header class="mast"><a class="name" href="/">Daily</a><nav aria-label="Site"><ul><li><a href="/">Today</a></li>
<li><a href="/days/">Archive</a></li></ul></nav></header><main id="main">{{ block "main" . }}{{ end }}</main>
<footer>1 Quay</footer></div></body></html>
"""
STYLE = '<style>{{ readFile "style.css" | safeCSS }}</style>'
SOURCES = """{{ $n := len .Params.sources }}{{ $v := 0 }}{{ range .Params.sources }}{{ if reflect.IsMap . }}
{{ if eq .verification "verified" }}{{ $v = add $v 1 }}{{ end }}{{ end }}{{ end }}
<b class="v1">{{ $n }} sources, {{ $v }} verified</b>"""
CARD = """<article class="h-entry"><h2><a class="u-url p-name" href="{{ .RelPermalink }}">{{ .Title }}</a></h2>
<p><time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">{{ .Date.Format "15:04" }}</time>
{{ range .Params.authors }}<span>{{ . }}</span>{{ end }} {{ .ReadingTime }} min SOURCED</p>
<p class="p-summary">{{ .Summary }}</p></article>
"""
ARTICLE = """{{ define "head" }}<meta property="og:type" content="article">
<meta property="og:description" content="{{ .Summary }}">
<meta property="article:published_time" content="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">
{{ with .PrevInSection }}<link rel="prev" href="{{ .RelPermalink }}">{{ end }}
{{ with .NextInSection }}<link rel="next" href="{{ .RelPermalink }}">{{ end }}
{{ $cited := slice }}{{ range .Params.sources }}
{{ if reflect.IsMap . }}{{ $cited = $cited | append (dict "@type" "CreativeWork" "name" .title "url" .url) }}
{{ else }}{{ $cited = $cited | append (dict "@type" "CreativeWork" "name" . "url" .) }}{{ end }}{{ end }}
{{ $authors := slice }}{{ range .Params.authors }}{{ $authors = $authors | append (dict "@type" "Person" "name" .) }}
{{ end }}
{{ $said := dict "@context" "https://schema.org" "@type" "NewsArticle" "@id" .Permalink "headline" .Title
  "datePublished" (.Date.Format "2006-01-02T15:04:05Z07:00") "wordCount" .WordCount "keywords" .Params.tags
  "author" $authors "citation" $cited }}
<script type="application/ld+json">{{ $said | jsonify | safeJS }}</script>{{ end }}
{{ define "main" }}<article class="h-entry"><h1 class="p-name">{{ .Title }}</h1><dl class="rail">
<div><dt>Published</dt><dd><time datetime="{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}">
{{ .Date.Format "January 2, 2006 · 15:04" }}</time></dd></div>
<div><dt>By</dt><dd>{{ range .Params.authors }}<a href="/authors/{{ urlize . }}/">{{ . }}</a>{{ end }}</dd></div>
<div><dt>Section</dt><dd>{{ with .Params.category }}<a href="/category/{{ urlize . }}/">{{ . }}</a>{{ end }}</dd></div>
<div><dt>Length</dt><dd>{{ .WordCount }} words, {{ .ReadingTime }} min</dd></div>
<div><dt>Sourcing</dt><dd>SOURCED</dd></div></dl>
<p class="lede p-summary">{{ .Summary }}</p><div class="body e-content">{{ .Content }}</div>
<section id="sources"><h2>Sources &amp; references</h2><ol class="src">{{ range $n, $one := .Params.sources }}
<li id="s{{ add $n 1 }}" class="h-cite">{{ if reflect.IsMap $one }}
<p class="t"><a class="u-url p-name" href="{{ .url }}">{{ .title }}</a>, <b>{{ .publisher }}</b></p>
<p class="marks"><b>{{ .verification }}</b> · {{ .role }} · {{ .access }}</p>
{{ else }}<p class="t"><a class="u-url p-name" href="{{ . }}">{{ . }}</a></p>{{ end }}</li>{{ end }}</ol></section>
<p>{{ range .Params.tags }}<a class="p-category" href="/tags/{{ urlize . }}/">{{ . }}</a> {{ end }}</p>
<nav>{{ with .PrevInSection }}<a rel="prev" href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}
{{ with .NextInSection }}<a rel="next" href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</nav></article>{{ end }}
"""
LIST = """{{ define "main" }}<h1>{{ .Title }}</h1>{{ range .Paginator.Pages }}A_CARD{{ end }}
<nav>{{ with .Paginator.Prev }}<a rel="prev" href="{{ .URL }}">Newer</a>{{ end }}
{{ with .Paginator.Next }}<a rel="next" href="{{ .URL }}">Older</a>{{ end }}</nav>{{ end }}
"""
TERMS = """{{ define "main" }}<h1>{{ .Title }}</h1>
<ul>{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a>
{{ len .Pages }}</li>{{ end }}</ul>{{ end }}
"""
FRONT = """{{ define "main" }}{{ range first 30 .Site.RegularPages }}A_CARD{{ end }}{{ end }}
"""
ENTRY = """<p><strong>{{ .Summary }}</strong></p>SOURCED{{ .Content }}<ol>{{ range .Params.sources }}
<li>{{ if reflect.IsMap . }}<a href="{{ .url }}">{{ .title }}</a>, {{ .publisher }}
{{ else }}<a href="{{ . }}">{{ . }}</a>{{ end }}</li>{{ end }}</ol>"""
ATOM = """{{ printf "<?xml version='1.0' encoding='UTF-8'?>" | safeHTML }}
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>{{ .Permalink }}</id><title>{{ .Title }}</title>
<updated>{{ now.Format "2006-01-02T15:04:05Z07:00" }}</updated><author><name>Daily</name></author>
<link rel="alternate" href="{{ .Permalink }}"/>
{{ range PAGES }}<entry xml:lang="en"><id>{{ .Permalink }}</id><title>{{ .Title }}</title>
<updated>{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}</updated>
{{ range .Params.authors }}<author><name>{{ . }}</name></author>{{ end }}
<content type="html">{{ WHOLE | transform.XMLEscape | safeHTML }}</content>
<published>{{ .Date.Format "2006-01-02T15:04:05Z07:00" }}</published><link rel="alternate" href="{{ .Permalink }}"/>
{{ range .Params.tags }}<category term="{{ . }}"/>{{ end }}
{{ range .Params.sources }}
<link rel="via" href="{{ if reflect.IsMap . }}{{ .url }}{{ else }}{{ . }}{{ end }}"/>{{ end }}
</entry>
{{ end }}</feed>
"""
RSS = """{{ printf "<?xml version='1.0' encoding='UTF-8'?>" | safeHTML }}
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>{{ .Title }}</title>
<link>{{ .Permalink }}</link><description>New articles</description>
{{ range PAGES }}<item><title>{{ .Title }}</title><link>{{ .Permalink }}</link><guid>{{ .Permalink }}</guid>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
<description>{{ .Summary | transform.XMLEscape | safeHTML }}</description>
<content:encoded>{{ WHOLE | transform.XMLEscape | safeHTML }}</content:encoded>
{{ range .Params.tags }}<category>{{ . }}</category>{{ end }}</item>
{{ end }}</channel></rss>
"""
JSON = """{{ $items := slice }}{{ range PAGES }}{{ $items = $items | append (dict "id" .Permalink "url" .Permalink
"title" .Title "content_html" (WHOLE) "summary" .Summary
"date_published" (.Date.Format "2006-01-02T15:04:05Z07:00") "tags" .Params.tags) }}{{ end }}
{{ dict "version" "https://jsonfeed.org/version/1.1" "title" .Title "home_page_url" .Permalink
"items" $items | jsonify }}
"""
ONCE = {
    "A_CARD": '{{ partialCached "card.html" . .RelPermalink }}',
    "SOURCED": '{{ partialCached "sources.html" . .RelPermalink }}',
    "WHOLE": 'partialCached "entry.html" . .RelPermalink',
}
"""What many documents show of an article is rendered once."""
SHIPPED = (Path(__file__).parents[1] / "templates" / "style.css").read_text()
SHEET = SHIPPED[: SHIPPED.rindex("}", 0, 6_400) + 1]
"""As long as what stands in a page of `publisher`."""


class HugoAlike(Hugo):
    name = "hugo-alike"

    def begin(self, home: Path) -> None:
        files = {
            "hugo.toml": CONFIGURATION,
            "style.css": SHEET,
            "layouts/baseof.html": BASE,
            "layouts/single.html": ARTICLE,
            "layouts/term.html": LIST,
            "layouts/taxonomy.html": TERMS,
            "layouts/home.html": FRONT,
            "layouts/_partials/style.html": STYLE,
            "layouts/_partials/sources.html": SOURCES,
            "layouts/_partials/card.html": CARD,
            "layouts/_partials/entry.html": ENTRY,
        }
        for kind, pages in (("home", ".Site.RegularPages"), ("term", "first 30 .Pages")):
            for name, text in (("atom.atom.xml", ATOM), ("rss.rss.xml", RSS), ("json.json", JSON)):
                files[f"layouts/{kind}.{name}"] = text.replace("PAGES", pages)
        for short, whole in ONCE.items():
            files = {name: text.replace(short, whole) for name, text in files.items()}
        self._write(home, files)

    def head(self, piece: Piece) -> list[str]:
        return [
            *[line for line in super().head(piece) if not line.startswith("author:")],
            f"authors: ['{piece.author}']",
            "sources:",
            f"  - {{title: The record, url: 'https://records.example/{piece.number}', publisher: Town, role: primary,",
            "     access: open, verification: verified}",
            f"  - https://papers.example/{piece.number}",
        ]
