"""Atom, RSS and JSON Feed from one model: what a publication's feeds are, and the documents that hold them."""

from publisher.render.feeds.channels import FeedLink, available, hubs, links, strands
from publisher.render.feeds.definitions import FeedDefinition, load
from publisher.render.feeds.documents import Desk, chapters, plan

__all__ = ["Desk", "FeedDefinition", "FeedLink", "available", "chapters", "hubs", "links", "load", "plan", "strands"]
