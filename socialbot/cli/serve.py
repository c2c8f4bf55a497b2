"""`socialbot serve`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, chance, now, open_instance


def serve(context: typer.Context, home: Home = "") -> None:
    """Listen for deploy hooks (POST /hooks/deploy) and health checks (GET /healthz)."""
    import uvicorn

    from socialbot.web.app import create_app

    instance = open_instance(context, home)
    web = instance.settings.web
    app = create_app(instance.settings, instance.ledger, now, chance())
    uvicorn.run(app, host=web.host, port=web.port, log_level="info", access_log=False)
