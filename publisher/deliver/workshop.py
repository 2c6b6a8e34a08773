"""Where letters are made, a batch at a time: by makers in processes of their own, or here."""

import asyncio
import sys
from collections.abc import Sequence

from publisher.deliver.maker import BATCH, TRAYS, Made, Maker
from publisher.deliver.making import make
from publisher.deliver.port import Compose, Letter
from publisher.delivering import Claim

FEW = 4
"""For so many a process is not worth its fork."""
TOO_SLOW = 8
"""After so many batches in a row that did not suffice there is one more maker."""


class Workshop:
    """Belongs to the event loop. `makers`: how many processes there may be; none where a fork is not safe.

    What `compose` reads for a revision it reads here, when the first letters of it are made. Makers are forked after
    that, so they know it; for another revision there are new ones.
    """

    def __init__(self, compose: Compose, *, makers: int) -> None:
        self._compose = compose
        self._most = makers if sys.platform == "linux" else 0
        self._makers: list[Maker] = []
        self._revision: int | None = None
        self._insufficient = 0

    @property
    def at_once(self) -> int:
        """Batches that may be asked for before the first of them is there."""
        return max(1, len(self._makers)) * TRAYS

    def note(self, *, sufficient: bool) -> None:
        """Whether a batch that came was enough for those who waited: makers follow the need for them."""
        self._insufficient = 0 if sufficient else self._insufficient + 1
        if self._insufficient >= TOO_SLOW and 0 < len(self._makers) < self._most:
            self._makers.append(Maker(self._compose))
            self._insufficient = 0

    def fits(self, batch: Sequence[Claim], claim: Claim) -> bool:
        """Whether it can be made together with these: so many at most, and of one revision."""
        if not batch:
            return True
        size = BATCH if self._makers and claim.revision == self._revision else FEW
        return len(batch) < size and claim.revision == batch[0].revision

    def make(self, batch: Sequence[Claim]) -> "asyncio.Future[list[Made]]":
        """Its letters, or why there is none, in the batch's order."""
        if self._most and batch[0].revision == self._revision:
            self._makers = self._makers or [Maker(self._compose)]
            return min(self._makers, key=lambda one: one.at_work).make(batch)
        self.close()
        made = [make(self._compose, claim) for claim in batch]
        if any(isinstance(one, Letter) for one in made):
            self._revision = batch[0].revision
        answer: asyncio.Future[list[Made]] = asyncio.get_running_loop().create_future()
        answer.set_result(made)
        return answer

    def close(self) -> None:
        for one in self._makers:
            one.close()
        self._makers = []
