"""One line for each event, for people or as JSON; never a secret. The standard library's logging, and nothing beside it."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

from socialbot.ledger import Delivery

Redact = Callable[[str], str]
FIELDS = ("delivery", "account", "network", "state")
"""What an event is about, given to the logger as `extra`."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_LOUD = ("held", "failed", "missed")

log = logging.getLogger("socialbot")


class Lines(logging.Formatter):
    """`2026-11-21 12:00:00 INFO socialbot: published delivery=… account=blue network=bluesky state=published`, in UTC."""

    converter = staticmethod(time.gmtime)

    def __init__(self, redact: Redact) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: ", "%Y-%m-%d %H:%M:%S")
        self.redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """One line; the trace of an exception follows it."""
        record.asctime = self.formatTime(record, self.datefmt)
        about = "".join(f" {name}={value}" for name, value in about_of(record).items())
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        # A line break in what a server said must not look like another event; a key in PEM is known by its own.
        said = _CONTROL.sub(" ", self.redact(record.getMessage() + about))
        return self.redact(f"{self.formatMessage(record)}{said}{trace}")


class Json(logging.Formatter):
    """The same as one JSON object a line: time, level, logger, message, the fields above, and the exception's trace."""

    def __init__(self, redact: Redact) -> None:
        super().__init__()
        self.redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever is in it."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **about_of(record),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps({key: self.redact(value) for key, value in told.items()}, ensure_ascii=False)


def about_of(record: logging.LogRecord) -> dict[str, str]:
    """What the event is about, as far as it was said."""
    return {name: str(value) for name in FIELDS if (value := getattr(record, name, None)) is not None}


def set_up(kind: Literal["text", "json"], redact: Redact) -> None:
    """Write what is logged to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json(redact) if kind == "json" else Lines(redact))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "alembic"):  # httpx logs whole URLs, and a webhook's URL is its secret
        logging.getLogger(chatty).setLevel(logging.WARNING)


def of(delivery: Delivery) -> Mapping[str, str]:
    """What an event about a delivery gives to the logger as `extra`."""
    return {
        "delivery": delivery.id,
        "account": delivery.account,
        "network": delivery.network,
        "state": delivery.state,
    }


def tell(delivery: Delivery) -> None:
    """Log where a delivery stands after it was worked on."""
    said = delivery.held.reason if delivery.held else " ".join(filter(None, (delivery.url, delivery.error))) or delivery.state
    log.log(logging.WARNING if delivery.state in _LOUD else logging.INFO, "%s", said, extra=of(delivery))
