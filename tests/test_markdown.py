"""Bodies -> safe HTML: marks, footnotes, links, headings, what old generators left behind, and what is made of it."""

import re

import pytest

from publisher.model import Body, Source
from publisher.render.excerpts import excerpt, for_feed, plain
from publisher.render.markdown import Rendered, render
from publisher.render.sanitise import sanitise

BASE = "https://zendoric.example/2026/06/25/a/"
SOURCES = (
    Source(title="FirstFT", key="ft", publisher="Financial Times", url="https://ft.example/"),
    Source(title='The "Law"', key="law", url="https://law.example/"),
)


def of(text: str, markup: str = "markdown") -> Rendered:
    return render(Body(markup=markup, text=text), SOURCES, base=BASE)  # type: ignore[arg-type]


def html(text: str, markup: str = "markdown") -> str:
    return of(text, markup).html


def test_commonmark_tables_footnotes_and_strikethrough_are_understood():
    found = html(
        "A *b* **c** ~~d~~ `e`\n\n| x | y |\n|---|--:|\n| 1 | 2 |\n\n```py\nif a < b: pass\n```\n\n> q\n\n1. one\n"
    )
    for part in ("<em>b</em>", "<del>d</del>", "<code>e</code>", "<td>1</td>", "if a &lt; b", "<blockquote>", "<ol>"):
        assert part in found
    assert "style" not in found
    assert found.count("class") == 2


def test_the_cells_of_a_column_are_set_as_the_table_says():
    found = html("| x | y | z |\n|:--|--:|:-:|\n| 1 | 2 | 3 |\n")
    for cell in (
        "<td>1</td>",
        '<th scope="col" class="far">y</th>',
        '<td class="far">2</td>',
        '<td class="middle">3</td>',
    ):
        assert cell in found


def test_source_marks_become_numbered_links_and_paragraphs_are_counted():
    found = of("One [@ft].\n\nTwo.\n\n- a list [@law]\n\nThree [@ft; @law] and [@ft].\n")
    assert found.cited == {1: (1, 3), 2: (3,)}
    assert '<p>One <a class="c" href="#s1" id="r1" aria-label="Source 1: Financial Times">[1]</a>.</p>' in found.html
    assert 'aria-label="Source 2: The &quot;Law&quot;">[2]</a>' in found.html
    ids = re.findall(r'id="([^"]*)"', found.html)
    assert ids == ["r1", "r2", "r1-2", "r2-2", "r1-3"]
    assert found.unknown == ()


def test_marks_in_code_stay_and_marks_of_no_source_go_and_are_told():
    found = of("`[@ft]` and [@nobody]x\n\n    [@ft]\n\n```\n[@ft]\n```\n\n<pre>[@ft]</pre>\n")
    assert found.unknown == ("nobody",)
    assert found.cited == {}
    assert found.html.count("[@ft]") == 4
    assert "nobody" not in found.html


def test_a_mark_in_a_link_is_no_link_in_a_link_and_one_in_an_attribute_is_left_alone():
    assert '<a href="https://x.example/">see [1]</a>' in html("[see [@ft]](https://x.example/)")
    assert 'title="[@ft]"' in html('<p title="[@ft]">x</p>', "html")


def test_footnotes_have_stable_ids_and_links_there_and_back():
    found = html("A[^x] b[^y] c[^x].\n\n[^y]: Second [@ft]\n[^x]: First\n\n    more\n")
    assert '<sup><a href="#fn1" id="fr1" role="doc-noteref">1</a></sup>' in found
    assert 'id="fr1-2"' in found
    assert found.index('<li id="fn1">') < found.index('<li id="fn2">')
    assert '<a href="#fr1-2" role="doc-backlink" aria-label="Back to the text">' in found
    assert '<section role="doc-endnotes" aria-label="Footnotes">' in found
    assert found.index('id="fr2"') < found.index("Second")
    assert set(re.findall(r'href="#([^"s]*)"', found)) <= set(re.findall(r' id="([^"]*)"', found))
    assert html("x[^1]\n\n[^1]: <div>in</div> note\n").count("</div>") == html(
        "x[^1]\n\n[^1]: <div>in</div> note\n"
    ).count("<div>")
    assert "class" not in html(
        '[^1]\n\n<div class="footnote-definition">forged</div><sup class="footnote-reference">1</sup>\n'
    )


@pytest.mark.parametrize(
    ("written", "levels"),
    [
        ("# a\n\n## b\n", "23"),
        ("## a\n\n### b\n", "23"),
        ("### a\n\n#### b\n", "23"),
        ("# a\n\n###### b\n", "23"),
        ("#### a\n\n## b\n\n#### c\n\n### d\n\n# e\n", "22332"),
    ],
)
def test_headings_begin_at_the_second_level_and_leave_none_out(written, levels):
    found = html(written)
    assert "".join(re.findall(r"<h(\d)", found)) == levels
    assert html(found, "html") == found


def test_addresses_become_absolute_and_other_schemes_go():
    found = html(
        "[a](b) [c](/d) [e](../f) ![g](h.png) [i](mailto:j@k.example) [l](javascript:alert(1)) [m](#n) ![o](data:p)"
    )
    hrefs = re.findall(r'(?:href|src)="([^"]*)"', found)
    assert hrefs == [
        BASE + "b",
        "https://zendoric.example/d",
        "https://zendoric.example/2026/06/25/f",
        BASE + "h.png",
        "mailto:j@k.example",
    ]
    assert " l m " in found
    assert "<a>" not in found


def test_every_image_has_an_alternative_text():
    assert '<img src="https://x.example/a.png" alt="">' in html('<img src="https://x.example/a.png" id="s1">', "html")


def test_a_link_that_shows_nothing_says_where_it_leads():
    written = (
        "[](https://gist.example/1?a=1&b=2) [![](a.png)](https://x:y@b.example/p) [{{< pic >}}](mailto:a@c.example)"
    )
    seen = html(written)
    assert '<a href="https://gist.example/1?a=1&amp;b=2">gist.example</a>' in seen
    assert re.search(r'<a href="https://x:y@b.example/p"><img src="[^"]*a.png" alt="b.example"></a>', seen)
    assert '<a href="mailto:a@c.example">a@c.example</a>' in seen
    assert html("[![A pier](a.png)](https://b.example/)").count("A pier") == 1
    assert '@b.example/">b.example</a>' in html("[](https://x@y@b.example/)")


@pytest.mark.parametrize("sign", ["a", "@", "@:"])
def test_an_address_as_long_as_an_article_is_read_once(sign):
    written = f'<a href="mailto:{sign * 300_000}">x</a> <a href="https://b.example/"></a>'
    assert html(written, markup="html").endswith('<a href="https://b.example/">b.example</a>')


def test_ids_classes_styles_and_scripts_of_a_body_do_not_reach_the_page():
    found = html(
        '<p id="s1" class="c" style="color:red" onclick="x()">a<script>b</script></p><iframe src="x">c</iframe>', "html"
    )
    assert found == "<p>a</p>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('{{< img src="a" alt="b" >}}\n\nText', "<p>Text</p>"),
        ("{{% note %}}\nText\n{{% /note %}}", "<p>Text</p>"),
        ("a {% comment %}b <!-- c --> `d` {% endcomment %}e", "<p>a e</p>"),
        ('{% include x.md y="z"\n w="v" %}\nText', "<p>Text</p>"),
        ("{{ page.excerpt }}\n\nText", "<p>Text</p>"),
        ('[words]({{< ref "a.md" >}}) more', "<p>words more</p>"),
        ("[words]({{ site.url }}/x) more", "<p>words more</p>"),
        ("[words][x] more\n\n[x]: {{ site.url }}/x\n", "<p>words more</p>"),
        ("{% include references.md %}\n\n[words][somewhere] more", "<p>words more</p>"),
        ("`{{ kept }}` {{ gone }}", "<p><code>{{ kept }}</code></p>"),
        ("```\n{% kept %}\n```\n{% gone %}", "<pre><code>{% kept %}\n</code></pre>"),
        ("Text\n\n    {{ kept }}\n\n{{ gone }}", "<p>Text</p>\n<pre><code>{{ kept }}\n</code></pre>"),
        ("{% raw %}a{% endraw %} b", "<p>a b</p>"),
        ("{% highlight ruby %}\nputs 1 < 2\n{% endhighlight %}", "<pre><code>puts 1 &lt; 2\n</code></pre>"),
        ("Text\n{:.center #x}", "<p>Text</p>"),
        ("{{ not closed", "<p>{{ not closed</p>"),
        ("[a][b] stays", "<p>[a][b] stays</p>"),
    ],
)
def test_what_an_old_generator_would_have_replaced_is_dropped_outside_code(written, shown):
    assert html(written).strip() == shown.strip()


def test_tags_in_html_bodies_are_dropped_too():
    assert html("<p>a {{ b }}</p><code>{{ c }}</code>", "html") == "<p>a </p><code>{{ c }}</code>"


def test_the_same_body_gives_the_same_bytes_and_sanitising_again_changes_nothing():
    text = "# T\n\nA[^1] [b](c) ![d](e)\n\n| x |\n|---|\n| y |\n\n[^1]: N\n"
    assert html(text) == html(text)
    once = sanitise("<p>a & b <b>c</p><img src=x><table><td>d", base=BASE)
    assert sanitise(once, base=BASE) == once


def test_an_excerpt_is_the_first_paragraph_without_its_apparatus():
    found = html("![x](y.png)\n\n**A** &amp; b [@ft] c[^1].\n\nMore\n\n[^1]: N")
    assert excerpt(found) == "A & b c."
    assert excerpt("<ul><li>x</li></ul>") == ""


def test_a_feed_gets_html_without_ids_and_with_absolute_anchors():
    found = for_feed(html("A [@ft] b[^1]\n\n[^1]: N"), base=BASE)
    assert f'<a href="{BASE}#s1">[1]</a>' in found
    assert f'<a href="{BASE}#fn1">1</a>' in found
    assert not re.search(r"\s(?:id|class|role|aria-\w+)=", found)
    assert found.count("<div>") == found.count("</div>") == 1


def test_plain_text_reads_well_in_a_mail():
    found = plain(
        html(
            "## Head\n\nA [link](https://x.example/) and [@ft] and <https://y.example/>[^1].\n\n"
            "- one\n- two\n  - deep\n\n3. three\n4. four\n\n"
            "> quoted\n> more\n\n```\ncode  here\n\n  kept\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
            "![Alt](i.png)\n\n[^1]: Note\n"
        )
    )
    assert found == (
        "Head\n\nA link (https://x.example/) and [1] and https://y.example/ [note 1].\n\n"
        "- one\n- two\n  - deep\n\n3. three\n4. four\n\n"
        "> quoted more\n\ncode  here\n\n  kept\n\na | b\n1 | 2\n\n[Alt]\n\n1. Note\n"
    )


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("It is so [@nobody].", "<p>It is so.</p>"),
        ("It is so [@nobody], and so [@oil; @nobody] on.", "<p>It is so, and so [1] on.</p>"),
        ("It [@nobody] is so.", "<p>It is so.</p>"),
        ("It [@nobody]*is* so", "<p>It <em>is</em> so</p>"),
        ("It is so.[@nobody] And so.[@nobody]", "<p>It is so. And so.</p>"),
    ],
)
def test_a_mark_that_cites_nothing_leaves_no_space_behind(text: str, seen: str) -> None:
    found = render(Body(markup="markdown", text=text), [Source(title="Oil", key="oil")], base=BASE)
    assert re.sub(r"<a class[^>]*>(.*?)</a>", r"\1", found.html).strip() == seen
    assert found.unknown == ("nobody",)
