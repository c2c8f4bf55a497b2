"""`socialbot serve`."""

from __future__ import annotations

import typer

from socialbot.cli.instance import Home, LogFormat, chance, now, open_instance, start_log


def serve(context: typer.Context, log_format: LogFormat = "", home: Home = "") -> None:
    """Listen for deploy hooks, and tell how the instance is.

    POST /hooks/deploy reads the site's posts. GET /healthz: is it alive? /readyz: does it do its work? /metrics: in numbers,
    for Prometheus. /media/ shows pictures to networks, with media.public = "serve".
    """
    import uvicorn

    from socialbot.web.app import create_app

    instance = open_instance(context, home)
    web = instance.settings.web
    redaction = start_log(instance.settings, log_format)
    app = create_app(instance.settings, instance.ledger, now, chance(), redaction)
    # Without a configuration of its own uvicorn logs as we do.
    uvicorn.run(app, host=web.host, port=web.port, log_config=None, log_level="info", access_log=False)
