"""Atom, RSS and JSON Feed from one model: what a publication's feeds are, and the documents that hold them."""

from publisher.render.feeds.channels import FeedLink, available
from publisher.render.feeds.definitions import FeedDefinition, load
from publisher.render.feeds.documents import plan

__all__ = ["FeedDefinition", "FeedLink", "available", "load", "plan"]
