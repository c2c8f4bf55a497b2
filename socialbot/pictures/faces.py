"""Heads in a photograph, found by OpenCV's Haar cascade for frontal faces: the extra `faces`.

It knows faces that look into the camera, finds about every other head in ordinary photographs, and now and then one that is
none. Nothing is recognised, kept or sent: a box is used for one crop and forgotten.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from socialbot.nouns import Mistake
from socialbot.pictures.subject import Boxes, Map, subject_map

CASCADE = "haarcascade_frontalface_alt2.xml"
LONG_SIDE = 640  # pixels; the smallest face found is 20, so a thirty-second of the picture
NEIGHBOURS = 6  # overlapping finds that make a face: at 5 three times as many are false, at 8 a tenth of the true ones is lost
# A head is larger than the face found in it: so much more to each side, above and below, as shares of the face's sides. The
# median of 17 heads marked by hand.
BESIDE, ABOVE, BELOW = 0.1, 0.4, 0.25


def heads(picture: Image.Image) -> Boxes:
    """The heads found in an upright picture (left, top, right, bottom in its pixels, within it); none without OpenCV.

    A face where the subject map sees less than in an average place is taken for a false one. Raises Mistake for an OpenCV that
    has no Haar cascades: version 5 dropped them.
    """
    if find_spec("cv2") is None:
        return ()
    found = _faces(picture)
    if not found:
        return ()
    subject = subject_map(picture)
    return tuple(_head(face, picture.size) for face in found if _stands_out(face, picture.size, subject))


def _faces(picture: Image.Image) -> Boxes:
    cv2: Any = import_module("cv2")
    try:
        # Read anew each time, 5 ms: a classifier must not be used by two threads at once.
        cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))
    except AttributeError as error:
        raise Mistake(f"OpenCV {cv2.__version__} has no Haar cascades", fix='pip install "socialbot[faces]"') from error
    scale = min(1.0, LONG_SIDE / max(picture.size))
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    grey = np.asarray(picture.convert("L").resize(size, Image.Resampling.BOX))
    squares = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=NEIGHBOURS)
    across, down = picture.width / size[0], picture.height / size[1]
    boxes = np.array([(x * across, y * down, (x + w) * across, (y + h) * down) for x, y, w, h in squares])
    return tuple(sorted(map(tuple, boxes.tolist())))


def _stands_out(face: tuple[float, float, float, float], size: tuple[int, int], subject: Map) -> bool:
    rows, columns = subject.shape
    left, top, right, bottom = face
    down = slice(int(top / size[1] * rows), int(np.ceil(bottom / size[1] * rows)))
    across = slice(int(left / size[0] * columns), int(np.ceil(right / size[0] * columns)))
    return bool(subject[down, across].mean() >= subject.mean())


def _head(face: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, right, bottom = face
    width, height = right - left, bottom - top
    return (
        max(0.0, left - BESIDE * width),
        max(0.0, top - ABOVE * height),
        min(float(size[0]), right + BESIDE * width),
        min(float(size[1]), bottom + BELOW * height),
    )
