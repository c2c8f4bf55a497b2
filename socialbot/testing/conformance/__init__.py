"""What every network adapter has to prove, as pytest tests. See docs/writing-a-network.md.

    class TestPebble(Conformance):
        fake = PebbleFake

The adapter is the one that the entry point `socialbot.networks` names as the fake does. Needs pytest (`socialbot[testing]`).
"""

import pytest

pytest.register_assert_rewrite(f"{__name__}.sending", f"{__name__}.edges", f"{__name__}.once", f"{__name__}.changing")
pytest.register_assert_rewrite(f"{__name__}.manners", f"{__name__}.stand")

from socialbot.testing.conformance.changing import Changing  # noqa: E402 - their asserts are rewritten first
from socialbot.testing.conformance.edges import Edges  # noqa: E402
from socialbot.testing.conformance.manners import Manners  # noqa: E402
from socialbot.testing.conformance.once import Once  # noqa: E402
from socialbot.testing.conformance.sending import Sending  # noqa: E402
from socialbot.testing.conformance.stand import Stand  # noqa: E402

__all__ = ["Conformance", "Stand"]


class Conformance(Sending, Edges, Once, Changing, Manners):
    """Subclass it under a name that begins with Test, and say which `fake`; pytest does the rest."""
