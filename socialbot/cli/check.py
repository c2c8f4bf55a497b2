"""`socialbot check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Home, Instance, Json, now, open_instance
from socialbot.cli.printing import print_json, print_table, unit_name

if TYPE_CHECKING:
    from socialbot.networks.protocol import Network, NetworkError

Fix = Annotated[bool, typer.Option("--fix", help="Have the profiles say that the accounts are automated.")]


def check(context: typer.Context, fix: Fix = False, json: Json = False, home: Home = "") -> None:
    """Check configuration, store, logins, limits, and whether the profiles say that the accounts are automated."""
    import asyncio

    instance = open_instance(context, home)
    accounts = asyncio.run(_check_all(instance, fix))
    templates = _templates(instance)
    counts = instance.ledger.counts()
    if json:
        store = {"deliveries": dict(counts)}
        print_json({"home": str(instance.settings.home), "store": store, "templates": templates, "accounts": accounts})
    else:
        print(f"configuration  good, {instance.settings.home}")
        print(f"store          good, {sum(counts.values())} deliveries")
        print("templates      " + ("; ".join(templates) if templates else "good"))
        print_table(("account", "network", "automated", "limits", "login"), [_row(one) for one in accounts])
        if not accounts:
            print("No account is configured yet: see [accounts.…] in socialbot.toml.")
    good = accounts and all(one["ok"] for one in accounts) and not templates
    unfixed = fix and any(one["bot"] is False for one in accounts)
    raise typer.Exit(0 if good and not unfixed else 1)


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


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    limits = one["limits"]
    told = f"{limits['text']} {unit_name(limits['unit'])}, {limits['pictures']} pictures"
    automated = "marked now" if one["marked"] else {True: "yes", False: "no", None: "–"}[one["bot"]]
    return one["account"], one["network"], automated, told, "\n".join((one["said"], *one["notes"]))


async def _check_all(instance: Instance, fix: bool) -> list[dict[str, Any]]:
    import asyncio

    return list(await asyncio.gather(*(_check(instance, name, fix) for name in instance.settings.accounts)))


async def _check(instance: Instance, name: str, fix: bool) -> dict[str, Any]:
    from socialbot.accounts import connect, current_limits, http_client
    from socialbot.media import Media
    from socialbot.networks.protocol import NetworkError

    settings = instance.settings
    account = settings.account(name)
    answer: dict[str, Any] = {"account": name, "network": account.network, "ok": False, "notes": []}
    answer |= {"bot": None, "marked": False, "limits": None}
    async with http_client(account) as client:
        adapter = connect(settings, name, instance.ledger, Media(settings.home / "media"), client)
        limits, warning = await current_limits(adapter, instance.ledger, name, now())
        try:
            identity = await adapter.check()
        except NetworkError as error:
            answer["said"] = _sentence(error)
        else:
            answer |= {"ok": True, "said": identity.name, "url": identity.url, "bot": identity.bot, "notes": [*identity.notes]}
            if identity.bot is False:
                await _see_to_mark(adapter, answer, fix)
    answer["notes"] += [warning] if warning and answer["ok"] else []
    answer["limits"] = {"text": limits.max_text, "unit": limits.unit, "pictures": limits.max_pictures}
    return answer


async def _see_to_mark(adapter: Network, answer: dict[str, Any], fix: bool) -> None:
    """Mark an account that is not marked as automated, or say how that is done."""
    from socialbot.networks.protocol import NetworkError

    if not fix:
        answer["notes"].append("The profile does not say that the account is automated: socialbot check --fix marks it.")
        return
    try:
        await adapter.mark_as_bot()
    except NetworkError as error:
        answer["notes"].append(_sentence(error))
    else:
        answer |= {"bot": True, "marked": True}


def _sentence(error: NetworkError) -> str:
    from socialbot.networks.protocol import Refused

    return f"{error} {error.fix}" if isinstance(error, Refused) else str(error)
