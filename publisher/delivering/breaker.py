"""When refusals stop being about single recipients and the digest has to pause."""

from collections import deque

from publisher.delivering.replies import Verdict

POLICY_REPLIES = 20
POLICY_DOMAINS = 5
WINDOW = 200
"""Of so many replies in a row ..."""
MOST_REFUSED = 50
"""... so many refusals trip the breaker: a list that is a quarter dead harms the sender's name for the rest."""

_REFUSALS = frozenset({Verdict.NO_SUCH_ADDRESS, Verdict.POLICY, Verdict.REFUSED})


class Breaker:
    """Counts the verdicts of one digest's delivery. Once it has tripped, it stays so."""

    def __init__(self) -> None:
        self._recent: deque[bool] = deque(maxlen=WINDOW)
        self._refused = 0
        self._policy = 0
        self._domains: set[str] = set()

    def note(self, verdict: Verdict, domain: str, words: str = "") -> str | None:
        """Count one verdict. Returns why the digest must pause, or None."""
        if len(self._recent) == WINDOW:
            self._refused -= self._recent[0]
        refused = verdict in _REFUSALS
        self._recent.append(refused)
        self._refused += refused
        if verdict is Verdict.POLICY:
            self._policy += 1
            self._domains.add(domain)
        return self._reason(words)

    def _reason(self, words: str) -> str | None:
        if self._policy >= POLICY_REPLIES and len(self._domains) >= POLICY_DOMAINS:
            return (
                f"{self._policy} servers' replies speak against the sender, not the recipients; the last one: {words}"
            )
        if self._refused >= MOST_REFUSED:
            return f"{self._refused} of the last {len(self._recent)} recipients were refused; the last reply: {words}"
        return None
