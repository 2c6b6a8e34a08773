"""`[[redirect]]`: old addresses of the site. Chains are followed, loops refused."""

import re
from collections.abc import Callable, Mapping, Sequence
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

from publisher.config.schema import RedirectKeys
from publisher.config.values import Redirect
from publisher.errors import ConfigurationError

Refusal = Callable[[str, str], ConfigurationError]
"""Makes the error of a key from a reason."""


def redirects(given: Sequence[RedirectKeys], refuse: Refusal) -> tuple[Redirect, ...]:
    """In the order of the file. Raises what `refuse` makes for a path that is none, one twice, and a loop."""
    steps: dict[str, str] = {}
    for one in given:
        old = _path(one.old)
        if old is None:
            raise refuse("redirect.from", f'{one.old!r} is no path on this site; for example "/rss/"')
        if old in steps:
            raise refuse("redirect.from", f"{old} stands twice; an address leads to one place")
        steps[old] = _target(one.to, refuse)
    return tuple(Redirect(old=old, new=_end(old, steps, refuse)) for old in steps)


def _end(old: str, steps: Mapping[str, str], refuse: Refusal) -> str:
    """Where an address leads in the end, whether it is written with the last slash or without."""
    seen = [old]
    while True:
        new = steps[seen[-1]]
        further = next((one for one in (new, twin(new)) if one in steps), None)
        if further is None and new not in seen:
            return new
        if further is None or further in seen:
            way = " -> ".join([*seen, further or new])
            raise refuse("redirect.to", f"{way} goes round in a circle; nobody would arrive")
        seen.append(further)


def twin(path: str) -> str:
    """The same address with or without its last slash: people type both."""
    return path.removesuffix("/") if path.endswith("/") else f"{path}/"


def _target(value: str, refuse: Refusal) -> str:
    if urlsplit(value).scheme in {"http", "https"} and urlsplit(value).netloc and value.isprintable():
        return value
    path = _path(value, root=True)
    if path is None:
        raise refuse("redirect.to", f'{value!r} is neither a path on this site nor a web address, such as "/about/"')
    return path


def _path(value: str, *, root: bool = False) -> str | None:
    path = normalize("NFC", unquote(value))
    segments = path.split("/")
    bad = not path.startswith("/") or {".", ".."} & set(segments) or re.search(r'[\x00-\x1f\x7f\\<>"|?#*]|//', path)
    return None if bad or (path == "/" and not root) else path
