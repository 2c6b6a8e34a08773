"""The site's pages: one `Document` each, what it says, then what it rests on."""

from publisher.render.site.frame import FeedLink
from publisher.render.site.places import misplaced
from publisher.render.site.plan import chapters, frames, plan
from publisher.render.site.redirects import documents as redirects

__all__ = ["FeedLink", "chapters", "frames", "misplaced", "plan", "redirects"]
