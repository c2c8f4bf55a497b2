"""What a network said of its own flags for AI media after it published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Give sends a place for it; of those made before, nothing was read back."""
    op.add_column("sends", sa.Column("flags", sa.Text(), nullable=True))
