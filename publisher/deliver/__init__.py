"""Delivery: one digest to each of its recipients, by SMTP or into a Maildir."""

from publisher.deliver.maildir import write_to_maildir
from publisher.deliver.pool import deliver
from publisher.deliver.port import Compose, Letter, Outbox, Progress, Report, Result, Unsendable
from publisher.deliver.settings import Settings

__all__ = [
    "Compose",
    "Letter",
    "Outbox",
    "Progress",
    "Report",
    "Result",
    "Settings",
    "Unsendable",
    "deliver",
    "write_to_maildir",
]
