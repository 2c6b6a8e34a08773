"""Chromium, driven through its debugging pipe (the DevTools protocol): what a reader's hands and eyes do."""

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

WHERE = """(selector => {
  const one = document.querySelector(selector);
  one.scrollIntoView({block: "center"});
  const box = one.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
})(%s)"""


class Page:
    """One tab in which no script of a page runs."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._number = 0
        self._read = b""
        self._loads = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=True)

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            more = os.read(self._answers, 65_536)
            assert more, "the browser ended"
            self._read += more
        first, _, self._read = self._read.partition(b"\0")
        told = json.loads(first)
        self._loads += told.get("method") == "Page.loadEventFired"
        return dict(told)

    def open(self, url: str) -> None:
        before = self._loads
        self.call("Page.navigate", url=url)
        self._until_loaded(before)

    def _until_loaded(self, before: int) -> None:
        while self._loads == before:
            self._next()

    def see(self, expression: str) -> Any:
        """What a look from outside finds."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    @property
    def title(self) -> str:
        return str(self.see("document.querySelector('h1').innerText"))

    @property
    def text(self) -> str:
        return str(self.see("document.querySelector('main').innerText"))

    def type(self, text: str) -> None:
        """Into what has the focus, in place of what stands there."""
        self.see("document.activeElement.select && document.activeElement.select()")
        self.call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """With the mouse, in the middle of it."""
        found = self.see(WHERE % json.dumps(selector))
        assert found, selector
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=found[0], y=found[1], button="left", clickCount=1)

    def press(self, selector: str) -> None:
        """A button or a link; returns when the next page is there."""
        before = self._loads
        self.click(selector)
        self._until_loaded(before)


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here")
    (our_in, its_out), (its_in, our_out) = os.pipe(), os.pipe()
    # Chromium reads at 3 and writes at 4; from beyond 9 they can be moved there in any order.
    high = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (its_in, its_out)]
    moved = f'exec "$@" 3</dev/fd/{high[0]} 4>/dev/fd/{high[1]}'
    process = subprocess.Popen(
        ["sh", "-c", moved, "sh", program, *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=high,
        stderr=subprocess.DEVNULL,
    )
    for one in high:
        os.close(one)
    os.close(its_in)
    os.close(its_out)
    try:
        yield Page(our_out, our_in)
    finally:
        process.kill()
        process.wait()
        os.close(our_out)
        os.close(our_in)
