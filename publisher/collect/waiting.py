"""What an article says of a time to come waits for it, as an article that is dated in the future does."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from publisher.collect.stamps import ReadFile
from publisher.model import Problem


def at_its_time(read: ReadFile, now: datetime, zone: ZoneInfo) -> ReadFile:
    """Without corrections and a change dated after `now`; each is told, and the file is read `again` when it is due."""
    found = read.manuscript
    later = [one.at for one in found.corrections if one.at > now]
    changed = found.updated if found.updated and found.updated > now else None
    if not later and changed is None:
        return read
    return replace(
        read,
        manuscript=replace(
            found,
            corrections=tuple(one for one in found.corrections if one.at <= now),
            updated=None if changed else found.updated,
        ),
        again=min([*later, *([changed] if changed else [])]),
        warnings=(*read.warnings, *_told(read, later, changed, zone)),
    )


def _told(read: ReadFile, later: list[datetime], changed: datetime | None, zone: ZoneInfo) -> Iterator[Problem]:
    for key, at in [*(("corrections", one) for one in later), *([("updated", changed)] if changed else [])]:
        what = "a correction" if key == "corrections" else "the update"
        reason = f"{what} dated {at.astimezone(zone).isoformat()} is not shown before then"
        yield Problem(path=read.stamp.path, line=read.lines.get(key), reason=reason, left_out=False)
