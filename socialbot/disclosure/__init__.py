"""What AI did to a post, on which evidence, and the words that must say so."""

from __future__ import annotations

from socialbot.disclosure.deciding import decide, image_name
from socialbot.disclosure.evidence import of_picture
from socialbot.disclosure.labels import labels

__all__ = ["decide", "image_name", "labels", "of_picture"]
