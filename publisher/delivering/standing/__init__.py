"""What the world's DNS says of a sender, against what large mail services ask for.

Pure: the answers come from a function that is handed in (`Ask`), so that a real resolver, a name server on loopback and
a table of a test are the same to it.
"""

from publisher.delivering.standing.answers import Answer, Ask, Nothing, Records, Silence
from publisher.delivering.standing.dkim import dkim
from publisher.delivering.standing.dmarc import dmarc
from publisher.delivering.standing.finding import Standing
from publisher.delivering.standing.names import mail_exchange, reverse_name
from publisher.delivering.standing.spf import spf

__all__ = [
    "Answer",
    "Ask",
    "Nothing",
    "Records",
    "Silence",
    "Standing",
    "dkim",
    "dmarc",
    "mail_exchange",
    "reverse_name",
    "spf",
]
