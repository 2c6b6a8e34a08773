"""A thread that has what was asked for looked at, and letters sent, as soon as there are any."""

import logging
import threading

from publisher.errors import PublisherError
from publisher.running import welcome
from publisher.running.doors import Doors
from publisher.subscribing.addresses import masked

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds after which it looks by itself: for letters that a server put off, or that a killed process left."""


class Postman:
    def __init__(self, doors: Doors, *, every: float = EVERY) -> None:
        self._doors = doors
        self._every = every
        self._bell = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="postman", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """From any thread; returns at once."""
        self._bell.set()

    def stop(self) -> None:
        """What is being handed over is finished; the rest is found by the next process."""
        self._stopped.set()
        self._bell.set()
        self._thread.join(35)

    def _work(self) -> None:
        while not self._stopped.is_set():
            self._bell.clear()
            try:
                self._look()
            except PublisherError as error:
                log.warning("letters wait: %s", error)
            except Exception:  # a fault with one letter must not end all later ones
                log.exception("letters wait")
            self._bell.wait(self._every)

    def _look(self) -> None:
        found = welcome(self._doors, stop=self._stopped)
        for one in found.outcomes:
            log.info("letter to %s: %s %s", masked(one.claim.address), one.event.value, one.reply or "")
        if found.ended:
            log.warning("letters wait: %s", found.ended)
