"""The ledger in numbers, for Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/

Every value is read from the ledger when it is asked for, so one web process tells of all workers, and a restart changes no
number. Labels are networks, states and outcomes; accounts only where a limit, a pause or a token is that account's own.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from socialbot import __version__
from socialbot.accounts import token_ends
from socialbot.health import folders
from socialbot.ledger import Ledger
from socialbot.nouns import Mistake
from socialbot.settings import Settings

log = logging.getLogger(__name__)

LATELY = timedelta(hours=1)
QUANTILES = (0.5, 0.95, 0.99, 1.0)

Labels = tuple[str, ...]
Values = Iterable[tuple[Labels, float]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a metric tells, and by what it is divided."""

    told: str
    labels: Labels = ()


METRICS: Mapping[str, Meaning] = {
    "socialbot_info": Meaning("Always 1; the label is the release.", ("version",)),
    "socialbot_deliveries": Meaning("Deliveries now in each state.", ("state", "network")),
    "socialbot_overdue_seconds": Meaning(
        "How late the oldest due delivery is that nothing forbids to go (no rate limit, no pause); 0 when none is due."
    ),
    "socialbot_lateness_seconds": Meaning(
        "From the moment a post was due, or its wait before another try was over, to its call: quantiles over the last hour.",
        ("quantile",),
    ),
    "socialbot_calls_last_hour": Meaning(
        "Publishing calls begun in the last hour by what became of them: open, published, refused, not_sent.",
        ("network", "outcome"),
    ),
    "socialbot_account_limited_until_timestamp_seconds": Meaning(
        "Until when nothing is sent for an account, by its network's word or after repeated failures.", ("account", "network")
    ),
    "socialbot_rate_limit_remaining": Meaning(
        "How much of a quota the network said is left, when it last told; absent once it is whole again, or after a day.",
        ("account", "network", "quota"),
    ),
    "socialbot_rate_limit_total": Meaning("Of how much, where it told.", ("account", "network", "quota")),
    "socialbot_rate_limit_reset_timestamp_seconds": Meaning(
        "When all of it is there again, where it told.", ("account", "network", "quota")
    ),
    "socialbot_account_paused": Meaning("1 for an account that a person has paused.", ("account", "network")),
    "socialbot_token_end_timestamp_seconds": Meaning(
        "When an account's token ends and a person must log in anew; only where the network tells it.", ("account", "network")
    ),
    "socialbot_workers": Meaning("Workers that gave a sign of life in the last 30 seconds."),
    "socialbot_last_heartbeat_timestamp_seconds": Meaning("When a worker was last heard of; absent after a day of silence."),
    "socialbot_store_bytes": Meaning("Size of the store."),
    "socialbot_disk_free_bytes": Meaning("Room on the disk of this folder.", ("folder",)),
}


class Measures(Collector):
    """Reads the ledger whenever it is scraped. Raises SQLAlchemyError."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self.settings, self.ledger = settings, ledger

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every metric, each with all its values."""
        values = self._values()
        for name, meaning in METRICS.items():
            family = GaugeMetricFamily(name, meaning.told, labels=meaning.labels)
            for labels, value in values[name]:
                family.add_metric(labels, value)
            yield family

    def _values(self) -> dict[str, Values]:
        ledger, now = self.ledger, self.ledger.clock()
        overdue = ledger.overdue()
        beats = ledger.beats()
        size = ledger.size_bytes()
        calls = ledger.recent_calls(now - LATELY)
        rooms = [((*self._account(name), kind), room) for (name, kind), room in ledger.rooms().items()]
        return {
            "socialbot_info": [((__version__,), 1)],
            "socialbot_deliveries": [(key, number) for key, number in sorted(ledger.counts_by_network().items())],
            "socialbot_overdue_seconds": [((), (now - overdue.since).total_seconds() if overdue else 0)],
            "socialbot_lateness_seconds": _quantiles(sorted(one.late_s for one in calls if one.late_s is not None)),
            "socialbot_calls_last_hour": sorted(Counter((one.network, one.outcome) for one in calls).items()),
            "socialbot_account_limited_until_timestamp_seconds": [
                (self._account(one.account), one.until.timestamp()) for one in ledger.limited()
            ],
            "socialbot_rate_limit_remaining": [(labels, room.left) for labels, room in rooms],
            "socialbot_rate_limit_total": [(labels, room.most) for labels, room in rooms if room.most is not None],
            "socialbot_rate_limit_reset_timestamp_seconds": [
                (labels, room.resets_at.timestamp()) for labels, room in rooms if room.resets_at
            ],
            "socialbot_account_paused": [(self._account(name), 1) for name in ledger.paused()],
            "socialbot_token_end_timestamp_seconds": [
                (self._account(name), ends.timestamp()) for name, ends in self._token_ends(ledger).items()
            ],
            "socialbot_workers": [((), ledger.at_work())],
            "socialbot_last_heartbeat_timestamp_seconds": [((), _newest(one.beat_at for one in beats))] if beats else [],
            "socialbot_store_bytes": [] if size is None else [((), size)],
            "socialbot_disk_free_bytes": list(self._disks()),
        }

    def _token_ends(self, ledger: Ledger) -> dict[str, datetime]:
        try:
            return token_ends(self.settings, ledger)
        except Mistake as mistake:  # what can be read is told all the same
            log.warning("stored logins cannot be read: %s", mistake)
            return {}

    def _account(self, name: str) -> Labels:
        known = self.settings.accounts.get(name)
        return name, known.network if known else ""

    def _disks(self) -> Iterator[tuple[Labels, float]]:
        for name, folder in folders(self.settings).items():
            with suppress(OSError):  # /readyz tells of a disk that cannot be asked
                yield (name,), shutil.disk_usage(folder).free


def registry_of(settings: Settings, ledger: Ledger) -> CollectorRegistry:
    """One application's own registry: nothing is shared with another in the same process."""
    registry = CollectorRegistry()
    registry.register(Measures(settings, ledger))
    return registry


def exposition(registry: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """All metrics in the text format that the scraper takes, and its content type. Raises SQLAlchemyError."""
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def _quantiles(late_s: Sequence[float]) -> Values:
    """Of sorted values, by the nearest rank; nothing where there are none."""
    if not late_s:
        return []
    return [((f"{share:g}",), late_s[min(len(late_s) - 1, int(share * len(late_s)))]) for share in QUANTILES]


def _newest(moments: Iterable[datetime]) -> float:
    return max(moments).timestamp()
