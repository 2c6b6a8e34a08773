"""The application: which address is answered by whom, and what is true of every answer."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from publisher.errors import PublisherError
from publisher.web.answers import PRIVATE, failed, plain
from publisher.web.bodies import wants_json
from publisher.web.choosing import Choosing
from publisher.web.files import site
from publisher.web.joining import Joining
from publisher.web.leaving import Leaving
from publisher.web.service import Service

log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(service: Service) -> ASGIApp:
    """Whoever makes the service closes it. Forwarded addresses are believed from `[web] proxies` alone."""
    publication = service.doors.publication
    routes = _routes(service)
    root = urlsplit(publication.url).path.rstrip("/")
    if root:  # whether or not the proxy takes the path off
        routes = [Mount(root, routes=routes), *routes]
    routes.append(Mount("/", site(service.doors.site, root=root)))
    app = Starlette(
        routes=routes, exception_handlers={HTTPException: _refused, PublisherError: failed, Exception: failed}
    )
    app.router.redirect_slashes = False  # a mail program's POST follows none (RFC 8058 s. 3.1)
    trusted = list(publication.proxies)
    if trusted:
        return cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), trusted_hosts=trusted))
    return _Unproxied(app)


class _Unproxied:
    """Says once that a proxy is there which nobody named: its visitors are taken for one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._said = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._said and any(name == b"x-forwarded-for" for name, _ in scope.get("headers", ())):
            self._said = True
            log.warning(
                "A proxy at %s says whom it asks for, and is not believed: name it in [web] proxies. Until then limits "
                "take all visitors for one.",
                (scope.get("client") or ("?",))[0],
            )
        await self._app(scope, receive, send)


def _routes(service: Service) -> list[BaseRoute]:
    joining, choosing, leaving = Joining(service), Choosing(service), Leaving(service)
    typed = ("/subscribe", "/subscribe/") if service.doors.publication.service else ()
    form = [_route(path, joining.form, joining.subscribe) for path in typed]
    return [
        *form,
        _route("/confirm/{token}", joining.ask_to_confirm, joining.confirm),
        _route("/p/{token}", choosing.show, choosing.choose),
        _route("/u/{token}", leaving.ask, leaving.leave),
        _route("/undo/{token}", None, leaving.undo),
        _route("/hooks/{name}", _reserved, _reserved),
    ]


class _Address(msgspec.Struct, frozen=True):
    """GET and HEAD show, POST changes, and anything else is told so."""

    show: Endpoint | None
    change: Endpoint | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = {"GET": self.show, "HEAD": self.show, "POST": self.change}.get(request.method)
        if answer is None:
            allowed = [*(["GET", "HEAD"] if self.show else []), *(["POST"] if self.change else [])]
            raise HTTPException(405, "This address does not take that.", {"allow": ", ".join(allowed)})
        response = await answer(request)
        await response(scope, receive, send)


def _route(path: str, show: Endpoint | None, change: Endpoint | None) -> Route:
    return Route(path, _Address(show, change))


def _refused(request: Request, error: Exception) -> Response:
    """Too large, too slow, unreadable, the wrong method: in a sentence, with the headers that belong to it; as JSON for
    who asks so.
    """
    assert isinstance(error, HTTPException)
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if wants_json(request):
        told = {"status": "refused", "message": str(error.detail)}
        return JSONResponse(told, error.status_code, {**PRIVATE, **headers})
    return plain(error.status_code, str(error.detail), **headers)


async def _reserved(_: Request) -> Response:
    return plain(404, "Nothing is here.")
