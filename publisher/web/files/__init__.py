"""The live release over HTTP, as a web server would serve it: validators, compressed copies, no way out of the site.

`site(home)` is an ASGI application for GET and HEAD. Every answer with a file has a strong `ETag` of its own coding and
`Last-Modified`, and either alone gets 304 (RFC 9110 s. 13). It holds no state but caches; a new release needs no
restart.
"""

import os
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from publisher import clock
from publisher.web.files.kinds import Kind, kind_of
from publisher.web.files.tree import LARGEST, Tree, Version, http_date, packed, tag, version

__all__ = ["site"]

ONE_RANGE = re.compile(r"bytes=(?:\d+-\d*|-\d+)")
CODINGS = (("br", ".br"), ("gzip", ".gz"))
"""The better first; each with what the name of a compressed copy ends in."""
FORGET = {"cache-control": "public, max-age=60"}
"""For what is not there: it may be soon."""


def site(home: Path, *, root: str = "") -> ASGIApp:
    """The application for the publication in `home`. It may be mounted below another one.

    `root` is the path that the publication's url has of its own, such as `/news`: addresses are understood with it and
    without it, whether or not a proxy takes it off.
    """
    return _Site(Tree(home), root)


class _Site:
    def __init__(self, tree: Tree, root: str) -> None:
        self._tree = tree
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        request = Request(_without_odd_ranges(scope), receive)
        response = await run_in_threadpool(self._answer, request)
        await response(request.scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return PlainTextResponse("This address can only be read.\n", 405, {"allow": "GET, HEAD"})
        if not self._tree.is_live:
            return PlainTextResponse("Nothing is published yet.\n", 503, {"retry-after": "60"})
        address = self._address(request.scope)
        rule = self._tree.rule(self._root + address)
        if rule and 300 <= rule.status < 400:  # noqa: PLR2004 - redirects
            return RedirectResponse(rule.target, rule.status, FORGET)
        path = _file_of(address)
        found = self._tree.find(path)
        if found is None:
            return self._elsewhere(request, path)
        if rule and rule.status == 410:  # noqa: PLR2004 - Gone
            return _page(request, found, 410)
        return _file(request, found, path)

    def _elsewhere(self, request: Request, path: str) -> Response:
        """A folder without its slash, else nothing."""
        if self._tree.is_folder(path):
            query = request.scope["query_string"].decode("latin-1")
            root = self._root or request.scope.get("root_path", "")
            where = quote(f"{root}/{path}/") + (f"?{query}" if query else "")
            return RedirectResponse(where, 301, FORGET)
        nowhere = self._tree.find("404.html")
        return _page(request, nowhere, 404) if nowhere else PlainTextResponse("Not found.\n", 404, FORGET)

    def _address(self, scope: Scope) -> str:
        """The decoded path below where the application is mounted, without the publication's own."""
        path: str = scope["path"]
        below = path.removeprefix(scope.get("root_path", ""))
        inner = below.removeprefix(self._root) if f"{below}/".startswith(f"{self._root}/") else below
        return inner or "/"


def _file_of(address: str) -> str:
    return address[1:] + ("index.html" if address.endswith("/") else "")


def _page(request: Request, found: Version, status: int) -> Response:
    """A page that says why there is nothing: it has no validators, and is asked for again soon."""
    body = Path(found.path).read_bytes()
    headers = {**kind_of("index.html").headers, **FORGET, "content-type": "text/html; charset=utf-8"}
    return _whole(request, body, headers, status)


def _file(request: Request, plain: Version, path: str) -> Response:
    """The file in the best coding that the reader takes, or 304."""
    kind = kind_of(path)
    found, coding = _coded(request, plain, kind)
    body: bytes | None = None
    if coding == "gzip" and found is plain:
        etag, body = packed(plain)
    else:
        etag = tag(found)
    modified = http_date(plain.modified, clock.now())
    headers = {**kind.headers, "etag": etag} | ({"last-modified": modified} if modified else {})
    if _is_known(request, etag, plain.modified):
        return Response(status_code=304, headers=headers)
    media_type = kind.shown_as(request.headers.get("sec-fetch-dest", ""))
    headers |= {"content-type": media_type} | ({"content-encoding": coding} if coding else {})
    if body is not None:
        return _whole(request, body, headers)
    length = {"content-length": str(found.size)}
    return _Streamed(found.path, headers=headers | length, media_type=media_type)


class _Streamed(FileResponse):
    """Starlette's, ranges and all, with the validators that it was given."""

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        """None of its own: they are made of time and size."""


def _coded(request: Request, plain: Version, kind: Kind) -> tuple[Version, str | None]:
    """Which file answers, and in which coding: a compressed copy, itself to be compressed, or itself."""
    if not kind.packs:
        return plain, None
    taken = _accepted(request.headers.get("accept-encoding", ""))
    for coding, suffix in CODINGS:
        copy = version(plain.path + suffix) if coding in taken else None
        if copy:
            return copy, coding
    return plain, "gzip" if "gzip" in taken and plain.size <= LARGEST else None


def _accepted(header: str) -> frozenset[str]:
    """The codings of `Accept-Encoding` (RFC 9110 s. 12.5.3) that may be used; `*` stands for no name that we know."""
    parts = (one.partition(";") for one in header.lower().split(","))
    return frozenset(name.strip() for name, _, weight in parts if not re.fullmatch(r"\s*q\s*=\s*0(?:\.0*)?\s*", weight))


def _is_known(request: Request, etag: str, modified: int) -> bool:
    """Whether the reader has this version already: where a validator is sent, it alone decides (RFC 9110 s. 13.2.2)."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or etag in re.findall(r'"[^"]*"', known)
    since = request.headers.get("if-modified-since")
    try:
        at = parsedate_to_datetime(since) if since else None
    except ValueError:
        return False
    return at is not None and at.replace(tzinfo=at.tzinfo or UTC).timestamp() >= modified


def _whole(request: Request, body: bytes, headers: dict[str, str], status: int = 200) -> Response:
    length = {"content-length": str(len(body))}
    return Response(b"" if request.method == "HEAD" else body, status, headers | length)


def _without_odd_ranges(scope: Scope) -> Scope:
    """One range of a GET is answered; all else that `Range` may say is ignored (RFC 9110 s. 14.2)."""
    asked = [value for name, value in scope["headers"] if name == b"range"]
    if not asked or (scope["method"] == "GET" and len(asked) == 1 and ONE_RANGE.fullmatch(asked[0].decode("latin-1"))):
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name not in {b"range", b"if-range"}]
    return {**scope, "headers": kept}
