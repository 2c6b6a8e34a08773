"""A publication served by the real server on a real socket, and a visitor who asks it."""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import uvicorn
from sqlalchemy import text

from desk import EIGHT, Desk, at
from publisher import wiring
from publisher.running import welcome
from publisher.running.doors import Doors
from publisher.web.app import create_app
from publisher.web.service import Service
from publisher.web.serving import configured


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def title(self) -> str:
        found = re.search(r"<h1[^>]*>(.*?)</h1>", self.body, re.DOTALL)
        return unescape(found[1]) if found else ""

    @property
    def main(self) -> str:
        found = re.search(r"<main.*?</main>", self.body, re.DOTALL)
        return unescape(found[0]) if found else ""

    def link(self, kind: str) -> str:
        """The first address on the page that begins so: `/u/`, `/undo/`."""
        found = re.search(rf'["/]({re.escape(kind)}[^"/]+)"', self.body)
        assert found, self.body
        return found[1]


@dataclass
class Clock:
    """The service's clock; a test puts it forward."""

    now: datetime = field(default_factory=lambda: at(EIGHT))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(kw_only=True)
class House:
    """What is served, and all that a test may look at."""

    desk: Desk
    doors: Doors
    clock: Clock
    port: int

    def ask(
        self,
        path: str,
        form: Mapping[str, object] | str | bytes | None = None,
        *,
        method: str | None = None,
        **headers: str,
    ) -> Answer:
        """GET, or POST where there is a form. `headers` are written with `_`."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        body = urlencode(form, doseq=True) if isinstance(form, Mapping) else form
        if body is not None and "content-type" not in given:
            given["content-type"] = "application/x-www-form-urlencoded"
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, given)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(status=answer.status, headers=told, body=answer.read().decode("utf-8"))
        finally:
            connection.close()

    def post(self) -> None:
        """What the thread does that looks after letters."""
        welcome(self.doors)

    def letters(self) -> list[tuple[str, str]]:
        """(recipient, the first link of ours in it), in the order in which they were sent."""
        mails = sorted(self.desk.mails(), key=lambda one: str(one["Message-ID"]))
        found = []
        for mail in mails:
            if mail["Auto-Submitted"]:
                part = mail.get_body(("plain",))
                link = re.search(r"https?://\S+/(?:confirm|p)/\S+", part.get_content() if part else "")
                found.append((str(mail["To"]), urlsplit(link[0]).path if link else ""))
        return found

    def state(self, address: str) -> str | None:
        with self.doors.store.read() as tx:
            row = tx.connection.execute(text("SELECT state FROM subscriber WHERE address_key = :a"), {"a": address})
            return row.scalar()

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table: what a look may not change."""
        with self.doors.store.read() as tx:
            names = tx.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
            return {
                name: [tuple(row) for row in tx.connection.execute(text(f'SELECT * FROM "{name}" ORDER BY 1, 2'))]
                for name in names
                if name not in {"sqlite_sequence", "alembic_version"}
            }

    def join(self, address: str) -> str:
        """Subscribe and confirm; returns the path of the preferences."""
        assert self.ask("/subscribe", {"email": address}).status == 200
        self.post()
        done = self.ask(self.letters()[-1][1], {})
        assert done.title == "Subscribed", done.body
        return done.link("/p/")


@contextmanager
def house(desk: Desk, *, clock: Clock | None = None) -> Iterator[House]:
    """The publication, served. Letters go when a test says `post`."""
    time_of = clock or Clock()
    found = wiring.settings(desk.home, {})
    opened = wiring.open_doors(found, tell=lambda _: None)
    doors = Doors(**{name: getattr(opened, name) for name in opened.__struct_fields__ if name != "now"}, now=time_of)
    service = Service(doors, wake=lambda: None)
    with served(service) as port:
        yield House(desk=desk, doors=doors, clock=time_of, port=port)
    service.close()
    doors.store.close()


@contextmanager
def served(service: Service) -> Iterator[int]:
    server = uvicorn.Server(configured(create_app(service)))
    thread = threading.Thread(target=server.run, daemon=True)
    server.config.port = 0
    thread.start()
    while not server.started:
        time.sleep(0.002)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
