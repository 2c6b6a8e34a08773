"""OPML 2.0: all feeds as one list of subscriptions."""

from collections.abc import Iterable

from lxml import etree

from publisher.config import Publication
from publisher.render.feeds.channels import FILES, FeedLink, ascii_path
from publisher.render.feeds.entry import one_line


def opml(publication: Publication, links: Iterable[FeedLink]) -> bytes:
    """Each feed once, in its first format that readers of OPML know; JSON alone is better than nothing."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = one_line(publication.name)
    body = etree.SubElement(root, "body")
    for link in links:
        form = next(form for form in FILES if form in link.paths)
        outline = etree.SubElement(body, "outline", type="rss", text=one_line(link.title), title=one_line(link.title))
        outline.set("xmlUrl", publication.absolute(ascii_path(link.paths[form])))
        outline.set("htmlUrl", publication.url)
        outline.set("language", link.lang)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written
