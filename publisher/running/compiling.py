"""Templates, compiled once: to compile them takes longer than all else that one more article asks for."""

import hashlib
import hmac
from functools import cache
from pathlib import Path

from jinja2 import __version__ as jinja
from jinja2.sandbox import SandboxedEnvironment

from publisher import __version__
from publisher.render import compiler
from publisher.render import environment as sandbox
from publisher.render.environment import environment
from publisher.running.doors import Doors
from publisher.store import kept

SIZE = 32
"""Bytes of a seal."""


def compiled(doors: Doors) -> SandboxedEnvironment:
    """The publication's templates. What is kept of them in the store is code: it is sealed with the secret key, so that
    nobody who can write in the database alone has this program run anything.
    """
    templates, key = doors.materials.templates, doors.keys.secrets[doors.keys.signing]
    program = _program()
    with doors.store.read() as tx:
        found = kept.read(tx, [f"template {name}" for name in templates])
    shelf = {
        name.partition(" ")[2]: sealed[SIZE:]
        for name, (made_by, sealed) in found.items()
        if made_by == program and hmac.compare_digest(hmac.digest(key, sealed[SIZE:], "sha256"), sealed[:SIZE])
    }
    before = frozenset(shelf.values())
    made = environment(templates, shelf)
    new = {name: code for name, code in shelf.items() if code not in before}
    if new:
        sealed = {f"template {name}": (program, hmac.digest(key, code, "sha256") + code) for name, code in new.items()}
        with doors.store.begin() as tx:
            kept.keep(tx, sealed)
    return made


@cache
def _program() -> str:
    """Whatever compiled a template otherwise, as a checkout of the program does from one commit to the next, made
    something that may not run here.
    """
    written = b"".join(Path(one.__file__ or "").read_bytes() for one in (compiler, sandbox))
    return f"{__version__} {jinja} {hashlib.sha256(written).hexdigest()[:16]}"
