"""How pages for readers leave: nothing keeps them, nothing frames them, and no link on them tells where it was."""

import logging
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from publisher.errors import PublisherError
from publisher.render.forms.pages import NoticeView, notice
from publisher.render.site.frame import Frame, Link
from publisher.web.bodies import wants_json

log = logging.getLogger(__name__)

PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "vary": "accept, accept-language",
}


async def page(request: Request, frame: Frame, body: bytes, status: int = 200, *, listed: bool = False) -> Response:
    headers = {**PRIVATE, "content-language": frame.lang, "content-security-policy": policy(frame)}
    if not listed:
        headers["x-robots-tag"] = "noindex"
    return HTMLResponse(body if request.method != "HEAD" else b"", status, headers | {"content-length": str(len(body))})


def policy(frame: Frame) -> str:
    """The page's own, and nobody frames it: a button under somebody else's picture is pressed by mistake."""
    return f"{frame.site('form').policy}; frame-ancestors 'none'"


async def say(request: Request, frame: Frame, title: str, view: NoticeView, status: int = 200) -> Response:
    body = await run_in_threadpool(notice, frame, title, view)
    return await page(request, frame, body, status)


async def said(
    request: Request, frame: Frame, title: str, view: NoticeView, *, status: int = 200, word: str, **more: object
) -> Response:
    """The same as JSON, for who asks so: `status` is the word, `message` what the page says."""
    if not wants_json(request):
        return await say(request, frame, title, view, status)
    return JSONResponse({"status": word, "message": view.lede, **more}, status, PRIVATE)


def ways_on(frame: Frame, *, latest: str = "") -> Sequence[Link]:
    """Where a page that says one thing leads."""
    words = frame.language
    links = [Link(title=words.text("See the latest issue"), url=frame.href(latest))] if latest else []
    links.append(Link(title=words.text("Today"), url=frame.href(frame.own("/"))))
    if frame.feeds:
        links.append(Link(title=words.text("Feeds"), url=frame.href(frame.own("/feeds/"))))
    return links


def plain(status: int, words: str, **headers: str) -> Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(f"{words}\n", status, PRIVATE | given, media_type="text/plain")


def failed(_: Request, error: Exception) -> Response:
    """What the operator has to mend, or what is over in a minute; the visitor learns that it was not done."""
    if isinstance(error, PublisherError):
        log.warning("a visitor was not served: %s", error)
    later = isinstance(error, PublisherError) and error.exit_code == 75  # noqa: PLR2004 - try again later
    words = "This could not be done now, and nothing was changed. Please try again in a minute."
    return plain(503, words, retry_after="60") if later else plain(500, words)
