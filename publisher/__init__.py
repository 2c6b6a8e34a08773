"""A daily publication engine: articles in; a site, feeds and one digest mail out, each exactly once."""

__version__ = "0.1.0"
