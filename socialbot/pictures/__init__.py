"""Pictures: opened with suspicion, cropped around their subject, encoded within a budget, marked as they came."""

from __future__ import annotations

from socialbot.pictures.credentials import signer_of
from socialbot.pictures.darkroom import Darkroom
from socialbot.pictures.marks import Marks, read_marks
from socialbot.pictures.unusable import Unusable

__all__ = ["Darkroom", "Marks", "Unusable", "read_marks", "signer_of"]
