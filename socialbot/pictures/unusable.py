"""The one mistake of this room."""

from __future__ import annotations

from socialbot.nouns import Mistake


class Unusable(Mistake):
    """A picture that cannot be used: not a picture, damaged, too small, too large, or built as a trap."""
