"""Old addresses stay alive: a page at each of them for hosts that know no redirects, and files for servers that do.

    redirects.nginx   for `include` in a server block
    redirects.caddy   for `import` in a site block
    _redirects        for hosts that read such a file (path, target, status)

They also say which addresses are gone: a retracted article is answered with 410 (RFC 9110 s. 15.5.11) and its page. A
host that takes no such line from the last one shows the page.

The feed of a day used to stand at `feeds/days/2026-06-25/` and stands at `feeds/days/2026/06/25/`: one rule says so of
all days.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from urllib.parse import quote

import msgspec

from publisher.config.redirects import twin
from publisher.model import Document, Listed, Material, Problem
from publisher.render.environment import fill
from publisher.render.months import in_order
from publisher.render.site.frame import Frame, ascii_path, file_of

FILES = ("redirects.nginx", "redirects.caddy", "_redirects")
Lines = Callable[[Mapping[str, str], Sequence[str], Mapping[str, str]], Iterator[str]]
"""(old path -> URL, retracted paths, path -> URL of each language's feeds of days) -> the lines of one kind of file."""
DAY_FEED = "([0-9]+)-([0-9]+)-([0-9]+)/(atom[.]xml|rss[.]xml|feed[.]json)$"
ELSEWHERE = ("feeds", "digest")
"""Folders in which no page of a redirect is made."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    old: str
    """A site path, not percent-encoded."""
    new: str
    """A site path, or a URL elsewhere."""
    title: str
    lang: str


def documents(
    frames: Mapping[str, Frame], taken: Collection[str], tell: Callable[[Problem], None]
) -> Iterator[Document]:
    """Pages and files of all redirects. `taken` are the files of the site.

    An address that is a page of the site stays that page; where `[[redirect]]` asked for it, `tell` is told.
    """
    first = next(iter(frames.values()))
    files = set(taken)
    moves = list(_moves(first, files, tell))
    folders = {folder for path in files for folder in _folders(path)} if moves else set()
    for move in moves:
        path = _file(move.old)
        above = set(_folders(path))
        if path and path not in files and path not in folders and not above & files:
            files.add(path)
            folders |= above
            yield _page(frames[move.lang], move, path)
    catalogue = first.catalogue
    corrected = (one for lang in catalogue.languages for one in catalogue.corrected(lang))
    gone = [one.address for one in in_order([[one for one in corrected if one.retracted]])]
    days = [f"{catalogue.prefix(lang)}/feeds/days/" for lang in catalogue.languages]
    for name, lines in zip(FILES, (_nginx, _caddy, _plain), strict=True):
        if name not in files:
            write = partial(_write, lines, first, moves, gone, days)
            yield first.document(f"/{name}", write, repr((moves, gone, days)))


def _moves(frame: Frame, files: Collection[str], tell: Callable[[Problem], None]) -> Iterator[Move]:
    """Each old address once: what the configuration says, then where articles used to be, then their aliases."""
    catalogue = frame.catalogue
    seen: set[str] = set()
    for one in catalogue.publication.redirects:
        if _is_page(one.old, files):
            reason = f"[[redirect]] from {one.old}: that is a page of the site, and stays one; take the entry out"
            tell(Problem(path="publication.toml", reason=reason))
            continue
        if one.new.startswith("/") and not one.new.startswith("/subscribe") and not _is_page(one.new, files):
            reason = f"[[redirect]] to {one.new}: the site has no such page"
            tell(Problem(path="publication.toml", reason=reason, left_out=False))
        seen.add(one.old)
        yield Move(old=one.old, new=one.new, title=one.new, lang=frame.lang)
    for old, article in _of_articles(
        catalogue.articles if catalogue.has_aliases else (), catalogue.former, catalogue.by_id
    ):
        if old not in seen and not _is_page(old, files):
            seen.add(old)
            yield Move(old=old, new=article.address, title=article.title, lang=article.lang)


def _of_articles(
    articles: Iterable[Listed], former: Mapping[str, str], by_id: Mapping[str, Listed]
) -> Iterator[tuple[str, Listed]]:
    for old, identity in former.items():
        article = by_id.get(identity)
        if article and article.address != old:
            yield old, article
    for article in articles:
        for old in article.aliases:
            yield old, article


def _is_page(path: str, files: Collection[str]) -> bool:
    return file_of(path) in files or file_of(path.rstrip("/") + "/") in files


def _folders(path: str) -> Iterator[str]:
    """`a/b/c.html` -> `a/b`, `a`."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _file(old: str) -> str:
    """Where a plain web server looks for an address; empty for one that can be no page of a redirect."""
    path = old if old.endswith("/") or "." in old.rpartition("/")[2] else f"{old}/"
    parts = path.removeprefix("/").removesuffix("/").split("/")
    odd = any(part in {"", ".", ".."} or "\\" in part or part != part.strip() for part in parts)
    return "" if odd or parts[0] in ELSEWHERE or any(c in path for c in "?#\0") else file_of(path)


def _page(frame: Frame, move: Move, path: str) -> Document:
    def write(_: Material) -> bytes:
        values = {
            "_": frame.language.wording,
            "site": frame.site(""),
            "title": move.title,
            "url": _absolute(frame, move.new),
        }
        return fill(frame.environment, "redirect.html", values).encode("utf-8", "ignore")

    return frame.document(f"/{path}", write, move.new, move.title)


def _absolute(frame: Frame, new: str) -> str:
    return frame.absolute(new) if new.startswith("/") else quote(new, safe="/-._~!$&'()*+,;=:@%?#[]")


def _write(lines: Lines, frame: Frame, moves: list[Move], gone: list[str], days: list[str], _: Material) -> bytes:
    ways: dict[str, str] = {}
    for move in moves:
        ways.setdefault(frame.root + move.old, _absolute(frame, move.new))
    for move in moves:
        if "." not in move.old.rpartition("/")[2]:
            ways.setdefault(frame.root + twin(move.old), _absolute(frame, move.new))
    feeds = {frame.root + one: frame.absolute(one) for one in days}
    found = lines(ways, [frame.root + one for one in gone], feeds)
    return "".join(f"{line}\n" for line in found).encode("utf-8", "ignore")


def _nginx(ways: Mapping[str, str], gone: Sequence[str], days: Mapping[str, str]) -> Iterator[str]:
    """Locations are compared with the decoded path, so they stand as they are, in quotes."""
    yield "# In the server block: include .../public/redirects.nginx; and `nginx -s reload` when it has changed."
    for old, new in ways.items():
        yield f'location = {_quoted(old)} {{ return 301 "{_target(new)}"; }}'
    for path in gone:
        yield f"location = {_quoted(path)} {{ error_page 410 {_quoted(f'{path}index.html')}; return 410; }}"
    for old, new in days.items():
        pattern = f"^{re.escape(old)}{DAY_FEED}"
        yield f'location ~ {_quoted(pattern)} {{ return 301 "{_target(new)}$1/$2/$3/$4"; }}'


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _target(url: str) -> str:
    """Without what would be a variable or end the quotes."""
    return url.replace("$", "%24").replace('"', "%22").replace("\\", "%5C")


def _caddy(ways: Mapping[str, str], gone: Sequence[str], days: Mapping[str, str]) -> Iterator[str]:
    """Everything percent-encoded: braces would be placeholders, an asterisk a pattern."""
    yield "# In the site block: import .../public/redirects.caddy, and `caddy reload` when it has changed."
    for old, new in ways.items():
        yield f"redir {_literal(ascii_path(old))} {_literal(new)} permanent"
    if gone:
        yield f"@gone path {' '.join(_literal(ascii_path(one)) for one in gone)}"
        yield from ("handle @gone {", "\tfile_server {", "\t\tstatus 410", "\t}", "}")
    for number, (old, new) in enumerate(days.items(), 1):
        name = f"days{number}"
        yield f"@{name} path_regexp {name} ^{re.escape(old)}{DAY_FEED}"
        there = "/".join(f"{{re.{name}.{group}}}" for group in range(1, 5))
        yield f"redir @{name} {_literal(new)}{there} permanent"


def _literal(url: str) -> str:
    return url.translate({ord(one): f"%{ord(one):02X}" for one in "{}*`"})


def _plain(ways: Mapping[str, str], gone: Sequence[str], days: Mapping[str, str]) -> Iterator[str]:
    for old, new in ways.items():
        yield f"{ascii_path(old)} {new} 301"
    for path in gone:
        yield f"{ascii_path(path)} {ascii_path(path)}index.html 410"
    for old, new in days.items():
        yield f"{ascii_path(old)}:year-:month-:day/:file {new}:year/:month/:day/:file 301"
