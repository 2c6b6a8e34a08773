"""When the next digest goes out."""

from datetime import datetime

from publisher.config import Publication
from publisher.editing import slots


def next_slot(publication: Publication, after: datetime) -> datetime | None:
    """The next time a digest is due, by `at`, `days` and `skip`, in the publication's zone."""
    found = slots.next_slot(after, publication.digest, publication.zone)
    return found.at.astimezone(publication.zone) if found else None
