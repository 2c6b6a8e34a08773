"""How often Python looks for garbage in cycles."""

import gc


def for_a_short_run() -> None:
    """Hardly ever: a command makes much and ends soon, and to look through all of it again and again takes longer."""
    gc.set_threshold(300_000, 50, 100)


def for_a_long_one() -> None:
    """As always, but never through what is there already: where much comes and goes, its memory is used again."""
    gc.freeze()
    gc.set_threshold(700, 10, 10)
