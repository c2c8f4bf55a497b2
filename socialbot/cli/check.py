"""`socialbot check`."""

from __future__ import annotations

from typing import Any

import typer

from socialbot.cli.instance import Home, Instance, Json, now, open_instance
from socialbot.cli.printing import print_json, print_table, unit_name


def check(context: typer.Context, json: Json = False, home: Home = "") -> None:
    """Check configuration, store, logins and limits."""
    import asyncio

    instance = open_instance(context, home)
    accounts = asyncio.run(_check_all(instance))
    templates = _templates(instance)
    counts = instance.ledger.counts()
    if json:
        store = {"deliveries": dict(counts)}
        print_json({"home": str(instance.settings.home), "store": store, "templates": templates, "accounts": accounts})
    else:
        print(f"configuration  good, {instance.settings.home}")
        print(f"store          good, {sum(counts.values())} deliveries")
        print("templates      " + ("; ".join(templates) if templates else "good"))
        print_table(("account", "network", "login", "limits"), [_row(one) for one in accounts])
        if not accounts:
            print("No account is configured yet: see [accounts.…] in socialbot.toml.")
    raise typer.Exit(0 if accounts and all(one["ok"] for one in accounts) and not templates else 1)


def _templates(instance: Instance) -> list[str]:
    """What is wrong with the caption templates."""
    from socialbot import networks
    from socialbot.captions import Templates

    names = {*instance.settings.accounts, *networks.counted()}
    checked = Templates(instance.settings.home / "captions").check(names)
    return [
        f"{one.path.name}{f', line {fault.line}' if fault.line else ''}: {fault.what}"
        for one in checked
        for fault in one.faults
    ]


def _row(one: dict[str, Any]) -> tuple[str, str, str, str]:
    limits = one["limits"]
    told = f"{limits['text']} {unit_name(limits['unit'])}, {limits['pictures']} pictures"
    return one["account"], one["network"], "\n".join((one["said"], *one["notes"])), told


async def _check_all(instance: Instance) -> list[dict[str, Any]]:
    import asyncio

    return list(await asyncio.gather(*(_check(instance, name) for name in instance.settings.accounts)))


async def _check(instance: Instance, name: str) -> dict[str, Any]:
    from socialbot.accounts import connect, current_limits, http_client
    from socialbot.media import Media
    from socialbot.networks.protocol import NetworkError, Refused

    settings = instance.settings
    account = settings.account(name)
    answer: dict[str, Any] = {"account": name, "network": account.network, "ok": False, "notes": [], "limits": None}
    async with http_client(account) as client:
        adapter = connect(settings, name, instance.ledger, Media(settings.home / "media"), client)
        limits, warning = await current_limits(adapter, instance.ledger, name, now())
        try:
            identity = await adapter.check()
        except NetworkError as error:
            answer["said"] = f"{error} {error.fix}" if isinstance(error, Refused) else str(error)
        else:
            answer |= {"ok": True, "said": identity.name, "url": identity.url, "notes": list(identity.notes)}
    answer["notes"] += [warning] if warning and answer["ok"] else []
    answer["limits"] = {"text": limits.max_text, "unit": limits.unit, "pictures": limits.max_pictures}
    return answer
