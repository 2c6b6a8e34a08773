"""A theme is data: what it sets is seen, and what nobody could read is refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields
from PIL import Image

from desk import Desk
from newsroom import PUBLICATION, TOML, newsroom
from publisher import config
from publisher.config.contrast import contrast, nearest
from publisher.config.theme import DARK, LIGHT, MAIL, SHIPPED, Palette, Theme
from publisher.errors import ConfigurationError

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def theme(text: str) -> Theme:
    return config.parse(TOML + text).theme


@pytest.mark.parametrize("palette", [LIGHT, DARK, MAIL])
def test_the_shipped_colours_can_be_read(palette: Palette) -> None:
    for ground in (palette.bg, palette.soft):
        assert contrast(palette.ink, ground) >= 7
        for text in (palette.mute, palette.link, palette.ok, palette.warn):
            assert contrast(text, ground) >= 4.5


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#0a5a44", "#ffffff", 8.2)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.05)


@given(COLOURS, COLOURS, COLOURS, st.sampled_from([4.5, 7.0]))
def test_the_nearest_colour_passes_and_one_that_passes_is_its_own(text: str, bg: str, soft: str, least: float) -> None:
    found = nearest(text, [bg, soft], least)
    if found:
        assert min(contrast(found, bg), contrast(found, soft)) >= least
        assert max(contrast(nearest(found, [bg, soft], least) or "", one) for one in [bg]) >= least
    else:
        assert all(min(contrast(one, bg), contrast(one, soft)) < least for one in ("#000000", "#ffffff"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[theme.light]\nlink = "#77AAFF"\n',
            r":10: `theme.light.link`: link #77aaff on soft #f3f6f5 .* 2.15, .* nearest colour that passes is #3f6fbf",
        ),
        ('[theme.dark]\nink = "#888"\n', r"`theme.dark.ink`: ink #888888 on soft #1a201e .* takes 7 to be read"),
        ('[theme.light]\nbg = "#777"\n', r"no colour passes on bg #777777 and soft #f3f6f5; change those"),
        ('[theme.light]\nrule = "green"\n', r"`theme.light.rule`: 'green' is no colour; for example"),
        ('[theme]\nserif = "Charter; } body { display: none"\n', r"`theme.serif`: .* is no list of fonts"),
        ('[theme]\nlogo = "../logo.svg"\n', r"`theme.logo`: '../logo.svg' is no file in static/"),
        ('[theme]\ncolour = "#fff"\n', r"unknown key `theme.colour`"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        theme(text)


def test_every_page_takes_its_colours_and_fonts_from_the_theme() -> None:
    text = (
        '[theme]\nserif = "Gelasio, serif"\n[theme.light]\nlink = "#00f"\nbg = "#fffffa"\n[theme.dark]\nbg = "#000"\n'
    )
    room = newsroom(publication=config.parse(TOML + text))
    for path, document in room.documents().items():
        if path.endswith("index.html") and 'http-equiv="refresh' not in (page := room.write(document)):
            assert "--link:#0000ff" in page
            assert "--serif:Gelasio,serif" in page
            assert '<meta name="theme-color" content="#fffffa" media="(prefers-color-scheme: light)">' in page
            assert '<meta name="theme-color" content="#000000" media="(prefers-color-scheme: dark)">' in page


def test_mails_keep_their_own_tokens_until_the_theme_sets_them() -> None:
    assert SHIPPED.mail == MAIL
    mail = theme('[theme.light]\nlink = "#0000cc"\n').mail
    assert (mail.link, mail.ink) == ("#0000cc", MAIL.ink)


def test_a_variable_sets_a_colour() -> None:
    found = config.parse(
        TOML, overrides={"PUBLISHER_THEME_LIGHT_LINK": "#00c", "PUBLISHER_THEME_LOGO": "logo.svg"}
    ).theme
    assert (found.light.link, found.logo) == ("#0000cc", "logo.svg")
    assert config.unknown_overrides(["PUBLISHER_THEME_LIGHT_LINK", "PUBLISHER_THEME_LIGHT_BLINK"]) == [
        "PUBLISHER_THEME_LIGHT_BLINK"
    ]


def test_every_token_of_the_style_sheet_is_one_of_the_theme() -> None:
    from newsroom import TEMPLATES

    used = set(re.findall(r"var\(--([a-z]+)\)", TEMPLATES["style.css"]))
    assert used <= {one.name for one in fields(Palette)} | {"serif", "sans"}
    assert PUBLICATION.theme == SHIPPED


def test_a_page_leads_to_a_favicon_that_lies_there_and_else_lets_no_browser_look_for_one(desk: Desk) -> None:
    desk.article("one")
    desk.run("--site-only")
    assert '<link rel="icon" href="data:,">' in desk.page("index.html")
    desk.raw("static/favicon.ico", "icon")
    desk.run("--site-only")
    assert re.search(
        r'<link rel="icon" type="image/x-icon" href="/favicon.ico\?v=[0-9a-f]{8}">', desk.page("index.html")
    )
    (desk.home / "static/favicon.ico").unlink()
    desk.configure("https://zendoric.example/", "https://zendoric.example/news/")
    desk.run("--site-only")
    assert 'rel="icon"' not in desk.page("index.html"), "the host's own is another's"


def test_emblems_are_shown_with_their_size_and_a_missing_one_is_named(desk: Desk) -> None:
    desk.article("one")
    desk.configure(
        "[digest]",
        '[theme]\nlogo = "static/logo.svg"\nlogo_dark = "/logo-dark.png"\nlogo_alt = "Zendoric, daily"\n'
        'favicon = "favicon.ico"\nsocial_image = "card.png"\n[digest]',
    )
    done = desk.publisher("run")
    assert done.returncode == 78
    assert "static/logo.svg is missing; `[theme] logo` names it" in done.stderr
    static = desk.home / "static"
    static.mkdir()
    (static / "logo.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 50"><path d="M0 0"/></svg>'
    )
    (static / "favicon.ico").write_bytes(b"not an icon")
    Image.new("RGB", (400, 100)).save(static / "logo-dark.png")
    Image.new("RGB", (1200, 630)).save(static / "card.png")
    assert "favicon.ico: it is no JPEG, PNG" in desk.publisher("run").stderr
    Image.new("RGB", (32, 32)).save(static / "favicon.ico")
    desk.run()
    page = desk.page("index.html")
    assert re.search(
        r'<source media="\(prefers-color-scheme: dark\)" srcset="/logo-dark.png\?v=[0-9a-f]{8}" width="400"', page
    )
    assert re.search(r'<img src="/logo.svg\?v=[0-9a-f]{8}" alt="Zendoric, daily" width="200" height="50">', page)
    assert re.search(r'<link rel="icon" type="image/x-icon" href="/favicon.ico\?v=', page)
    assert '<meta property="og:image" content="https://zendoric.example/card.png">' in page
    assert '<meta property="og:image" content="https://zendoric.example/card.png">' in desk.page(
        "2026/06/25/one/index.html"
    )
    assert '"logo":"https://zendoric.example/logo.svg"' in desk.page("2026/06/25/one/index.html")
