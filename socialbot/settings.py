"""Every setting, documented where it is defined: `socialbot.toml` in the instance folder, the environment over it.

`SOCIALBOT_SITE__URL` overrides `url` in `[site]`, `SOCIALBOT_ACCOUNTS__BLUE__PASSWORD` the password of the account
`blue`. Nothing else in the program reads the environment.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from socialbot.nouns import ImageFacet, Mistake, Shape, TextFacet, WrongConfiguration, WrongUse

CONFIG = "socialbot.toml"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ACCOUNT_NAME = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of the week at which an account may post, by the account's own wall clock. Days: Monday is 0."""

    days: frozenset[int]
    at: time

    @classmethod
    def parse(cls, text: object) -> Slot:
        """Read "weekdays 09:00", "sat,sun 11:30", "mon-thu 8:15" or "daily 18:00". Raises ValueError."""
        found = re.fullmatch(r"\s*([a-z,\-\s]+?)\s+(\d{1,2}):(\d{2})\s*", str(text).lower())
        if not found:
            raise ValueError('a slot is days and a time, like "weekdays 09:00" or "sat,sun 11:30"')
        if int(found[2]) > 23 or int(found[3]) > 59:
            raise ValueError("the time of a slot lies between 00:00 and 23:59")
        return cls(frozenset(_days(found[1])), time(int(found[2]), int(found[3])))


def _days(text: str) -> set[int]:
    days: set[int] = set()
    for word in re.split(r"\s*,\s*", text.strip()):
        if word in ("daily", "everyday"):
            days |= set(range(7))
        elif word == "weekdays":
            days |= set(range(5))
        elif word == "weekends":
            days |= {5, 6}
        else:
            ends = [_day(name.strip()) for name in word.split("-", 1)]
            first, last = ends[0], ends[-1]
            days |= {(first + step) % 7 for step in range((last - first) % 7 + 1)}
    return days


def _day(name: str) -> int:
    if name[:3] in _DAYS and len(name) >= 3:
        return _DAYS.index(name[:3])
    raise ValueError(f'"{name}" is no day; use mon … sun, weekdays, weekends or daily')


def _slot(value: object) -> Slot:
    return value if isinstance(value, Slot) else Slot.parse(value)


def _zone(value: object) -> str:
    name = str(value)
    if name not in available_timezones():
        near = difflib.get_close_matches(name, sorted(available_timezones()), 1)
        raise ValueError("an IANA time zone, like Europe/London" + (f'; did you mean "{near[0]}"?' if near else ""))
    return name


def _base_url(value: object) -> str:
    url = str(value).strip()
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise ValueError("a base URL beginning with http:// or https://, without user name, query or fragment")
    return url.rstrip("/")


Zone = Annotated[str, BeforeValidator(_zone)]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
Slots = list[Annotated[Slot, BeforeValidator(_slot)]]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class AiDefault(_Strict):
    """What AI does on this site unless a post says otherwise."""

    text: TextFacet = Field("unknown", description="Who writes the texts: unknown, none, assisted or generated.")
    images: ImageFacet = Field(
        "unknown", description="How the pictures are made: unknown, none, possible, edited, composite, generated."
    )


class SiteSettings(_Strict):
    """The website whose posts are published."""

    url: BaseUrl | None = Field(None, description="Base for links, and for pictures given as site-root paths.")
    root: Path = Field(Path("public"), description="Where /photos/a.jpg lies on disk; what is not there is fetched from url.")
    posts: Path = Field(Path("content/posts"), description="The folder that is read after a deploy.")
    language: str = Field("en", description="Language of posts that name none (BCP 47).")
    timezone: Zone = Field("UTC", description="IANA time zone of slots and of dates without one.")
    ai: AiDefault = Field(AiDefault(), description="What AI does on this site unless a post says otherwise.")
    fetch_private: bool = Field(False, description="Allow fetching pictures from private and loopback addresses.")
    first_run_max: int = Field(
        10,
        ge=0,
        description="A first deploy hook that finds more new posts than this marks them as seen and sends none.",
    )


class StoreSettings(_Strict):
    """Where the ledger lies."""

    url: str = Field(
        "sqlite:///socialbot.db",
        repr=False,
        description="A SQLAlchemy URL; a relative SQLite path lies in the instance.",
    )

    @field_validator("url")
    @classmethod
    def _sqlite(cls, url: str) -> str:
        if not re.fullmatch(r"sqlite:////?[^/\x00][^\x00]*", url):
            raise ValueError("sqlite:///FILE (PostgreSQL is not built yet)")
        return url


class WebSettings(_Strict):
    """`socialbot serve`."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8008, ge=0, le=65535, description="Port to listen on.")
    secret: SecretStr | None = Field(None, description="Shared secret of the deploy hook, at least 16 characters.")

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and 0 < len(secret.get_secret_value()) < 16:
            raise ValueError("at least 16 characters")
        return secret


class WorkerSettings(_Strict):
    """`socialbot worker`."""

    at_once: int = Field(8, ge=1, description="At most this many deliveries in flight, one for each account.")
    lease_s: float = Field(180, gt=0, description="Seconds a claimed delivery belongs to its worker.")
    backoff_s: float = Field(30, gt=0, description="First wait after a passing error, in seconds; it doubles up to one hour.")
    max_tries: int = Field(12, ge=1, description="After so many passing errors in a row a person is asked.")
    folder_every_s: float = Field(2, gt=0, description="Seconds between two looks into the queue folder.")


class AccountSettings(_Strict):
    """What every account has; each network adds its own (see its file in `networks/`)."""

    network: str = Field(description="The network's name, as `socialbot check` lists it.")
    slots: Slots = Field([], description="Times at which it may post; without any, a post is due at once.")
    timezone: Zone | None = Field(None, description="IANA time zone of its slots; default: the site's.")
    approval: bool = Field(False, description="Hold every post until `socialbot approve`.")
    alt: Literal["require", "warn", "off"] = Field(
        "warn",
        description='Pictures without a description: "require" holds the post, "warn" sends the title instead, "off" none.',
    )
    pictures: int | None = Field(
        None,
        ge=0,
        description="At most this many pictures; 0 sends a link card instead. Default: all the network takes.",
    )
    shape: Shape | None = Field(
        None, description="Crop: square, portrait, vertical or landscape. Default: what suits the network."
    )
    hashtags: int | None = Field(None, ge=0, le=30, description="At most this many hashtags. Default: what suits the network.")
    link: Literal["always", "if_cut", "reply", "never"] = Field(
        "always",
        description='Where the link goes: "always" in the caption; "if_cut" only when the text had to be cut; "reply" in a '
        'reply of its own; "never".',
    )
    link_words: str | None = Field(
        None, description='What is said where links are dead (Instagram). Default: "Link in bio" in the post\'s language.'
    )
    utm: bool = Field(False, description="Add utm_source=NETWORK and utm_medium=social to links, unless they are signed.")
    utm_campaign: str | None = Field(None, description="utm_campaign of those links.")
    thread: int = Field(
        1, ge=1, le=25, description="Tell the whole article in a thread of at most this many posts, where the network has them."
    )
    thread_numbers: bool = Field(False, description='Number the posts of a thread: "2/5".')
    thread_link: Literal["last", "first"] = Field("last", description="Which post of a thread carries the link.")
    on_doubt: Literal["hold", "send_again"] = Field(
        "hold",
        description='When it cannot be known whether a post went out: "hold" asks a person, "send_again" risks a second post.',
    )
    settle_s: float | None = Field(None, ge=0, description="Seconds a sent request may still surface; default: the network's.")
    timeout_s: float = Field(30, gt=0, description="Seconds one call may take in all.")

    @field_validator("slots", mode="before")
    @classmethod
    def _from_environment(cls, value: object) -> object:
        return [part for part in re.split(r"\s*;\s*", value) if part] if isinstance(value, str) else value


class Settings(BaseSettings):
    """The whole configuration of one instance."""

    model_config = SettingsConfigDict(
        env_prefix="SOCIALBOT_", env_nested_delimiter="__", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    home: Path = Field(Path(), description="The instance folder.")
    site: SiteSettings = SiteSettings()
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    worker: WorkerSettings = WorkerSettings()
    secret_key: SecretStr | None = Field(
        None, description="Encrypts stored sessions; default: the file secret.key in the instance."
    )
    accounts: dict[str, Any] = Field({}, description="The accounts to post to, by name ([a-z0-9_]+).")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then the file."""
        return env_settings, init_settings

    def account(self, name: str) -> AccountSettings:
        """One account's settings. Raises Mistake when there is none of that name."""
        if name not in self.accounts:
            known = ", ".join(sorted(self.accounts)) or "none are configured"
            raise WrongUse(f'there is no account "{name}"', fix=f"accounts: {known}")
        found: AccountSettings = self.accounts[name]
        return found

    def zone(self, account: str | None = None) -> ZoneInfo:
        """The time zone of an account's slots, or the site's."""
        own = self.account(account).timezone if account else None
        return ZoneInfo(own or self.site.timezone)


def find_home(option: Path | None) -> Path:
    """The instance folder: `--home`, else SOCIALBOT_HOME, else here."""
    home = option or Path(os.environ.get("SOCIALBOT_HOME") or ".")
    try:
        return home.expanduser().resolve()
    except (RuntimeError, ValueError) as error:
        raise WrongConfiguration(f"{str(home)!r} is no folder: {error}") from None


def load(home: Path, options_of: Callable[[str], type[AccountSettings]]) -> Settings:
    """Read the configuration of the instance in `home`; `options_of` gives the settings class of a network's accounts.

    Raises WrongConfiguration with every mistake found: key, value, what is allowed, line.
    """
    path = home / CONFIG
    if not path.is_file():
        raise WrongConfiguration(f"there is no {CONFIG} in {home}", fix=f"socialbot init {home}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        written = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongConfiguration(f"not valid TOML: {error}", where=str(path)) from None
    mistakes: list[str] = []
    # The environment names its fields by prefix; the file must not set where it stands.
    for key in set(written) & {"home"}:
        mistakes.append(f"{CONFIG}: {key} is not a key of the file (it is the option --home)")
        del written[key]
    try:
        settings = Settings(**{**written, "home": home})
    except ValidationError as error:
        raise WrongConfiguration("\n".join(mistakes + _sentences(error, Settings, (), text))) from None
    except SettingsError:
        fix = "name each key: SOCIALBOT_SITE__URL, not SOCIALBOT_SITE"
        raise WrongConfiguration("an environment variable SOCIALBOT_… gives a whole table", fix=fix) from None
    accounts: dict[str, AccountSettings] = {}
    for name, given in settings.accounts.items():
        try:
            accounts[name] = _account(name, given, options_of)
        except ValidationError as error:
            kind = options_of(given["network"]) if "network" in given else AccountSettings
            mistakes += _sentences(error, kind, ("accounts", name), text)
        except Mistake as error:
            line = _line(text, ("accounts", name, "network")) or _line(text, ("accounts", name))
            mistakes.append(f"{CONFIG}{f', line {line}' if line else ''}: accounts.{name}: {error}")
    for name, account in accounts.items():
        if account.timeout_s * 2 > settings.worker.lease_s:
            where = _where(text, ("accounts", name, "timeout_s"))
            mistakes.append(
                f"{where}: accounts.{name}.timeout_s: at most half of worker.lease_s ({settings.worker.lease_s:g} s)"
            )
    if mistakes:
        raise WrongConfiguration("\n".join(mistakes))
    return settings.model_copy(update={"accounts": accounts, "home": home})


def _account(name: str, given: object, options_of: Callable[[str], type[AccountSettings]]) -> AccountSettings:
    if not _ACCOUNT_NAME.fullmatch(name):
        raise Mistake(f'"{name}" is no account name', fix="small letters a-z, digits and _")
    if not isinstance(given, Mapping):
        raise Mistake(f"an account is a table, [accounts.{name}]")
    kind = options_of(str(given["network"])) if "network" in given else AccountSettings
    return kind.model_validate(dict(given))


def _sentences(error: ValidationError, kind: type[BaseModel], prefix: tuple[str, ...], text: str) -> list[str]:
    """One sentence for each mistake. Secrets, and values of unknown keys, are never repeated."""
    return [_sentence(one, kind, prefix, text) for one in error.errors(include_url=False)]


def _sentence(one: Mapping[str, Any], kind: type[BaseModel], prefix: tuple[str, ...], text: str) -> str:
    location = tuple(str(part) for part in one["loc"] if not str(part).startswith("function-"))
    key = ".".join(prefix + location)
    where = _where(text, prefix + location)
    if one["type"] == "missing":
        return f"{where}: {key} is missing"
    if one["type"] == "extra_forbidden":
        known = sorted(_owner(kind, location).model_fields)
        near = difflib.get_close_matches(location[-1], known, 1)
        hint = f'did you mean "{near[0]}"?' if near else "known keys: " + ", ".join(known)
        return f"{where}: {key} is not a known key; {hint}"
    allowed = str(one["msg"]).removeprefix("Value error, ")
    value = repr(one.get("input"))
    shown = "its value (hidden)" if _secret(kind, location) or "@" in value else value  # a URL may carry a password
    return f"{where}: {key}: {shown} cannot be used: {allowed[0].lower() + allowed[1:]}"


def _where(text: str, location: tuple[str, ...]) -> str:
    variables = ["SOCIALBOT_" + "__".join(location[:depth]).upper() for depth in range(len(location), 1, -1)]
    if variable := next((name for name in variables if name in {given.upper() for given in os.environ}), None):
        return f"environment variable {variable}"
    for depth in range(len(location), 0, -1):
        if line := _line(text, location[:depth]):
            return f"{CONFIG}, line {line}"
    return CONFIG


def _owner(kind: type[BaseModel], location: Sequence[str]) -> type[BaseModel]:
    for name in location[:-1]:
        field = kind.model_fields.get(name)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            break
        kind = field.annotation
    return kind


def _secret(kind: type[BaseModel], location: Sequence[str]) -> bool:
    field = _owner(kind, location).model_fields.get(location[-1]) if location else None
    return field is not None and (not field.repr or "SecretStr" in str(field.annotation))


def _line(text: str, location: Sequence[str]) -> int | None:
    """The line of a key in the file, for the plain ways of writing TOML; None where it cannot be known."""
    table: tuple[str, ...] = ()
    for number, row in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", row):
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if table == tuple(location):
                return number
            continue
        key = re.match(r"\s*([A-Za-z0-9_.\"-]+)\s*=", row)
        if key and table + tuple(part.strip('"') for part in key[1].split(".")) == tuple(location):
            return number
    return None
