"""The tables of `socialbot.toml`, each key documented where it is defined."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from socialbot.nouns import ImageFacet, Shape, TextFacet, WrongUse

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


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
    rules: list[str] = Field(
        ["platforms"], description="Packs of disclosure rules that bind its accounts; `socialbot rules` lists them."
    )
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


class CredentialsSettings(_Strict):
    """Content Credentials (C2PA): pictures are signed where a certificate and its key are given. See docs/credentials.md."""

    certificate: Path | None = Field(
        None, description="PEM file in the instance: your certificate first, then those it was issued under."
    )
    key: SecretStr | None = Field(
        None, description="Its key: a PEM file in the instance, or the PEM text itself, which belongs in the environment."
    )
    trust: Path | None = Field(
        None,
        description="PEM file in the instance: root certificates whose signatures in your pictures' files count as verified.",
    )
    timestamp_url: BaseUrl | None = Field(
        None, description="Ask this RFC 3161 server for a time stamp with every picture. Default: no server is asked."
    )


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
    rules: list[str] | None = Field(None, description="Packs of disclosure rules that bind it. Default: the site's.")
    label: Literal["always", "required"] = Field(
        "always",
        description='What AI did is said in the caption: "always"; or only where it is "required", by a rule, by an AI text '
        "that nobody reviewed, or since the network has no flag for AI media.",
    )
    label_length: Literal["short", "medium", "long"] = Field(
        "medium", description="How many words the label has where there is room: short, medium or long."
    )
    unknown_ai: Literal["relaxed", "strict"] = Field(
        "relaxed",
        description='Where nobody said whether AI took part: "relaxed" lets the post through without a word on it, "strict" '
        "holds it.",
    )
    ai_flag: bool | None = Field(
        None,
        description="Set the network's own flag for AI media. Default: where its documentation is clear. Where it is not set "
        "the label says it.",
    )
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
    credentials: CredentialsSettings = CredentialsSettings()
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
