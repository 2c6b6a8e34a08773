"""When the next digest goes out."""

from datetime import datetime

from publisher.config import Publication
from publisher.editing import slots


def next_slot(publication: Publication, after: datetime) -> datetime | None:
    """The next time a digest is due, by `at`, `days`, `skip` and `weekly`, in the publication's zone."""
    plans = (publication.digest, publication.digest.of("weekly"))
    found = [slots.next_slot(after, plan, publication.zone) for plan in plans if plan]
    return min((one.at.astimezone(publication.zone) for one in found if one), default=None)
