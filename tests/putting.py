"""Files for a release, one after the other."""

from collections.abc import Callable, Iterable
from pathlib import Path

from publisher import release


def putting(files: Iterable[tuple[str, bytes | Path]]) -> Callable[[release.Draft], None]:
    def write(draft: release.Draft) -> None:
        for path, content in files:
            draft.write(path, content)

    return write
