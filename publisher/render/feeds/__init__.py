"""Atom, RSS and JSON Feed from one model: what a publication's feeds are, and the documents that hold them."""

from publisher.render.feeds.channels import FeedLink, available, hubs, links, strands
from publisher.render.feeds.definitions import FeedDefinition, load
from publisher.render.feeds.documents import Desk, chapters, plan
from publisher.render.kept import Kept, entry_names

__all__ = [
    "Desk",
    "FeedDefinition",
    "FeedLink",
    "Kept",
    "available",
    "chapters",
    "entry_names",
    "hubs",
    "links",
    "load",
    "plan",
    "strands",
]
