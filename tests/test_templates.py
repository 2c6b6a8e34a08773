"""Templates of a publication: they make what plain Jinja makes, none leaves its sandbox, each fault has its line."""

from zoneinfo import ZoneInfo

import msgspec
import pytest
from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment, unsafe

from newsroom import WORDS
from publisher.errors import ConfigurationError
from publisher.render import language
from publisher.render.environment import environment, fill
from publisher.render.language import Language


def speak(tag: str) -> Language:
    return language.load(WORDS, [tag], ZoneInfo("Europe/Madrid"))[tag]


def test_a_wrong_template_is_named_with_its_line() -> None:
    with pytest.raises(ConfigurationError, match=r"templates/page\.html:2"):
        environment({"page.html": "a\n{% if %}\n"})
    found = environment({"page.html": "a\n{% include 'part.html' %}", "part.html": "\n\n{{ unknown.thing }}\n"})
    with pytest.raises(ConfigurationError, match=r"templates/part\.html:3.*unknown"):
        fill(found, "page.html", {})
    with pytest.raises(ConfigurationError, match=r"templates/none\.html"):
        fill(found, "none.html", {})


def test_templates_escape_what_they_are_given_and_cannot_leave_their_sandbox() -> None:
    found = environment({"a.html": "{{ text }}", "a.txt": "{{ text }}", "b.html": "{{ text.__class__.__mro__ }}"})
    assert fill(found, "a.html", {"text": "<b>{{ 1 }}"}) == "&lt;b&gt;{{ 1 }}"
    assert fill(found, "a.txt", {"text": "<b>"}) == "<b>"
    with pytest.raises(ConfigurationError, match="unsafe"):
        fill(found, "b.html", {"text": "x"})
    with pytest.raises(ConfigurationError, match="unsafe"):
        fill(found, "b.html", {"text": speak("en")})


class Titled(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    gi_frame: str = "forbidden elsewhere"


class Untitled(msgspec.Struct, frozen=True, kw_only=True):
    name: str


def test_an_attribute_that_one_value_may_show_is_asked_for_again_of_each_other_kind_of_value() -> None:
    found = environment({"a.html": "{% for one in all %}{{ one.title }}{{ one.gi_frame }}, {% endfor %}"})
    ours, theirs = Titled(title="<i>"), {"title": "<b>", "gi_frame": "?"}
    shown = "&lt;i&gt;forbidden elsewhere, &lt;b&gt;?, &lt;i&gt;forbidden elsewhere, "
    assert fill(found, "a.html", {"all": [ours, theirs, ours]}) == shown
    with pytest.raises(ConfigurationError, match=r"templates/a\.html:1: .* has no attribute 'title'"):
        fill(found, "a.html", {"all": [ours, Untitled(name="x")]})
    with pytest.raises(ConfigurationError, match="unsafe"):
        fill(environment({"b.html": "{{ all.gi_frame }}"}), "b.html", {"all": (one for one in "x")})
    unsafe = environment({"c.html": "{% for one in all %}{{ one.gi_frame }}{% endfor %}"})
    with pytest.raises(ConfigurationError, match="unsafe"):
        fill(unsafe, "c.html", {"all": [ours, ours, (one for one in "x")]})


SNIPPETS = """
{% macro m(a, b='<c>') %}{{ a }}{{ b }}{{ kwargs }}{{ varargs }}{% endmacro %}{{ m(t) }}
{{- m(t, t, t, z=t) }}{{ m(b=t, a=1) }}

{% macro m(a) %}<i>{{ a }}</i>{{ caller(t) }}{% endmacro %}{% call(x) m(t) %}{{ x }}{{ t }}{% endcall %}

{% macro m(a) %}{{ a }}{{ caller() }}{% endmacro %}{% call m('words') %}{{ t }}{% endcall %}

{% macro m(a) %}{{ a }}{% endmacro %}{% macro n(a) %}{{ m(a) }}{{ m(m(a)) }}{% endmacro %}{{ n(t) | upper }}

{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{% set n = m %}{{ n(t) }}

{% extends 'base.html' %}{% block a %}{{ super() }}{{ t }}{% endblock %}{% block b %}{{ self.a() }}{% endblock %}

{% for one in [[1, [2, [3]]], [4]] recursive %}{{ one }}{{ loop(one) if one is iterable }}{{ loop.index }}{% endfor %}

{% for one in 'abc' if one != 'b' %}{{ loop.last }}{{ one }}{{ loop.cycle('x', 'y') }}{% else %}-{% endfor %}

{% set ns = namespace(n=0) %}{% for one in range(3) %}{% set ns.n = ns.n + one %}{% endfor %}{{ ns.n }}

{% set x %}<{{ t }}>{% endset %}{{ x }}{{ x ~ t }}{{ ('<' ~ t) | safe }}{{ t | e }}{{ none }}{{ 1.5 }}{{ d.a.b }}

{% include 'part.html' %}{% from 'part.html' import p with context %}{{ p(t) }}{% filter upper %}{{ t }}{% endfilter %}

{% if t %}a{% if d.zz is defined %}b{% elif t == 'x' %}{{ t }}{% else
%}{{ d.a.b }}{% endif %}{% endif %}{% if not t %}c{% endif %}

{% for n in range(9) %}{% if n > 1 %}{% if n > 2 %}{% if n > 3 %}{% if n > 4 %}{% if n > 5 %}{% if n > 6 %}{{ n }}{{ t
}}{% endif %}5{% endif %}4{% endif %}3{% endif %}2{% endif %}1{% endif %}{% endfor %}

{% macro m(a, b='<') %}{{ a }}{{ b }}{% endmacro %}{{ m(t) }}{{ m(t, t) }}{{ m(m(t, 'x'), b=t) }}{% if not t
%}{{ m(t, t) }}{% endif %}{{ m(t, 'x') | length }}{% autoescape false %}{{ m(t, t) }}{% endautoescape %}

{% macro m(a) %}{{ a }}{{ caller() if caller is defined }}{{ varargs }}{% endmacro %}{{ m(t) }}{{ m(t, t) }}{%
call m(t) %}<{{ t }}>{% endcall %}{% set x = m(t) %}{{ x }}

{% macro m(a) %}<b>{{ a }}</b>{% endmacro %}{% macro n(a) %}{{ m(a) }}{% endmacro %}{{ n(t) }}{%
autoescape false %}{{ n(t) }}{% endautoescape %}

{% print %}{% if t %}{% print %}{% endif %}{% if not t %}{% else %}{% set x = t %}{{ x }}{% endif %}{% if t %}{% elif d
%}{% set x = d %}{% endif %}{% for one in t %}{% endfor %}{% block empty %}{% endblock %}

{{ joiner(', ')() }}{{ d.get('a') }}{{ t.title() }}{{ 'a' if d.zz is defined else t[0] }}{{ 'x'.join(['<', t]) }}
"""


@pytest.mark.parametrize("written", SNIPPETS.strip().split("\n\n"))
def test_templates_of_a_publication_make_what_plain_jinja_makes_of_them(written):
    texts = {
        "page.html": written,
        "base.html": "{% block a %}<{{ t }}>{% endblock %}{% block b %}{% endblock %}",
        "part.html": "{% macro p(x) %}{{ x }}{{ t }}{% endmacro %}{{ t }}",
    }
    plain = SandboxedEnvironment(loader=DictLoader(texts), autoescape=True, undefined=StrictUndefined)
    values = {"t": "<&>", "d": {"a": {"b": "'"}}}
    assert fill(environment(texts), "page.html", values) == plain.get_template("page.html").render(values)


def test_words_are_looked_up_in_the_language_whatever_else_stands_in_their_place() -> None:
    found = environment({"a.html": "{{ _('Corrections') }} {{ _('Times are {zone}.', zone='<b>') }} {{ _('<i>') }}"})
    assert fill(found, "a.html", {"_": speak("es").wording}) == "Correcciones Las horas se dan en &lt;b&gt;. &lt;i&gt;"
    assert fill(found, "a.html", {"_": speak("en").text}) == "Corrections Times are &lt;b&gt;. &lt;i&gt;"
    with pytest.raises(ConfigurationError, match="not safely callable"):
        fill(found, "a.html", {"_": unsafe(lambda words: words)})
    for change in ("_.update(Corrections='x')", "_.pop('Corrections')", "_ | attr('clear')", "_['clear']()"):
        with pytest.raises(ConfigurationError, match=r"unsafe|not callable"):
            fill(environment({"b.html": f"{{{{ {change} }}}}"}), "b.html", {"_": speak("es").wording})


@pytest.mark.parametrize("braces", ["x.__call__.__globals__", "x[a]", "x!r", "x:>9", ""])
def test_words_are_filled_with_what_is_given_and_nothing_that_hangs_on_it(braces):
    found = environment({"a.html": "\n{{ _('{" + braces + "}', x=_) }}"})
    with pytest.raises(ConfigurationError, match=r"templates/a\.html:2: .*else than a name"):
        fill(found, "a.html", {"_": speak("en").wording})
    assert speak("en").text("{{{x}}} {x}", x=1) == "{1} 1"


def test_words_that_all_pages_share_are_not_changed_by_way_of_their_type() -> None:
    found = environment({"a.html": "{{ dict.update(_, Corrections='x') }}", "b.html": "{{ dict(a='b')['a'] }}"})
    with pytest.raises(ConfigurationError, match="unsafe"):
        fill(found, "a.html", {"_": speak("es").wording})
    assert fill(found, "b.html", {}) == "b"


def test_what_is_nested_too_deeply_is_told_in_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match=r"templates/a\.html: .*nest less"):
        environment({"a.html": "{{ one" + ".one" * 200 + " }}"})


def test_names_that_python_keeps_for_itself_are_read_as_any_other() -> None:
    found = environment({"a.html": "{{ one.class }} {{ one.\ufb01n }} {{ one.none is defined }}"})
    assert fill(found, "a.html", {"one": {"class": "A", "\ufb01n": "B"}}) == "A B False"


def test_a_fault_is_told_with_its_own_line_though_what_stands_around_it_is_one_piece() -> None:
    found = environment({"a.html": "{{ one.title }}\n{{ one.title }}\n{{ one.titel }}\n{{ one.title }}\n"})
    with pytest.raises(ConfigurationError, match=r"templates/a\.html:3: .* has no attribute 'titel'"):
        fill(found, "a.html", {"one": Titled(title="x")})


def test_a_fault_in_a_condition_is_told_with_the_line_of_the_condition() -> None:
    found = environment(
        {"a.html": "{{ one.title }}\n{% if one.titel %}\n{{ one.title }}\n\n{{ one.title }}{% endif %}\n"}
    )
    with pytest.raises(ConfigurationError, match=r"templates/a\.html:2: .* has no attribute 'titel'"):
        fill(found, "a.html", {"one": Titled(title="x")})


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("{% if one %}\n{{ none.x }}{% endif %}", 2),
        ("{% if not one %}\n\n{% else %}\n\n{{ none.x }}{% endif %}", 5),
        ("{% if none %}\n\n{{ one }}{% endif %}", 1),
        ("{% if not one %}\n{% elif none %}\n{{ one }}{% endif %}", 2),
    ],
)
def test_a_fault_in_what_is_written_on_a_condition_is_told_with_its_own_line(written, line):
    found = environment({"a.html": written.replace("none", "missing")})
    with pytest.raises(ConfigurationError, match=rf"templates/a\.html:{line}: .*missing"):
        fill(found, "a.html", {"one": "x"})
