"""From a skeleton to a recipient's signed mail, with all that is the same in every copy done once.

The bytes are those of `dkim.sign(message.splice(...))`.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime

from publisher.render import dkim
from publisher.render.message import Gap, Personal, Skeleton, interleaved, written


class Press:
    """One variant's skeleton, and the signers of its copies as of one instant."""

    def __init__(self, skeleton: Skeleton, signers: Sequence[dkim.Signer], at: datetime) -> None:
        self._skeleton = skeleton
        self._signers = signers
        self._at = at
        self._gaps = tuple(dict.fromkeys(skeleton.gaps))
        self._in_header = [gap for gap in self._gaps if gap[0] == "header"]
        tokens = {gap: b"\0%d\0" % number for number, gap in enumerate(self._gaps)}
        head, _, body = b"".join(interleaved(skeleton, tokens)).partition(b"\r\n\r\n")
        names, headers = dkim.relaxed(head)
        self._headers = self._parted(headers)
        first, *self._body = self._parted(body)
        assert isinstance(first, bytes)
        self._begun = hashlib.sha256(first)
        self._stamps = [dkim.Stamp.of(one, names, at) for one in signers]

    def _parted(self, text: bytes) -> list[bytes | Gap]:
        """Bytes, and the gaps between them."""
        return [
            self._gaps[int(part)] if place % 2 else part for place, part in enumerate(re.split(rb"\0(\d+)\0", text))
        ]

    def print(self, values: Personal) -> bytes:
        """One recipient's mail. The same bytes for the same values."""
        made = written(self._gaps, values)
        parts = interleaved(self._skeleton, made)
        if not self._stamps:
            return b"".join(parts)
        if any(b" " in made[gap] for gap in self._in_header):  # what `relaxed` would do to it depends on its neighbours
            return dkim.sign(b"".join(parts), self._signers, self._at)
        headers = b"".join([part if isinstance(part, bytes) else made[part] for part in self._headers])
        body = self._begun.copy()
        # At once: each long update lets another thread run, and waits for its turn again.
        body.update(b"".join([part if isinstance(part, bytes) else made[part] for part in self._body]))
        digest = body.digest()
        return b"".join([*(stamp.header(headers, digest) for stamp in self._stamps), *parts])
