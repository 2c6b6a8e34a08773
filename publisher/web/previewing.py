"""A preview in the browser, which reloads as files change. The reload is put into what is served, never into a file.

It answers from the first moment: until the first build is done, with a page that says so and looks again.
"""

import asyncio
import contextlib
import html
import os
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NoReturn

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from publisher.errors import ConfigurationError

EVERY = 0.5
"""Seconds between two looks at the files. Looking works on every file system; being told does not."""
PATIENCE = 25.0
"""Seconds that a page waits for a change before it asks again."""

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\s*')
_BESIDE = re.compile(r'href="\.\./public/([^"#?]*?)(?:index\.html)?(["#?])')
"""How a mail that lies in a folder leads to the pages beside it."""
_RELOAD = """<script>(async()=>{for(;;){try{
const r=await fetch("/-/changed?since=%d");if(+await r.text()!==%d){location.reload();return}
}catch{await new Promise(w=>setTimeout(w,1000))}}})()</script>"""
_FAULT = (
    '<pre role="alert" style="position:fixed;inset:auto 0 0;z-index:9;max-height:50vh;overflow:auto;margin:0;'
    'padding:12px;background:#7d0000;color:#fff;white-space:pre-wrap">%s</pre>'
)
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">%s<title>%s</title>
<style>body{font:18px/1.6 system-ui,sans-serif;max-width:40rem;margin:15vh auto 0;padding:0 1rem}</style></head>
<body><h1>%s</h1>%s</body></html>
"""
_AGAIN = '<meta http-equiv="refresh" content="1">'

Stamp = tuple[int, int]


class Showing:
    """What is shown now: `number` grows with each change, `fault` says why the newest change is not in it."""

    def __init__(self, build: Callable[[], str | None], *, title: str) -> None:
        self._build = build
        self.title = title
        self.doing = ""
        """The last stage that the build told of."""
        self.number = 0
        """0: nothing was built yet."""
        self.fault: str | None = None

    def again(self) -> None:
        """Build it. What `build` returns is a sentence about what went wrong."""
        self.fault = self._build()
        self.number += 1


def create_app(out: Path, url: str, showing: Showing) -> Starlette:
    """`url`: the publication's own address, whose links lead to this server instead."""

    async def changed(request: Request) -> Response:
        since = request.query_params.get("since")
        for _ in range(int(PATIENCE / EVERY)):
            if str(showing.number) != since or await request.is_disconnected():
                break
            await asyncio.sleep(EVERY)
        return PlainTextResponse(str(showing.number), headers={"Cache-Control": "no-store"})

    def mails(_: Request) -> Response:
        if not showing.number:
            return _waiting(showing)
        names = sorted(path.name for path in (out / "mail").glob("*"))
        listed = "".join(f'<li><a href="/-/mail/{html.escape(name)}">{html.escape(name)}</a></li>' for name in names)
        page = _PAGE % ("", "Mails", "Mails", f"<ul>{listed or '<li>None</li>'}</ul>")
        return HTMLResponse(_shown(page, url, showing))

    routes = [
        Route("/-/changed", changed),
        Route("/-/mail/", mails),
        Mount("/-/mail", _Files(out / "mail", url, showing)),
        Mount("/", _Files(out / "public", url, showing)),
    ]
    return Starlette(routes=routes)


class _Files(StaticFiles):
    def __init__(self, folder: Path, url: str, showing: Showing) -> None:
        super().__init__(directory=folder, html=True, check_dir=False, follow_symlink=True)
        self._url = url
        self._showing = showing

    async def check_config(self) -> None:
        """The folder is made by the first build that succeeds."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not self._showing.number:
            return _waiting(self._showing)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            page = _PAGE % ("", "Not here", "Not here", "<p>There is nothing at this address.</p>")
            return HTMLResponse(_shown(page, self._url, self._showing), error.status_code)
        if not isinstance(response, FileResponse):
            return response
        response.headers["Cache-Control"] = "no-store"
        if str(response.path).endswith((".eml", ".txt")):
            return PlainTextResponse(await run_in_threadpool(_read, response.path))
        if response.media_type != "text/html":
            return response
        text = (await run_in_threadpool(_read, response.path)).decode("utf-8", "replace")
        shown = _shown(text, self._url, self._showing)
        return HTMLResponse(shown, response.status_code, headers={"Cache-Control": "no-store"})


def _waiting(showing: Showing) -> Response:
    """No script: the browser asks again by itself."""
    told = "".join(
        f"<p>{html.escape(one)}</p>"
        for one in (showing.doing or "It has begun.", "This page shows it as soon as it is built.")
    )
    page = _PAGE % (_AGAIN, html.escape(showing.title), html.escape(showing.title), told)
    return HTMLResponse(page, 503, headers={"Cache-Control": "no-store", "Retry-After": "1"})


def _read(path: str | os.PathLike[str]) -> bytes:
    return Path(path).read_bytes()


def _shown(page: str, url: str, showing: Showing) -> str:
    """A page with the publication's links leading here, and with the reload at its end."""
    here = _POLICY.sub("", _BESIDE.sub(r'href="/\1\2', page).replace(url, "/"))
    fault = _FAULT % html.escape(showing.fault) if showing.fault else ""
    return here + fault + _RELOAD % (showing.number, showing.number)


def serve(app: Starlette, showing: Showing, watched: Iterable[Path], *, port: int, tell: Callable[[str], None]) -> None:
    """Stay on 127.0.0.1 until Ctrl-C: build, and again whenever one of the `watched` files or folders changes."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_level="warning", ws="none", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    try:
        listening = config.bind_socket()
    except SystemExit:
        raise ConfigurationError(f"127.0.0.1:{port} is taken; name another port with --port.") from None
    listening.listen()
    tell(f"http://127.0.0.1:{listening.getsockname()[1]}")
    # The main thread builds, as everywhere else: Ctrl-C ends that too.
    answering = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    answering.start()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _follow(showing, list(watched))
    finally:
        signal.signal(signal.SIGTERM, before)
        server.should_exit = True
        answering.join()
        listening.close()


def _follow(showing: Showing, watched: list[Path]) -> NoReturn:
    pause, before = threading.Event(), None
    while True:
        now = dict(stamps(watched))
        if now != before:
            before = now
            showing.again()
        pause.wait(EVERY)


def stamps(watched: Iterable[Path]) -> Iterator[tuple[str, Stamp]]:
    """Of every file: when it was changed, and its size."""
    for root in watched:
        folders = os.walk(root, followlinks=True) if root.is_dir() else [(str(root.parent), [], [root.name])]
        for folder, _, names in folders:
            for name in names:
                path = os.path.join(folder, name)  # noqa: PTH118 - thousands of them, twice a second
                with contextlib.suppress(OSError):
                    seen = os.stat(path)  # noqa: PTH116 - the same
                    yield path, (seen.st_mtime_ns, seen.st_size)
