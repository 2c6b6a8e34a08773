"""The digest's mail and its page in a real browser, as last approved: readable by everybody, and nothing overflows.

Needs Chromium (Debian's `chromium`), and is skipped without it.
"""

import os
import shutil
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
GOLDENS = Path(__file__).parent / "goldens" / "digest"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NO_PAGE = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}
"""A mail stands in somebody else's page."""
VIOLATIONS = """async given => (await axe.run(
        document, {runOnly: {type: 'tag', values: given.rules}, rules: given.off}))
    .violations.map(one => [one.id, one.help, one.nodes.map(node => node.target.join(' ')).slice(0, 3)])"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CASES = [("full", "eml", 320, "light"), ("arabic", "eml", 1280, "dark"), ("full", "html", 320, "dark")]


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@cache
def axe() -> str:
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")


def shown(name: str, kind: str) -> str:
    content = (GOLDENS / f"{name}.{kind}").read_bytes()
    if kind == "html":
        return content.decode()
    mail = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(mail, EmailMessage)
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize(("name", "kind", "width", "scheme"), CASES)
def test_nobody_is_shut_out_nothing_overflows_and_nothing_is_fetched(
    browser: "Browser", name: str, kind: str, width: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    asked: list[Any] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(shown(name, kind), wait_until="load")
    assert page.evaluate(WIDER) <= 0
    page.evaluate(axe())
    off = NO_PAGE if kind == "eml" else {}
    assert page.evaluate(VIOLATIONS, {"rules": RULES, "off": off}) == []
    assert asked == []
    context.close()
