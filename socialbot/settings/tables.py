"""The tables of `socialbot.toml`, each key documented where it is defined."""

from __future__ import annotations

import difflib
import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from socialbot.nouns import Crop, ImageFacet, Shape, TextFacet, WrongUse
from socialbot.settings.hours import Quiet, QuietHours, Slots


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


def _backdrop(value: object) -> str:
    said = str(value).strip().lower()
    if not re.fullmatch(r"blur|#[0-9a-f]{6}", said):
        raise ValueError('"blur" or a colour like "#1a2b3c"')
    return said


Zone = Annotated[str, BeforeValidator(_zone)]
BaseUrl = Annotated[str, BeforeValidator(_base_url)]
Backdrop = Annotated[str, BeforeValidator(_backdrop)]


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
        description="sqlite:///FILE, in the instance unless it begins with a slash; or postgresql://USER@HOST/DATABASE.",
    )
    keep_days: int | None = Field(
        None,
        ge=1,
        description="How many days what went out, failed, was cancelled, missed or removed keeps its words, history and "
        "pictures. What keeps a post from going out twice, and the proof of its labels, stays. Default: for ever.",
    )
    min_free_bytes: int = Field(
        100_000_000, ge=0, description="A disk of the instance with less room than this is told as nearly full, in bytes."
    )

    @field_validator("url")
    @classmethod
    def _store(cls, url: str) -> str:
        url = re.sub(r"^postgres://", "postgresql://", url)  # as some hosts give it
        if not re.fullmatch(r"sqlite:////?[^/\x00][^\x00]*|postgresql://[^\s\x00]+", url):
            raise ValueError("sqlite:///FILE or postgresql://USER@HOST/DATABASE")
        return url


class MediaSettings(_Strict):
    """Where the pictures lie."""

    store: str = Field(
        "folder",
        description='"folder": media/ in the instance, which machines may share as a mount; or s3://BUCKET/PREFIX, of which '
        "media/ holds what this machine has needed.",
    )
    endpoint: BaseUrl | None = Field(None, description="The server of the bucket where that is not Amazon's.")
    region: str | None = Field(None, description="The region of the bucket.")
    access_key_id: str | None = Field(
        None,
        description="The key of the bucket; default: what the AWS tools would find (AWS_ACCESS_KEY_ID, the machine's role).",
    )
    secret_access_key: SecretStr | None = Field(None, description="The secret that belongs to it.")
    public_url: BaseUrl | None = Field(
        None,
        description='With public = "serve" the address at which your proxy passes /media/ on to `socialbot serve`; with "site" '
        "that of public_folder.",
    )
    public_folder: Path = Field(
        Path("social"), description='With public = "site" the folder for them, in site.root unless it begins with a slash.'
    )
    public_hours: float = Field(
        24, ge=1, le=72, description="Hours for which such an address is good at least; it ends before twice as many."
    )
    public: Literal["serve", "site", "s3"] | None = Field(
        None,
        description='How networks that fetch pictures (Instagram, Threads, TikTok) get them: "serve" by our own web process, '
        '"site" in a folder of the site, "s3" by signed addresses of the bucket. See docs/public-pictures.md.',
    )

    @field_validator("store")
    @classmethod
    def _store(cls, store: str) -> str:
        if store != "folder" and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s\x00]*)?", store):
            raise ValueError('"folder" or s3://BUCKET/PREFIX')
        return store

    @field_validator("public")
    @classmethod
    def _has_its_place(cls, public: str | None, info: ValidationInfo) -> str | None:
        if public in ("serve", "site") and not info.data.get("public_url"):
            raise ValueError(f'with "{public}" media.public_url must be set')
        if public == "s3" and info.data.get("store") == "folder":
            raise ValueError('with "s3" media.store must be s3://BUCKET/PREFIX')
        return public


class WebSettings(_Strict):
    """`socialbot serve`."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8008, ge=0, le=65535, description="Port to listen on.")
    secret: SecretStr | None = Field(None, description="Shared secret of the deploy hook, at least 16 characters.")
    metrics_token: SecretStr | None = Field(
        None,
        description="`/metrics` asks for it (`Authorization: Bearer …`), at least 16 characters. Default: anybody may read.",
    )
    late_s: float = Field(300, gt=0, description="`/readyz` fails when the oldest due delivery is later than this, in seconds.")

    @field_validator("secret", "metrics_token")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and 0 < len(secret.get_secret_value()) < 16:
            raise ValueError("at least 16 characters")
        return secret


class LogSettings(_Strict):
    """What the worker and the web process write to standard error."""

    format: Literal["text", "json"] = Field("text", description='A line for each event: for people ("text"), or "json".')


class NoticeSettings(_Strict):
    """Who is told when a person is needed. See docs/operations.md; needs the extra `notices`."""

    urls: Annotated[list[SecretStr], NoDecode] = Field(
        [], description="Apprise URLs of those to tell. They hold passwords: set them in the environment, divided by spaces."
    )
    digest: time | None = Field(
        time(8), description="When the day's summary goes out, in the site's time zone; \"\" sends none."
    )

    @field_validator("urls", mode="before")
    @classmethod
    def _divided(cls, value: object) -> object:
        return value.split() if isinstance(value, str) else value

    @field_validator("digest", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return None if value == "" else value


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

    at_once: int = Field(8, ge=1, description="At most this many deliveries in flight on each host, one for each account.")
    lease_s: float = Field(180, gt=0, description="Seconds a claimed delivery belongs to its worker.")
    backoff_s: float = Field(30, gt=0, description="First wait after a passing error, in seconds; it doubles up to one hour.")
    max_tries: int = Field(12, ge=1, description="After so many passing errors in a row a person is asked.")
    rest_after: int = Field(
        5, ge=1, description="After so many failures in a row an account is left alone for a while, then tried with one post."
    )
    folder_every_s: float = Field(2, gt=0, description="Seconds between two looks into the queue folder.")


class AccountSettings(_Strict):
    """What every account has; each network adds its own (see its file in `networks/`)."""

    network: str = Field(description="The network's name, as `socialbot check` lists it.")
    slots: Slots = Field([], description="Times at which it may post; without any, a post is due at once.")
    timezone: Zone | None = Field(None, description="IANA time zone of its slots; default: the site's.")
    spacing: float = Field(0, ge=0, le=10_080, description="Minutes that must lie between two of its posts.")
    max_per_day: int | None = Field(None, ge=1, description="At most so many posts on one day of its wall clock.")
    quiet_hours: Quiet = Field(None, description='Hours in which it posts nothing, by its wall clock: "22:00-07:00".')
    jitter: float = Field(
        0, ge=0, le=1_440, description="Each post goes up to so many minutes after its slot, chosen when it is enqueued."
    )
    urgent_in_quiet_hours: bool = Field(
        False, description="An urgent post goes out in quiet hours, too; else it goes when they end."
    )
    approval: bool = Field(False, description="Hold every post until `socialbot approve`.")
    alt: Literal["require", "warn", "off"] = Field(
        "warn",
        description='Pictures without a description: "require" holds the post, "warn" sends the title instead, "off" none.',
    )
    alt_from: str | None = Field(
        None,
        description="The installed describer (see docs/pictures.md) that proposes descriptions where there are none. It is "
        "shown the picture, and may send it elsewhere. Default: nobody is asked.",
    )
    pictures: int | None = Field(
        None,
        ge=0,
        description="At most this many pictures; 0 sends a link card instead. Default: all the network takes.",
    )
    shape: Shape | None = Field(
        None,
        description="Pictures go out square, portrait, vertical, pin, landscape or original. Default: what suits the network.",
    )
    crop: Crop = Field(
        "auto",
        description='How they get it: "auto" crops around the subject, and fits the picture over a backdrop where that would '
        'cut it; "fill" always crops; "fit" always shows the whole.',
    )
    backdrop: Backdrop = Field(
        "blur",
        description='What lies around a picture that is shown whole: its own "blur", or a colour ("#1a2b3c"), which then lies '
        "behind transparent places too; otherwise those are white.",
    )
    animated: Literal["first_frame", "whole"] = Field(
        "first_frame",
        description='A moving GIF, WebP or PNG: its "first_frame" as a picture like any other; or "whole", as it is but '
        "without its metadata, where the network shows such files moving.",
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
    on_change: Literal["edit", "reply", "nothing"] = Field(
        "edit",
        description="When the source of a published post changed, `socialbot sync` has it edited where the network can; "
        '"reply" answers it with what `social: {correction: …}` says; "nothing" leaves it.',
    )
    on_retract: Literal["ask", "delete", "keep"] = Field(
        "ask",
        description="When a published post is gone from the site, `socialbot sync` holds its removal until a person approves "
        '("ask"), has it removed at once ("delete"), or leaves it ("keep").',
    )
    settle_s: float | None = Field(None, ge=0, description="Seconds a sent request may still surface; default: the network's.")
    timeout_s: float = Field(30, gt=0, description="Seconds one call may take in all.")

    @field_validator("quiet_hours")
    @classmethod
    def _leaves_the_slots(cls, quiet: QuietHours | None, info: ValidationInfo) -> QuietHours | None:
        for slot in info.data.get("slots", []):
            if quiet and quiet.hold(slot.at):
                raise ValueError(f"the slot at {slot.at:%H:%M} lies in these hours and would never be used")
        return quiet

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
    media: MediaSettings = MediaSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    notices: NoticeSettings = NoticeSettings()
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
