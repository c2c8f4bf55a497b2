"""Pictures: opened with suspicion, cropped around their subject, encoded within a budget, marked as they came."""

from __future__ import annotations

from socialbot.pictures.credentials import signer_of
from socialbot.pictures.cropping import aspects_of, nearest_shape
from socialbot.pictures.darkroom import Darkroom
from socialbot.pictures.describing import Describers, installed_describers
from socialbot.pictures.marks import Marks, read_marks
from socialbot.pictures.moving import Moving
from socialbot.pictures.unusable import Unusable

__all__ = [
    "Darkroom",
    "Describers",
    "Marks",
    "Moving",
    "Unusable",
    "aspects_of",
    "installed_describers",
    "nearest_shape",
    "read_marks",
    "signer_of",
]
