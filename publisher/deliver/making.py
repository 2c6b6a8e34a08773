"""One recipient's mail, or what became of the delivery when it cannot be made."""

from publisher.deliver.port import Compose, Letter, Unsendable
from publisher.delivering import Claim, Event, Outcome, Verdict

RENDERINGS = 3
"""Failed attempts after which a mail that cannot be made is parked."""


def make(compose: Compose, claim: Claim) -> Letter | Outcome:
    """Never raises: whatever fails here fails for one recipient, and is told."""
    try:
        letter = compose(claim)
    except Exception as error:  # noqa: BLE001 - as the docstring says
        event = Event.UNMAKEABLE if claim.attempts + 1 >= RENDERINGS else Event.PUT_OFF
        words = f"the mail could not be made: {error!r}"
        return Outcome(claim=claim, event=event, verdict=Verdict.UNMAKEABLE, reply=words)
    if isinstance(letter, Unsendable):
        return Outcome(claim=claim, event=Event.REFUSED, verdict=Verdict.UNSENDABLE, reply=letter.reason)
    return letter
