"""Reading: from a file to a Post."""

from socialbot.reading.fetching import Fetcher
from socialbot.reading.folder import posts_in
from socialbot.reading.links import source_name
from socialbot.reading.post import read

__all__ = ["Fetcher", "posts_in", "read", "source_name"]
