"""Papers that cannot rot: what exists and is not named in docs/ fails here."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click
import msgspec
import pytest

from publisher import config
from publisher.model import DayFile, Source
from publisher.running.report import Report

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAPERS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def commands() -> Iterator[tuple[str, click.Command]]:
    from publisher.cli import publisher

    def walk(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                yield from walk(f"{words} {name}", inner)
        else:
            yield words, command

    return walk("publisher", publisher)


def section_of(words: str) -> str | None:
    """The part of commands.md under this command's heading, with the heading."""
    found = re.search(rf"^### `{re.escape(words)}(?= |`).*?(?=^##|\Z)", read("commands.md"), re.MULTILINE | re.DOTALL)
    return found[0] if found else None


def test_every_command_has_a_section_in_commands_md():
    assert [words for words, _ in commands() if section_of(words) is None] == []


def test_every_option_is_named_in_its_commands_section():
    missing = [
        f"{words} {option}"
        for words, command in commands()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option not in {"--publication", "--help"} and f"{option}" not in (section_of(words) or "")
    ]
    assert missing == []


def test_every_key_of_the_report_is_named():
    report = Report(date=date(2026, 6, 25), at=datetime(2026, 6, 25, tzinfo=UTC))
    named = section_of("publisher run") + read("delivery.md").replace("-", "_")
    assert [key for key in report.as_json() if f"`{key}`" not in named] == []


def test_no_command_is_documented_that_does_not_exist():
    known = {words for words, _ in commands()}
    headings = re.findall(r"^### `(publisher(?: [a-z]+)+)", read("commands.md"), re.MULTILINE)
    assert [words for words in headings if words not in known] == []


def keys(schema: type[msgspec.Struct], section: str = "") -> Iterator[tuple[str, str]]:
    for field in msgspec.structs.fields(schema):
        inner = [
            kind
            for kind in (field.type, *getattr(field.type, "__args__", ()))
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        ]
        if inner:
            yield from keys(inner[0], f"{section}.{field.encode_name}".lstrip("."))
        else:
            yield section, field.encode_name


def test_every_configuration_key_is_named_in_configuration_md():
    text = read("configuration.md")
    rows = set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE))
    found = [(section, key) for section, key in keys(config.PublicationKeys)]
    assert len(found) > 20
    assert [f"{s}.{k}" for s, k in found if k not in rows and f"{s}.{k}" not in rows] == []


def test_every_configuration_key_is_shown_in_what_init_writes():
    text = (ROOT / "publisher/starter/publication.toml").read_text("utf-8")
    shown = set(re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE))
    assert [f"{section}.{key}" for section, key in keys(config.PublicationKeys) if key not in shown] == []


def test_what_init_writes_is_right_with_every_comment_switched_on():
    text = (ROOT / "publisher/starter/publication.toml").read_text("utf-8")
    filled = {
        "name": "Z",
        "url": "https://z.example/",
        "authority": "z.example",
        "timezone": "UTC",
        "start": "2026-06-25",
    }
    for key, value in filled.items():
        text = text.replace("{" + key + "}", value)
    text = re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE).replace('"maildir:outbox"', '"smtp"')
    assert config.parse(text).not_yet == ()


def test_every_section_of_the_configuration_is_named():
    sections = {section for section, _ in keys(config.PublicationKeys) if section}
    assert [one for one in sections if f"[{one}]" not in read("configuration.md")] == []


def test_every_key_that_has_no_effect_yet_is_named_as_such():
    later = read("configuration.md").partition("## Not yet")[2].partition("\n## ")[0]
    assert [key for names in config.LATER.values() for key in names if f"`{key}`" not in later] == []


def test_every_variable_that_the_program_reads_is_named():
    texts = "".join(path.read_text("utf-8") for path in (ROOT / "publisher").rglob("*.py"))
    variables = set(re.findall(r"\"(PUBLISHER_[A-Z_]*[A-Z])\"", texts))
    assert [one for one in sorted(variables) if f"`{one}`" not in read("configuration.md")] == []


def test_every_template_is_named_in_templates_md():
    templates = [path.name for path in (ROOT / "templates").iterdir() if not path.name.startswith(".")]
    assert [name for name in templates if f"`{name}`" not in read("templates.md")] == []


def test_every_value_that_a_template_uses_is_named_in_templates_md():
    used = {
        word
        for path in (ROOT / "templates").iterdir()
        for block in re.findall(r"\{[{%].*?[%}]\}", path.read_text("utf-8"), re.DOTALL)
        for word in re.findall(r"\b((?:site|page|article|day|month|archive|list|feeds|digest|slots)\.[a-z_]+)", block)
    }
    text = read("templates.md")
    loop = {f"day.{name}" for name in ("url", "iso", "title", "stories", "more")} | {"month.url", "month.weeks"}
    missing = [
        one for one in sorted(used - loop) if f"`{one}`" not in text and f"`{one.partition('.')[2]}`" not in text
    ]
    assert missing == []


def test_every_feed_definition_is_named():
    names = [path.name for path in (ROOT / "feeds").glob("*.toml")]
    assert [name for name in names if f"`{name}`" not in read("configuration.md")] == []


def test_the_keys_of_sources_and_day_files_are_named():
    fields = [*Source.__struct_fields__, *DayFile.__struct_fields__]
    assert [
        one
        for one in fields
        if one not in {"day", "lines", "note", "read_as"} and f"`{one}`" not in read("articles.md")
    ] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_between_the_papers_leads_somewhere(paper):
    broken = []
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", paper.read_text("utf-8"), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        place = (paper.parent / target) if target else paper
        if not place.exists() or (anchor and anchor not in anchors(place)):
            broken.append(f"{target}#{anchor}")
    assert broken == []


def anchors(paper: Path) -> set[str]:
    """As code hosts make them of headings."""
    headings = re.findall(r"^#+ (.*)$", paper.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
