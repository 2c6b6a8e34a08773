"""What services say in a column of states, in one spelling (`columns.spelled`)."""

from collections.abc import Mapping
from typing import Literal

Said = Literal["confirmed", "unsubscribed", "bounced", "complained", "pending"]

_SAID: Mapping[Said, str] = {
    # Also those who stopped paying: a reader who owes nothing is a reader.
    "confirmed": """
        confirmed active subscribed enabled regular premium paid free comp complimentary gift gifted trial trialed
        trialing churned churning past_due unpaid upcoming opted_in valid yes true 1
    """,
    "unsubscribed": """
        unsubscribed unsubscribe inactive disabled opted_out opt_out removed deleted paused canceled cancelled blocked
        blocklisted blacklisted suppressed spammy archived manual_suppression no false 0
    """,
    "bounced": "bounced bounce cleaned undeliverable invalid hard_bounce hard_bounced permanent_bounce",
    "complained": "complained complaint spam spam_complaint abuse marked_as_spam reported_spam",
    "pending": """
        pending unconfirmed unactivated nonsubscribed non_subscribed not_subscribed never_subscribed transactional
        awaiting_confirmation
    """,
}
WORDS: Mapping[str, Said] = {word: said for said, words in _SAID.items() for word in words.split()}
YES = frozenset({"true", "yes", "1", "y", "t"})
NO = frozenset({"false", "no", "0", "n", "f"})
FILES: Mapping[str, Said] = {
    "nonsubscribed": "pending",
    "non_subscribed": "pending",
    "unsubscribed": "unsubscribed",
    "unsubscribes": "unsubscribed",
    "cleaned": "bounced",
    "bounces": "bounced",
    "bounced": "bounced",
    "complaints": "complained",
    "spam_reports": "complained",
}
"""Services that write a file for each state say so in its name; longer words first."""


def of_file(name: str) -> Said | None:
    """What the name of a file says of all who are in it: Mailchimp's `cleaned_email_audience_export_1.csv`."""
    return next((said for word, said in FILES.items() if word in name), None)
