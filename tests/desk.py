"""A small publication on disk for tests, and the command line run on it, in this process or in one of its own."""

import contextlib
import io
import json
import mailbox
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from publisher.cli import main

TOML = """\
name = "Zendoric"
url = "https://zendoric.example/"
authority = "zendoric.example"
timezone = "Europe/Madrid"
postal_address = "1 Example Street, Madrid"

[digest]
at = "09:00"
start = "2026-06-20"

[mail]
transport = "maildir:outbox"
"""

EIGHT = "2026-06-25T08:00:00+02:00"
SLOT = "2026-06-25T09:00:00+02:00"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Desk:
    home: Path

    def configure(self, old: str, new: str) -> None:
        path = self.home / "publication.toml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def article(
        self, name: str, published: str = "2026-06-25T08:00:00+02:00", body: str = "Text.", **keys: Any
    ) -> Path:
        path = self.home / "articles" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        front = {"title": name.replace("-", " ").capitalize(), "published": published, **keys}
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in front.items())
        path.write_text(f"---\n{lines}---\n{body}\n", "utf-8")
        return path

    def raw(self, path: str, text: str) -> Path:
        """A file as it stands, saved long enough ago that nobody is still writing it."""
        found = self.home / path
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text(text, "utf-8")
        os.utime(found, (1_700_000_000, 1_700_000_000))
        return found

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "publisher", *arguments, "--publication", str(self.home)]

    def environment(self, at: str = SLOT) -> dict[str, str]:
        return {**os.environ, "PUBLISHER_CLOCK": at}

    def publisher(self, *arguments: str, at: str = SLOT) -> Done:
        """One command in this process: what it printed, and its exit code."""
        out, err = io.StringIO(), io.StringIO()
        before = os.environ.get("PUBLISHER_CLOCK")
        os.environ["PUBLISHER_CLOCK"] = at
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main([*arguments, "--publication", str(self.home)])
        except SystemExit as ended:
            return Done(returncode=int(ended.code or 0), stdout=out.getvalue(), stderr=err.getvalue())
        finally:
            if before is None:
                del os.environ["PUBLISHER_CLOCK"]
            else:
                os.environ["PUBLISHER_CLOCK"] = before
        raise AssertionError("the command line always exits")

    def run(self, *arguments: str, at: str = SLOT, exit_code: int = 0) -> dict[str, Any]:
        """`publisher run --json`; what it printed."""
        done = self.publisher("run", "--json", *arguments, at=at)
        assert done.returncode == exit_code, done.stderr
        return dict(json.loads(done.stdout))

    def subscribe(self, *addresses: str, lang: str | None = None) -> None:
        more = ("--lang", lang) if lang else ()
        done = self.publisher("subscribers", "add", *addresses, "--confirmed", *more)
        assert done.returncode == 0, done.stderr

    def mails(self) -> list[EmailMessage]:
        box = mailbox.Maildir(self.home / "outbox", create=False)
        parser = BytesParser(policy=policy.default)
        found = [parser.parsebytes(box.get_bytes(key)) for key in sorted(box.keys())]
        return [one for one in found if isinstance(one, EmailMessage)]

    def recipients(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.mails())

    def site(self) -> dict[str, bytes]:
        """Every file of the live site."""
        return {
            str(path): (self.home / "public" / path).read_bytes() for path in sorted(files_of(self.home / "public"))
        }

    def page(self, path: str) -> str:
        return (self.home / "public" / path).read_text("utf-8")


def files_of(root: Path) -> list[Path]:
    """Relative paths of all files; the links between the folders of a release are followed."""
    found: list[Path] = []
    for folder, _, names in os.walk(root, followlinks=True):
        found += [Path(folder, name).relative_to(root) for name in names]
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
