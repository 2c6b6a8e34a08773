"""What becomes of a mailing whose process is killed, or whose server is busy: listmonk and `publisher`, side by side.

    python benchmarks/killed.py LISTMONK POSTGRESQL [--readers 2000] [--kills 500,900]

LISTMONK is the folder of listmonk's sources with the binary `listmonk` built in it (`mkdir frontend/dist; go build -o
listmonk cmd/*.go`); its API alone is used. POSTGRESQL is the URL of a database that it may empty, on a server with
pgcrypto. Both mail the same number of readers through the server of our tests, which counts copies by recipient. Twice:
the process is killed with -9 when the server has taken so many mails, and started again; and the server answers every
twentieth RCPT with 450, as greylisting does. listmonk has its defaults; `publisher` is run again as cron would.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import psycopg

from auditor import NONE, Auditor, Mischief

BUSY = Mischief(**{**dict.fromkeys(Mischief.__dataclass_fields__, 0.0), "rcpt_450": 0.05})
Running = subprocess.Popen[bytes]
QUIET = 30
"""Seconds without a mail after which nothing more is awaited."""
HOST = "127.0.0.1:19000"
CONFIG = """[app]
address = "{app}"
[db]
host = "{host}"
port = {port}
user = "{user}"
password = "{password}"
database = "{name}"
ssl_mode = "disable"
max_open = 25
max_idle = 25
max_lifetime = "300s"
"""
READERS = """INSERT INTO subscribers (uuid, email, name, status)
SELECT gen_random_uuid(), 'r' || n || '@d' || n %% 50 || '.example', 'R', 'enabled' FROM generate_series(0, %s) n"""
JOIN = "INSERT INTO subscriber_lists (subscriber_id, list_id, status) SELECT id, %s, 'confirmed' FROM subscribers"
STAND = "SELECT status, sent FROM campaigns WHERE id = %s"


def killing(start: Callable[[], Running], running: Running, server: Auditor, kills: list[int]) -> Running:
    """Kill it when so many mails were taken, and start it again. Returns the last one."""
    for number in kills:
        deadline = time.monotonic() + QUIET
        while server.taken < number and time.monotonic() < deadline and running.poll() is None:
            time.sleep(0.001)
        running.kill()
        running.wait()
        running = start()
    return running


class Listmonk:
    def __init__(self, folder: Path, database: str, port: int, readers: int) -> None:
        self.folder = folder
        parts = urlsplit(database)
        asked = parse_qs(parts.query)
        where = {"host": asked.get("host", [parts.hostname])[0], "port": asked.get("port", [parts.port or 5432])[0]}
        who = {"user": parts.username or "postgres", "password": parts.password or "", "name": parts.path.strip("/")}
        (folder / "config.toml").write_text(CONFIG.format(app=HOST, **where, **who))
        self.store = psycopg.connect(database, autocommit=True)
        self.store.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        names = {
            "LISTMONK_ADMIN_USER": "admin",
            "LISTMONK_ADMIN_PASSWORD": "password1",
            "LISTMONK_ADMIN_API_USER": "api",
        }
        done = subprocess.run(
            ["./listmonk", "--install", "--yes"],
            cwd=folder,
            env=os.environ | names,
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r'API_TOKEN="(\w+)"', done.stderr)
        if found is None:
            sys.exit(f"listmonk was not installed: {done.stdout}{done.stderr}")
        self.token = found[1]
        relay = {"enabled": True, "host": "127.0.0.1", "port": port, "auth_protocol": "none", "tls_type": "none"}
        relay |= {"max_conns": 10, "max_msg_retries": 2, "idle_timeout": "15s", "wait_timeout": "5s", "name": "email-a"}
        self.store.execute("UPDATE settings SET value = %s WHERE key = 'smtp'", [json.dumps([relay])])
        self.store.execute("DELETE FROM subscribers")
        self.store.execute(READERS, [readers - 1])
        (self.list,) = self.store.execute("SELECT min(id) FROM lists").fetchone() or (1,)
        self.store.execute(JOIN, [self.list])

    def start(self) -> Running:
        return subprocess.Popen(["./listmonk"], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"token api:{self.token}"}
        asked = urllib.request.Request(f"http://{HOST}/api/{path}", json.dumps(body).encode(), headers, method=method)
        for _ in range(50):
            try:
                with urllib.request.urlopen(asked, timeout=10) as answer:
                    return dict(json.load(answer)["data"])
            except urllib.error.URLError:
                time.sleep(0.2)
        sys.exit("listmonk does not answer")

    def mail(self, server: Auditor, kills: list[int]) -> str:
        running = self.start()
        text = {"subject": "The day", "content_type": "html", "body": "<p>" + "word " * 1000 + "</p>"}
        made = self.ask("POST", "campaigns", {"name": "day", "lists": [self.list], "type": "regular", **text})
        self.ask("PUT", f"campaigns/{made['id']}/status", {"status": "running"})
        running = killing(self.start, running, server, kills)
        before, since = server.taken, time.monotonic()
        while time.monotonic() < since + QUIET:
            time.sleep(0.1)
            if server.taken != before:
                before, since = server.taken, time.monotonic()
        running.kill()
        running.wait()
        status, sent = self.store.execute(STAND, [made["id"]]).fetchone() or ("gone", 0)
        return f"“{status}”, sent {sent}"


class Ours:
    def __init__(self, home: Path, port: int, readers: int) -> None:
        self.home = home
        self.day = "2026-06-25"
        self.do("init", str(home), at="07:00", here=False)
        relay = (
            f'transport = "smtp"\nconnections = 10\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        )
        settings = home / "publication.toml"
        settings.write_text(re.sub(r"(?m)^transport = .*$", lambda _: relay, settings.read_text()))
        everybody = [f"r{n}@d{n % 50}.example" for n in range(readers)]
        for first in range(0, readers, 500):
            self.do("subscribers", "add", "--confirmed", *everybody[first : first + 500], at="08:00")

    def command(self, *arguments: str, at: str, here: bool = True) -> dict[str, Any]:
        where = ["--publication", str(self.home)] if here else []
        clock = {"PUBLISHER_CLOCK": f"{self.day}T{at}:00+00:00"}
        return {"args": [sys.executable, "-m", "publisher", *arguments, *where], "env": os.environ | clock}

    def do(self, *arguments: str, at: str, here: bool = True) -> str:
        done = subprocess.run(**self.command(*arguments, at=at, here=here), capture_output=True, text=True, check=False)
        return done.stdout

    def start(self) -> Running:
        return subprocess.Popen(**self.command("run", "--quiet", at="09:00"), stderr=subprocess.DEVNULL)

    def mail(self, server: Auditor, kills: list[int]) -> str:
        killing(self.start, self.start(), server, kills).wait()
        for at in ("09:10", "09:30", "10:30", "13:00"):
            self.do("run", "--quiet", at=at)
        told = json.loads(self.do("verify", "latest", "--json", at="13:01"))
        states = ", ".join(f"{told[state]} {state.replace('_', ' ')}" for state in ("accepted", "in_doubt", "rejected"))
        return f"{states}; it adds up: {told['adds_up']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("listmonk", type=Path)
    parser.add_argument("postgresql")
    parser.add_argument("--readers", type=int, default=2000)
    parser.add_argument("--kills", default="500,900")
    given = parser.parse_args()
    kills = [int(one) for one in given.kills.split(",")]
    print("                                     never  twice  what it says itself")
    for name, mischief, moments in (("killed", NONE, kills), ("450 to every twentieth", BUSY, [])):
        with Auditor(mischief) as server:
            listmonk = Listmonk(given.listmonk, given.postgresql, server.port, given.readers)
            show(f"listmonk, {name}", server, given.readers, listmonk.mail(server, moments))
        with Auditor(mischief) as server, tempfile.TemporaryDirectory() as folder:
            ours = Ours(Path(folder) / "daily", server.port, given.readers)
            show(f"publisher, {name}", server, given.readers, ours.mail(server, moments))


def show(name: str, server: Auditor, readers: int, words: str) -> None:
    copies = {who: number for who, number in server.copies.items() if who.startswith("r")}
    twice = sum(number > 1 for number in copies.values())
    print(f"{name:36} {readers - len(copies):6} {twice:6}  {words}", flush=True)


if __name__ == "__main__":
    main()
