"""A TikTok account's settings and login, its interface's calls, and what their errors mean."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr, field_validator, model_validator

from socialbot.networks.calling import Answer, Line, Token, bearer, resets
from socialbot.networks.login import OAuth2, Tokens
from socialbot.networks.protocol import (
    Blocked,
    NeedsLogin,
    NetworkError,
    Passing,
    RateLimited,
    Refused,
    Unknown,
    Vault,
)
from socialbot.settings import AccountSettings, BaseUrl

BASIC, INBOX, DIRECT, LIST = "user.info.basic", "video.upload", "video.publish", "video.list"
CAP_RESTS = timedelta(hours=24)
"""How long an account rests when a cap is reached: caps are counted over 24 hours, and no answer names a moment."""

Privacy = Literal["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]

_log = logging.getLogger(__name__)
_JSON = "application/json; charset=UTF-8"
_LOG_IN = "Log in again: socialbot connect tiktok."
_CHANGE = "Change the post and enqueue it again."
_OTHER_PICTURES = "Use other pictures and enqueue the post again."
_IN_APP = "Open TikTok as this account, see what it says there, and resume the account here when that is settled."


class TikTokAccount(AccountSettings):
    """An account with `network = "tiktok"`."""

    approval: bool = Field(
        True,
        description="Hold every post until `socialbot approve`. It is on here: TikTok's guidelines want a person's consent to "
        "each post.",
    )
    mode: Literal["inbox", "direct"] = Field(
        "inbox",
        description='Where posts go: to the app\'s "inbox", where a person finishes them; or "direct" onto the profile, for '
        "which TikTok has to audit the app, else they are private.",
    )
    privacy: Privacy | Literal[""] = Field(
        "",
        description='Who sees direct posts: "PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR" or '
        '"SELF_ONLY". TikTok wants it chosen, so that there is no default.',
    )
    audited: bool = Field(False, description="TikTok has audited the app: without it direct posts can only be private.")
    comments: bool = Field(False, description="Direct posts can be commented on, where the account lets them be.")
    music: bool = Field(False, description="TikTok adds music to direct posts.")
    own_brand: bool = Field(False, description='Direct posts are marked "Promotional content": they promote your own business.')
    paid_partnership: bool = Field(False, description='Direct posts are marked "Paid partnership": somebody pays for them.')
    verified: list[str] = Field(
        [],
        description="What is verified in the app's URL properties: domains, or beginnings of addresses. Pictures at other "
        "addresses are then not sent. Default: TikTok says it.",
    )
    figures: bool = Field(
        False, description="A login asks for the permission video.list, too, without which no figures are told."
    )
    client_id: str = Field("", description="The app's client key, at developers.tiktok.com.")
    client_secret: Token = Field(SecretStr(""), description="The app's client secret.")
    token: Token = Field(SecretStr(""), description="An access token made by hand; it lasts two hours.")
    api: BaseUrl = Field("https://open.tiktokapis.com", description="TikTok's interface; change it for trying out.")
    site: BaseUrl = Field("https://www.tiktok.com", description="TikTok's site, at which a person logs in.")

    @field_validator("verified")
    @classmethod
    def _verified_shape(cls, verified: list[str]) -> list[str]:
        for one in verified:
            if not one or ("://" not in one and "/" in one):
                raise ValueError('a domain, "example.org", or the beginning of addresses, "https://example.org/social/"')
        return verified

    @model_validator(mode="after")
    def _goes_together(self) -> TikTokAccount:
        if self.mode == "direct" and not self.privacy:
            raise ValueError('mode = "direct" needs privacy: who sees the posts')
        if self.paid_partnership and self.privacy == "SELF_ONLY":
            raise ValueError('a paid partnership cannot be private (privacy = "SELF_ONLY")')
        if self.mode == "direct" and not self.audited and self.privacy != "SELF_ONLY":
            raise ValueError('an app that TikTok has not audited posts privately: privacy = "SELF_ONLY", else audited = true')
        return self

    @property
    def asked_scopes(self) -> tuple[str, ...]:
        """The permissions that a login asks for."""
        return (BASIC, DIRECT if self.mode == "direct" else INBOX, *((LIST,) if self.figures else ()))


def login_of(account: TikTokAccount) -> OAuth2:
    """developers.tiktok.com: Login Kit for Desktop; User access token management, 2026-11-05.

    A token lasts two hours; each renewal brings a new refresh token, and the old one is good no more.
    """
    return OAuth2(
        authorize_url=f"{account.site}/v2/auth/authorize/",
        token_url=f"{account.api}/v2/oauth/token/",
        client_id=account.client_id,
        client_secret=account.client_secret,
        scopes=account.asked_scopes,
        separator=",",
        client_name="client_key",
        challenge="hex",
        keep=("open_id",),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """What an error code means, and what to do."""

    kind: type[NetworkError]
    meaning: str
    fix: str = ""


_RECONSENT = Row(NeedsLogin, "the login lacks a permission", _LOG_IN)
_UNUSABLE = Row(Refused, "it cannot use a picture", _OTHER_PICTURES)
_WRONG = Row(Refused, "it does not take a value", _CHANGE)
_FETCHED = Row(Passing, "it could not fetch a picture from its address")
_TOO_MANY = Row(RateLimited, "the account has posted as much as TikTok takes of all apps in 24 hours")
_BANNED = Row(Blocked, "it takes the account's posts for spam", _IN_APP)

ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "rate_limit_exceeded": Row(RateLimited, "it takes no calls for the moment"),
        "internal_error": Row(Passing, "it failed"),
        "internal": Row(Passing, "it failed"),
        "photo_pull_failed": _FETCHED,
        "video_pull_failed": _FETCHED,
        "access_token_invalid": Row(NeedsLogin, "the token is not taken", _LOG_IN),
        "scope_not_authorized": _RECONSENT,
        "scope_permission_missed": _RECONSENT,
        "invalid_param": _WRONG,
        "invalid_params": _WRONG,
        "privacy_level_option_mismatch": Row(
            Blocked, "the account cannot post with this privacy", "Set the account's privacy to one that TikTok offers."
        ),
        "url_ownership_unverified": Row(
            Blocked,
            "the pictures' address is not verified in the app",
            "Verify its domain at developers.tiktok.com, URL properties: docs/networks/tiktok.md.",
        ),
        "unaudited_client_can_only_post_to_private_accounts": Row(
            Blocked,
            "an app that is not audited posts to private accounts only",
            'Make the account private, or set mode = "inbox".',
        ),
        "app_version_check_failed": Row(
            Blocked, "the TikTok app is older than 31.8", "Update the app on the telephone that uses this account."
        ),
        "spam_risk_too_many_posts": _TOO_MANY,
        "spam_risk_too_many_pending_share": Row(RateLimited, "five posts wait in the inbox already: finish some in the app"),
        "reached_active_user_cap": Row(RateLimited, "the app has as many users today as TikTok lets it have"),
        "spam_risk_user_banned_from_posting": Row(Blocked, "the account may not post", _IN_APP),
        "spam_risk_text": Row(Refused, "it takes the words for spam", _CHANGE),
        "spam_risk": _BANNED,
        "auth_removed": Row(NeedsLogin, "the person has taken back the app's access", _LOG_IN),
        "file_format_check_failed": Row(Refused, "a picture is neither JPEG nor WebP", _OTHER_PICTURES),
        "picture_size_check_failed": Row(Refused, "a picture is too large", _OTHER_PICTURES),
        "duration_check_failed": Row(Refused, "it takes no video of this length", _OTHER_PICTURES),
        "frame_rate_check_failed": Row(Refused, "it takes no video of this frame rate", _OTHER_PICTURES),
        "invalid_publish_id": Row(Refused, "it does not know what was sent", "Look in the app."),
        "token_not_authorized_for_specified_publish_id": Row(Refused, "another login sent it", "Look in the app."),
    }
)
"""developers.tiktok.com: Content Posting API, Photo Post, Creator Info, Get Post Status, 2026-09; Rate limits, 2026-08."""
CAPS = frozenset({"spam_risk_too_many_posts", "spam_risk_too_many_pending_share", "reached_active_user_cap"})
NOT_KNOWN = frozenset({"invalid_publish_id", "token_not_authorized_for_specified_publish_id"})


class Rest:
    """The calls of one account."""

    def __init__(
        self,
        account: TikTokAccount,
        client: httpx.AsyncClient,
        vault: Vault,
        clock: Callable[[], datetime],
        spent: Callable[[datetime], None],
    ) -> None:
        self._account, self._clock = account, clock
        self.line = Line("TikTok", client, account.timeout_s, clock, lambda: self.tokens.secrets(), spent)
        self.tokens = Tokens(login_of(account), self.line, vault, clock, account.token)

    async def answer(self, method: str, path: str, json: Any = None, **query: str) -> Answer:
        """A call that may be repeated; errors are left in its answer. Raises NetworkError."""
        return await self._call(self.line.ask, method, path, json, query)

    async def ask(self, method: str, path: str, json: Any = None, **query: str) -> Answer:
        """The same, and its errors are raised. Raises NetworkError."""
        return self.taken(await self.answer(method, path, json, **query))

    async def send(self, path: str, json: Any) -> Answer:
        """The irreversible call. Raises NetworkError: Unknown when it may be out."""
        return self.taken(await self._call(self.line.send, "POST", path, json, {}))

    def taken(self, answer: Answer) -> Answer:
        """The answer, where it is one of success: some errors come with the status 200. Raises NetworkError."""
        if answer.status != 200 or answer.get("error", "code") != "ok" or not isinstance(answer.get("data"), dict):
            raise self.trouble(answer)
        return answer

    def trouble(self, answer: Answer) -> NetworkError:
        """The error table: `ROWS` by the code."""
        code, said = self.line.quote(answer.text("error", "code")), self.line.quote(answer.text("error", "message"))
        if traced := self.line.quote(answer.text("error", "log_id")):
            _log.info("TikTok answered %s (%s), log_id %s", answer.status, code, traced)
        if answer.status >= 500 or (answer.status in (408, 429) and code not in ROWS):
            return self.line.trouble(answer, said)
        if code in ROWS or code.endswith("_check_failed"):
            return self.failed(code, said, answer)
        if answer.status == 401:
            return self.failed("access_token_invalid", said, answer)
        if code and code != "ok":
            return Refused(f"TikTok refused it: {code}: {said or answer.status}.", _CHANGE)
        return self.line.trouble(answer, said)

    def failed(self, code: str, said: str, answer: Answer | None = None) -> NetworkError:
        """What a code means, in an answer or as the reason of a post that failed."""
        other = _UNUSABLE if code.endswith("_check_failed") else Row(Refused, "it refused the post", _CHANGE)
        row = ROWS.get(code, other)
        told = f"TikTok: {row.meaning}: {said or code}."
        if row.kind is RateLimited:
            return self._limited(code, row.meaning, answer)
        if row.kind is Passing and answer and answer.final and code == "internal_error":
            return Unknown(f"TikTok: {row.meaning}: {said or code}; the post may be out.")
        return row.kind(told, row.fix) if issubclass(row.kind, Refused) else row.kind(told)

    def _limited(self, code: str, meaning: str, answer: Answer | None) -> RateLimited:
        now = self._clock()
        if code in CAPS:
            until = now + CAP_RESTS
        else:  # calls are counted over a minute
            until = self.line.until(*(resets(answer.headers) if answer else ())) or now + timedelta(minutes=1)
        return RateLimited(f"TikTok: {meaning}. The next goes out after {until:%Y-%m-%d %H:%M:%S} UTC.", until)

    async def _call(
        self, call: Callable[..., Awaitable[Answer]], method: str, path: str, json: Any, query: Mapping[str, str]
    ) -> Answer:
        headers, more = {"Content-Type": _JSON} if method == "POST" else {}, dict[str, Any]()
        if query:
            more["params"] = dict(query)
        if json is not None:
            more["json"] = json
        url = f"{self._account.api}{path}"

        def is_refused(answer: Answer) -> bool:
            return answer.status == 401 and answer.text("error", "code") in ("access_token_invalid", "")

        def once(token: str) -> Awaitable[Answer]:
            return call(method, url, headers=bearer(token) | headers, **more)

        return await self.tokens.call(once, self.trouble, is_refused)
