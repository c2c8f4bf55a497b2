"""What networks last told of how much more they take of an account, and which posts gave up their text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing is known of room until the next post."""
    op.add_column("accounts", sa.Column("rooms", sa.Text(), nullable=True))
    op.add_column("posts", sa.Column("swept", sa.String(64), nullable=True))
