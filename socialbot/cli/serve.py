"""`socialbot serve`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, chance, now, open_instance


def serve(context: typer.Context, home: Home = "") -> None:
    """Listen for deploy hooks and health checks.

    POST /hooks/deploy reads the site's posts; GET /healthz says that it is alive.
    """
    import uvicorn

    from socialbot.web.app import create_app

    instance = open_instance(context, home)
    web = instance.settings.web
    app = create_app(instance.settings, instance.ledger, now, chance())
    uvicorn.run(app, host=web.host, port=web.port, log_level="info", access_log=False)
