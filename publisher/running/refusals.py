"""What servers refused at send time, counted against the subscriber as a bounce is."""

from publisher.delivering import Verdict
from publisher.running.doors import Doors
from publisher.store import returns

OUTCOMES = (Verdict.NO_SUCH_ADDRESS.value, Verdict.REFUSED.value)
AT_ONCE = 500


def count_refusals(doors: Doors) -> int:
    """Each once. Returns how many subscriptions ended."""
    with doors.store.read() as tx:
        found = returns.refusals(tx, OUTCOMES)
    if not found:
        return 0
    from publisher.running.returns import refused  # the tables of phrases, which most runs can do without

    ended = 0
    for start in range(0, len(found), AT_ONCE):
        with doors.store.begin() as tx:
            ended += sum(refused(doors, tx, one) for one in found[start : start + AT_ONCE])
    return ended
