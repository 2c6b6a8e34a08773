"""The site's pages: one `Document` each, what it says, then what it rests on."""

from publisher.render.site.frame import FeedLink
from publisher.render.site.plan import plan

__all__ = ["FeedLink", "plan"]
