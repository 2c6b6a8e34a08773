"""A feed document's bytes -> `ParsedFeed`. Never raises: a document that is no feed is an error in words.

RSS, RDF and Atom through feedparser, whose sanitising and address resolution are off: bodies are sanitised when they
are rendered. JSON Feed, which feedparser does not know, has its own reader.
"""

from datetime import datetime

from publisher.collect import json_feed, xml_feed
from publisher.collect.feed_document import FeedEntry, ParsedFeed, Tombstone
from publisher.collect.plain_text import one_line

__all__ = ["FeedEntry", "ParsedFeed", "Tombstone", "parse"]


def parse(data: bytes, *, content_type: str, url: str, now: datetime) -> ParsedFeed:
    """Read a document that came from `url` at `now`. At most `ENTRIES` entries, in the document's order."""
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        return ParsedFeed(error="it is empty, not even a feed without entries")
    read = json_feed.read if json_feed.is_json(data, content_type) else xml_feed.read
    try:
        return read(data, content_type=content_type, url=url, now=now)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes do to a parser, the run goes on
        return ParsedFeed(error=f"it cannot be read ({type(error).__name__}: {one_line(str(error))[:200]})")
