"""`socialbot connect`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from socialbot.cli.instance import Home, Instance, now, open_instance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from socialbot.accounts import SessionVault
    from socialbot.connecting import Attempt
    from socialbot.networks.login import OAuth2
    from socialbot.networks.miauth import MiAuth
    from socialbot.networks.protocol import Network

NetworkName = Annotated[str, typer.Argument(metavar="NETWORK", help="As socialbot networks lists it.", show_default=False)]
Account = Annotated[
    str,
    typer.Option("--account", "-a", metavar="A", help="Default: the account on the network, or its name.", show_default=False),
]
Answers = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="An answer beforehand; may be repeated.", show_default=False)
]
Port = Annotated[int, typer.Option(help="Port of this machine that the browser comes back to.")]
Redirect = Annotated[
    str, typer.Option(metavar="URL", help="Where the browser ends, if not on this machine.", show_default=False)
]
Paste = Annotated[bool, typer.Option("--paste", help="The browser is on another machine: paste what it ends with.")]
Minutes = Annotated[float, typer.Option("--within", metavar="MINUTES", help="How long to wait for the browser.")]


@dataclass(frozen=True, slots=True)
class _Browser:
    """How a person's browser gives back what it was told."""

    port: int
    redirect: str
    paste: bool
    within_s: float

    def wanted(self) -> str:
        """Where it is to end, if the network has no wish of its own."""
        from socialbot.connecting import loopback
        from socialbot.networks.login import OUT_OF_BAND

        return self.redirect or (OUT_OF_BAND if self.paste else loopback(self.port))

    def ends_at(self, login: OAuth2 | MiAuth, site: str) -> str:
        """Where it will end."""
        from socialbot.connecting import loopback

        if login.redirect == "registered":
            return self.wanted()
        own = f"{site}/" if login.redirect == "https" and site else ""
        return self.redirect or own or loopback(self.port)


def connect(
    context: typer.Context,
    network: NetworkName,
    account: Account = "",
    answers: Answers = [],  # noqa: B006 - typer reads it, nobody writes
    port: Port = 8009,
    redirect: Redirect = "",
    paste: Paste = False,
    within: Minutes = 10,
    home: Home = "",
) -> None:
    """Log an account in, step by step, and add it to socialbot.toml.

    What is secret is kept encrypted in the store and stands in no file.
    """
    import asyncio

    from socialbot import networks
    from socialbot.accounts import SessionVault, cipher
    from socialbot.networks.protocol import NetworkError, Refused
    from socialbot.nouns import Mistake

    adapter = networks.load(network)
    instance = open_instance(context, home)
    name = _meant(instance, adapter, account)
    _greet(adapter)
    given = _asked(adapter, instance, name, _set(answers))
    vault = SessionVault(instance.ledger, name, cipher(instance.settings))
    instance = _configured(context, instance, adapter, name, given, vault)
    try:
        asyncio.run(_log_in(context, instance, name, _Browser(port, redirect, paste, within * 60), given))
    except NetworkError as error:
        raise Mistake(str(error), fix=error.fix if isinstance(error, Refused) else "try again") from None


def _meant(instance: Instance, adapter: type[Network], account: str) -> str:
    """The account's name: the one that is given, else that of the account on the network, else the network's own."""
    from socialbot.nouns import WrongUse
    from socialbot.settings.loading import ACCOUNT_NAME

    if account and not ACCOUNT_NAME.fullmatch(account):
        raise WrongUse(f'"{account}" is no account name', fix="small letters a-z, digits and _")
    there = [name for name, one in instance.settings.accounts.items() if one.network == adapter.name]
    if account or not there:
        return account or adapter.name
    if len(there) > 1:  # a new one would post everything there twice, and no login is replaced unasked
        raise WrongUse(f"several accounts are on {adapter.title()}: {', '.join(there)}", fix="name one of them: --account")
    return there[0]


def _greet(adapter: type[Network]) -> None:
    if adapter.guide:
        print(f"First, on {adapter.title()}'s own pages:")
    for number, step in enumerate(adapter.guide, 1):
        print(f"  {number}. {step}")


def _set(answers: list[str]) -> dict[str, str]:
    from socialbot.nouns import WrongUse

    for answer in answers:
        if "=" not in answer:
            raise WrongUse(f'"{answer}" is no answer', fix="--set KEY=VALUE")
    return dict(answer.split("=", 1) for answer in answers)


def _asked(adapter: type[Network], instance: Instance, name: str, given: dict[str, str]) -> dict[str, str]:
    """What is to be set: what was given, if only as empty, and what a person answers to what is still missing."""
    from pydantic import SecretStr

    from socialbot.nouns import WrongUse

    fields, beforehand = adapter.options.model_fields, set(given)
    if strange := sorted(set(given) - set(fields)):
        raise WrongUse(f"{', '.join(strange)}: no option of {adapter.name}'s accounts", fix=f"one of {', '.join(adapter.asks)}")
    there = instance.settings.accounts.get(name)
    if there and there.network != adapter.name:
        raise WrongUse(f"the account {name} is on {there.network}", fix="give another name: --account")
    for key, answer in given.items():
        told = getattr(there, key) if there else None
        if isinstance(told, SecretStr) and told.get_secret_value() not in ("", answer.strip()):
            where = f"socialbot.toml, or SOCIALBOT_ACCOUNTS__{name.upper()}__{key.upper()}"
            fix = f"change it, or take it out, where it is set: {where}"
            raise WrongUse(f"{key} is set for {name} already, and goes before an answer given here", fix=fix)
    for key in adapter.asks:
        if key in given or (there and _is_set(getattr(there, key))):
            continue
        field = fields[key]
        secret = SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))
        default = None if field.is_required() else "" if secret or field.default is None else str(field.default)
        answer = typer.prompt(f"{key} ({field.description})", default=default, hide_input=secret, show_default=bool(default))
        given[key] = answer.strip()
    return {key: value for key, value in given.items() if value or key in beforehand}


def _is_set(value: object) -> bool:
    from pydantic import SecretStr

    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _configured(
    context: typer.Context,
    instance: Instance,
    adapter: type[Network],
    name: str,
    given: Mapping[str, str],
    vault: SessionVault,
) -> Instance:
    """The instance with the account in its configuration. Raises WrongConfiguration before anything is written."""
    from pydantic import SecretStr, ValidationError

    from socialbot.nouns import WrongConfiguration
    from socialbot.settings.writing import write_account

    try:
        there = instance.settings.accounts.get(name)
        known = {key: getattr(there, key) for key in adapter.asks} if there else {}
        checked = adapter.options.model_validate({**known, "network": adapter.name, **given})
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False))
        raise WrongConfiguration(f"accounts.{name}: {said}") from None
    hidden = {key for key in given if isinstance(getattr(checked, key), SecretStr)}
    write_account(instance.settings.home, name, {"network": adapter.name} | {k: v for k, v in given.items() if k not in hidden})
    vault.forget_foreign()
    vault.keep_secrets({key: getattr(checked, key).get_secret_value() for key in hidden})
    return open_instance(context, str(instance.settings.home))


async def _log_in(context: typer.Context, instance: Instance, name: str, browser: _Browser, given: Mapping[str, str]) -> None:
    from socialbot import accounts
    from socialbot.connecting import Attempt
    from socialbot.networks.calling import Line

    settings = instance.settings
    account = settings.account(name)
    vault = accounts.SessionVault(instance.ledger, name, accounts.cipher(settings))
    async with accounts.http_client(account) as client:
        adapter = accounts.connect(settings, name, instance.ledger, accounts.media_of(settings), client)
        option = adapter.kept_as
        if option and (given.get(option) or _is_set(getattr(account, option))):
            vault.write(None)  # nothing of what an earlier token left
        elif login := await adapter.entrance(browser.wanted()):
            attempt = Attempt(login, browser.ends_at(login, settings.site.url or ""))
            answer = await _answer(attempt, browser)
            line = Line(adapter.title(), client, account.timeout_s, now, attempt.secrets)
            await attempt.finish(answer, line, vault, now(), option)
        await _choose(instance, name, adapter)
    _welcome(await _who(context, instance, name), name)


async def _answer(attempt: Attempt, browser: _Browser) -> str:
    """What the browser ended with: it comes to this machine, or a person says."""
    from socialbot.connecting import loopback, received

    if attempt.login.redirect in ("loopback", "https"):
        print(f"The network must know this redirect address: {attempt.redirect_uri}")
    print(f"Open this in a browser, logged in as the account that is to post:\n\n  {attempt.address}\n")
    if attempt.redirect_uri == loopback(browser.port) and not browser.paste:
        return await received(attempt, browser.port, browser.within_s, lambda: print("Waiting for the browser …", flush=True))
    what = "The code that the server shows" if attempt.shows_code else "The address at which the browser ended"
    pasted: str = typer.prompt(what, hide_input=False)
    return pasted


async def _choose(instance: Instance, name: str, adapter: Network) -> None:
    """Have a person choose where the login posts to, where there is more than one place and none is chosen."""
    from socialbot.settings.writing import write_account

    chosen = instance.settings.account(name)
    choices = [one for one in await adapter.choices() if not all(_is_set(getattr(chosen, key)) for key in one.settings)]
    if not choices:
        return
    number = 1
    if len(choices) > 1:
        for count, choice in enumerate(choices, 1):
            print(f"  {count}. {choice.name}")
        number = typer.prompt("Where is it to post? Number", type=int, default=1)
        if not 1 <= number <= len(choices):
            raise typer.BadParameter(f"a number from 1 to {len(choices)}")
    write_account(instance.settings.home, name, choices[number - 1].settings)


async def _who(context: typer.Context, instance: Instance, name: str) -> str:
    """Who the network says we are, with what was chosen. Raises NetworkError."""
    from socialbot import accounts

    settings = open_instance(context, str(instance.settings.home)).settings
    async with accounts.http_client(settings.account(name)) as client:
        adapter = accounts.connect(settings, name, instance.ledger, accounts.media_of(settings), client)
        identity = await adapter.check()
    return "\n".join((identity.name, *identity.notes))


def _welcome(who: str, name: str) -> None:
    print(f"Logged in: {who}")
    print(f"The account is [accounts.{name}] in socialbot.toml. Next: socialbot check")
