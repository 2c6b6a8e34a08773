"""What the columns of an export are called, by service, and what they mean."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from publisher.subscribing.addresses import clean

ADDRESS = (
    "email_address",  # Mailchimp, SES, Postmark
    "email",  # Substack, Ghost, beehiiv, listmonk, Buttondown, SendGrid
    "address",  # ours, Mailgun
    "subscriber_email",
    "member_email",
    "e_mail",
    "e_mail_address",
    "primary_email",
    "recipient",
    "mail",
)
STATUS = (
    "state",  # ours
    "status",  # beehiiv, listmonk
    "subscriber_type",  # Buttondown
    "subscription_status",
    "email_status",
    "email_marketing_status",
    "suppression_reason",  # Postmark
    "reason",  # SES
)
CONSENTED = (
    "confirmed",  # ours
    "confirm_time",  # Mailchimp
    "confirmed_at",
    "optin_time",  # Mailchimp
    "opt_in_time",
    "opted_in_at",
    "subscription_date",  # Buttondown
    "subscribed_at",
    "subscribed_at_utc",
    "subscription_date_substack",  # beehiiv, of people who came from Substack
    "signup_date",
    "start_date",  # Substack
    "created_at",  # Substack, Ghost, beehiiv, listmonk
    "creation_date",  # Buttondown
    "created",
    "date_added",
    "joined",
)
"""Best first: a confirmed opt-in, a first one, then when the row was made."""
ENDED: Mapping[str, str] = {
    "ended": "",  # ours: the state says which end
    "unsub_time": "unsubscribed",  # Mailchimp
    "unsubscribed_at": "unsubscribed",  # beehiiv
    "unsubscribe_date": "unsubscribed",
    "unsubscription_date": "unsubscribed",  # Buttondown
    "unsubscribed_date": "unsubscribed",
    "opt_out_time": "unsubscribed",
    "optout_time": "unsubscribed",
    "deleted_at": "unsubscribed",  # Ghost
    "clean_time": "bounced",  # Mailchimp
    "bounced_at": "bounced",
    "complained_at": "complained",
}
"""A time in one of these says that it is over, and how."""
KIND = ("type",)
"""Buttondown's newer name for its states, and Substack's for who pays: it counts where it says that somebody is not
subscribed, and a word that we do not know there says nothing."""
NETWORK = ("confirm_ip", "optin_ip", "opt_in_ip", "ip_address", "signup_ip", "ip", "network")
LANGUAGE = ("lang", "language", "locale", "preferred_language")
EVIDENCE = (*CONSENTED, *NETWORK, *ENDED, *STATUS, *KIND, "referrer_url", "source")
ENDS_IF_TRUE: Mapping[str, str] = {
    "email_disabled": "unsubscribed",  # Substack
    "unsubscribed": "unsubscribed",
    "opted_out": "unsubscribed",
    "disabled": "unsubscribed",
    "blocked": "unsubscribed",
    "blocklisted": "unsubscribed",
    "suppressed": "unsubscribed",
    "bounced": "bounced",
    "hard_bounced": "bounced",
    "complained": "complained",
}
ENDS_IF_FALSE = ("subscribed_to_emails", "subscribed", "opted_in", "email_opt_in", "receives_email", "email_enabled")
"""Ghost's is the first. Substack's `active_subscription` is not among them: it speaks of money."""


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Where each thing stands in a row, best first."""

    address: int
    names: tuple[str, ...]
    """As written."""
    places: Mapping[str, int]
    """By their names in one spelling: `Email Address` is `email_address`."""

    speaking: tuple[str, ...] = ()
    """Those of the names that tell how consent came and went, in the order of EVIDENCE."""

    def first(self, wanted: Iterable[str], row: Sequence[str]) -> tuple[str, str]:
        """(name as written, value) of the first column among those wanted that says something, or two empty strings."""
        for key in wanted:
            place = self.places.get(key)
            if place is not None and place < len(row) and row[place].strip():
                return self.names[place], row[place].strip()
        return "", ""


def columns_of(header: Sequence[str], sample: Iterable[Sequence[str]]) -> Columns | None:
    """Read a header; `sample` are a few rows under it. None: no column has addresses.

    A column of a name that we do not know is found by what it holds. A list without a header is its own sample: hand in
    an empty one.
    """
    keys = tuple(spelled(name) for name in header)
    place = next((keys.index(name) for name in ADDRESS if name in keys), None)
    rows = list(sample)
    if place is None or (rows and not _holds_addresses(rows, place)):
        place = next((n for n in range(len(header)) if _holds_addresses(rows, n)), place)
    if place is None:
        return None
    places = {key: n for n, key in reversed(list(enumerate(keys))) if key}
    speaking = tuple(key for key in EVIDENCE if key in places)
    return Columns(address=place, names=tuple(header), places=places, speaking=speaking)


def _holds_addresses(rows: Sequence[Sequence[str]], place: int) -> bool:
    """Most of the cells that say anything are addresses."""
    cells = [row[place] for row in rows if place < len(row) and row[place].strip()]
    return bool(cells) and sum(clean(cell.strip()) is not None for cell in cells) * 2 > len(cells)


def spelled(name: str) -> str:
    """`SuppressionReason`, `Suppression Reason` and `suppression-reason` are one name."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip().lstrip("\ufeff"))
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")
