"""`socialbot check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialbot.cli.instance import Home, Instance, Json, now, open_instance
from socialbot.cli.printing import moment, print_json, print_table, unit_name

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from socialbot.networks.protocol import Network, NetworkError
    from socialbot.nouns import Room

Fix = Annotated[bool, typer.Option("--fix", help="Have the profiles say that the accounts are automated.")]
Notify = Annotated[bool, typer.Option("--notify", help="Send every channel of [notices] a test.")]


def check(context: typer.Context, fix: Fix = False, notify: Notify = False, json: Json = False, home: Home = "") -> None:
    """Check configuration, store, notices, logins, limits, and whether the profiles say that the accounts are automated."""
    import asyncio

    instance = open_instance(context, home)
    accounts = asyncio.run(_check_all(instance, fix))
    templates = _templates(instance)
    notices = _notices(instance, notify)
    counts = instance.ledger.counts()
    if json:
        store = {"deliveries": dict(counts)}
        told = {"store": store, "notices": notices, "templates": templates, "accounts": accounts}
        print_json({"home": str(instance.settings.home), **told})
    else:
        print(f"configuration  good, {instance.settings.home}")
        print(f"store          good, {sum(counts.values())} deliveries")
        print("templates      " + ("; ".join(templates) if templates else "good"))
        print(f"notices        {_in_words(notices)}")
        print_table(("account", "network", "automated", "limits", "login"), [_row(one) for one in accounts])
        if not accounts:
            print("No account is configured yet: see [accounts.…] in socialbot.toml.")
    good = accounts and all(one["ok"] for one in accounts) and not templates and not notices["faults"]
    unfixed = fix and any(one["bot"] is False for one in accounts)
    raise typer.Exit(0 if good and not unfixed else 1)


def _notices(instance: Instance, notify: bool) -> dict[str, Any]:
    """How many channels are configured, and what is wrong with them; `notify` sends each a test."""
    from socialbot import notices
    from socialbot.redaction import Redaction, secrets_of

    settings = instance.settings.notices
    told: dict[str, Any] = {"channels": len(settings.urls), "tested": notify, "digest": None, "faults": []}
    if not settings.urls:
        told["faults"] = ["no channel is configured: see [notices]"] if notify else []
        return told
    told["digest"] = f"{settings.digest:%H:%M} {instance.settings.zone()}" if settings.digest else None
    if not notices.can_send():
        told["faults"] = [notices.MISSING]
    elif notify:
        redact = Redaction(secrets_of(instance.settings))
        words = ("socialbot: a test", f"socialbot can tell you here when a person is needed ({instance.settings.site.url}).")
        answers = [notices.send(url.get_secret_value(), *words) for url in settings.urls]
        told["faults"] = [f"channel {number}: {redact(why)}" for number, why in enumerate(answers, 1) if why]
    return told


def _in_words(notices: dict[str, Any]) -> str:
    if notices["faults"]:
        return "; ".join(notices["faults"])
    if not notices["channels"]:
        return "none, nobody is told when a person is needed: see [notices]"
    many = f"{notices['channels']} channel{'s' if notices['channels'] > 1 else ''}"
    digest = f"digest at {notices['digest']}" if notices["digest"] else "no digest"
    return f"{many}, {digest}; " + ("a test was sent" if notices["tested"] else "socialbot check --notify sends a test")


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
    from socialbot.accounts import connect, current_limits, http_client, media_of, token_ends
    from socialbot.networks.protocol import NetworkError
    from socialbot.networks.versions import sunsets

    settings = instance.settings
    account = settings.account(name)
    answer: dict[str, Any] = {"account": name, "network": account.network, "ok": False, "notes": []}
    answer |= {"bot": None, "marked": False, "limits": None, "rooms": {}, "ends_at": None}
    async with http_client(account) as client:
        adapter = connect(settings, name, instance.ledger, media_of(settings), client)
        limits, warning = await current_limits(adapter, instance.ledger, name, now())
        try:
            identity = await adapter.check()
        except NetworkError as error:
            answer["said"] = _sentence(error)
        else:
            answer |= {"ok": True, "said": identity.name, "url": identity.url, "bot": identity.bot, "notes": [*identity.notes]}
            if identity.bot is False:
                await _see_to_mark(adapter, answer, fix)
    if ends := token_ends(settings, instance.ledger).get(name):
        answer["ends_at"] = ends.isoformat()
        answer["notes"].append(f"The login ends {moment(ends, settings.zone())}, unless it is renewed.")
    answer["rooms"] = {kind: _room(room) for kind, room in adapter.rooms.told.items()}
    answer["notes"] += [_of_room(kind, room, settings.zone()) for kind, room in adapter.rooms.told.items()]
    answer["notes"] += [sunset.sentence for sunset in sunsets(account, now().date())]
    answer["notes"] += [warning] if warning and answer["ok"] else []
    answer["limits"] = {"text": limits.max_text, "unit": limits.unit, "pictures": limits.max_pictures}
    return answer


def _room(room: Room) -> dict[str, Any]:
    return {"left": room.left, "most": room.most, "resets_at": room.resets_at.isoformat() if room.resets_at else None}


def _of_room(kind: str, room: Room, zone: ZoneInfo) -> str:
    """How much more the network takes, as it has just told."""
    most = f" of {room.most}" if room.most is not None else ""
    until = f" until {moment(room.resets_at, zone)}" if room.resets_at else ""
    return f"Room: {room.left}{most} {kind.replace('_', ' ')} left{until}."


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
