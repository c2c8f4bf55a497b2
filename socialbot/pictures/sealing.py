"""The last step of a variant: its Content Credentials, within the network's bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from socialbot.media import Media
from socialbot.nouns import Badge
from socialbot.pictures.credentials import Signer
from socialbot.pictures.cropping import Composition, Size, whole_picture
from socialbot.pictures.marks import Marks
from socialbot.pictures.opening import Kind, recognise
from socialbot.pictures.unusable import Unusable

_MANIFESTS_VARY = 200
"""Bytes by which two manifests that say the same may differ."""

Seal = Callable[[bytes], bytes]


def sealer(signer: Signer | None, media: Media, source: bytes, actions: Sequence[str], marks: Marks) -> Seal:
    """What signs a finished picture that was made of `source`; without a signer it leaves it as it is.

    A signature differs from run to run; the same picture keeps its first, so that what is previewed is sent.
    """
    if not signer:
        return bytes
    digest = hashlib.sha256(source).hexdigest()
    recipe = hashlib.sha256("\n".join([signer.chain.certificates, digest, *actions]).encode())

    def seal(content: bytes) -> bytes:
        made = recipe.copy()
        made.update(content)
        if earlier := media.made_of(made.hexdigest()):
            return media.get(earlier)
        sealed = signer.sign(
            content,
            parent=source,
            parent_mime=f"image/{recognise(source).lower()}",
            title="Picture for a social network",  # a file's name may tell a prompt or a person's name
            source_type=marks.digital_source_type,
            actions=tuple(actions),
        )
        media.remember(made.hexdigest(), media.put(sealed))
        return sealed

    return seal


def sealed(encoded: Callable[..., tuple[bytes, Size]], seal: Seal, max_bytes: int) -> tuple[bytes, Size]:
    """The picture encoded and signed, in at most `max_bytes`: what its manifest takes is taken from the picture."""
    room = max_bytes
    for _ in range(2):
        content, size = encoded(max_bytes=room)
        signed = seal(content)
        if len(signed) <= max_bytes:
            return signed, size
        room = max_bytes - (len(signed) - len(content)) - _MANIFESTS_VARY
        if room <= 0:
            break
    raise Unusable(f"it cannot be kept within {max_bytes:,} bytes with its Content Credentials")


def actions(size: Size, composition: Composition, kind: Kind, badge: Badge | None) -> tuple[str, ...]:
    """What was done to the picture, in C2PA's words.

    A badge is `c2pa.addedText`, text that is seen ("such as a caption"): `c2pa.watermarked` is for marks that are not seen,
    `c2pa.drawing` for brushes. A backdrop around a picture that is shown whole is an edit.
    """
    done = {
        "c2pa.cropped": composition.box != whole_picture(size).box,
        "c2pa.resized": True,
        "c2pa.edited": composition.fitted,
        "c2pa.addedText": badge is not None,
        "c2pa.converted": kind != "JPEG",
    }
    return tuple(action for action, was in done.items() if was)
