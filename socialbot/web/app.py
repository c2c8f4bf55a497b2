"""The web process: the deploy hook, how the instance is, pictures for networks that fetch them. It sends nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import random
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from socialbot import __version__, accounts, health
from socialbot.intake import Found, Intake, Receipt
from socialbot.ledger import Clock, Ledger
from socialbot.nouns import Mistake, WrongConfiguration
from socialbot.redaction import Redaction
from socialbot.settings import Settings
from socialbot.web import metrics
from socialbot.web.pictures import pictures

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 25_000_000
"""GitHub caps a webhook's payload at 25 MB."""


def create_app(
    settings: Settings, ledger: Ledger, clock: Clock, chance: random.Random, redaction: Redaction | None = None
) -> FastAPI:
    """The web application of an instance; `redaction` is its log's. Raises WrongConfiguration when the hook has no secret."""
    secret = settings.web.secret.get_secret_value() if settings.web.secret else ""
    if not secret:
        raise WrongConfiguration(
            "web.secret is missing: without it anybody could call the deploy hook",
            fix="set SOCIALBOT_WEB__SECRET to 16 characters or more, the same as in the site's webhook",
        )
    app = FastAPI(title="socialbot", version=__version__, docs_url=None, redoc_url=None)
    _watch(app, settings, ledger)
    if settings.media.public == "serve":
        app.include_router(pictures(accounts.media_of(settings), accounts.picture_key(settings), clock))

    @app.post("/hooks/deploy", status_code=202)
    async def deploy(request: Request) -> JSONResponse:
        """Read the site's posts after a deploy. The body must be signed as GitHub signs: X-Hub-Signature-256."""
        body = await _bounded_body(request)
        if body is None:
            return JSONResponse({"error": f"the body is larger than {MAX_BODY_BYTES} bytes"}, 413)
        if not is_signed(secret, body, request.headers.get("X-Hub-Signature-256", "")):
            return JSONResponse({"error": "the signature in X-Hub-Signature-256 is missing or wrong"}, 401)
        ignored = ignores(request.headers.get("X-GitHub-Event", ""), body)
        if ignored:
            return JSONResponse({"ignored": ignored}, 202)
        try:
            found = await run_in_threadpool(Intake(settings, ledger, clock, chance, redaction).after_deploy)
        except Mistake as mistake:
            log.error("deploy hook: %s", mistake)
            return JSONResponse({"error": str(mistake)}, 500)
        return JSONResponse(as_dict(found, settings.home), 202)

    return app


def _watch(app: FastAPI, settings: Settings, ledger: Ledger) -> None:
    """How the instance is. None of this tells a title, a caption or a secret."""
    registry = metrics.registry_of(settings, ledger)
    token = settings.web.metrics_token.get_secret_value() if settings.web.metrics_token else ""

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Alive, and the ledger answers."""
        ledger.next_due()
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """Does it do its work? 503 with the reasons when it does not."""
        reasons = [trouble.sentence for trouble in health.troubles(settings, ledger)]
        return JSONResponse({"status": "not ready" if reasons else "ready", "reasons": reasons}, 503 if reasons else 200)

    @app.get("/metrics")
    def measure(request: Request) -> Response:
        """For Prometheus."""
        given = request.headers.get("Authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return Response("give the web.metrics_token as a bearer token\n", 401, {"WWW-Authenticate": "Bearer"})
        try:
            content, kind = metrics.exposition(registry, request.headers.get("Accept", ""))
        except SQLAlchemyError as error:
            return Response(health.unreadable(error).sentence + "\n", 503)
        return Response(content, media_type=kind)


async def _bounded_body(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def is_signed(secret: str, body: bytes, signature: str) -> bool:
    """Does "sha256=HEX" sign the body with the shared secret? Compared in constant time."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def ignores(event: str, body: bytes) -> str | None:
    """Why a GitHub event brings no new posts: a ping, or a deployment that has not succeeded."""
    if event == "ping":
        return "ping"
    if event == "deployment_status":
        try:
            state = json.loads(body)["deployment_status"]["state"]
        except (ValueError, KeyError, TypeError):
            return None
        return None if state == "success" else f"the deployment is {state}"
    return None


def as_dict(found: Found, home: Path) -> dict[str, Any]:
    """What a look at the posts found, as JSON data, with paths as seen from the instance."""

    def name(path: Path) -> str:
        return str(path.relative_to(home)) if path.is_relative_to(home) else str(path)

    def accepted(receipt: Receipt) -> dict[str, Any]:
        deliveries = [{"id": one.delivery, "account": one.account, "state": one.state} for one in receipt.accepted]
        warnings = dict.fromkeys(warning for draft in receipt.drafts for warning in draft.warnings)
        title = receipt.post.title if receipt.post else None
        return {"post": name(receipt.path), "title": title, "deliveries": deliveries, "warnings": list(warnings)}

    return {
        "enqueued": [accepted(receipt) for receipt in found.enqueued],
        "known": len(found.known),
        "unpublished": [name(path) for path in found.unpublished],
        "waiting": [name(path) for path in found.waiting],
        "marked_seen": [name(path) for path in found.marked_seen],
        "rejected": [{"post": name(one.path), "reason": str(one.mistake)} for one in found.rejected],
    }
