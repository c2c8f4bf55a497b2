"""What was uploaded for a delivery and is not published yet, so that a retry uploads nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, delete, select

from socialbot.ledger import dialects
from socialbot.ledger.ledger import Ledger
from socialbot.ledger.schema import remote_media


@dataclass(frozen=True, slots=True)
class Uploads:
    """The remote ids of one delivery's uploads (`networks.protocol.Remember`)."""

    ledger: Ledger
    delivery: str

    def recall(self, digest: str) -> str | None:
        """The remote id of these bytes, if it is known and has not expired."""
        mine = and_(remote_media.c.delivery == self.delivery, remote_media.c.digest == digest)
        with self.ledger.reading() as connection:
            query = select(remote_media.c.remote_id).where(mine, remote_media.c.expires_at > self.ledger.clock())
            found: str | None = connection.execute(query).scalar()
            return found

    def keep(self, digest: str, remote_id: str, lasts_s: float) -> None:
        """Write a remote id down at once."""
        expires = self.ledger.clock() + timedelta(seconds=lasts_s)
        key = {"delivery": self.delivery, "digest": digest}
        with self.ledger.shared.begin() as connection:
            dialects.upsert(connection, remote_media, key, remote_id=remote_id, expires_at=expires)

    def forget(self, digest: str) -> None:
        """The network no longer knows this upload."""
        with self.ledger.shared.begin() as connection:
            connection.execute(
                delete(remote_media).where(remote_media.c.delivery == self.delivery, remote_media.c.digest == digest)
            )
