"""X: posts with up to four described pictures, and threads. Every call is paid for, and no key guards against repetition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks.calling import Answer
from socialbot.networks.login import OAuth2
from socialbot.networks.protocol import (
    CannotTell,
    Doubt,
    Identity,
    Network,
    NetworkError,
    No,
    Prepared,
    Published,
    Refused,
    Remember,
    Unknown,
    Vault,
    utc_now,
)
from socialbot.networks.x_calls import SCOPES, Calls, XAccount, is_duplicate, is_gone, is_lost_upload, login_of
from socialbot.networks.x_media import attached, forgotten
from socialbot.networks.x_posts import COUNT, LOOK, MEASURES, figures, ours
from socialbot.nouns import Draft, Limits, Prices
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="x",
    max_text=280,  # of an account without Premium
    url_length=23,
    max_pictures=4,
    max_picture_bytes=5_000_000,
    max_alt=1000,
    mime_types=("image/jpeg", "image/png", "image/webp"),
    # animated: one GIF instead of all pictures, uploaded by another call
    shape="landscape",
    max_hashtags=2,
    threads=True,
    ai_flag="made_with_ai",
    prices=Prices(post_usd=Decimal("0.015"), post_with_url_usd=Decimal("0.20"), alt_text_usd=Decimal("0.005")),
    source="docs.x.com: Counting characters; Create post; Media upload; Pricing",
    checked=date(2026, 11, 20),
)
MAX_TEXT_PREMIUM = 25_000
"""Unconfirmed."""

SETTLE_S = 30
DUPLICATES_WITHIN = timedelta(days=1)
"""So far back is the post looked for that X calls the same; how far it looks itself is not said."""
MAX_PAGES = 3
"""Of 100 posts, each of which costs $0.001 to read."""
_EARLIER = timedelta(minutes=10)
_UNLIKE_OURS = timedelta(minutes=1)
"""A clock that is ahead of X's by more has to be allowed for: the list is asked for by time."""
_DOCS = "docs.x.com"
_PROFILE = {"user.fields": "protected,subscription_type"}


class X(Network):
    """One account. A post in doubt is looked for in its timeline, by the keys of its pictures and by its words."""

    name = "x"
    options = XAccount
    limits = LIMITS
    doubt = Doubt("LIST", settle_s=SETTLE_S)
    deletes = True
    measures = MEASURES
    guide = (
        "At console.x.com make an app in a project and buy credits: every post is paid for. Set a spending limit there.",
        "For an account of your own: set the app to Read and write, then copy the API key, the access token, and the secret "
        "of each. They do not expire. Leave the client id empty.",
        "Or, for a login through the browser: in the app's user authentication settings add the redirect address "
        "http://127.0.0.1:8009/callback/, letter by letter, and copy the client id and secret. Leave the four keys empty.",
        "In the account's settings on X, under Automation, switch on the label and name the account of the person behind it.",
    )
    asks = ("consumer_key", "consumer_secret", "access_token", "access_token_secret", "client_id", "client_secret")
    cannot = MappingProxyType(
        {
            "story": No("It has no stories.", f"{_DOCS}: Create post, 2026-08"),
            "edit": No(
                "Only accounts with Premium may, within an hour at most, and each time a new post takes the place of the old.",
                f"{_DOCS}: Edit posts, 2026-08",
            ),
        }
    )
    account: XAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        if self.account.premium:
            self.limits = replace(LIMITS, max_text=MAX_TEXT_PREMIUM)
        self._calls = Calls(client, self.account, vault, clock, self.spent)

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """Through the browser, where the app's client id is set and the four keys are not."""
        assert isinstance(account, XAccount)
        return login_of(account) if account.client_id and not account.consumer_key.get_secret_value() else None

    async def keep_login(self) -> None:
        """Renew the token where the login would end. Raises NetworkError."""
        if self._calls.tokens:
            await self._calls.tokens.keep()

    async def check(self) -> Identity:
        """Ask who we are, and whether X and the account's options say the same of it. Raises NetworkError."""
        answer = await self._calls.ask("GET", "/2/users/me", _PROFILE)
        if answer.status == 400:  # a field that it has no longer, or not yet, must not stand in the way
            answer = await self._calls.ask("GET", "/2/users/me")
        _, username = await self._calls.keep_me(answer)
        return Identity(f"@{username}", f"{self.account.web}/{username}", (*self._notes(answer), *self._scopes()))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Upload and describe the pictures. Raises NetworkError, never Unknown."""
        await self._calls.me()  # known before the post, whose address bears the name
        post: dict[str, Any] = {"text": draft.parts[part].caption.text}
        media = [
            await attached(self._calls, picture, self.content(picture), remember) for picture in draft.parts[part].pictures
        ]
        if media:
            post["media"] = {"media_ids": [media_id for media_id, _ in media]}
        if before:
            post["reply"] = {"in_reply_to_tweet_id": await self._calls.own_post(before[-1].remote_id, LOOK)}
        if not part and draft.flags.get("made_with_ai"):  # of media, and a thread's pictures stand in its first post
            post["made_with_ai"] = True
        if self.account.replies != "everyone":
            post["reply_settings"] = self.account.replies
        return Prepared(draft, part, {"post": post, "media_keys": [media_key for _, media_key in media]}, remember)

    async def publish(self, prepared: Prepared) -> Published:
        """Create the post. Raises NetworkError; Unknown when it may be out."""
        _, username = await self._calls.me()
        answer = await self._calls.send("/2/tweets", prepared.request["post"])
        if answer.status in (200, 201) and (post_id := answer.text("data", "id")):
            return Published(post_id, self._calls.address(username, post_id))
        if is_duplicate(answer):
            return await self._the_same(prepared)
        pictures = prepared.draft.parts[prepared.part].pictures
        if pictures and prepared.remember and is_lost_upload(answer):
            raise forgotten(pictures, prepared.remember)
        raise self._calls.trouble(answer)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look through the account's own posts of that time. Raises NetworkError."""
        return await self._find(prepared, since - _EARLIER, linked=since - _UNLIKE_OURS)

    async def delete(self, published: Published) -> None:
        """Delete it (Delete post, 2026-08). Raises NetworkError."""
        answer = await self._calls.ask("DELETE", f"/2/tweets/{await self._calls.own_post(published.remote_id, LOOK)}")
        if not (answer.status == 200 and answer.get("data", "deleted") is True) and not is_gone(answer):
            raise self._calls.trouble(answer)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """The post's public metrics (Post lookup, 2026-08). Raises NetworkError."""
        answer = await self._calls.read(f"/2/tweets/{await self._calls.own_post(published.remote_id, LOOK)}", COUNT)
        if is_gone(answer):
            raise Refused("X: the post is not there any more.", "Nothing is left to count.")
        if answer.status != 200 or not isinstance(answer.get("data"), dict):
            raise self._calls.trouble(answer)
        return figures(answer.get("data"))

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for it. Raises NetworkError."""
        answer = await self._calls.ask("GET", f"/2/tweets/{await self._calls.own_post(published.remote_id, LOOK)}")
        if is_gone(answer):
            return False
        if answer.status != 200 or not answer.text("data", "id"):
            raise self._calls.trouble(answer)
        return True

    # Calls

    async def _the_same(self, prepared: Prepared) -> Published:
        """X says that the same words are out, and not where: they are looked for. Raises Unknown where they are not found."""
        try:
            found = await self._find(prepared, self.clock() - DUPLICATES_WITHIN)
        except NetworkError as error:
            raise Unknown(f"X says that the same words are out already; they could not be looked for: {error}") from None
        if isinstance(found, Published):
            return replace(found, warnings=("X says that the same words are out already: this is that post.",))
        raise Unknown("X says that the same words are out already, and does not list them yet; the post may be out.")

    async def _find(self, prepared: Prepared, since: datetime, linked: datetime | None = None) -> Published | CannotTell | None:
        user_id, username = await self._calls.me()
        posts, ahead = await self._own_posts(user_id, since)
        if posts is None:
            return CannotTell("X: the account has posted too much since to look through.")
        found = ours(prepared, posts, linked and linked - ahead)
        return Published(str(found["id"]), self._calls.address(username, str(found["id"]))) if found else None

    async def _own_posts(self, user_id: str, since: datetime) -> tuple[list[Mapping[str, Any]] | None, timedelta]:
        """The account's posts from `since` on, newest first; None when there are too many; and by how much our clock is
        ahead of X's. Raises NetworkError.

        `since` is by our clock, and the list by X's: where ours is ahead, it is asked for once more.
        """
        answer = await self._page(user_id, since)
        if (ahead := self._calls.line.ahead(answer)) > _UNLIKE_OURS:
            since -= ahead
            answer = await self._page(user_id, since)
        posts: list[Mapping[str, Any]] = []
        for number in range(1, MAX_PAGES + 1):
            if answer.status != 200 or not (isinstance(answer.get("data"), list) or answer.get("meta", "result_count") == 0):
                raise self._calls.trouble(answer)
            posts += [one for one in answer.get("data") or () if isinstance(one, dict) and one.get("id")]
            token = answer.text("meta", "next_token")
            if not token:
                return posts, ahead
            if number < MAX_PAGES:
                answer = await self._page(user_id, since, pagination_token=token)
        return None, ahead

    async def _page(self, user_id: str, since: datetime, **more: str) -> Answer:
        start = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"max_results": "100", "start_time": start, "exclude": "retweets", **more}
        return await self._calls.read(f"/2/users/{user_id}/tweets", LOOK, **query)

    def _notes(self, answer: Answer) -> list[str]:
        notes = []
        if answer.get("data", "protected") is True:
            notes.append("Its posts are protected: only its followers see them.")
        subscription = answer.text("data", "subscription_type").lower()
        if self.account.premium and subscription == "none":
            notes.append("premium is set, and X says that the account has no Premium: longer posts will be refused.")
        if not self.account.premium and subscription.startswith("premium"):
            notes.append("The account has Premium: with premium = true its posts may be longer.")
        return notes

    def _scopes(self) -> list[str]:
        granted = self._calls.tokens.session().get("scope", "").split() if self._calls.tokens else []
        missing = [scope for scope in SCOPES if granted and scope not in granted]
        return [f"The login lacks the rights {', '.join(missing)}: log in again."] if missing else []
