"""Instagram's own errors, beside those of all of Meta: what each means, and what to do about it.

developers.facebook.com/docs/instagram-platform: Error codes, 2026-06. Its subcodes are Instagram's alone, so that the code
beside them, which some reports tell otherwise, does not matter.
"""

from __future__ import annotations

from types import MappingProxyType

from socialbot.networks.meta import CHANGE, Row, Rows
from socialbot.networks.protocol import Blocked, NeedsLogin, Passing, RateLimited, Refused, Unknown

_OTHER_PICTURE = "Use other pictures and enqueue the post again."
_SHORTER = "Shorten the caption, or give it fewer tags, and enqueue the post again."
_LOOK = "Open Instagram's app as this account, see what it says there, and resume the account here when that is settled."
_FAULT = "This is a fault in socialbot: please report it."

ROWS: Rows = MappingProxyType(
    {
        (None, 2207003): Row(Passing, "fetching the picture took too long"),
        (None, 2207020): Row(Passing, "what was prepared has expired, and is made anew"),
        (None, 2207001): Row(Unknown, "the server failed, as it also does with what it takes for spam"),
        (None, 2207032): Row(Passing, "it could not prepare the post, which is made anew"),
        (None, 2207053): Row(Passing, "it could not take the picture, which is given anew"),
        (None, 2207051): Row(Blocked, "it takes the post for spam", _LOOK),
        (None, 2207042): Row(RateLimited, "as many posts are out as it takes in a day"),
        (None, 2207006): Row(NeedsLogin, "the token may not see the post", "Log in again: socialbot connect instagram."),
        (None, 2207008): Row(Passing, "it does not find what was prepared"),
        (None, 2207050): Row(Blocked, "the account is restricted or inactive", _LOOK),
        (None, 2207028): Row(Refused, "a carousel has 2 to 10 pictures", "Set the account's pictures to 10 or fewer."),
        (None, 2207040): Row(Refused, "it has too many tags", _SHORTER),
        (None, 2207023): Row(Refused, "it does not know this type of media", _FAULT),
        (None, 2207026): Row(Refused, "it takes no video of this format", _OTHER_PICTURE),
        (None, 2207057): Row(Refused, "the thumbnail's offset is not in the video", _FAULT),
        (None, 2207052): Row(Passing, "it could not fetch the picture from its address"),
        (None, 2207027): Row(Passing, "what was prepared is not ready yet"),
        (None, 2207004): Row(Refused, "a picture has more than 8 MiB", _OTHER_PICTURE),
        (None, 2207005): Row(Refused, "a picture is no JPEG", _OTHER_PICTURE),
        (None, 2207009): Row(
            Refused, "a picture is too tall or too wide (4:5 to 1.91:1)", 'Set the account\'s shape to "portrait" or "square".'
        ),
        (None, 2207010): Row(Refused, "the caption is too long, or has too many tags", _SHORTER),
        (None, 2207073): Row(Refused, "this kind of post cannot be removed by the API", "Delete it in the app."),
        (24, None): Row(Passing, "it does not find what was prepared"),
        (36000, None): Row(Refused, "a picture has more than 8 MiB", _OTHER_PICTURE),
        (36001, None): Row(Refused, "a picture is no JPEG", _OTHER_PICTURE),
        (36003, None): Row(Refused, "a picture is too tall or too wide", CHANGE),
        (36004, None): Row(Refused, "the caption is too long, or has too many tags", _SHORTER),
        (9004, None): Row(Passing, "it could not fetch the picture from its address"),
        (9007, None): Row(Passing, "what was prepared is not ready yet"),
        (25, None): Row(Blocked, "the account is restricted or inactive", _LOOK),
    }
)
