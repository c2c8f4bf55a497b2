"""LinkedIn: texts, articles, a picture or several, of a member or of a page, approved by a person."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks import linkedin_posts
from socialbot.networks.calling import Answer
from socialbot.networks.linkedin_account import LinkedInAccount, login_of
from socialbot.networks.linkedin_calls import Rest, encoded
from socialbot.networks.linkedin_places import CHOOSE, only, places_of
from socialbot.networks.login import OAuth2
from socialbot.networks.protocol import (
    ENDS_AT,
    Blocked,
    CannotTell,
    Choice,
    Doubt,
    Identity,
    Network,
    NetworkError,
    No,
    Passing,
    Prepared,
    Published,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits, Variant
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="little",
    max_text=3000,  # unconfirmed: universal practice; whether backslashes count is not said, so they do here
    max_pictures=20,
    max_picture_bytes=5_000_000,  # unconfirmed: no number is given
    max_picture_pixels=36_152_319,
    max_alt=4086,
    # animated: GIF is taken; that it moves is unconfirmed
    shape="square",  # the page names no aspects
    max_hashtags=5,
    mentions=False,  # an escaped "@" is a letter like any other
    builds_card=True,  # LinkedIn reads no page for an article
    fold=140,  # others report: on telephones, 210 elsewhere, 2026-11; on no page of the network
    source="learn.microsoft.com, LinkedIn Marketing: Posts API; MultiImage API; Images API; Little text format",
    checked=date(2026, 11, 20),
)

_API = "learn.microsoft.com/linkedin/marketing"
_POSTS = f"{_API}/community-management/shares/posts-api"
_UPLOAD_LASTS_S = 24 * 3600  # how long a picture without a post is kept is not said
_TOKEN_LASTS = timedelta(days=60)
_SETTLE_S = 60
_SKEW = timedelta(minutes=10)
_LISTED, _MOST_LISTED = 100, 1000
_ADDRESS = re.compile(r"https?://(?:www\.)?linkedin\.com/feed/update/(urn(?::|%3A)[^/?#]+)/?(?:[?#].*)?", re.IGNORECASE)
_OF_PAGE = ("impressionCount", "clickCount", "likeCount", "commentCount", "shareCount")
_OF_MEMBER = ("IMPRESSION", "MEMBERS_REACHED", "REACTION", "COMMENT", "RESHARE")
_TERMS = "LinkedIn's API terms (3.1, of 2022-12-13) forbid using it to automate posting"


class LinkedIn(Network):
    """One member, or one page. What a page has posted can be read; what a member has, only LinkedIn's memory for repetitions
    knows of: it answers the same post again with the URN of the first."""

    name = "linkedin"
    called = "LinkedIn"
    options = LinkedInAccount
    limits = LIMITS
    edits = deletes = True
    edits_alt = False
    measures = (*_OF_PAGE, *_OF_MEMBER)
    guide = (
        "At linkedin.com/developers make an app; it must belong to a page, whose super admin verifies it.",
        "To post as a member: under Products add Share on LinkedIn and Sign In with LinkedIn using OpenID Connect.",
        "To post as a page: ask for the Community Management API with an app that has no other product. LinkedIn gives it to "
        "registered organisations, after a review.",
        "Under Auth add the redirect address http://127.0.0.1:8009/callback/ and copy the client id and the primary secret.",
        f'{_TERMS}: a person approves each post here ("socialbot approve") as long as approval = true.',
    )
    asks = ("post_as", "client_id", "client_secret", "token")
    cannot = MappingProxyType(
        {
            "story": No("it has no stories", _POSTS),
            "thread": No("a post cannot answer another; only comments do", _POSTS),
            "ai_flag": No("no field of a post says so; it shows that a picture has Content Credentials", _POSTS),
        }
    )
    conditions = MappingProxyType(
        {
            "edit": "the text, not the descriptions of its pictures",
            "find": "of a page; what a member has posted no app may read",
            "read_back": "of a page; what a member has posted no app may read",
            "metrics": "of a page; of a member's posts with the permission r_member_postAnalytics",
        }
    )
    account: LinkedInAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        # Of a member LinkedIn tells only by refusing the same post again, which the account has to allow.
        looks = self.account.reads or self.account.on_doubt == "send_again"
        self.doubt = Doubt("LIST", settle_s=_SETTLE_S) if looks else Doubt("NONE", settle_s=0)
        self._rest = Rest(self.account, client, vault, clock, self.spent)
        self._as: str = self.account.author

    @classmethod
    def fix(cls, now: datetime, chance: random.Random) -> dict[str, str]:
        """From when on a post with these words may be this one, in milliseconds since 1970 as LinkedIn tells it."""
        return {"due": str(round(now.timestamp() * 1000))}

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """Through the browser, where the app's id and secret are set; else with a token made by hand."""
        assert isinstance(account, LinkedInAccount)
        return login_of(account) if account.client_id and account.client_secret.get_secret_value() else None

    async def keep_login(self) -> None:
        """Renew a login that has a refresh token. Raises NetworkError."""
        await self._rest.tokens.keep()

    async def choices(self) -> Sequence[Choice]:
        """The pages that the login may post for, or the member. Raises NetworkError."""
        return [Choice(one.name, {"author": one.urn}) for one in await places_of(self._rest, self.account.post_as)]

    async def check(self) -> Identity:
        """Ask who we are, and whether we may post as the author. Raises NetworkError."""
        await self._tell_end()
        places = await places_of(self._rest, self.account.post_as)
        place = next((one for one in places if one.urn == self.account.author), None)
        if place is None and self.account.author:
            names = ", ".join(one.name for one in places) or "no page"
            whose = "the page must be one" if self.account.post_as == "page" else "the author must be the member"
            raise Blocked(f"LinkedIn: {whose} that the login may post as ({names}), and it is {self.account.author}.", CHOOSE)
        place = place or only(places)
        return Identity(place.name, place.url, tuple(self._notes()))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Upload the pictures, and wait until they can be used. Raises NetworkError, never Unknown."""
        author, one = await self._author(), draft.parts[part]
        thumb = one.card.thumb if one.card and not one.pictures else None
        pictures = one.pictures or ((thumb,) if thumb else ())
        urns = await self._uploaded(pictures, author, remember)
        content: dict[str, Any] = {}
        if one.pictures:
            content = linkedin_posts.pictured(pictures, urns)
        elif one.card:
            content = linkedin_posts.article(one.card, urns[0] if urns else None)
        text = linkedin_posts.commentary(one.caption, self.account)
        return Prepared(
            draft,
            part,
            {"post": linkedin_posts.body(author, text, content, self.account), "due": draft.fixed.get("due")},
        )

    async def publish(self, prepared: Prepared) -> Published:
        """Make the post; its URN is told in a header. Raises NetworkError; Unknown when it may be out."""
        answer = await self._rest.send("/rest/posts", prepared.request["post"])
        urn = answer.headers.get("x-restli-id", "")
        if answer.status == 201 and linkedin_posts.URN.fullmatch(urn):
            cut = await self._cut(urn, prepared.request["post"]["commentary"])
            return Published(urn, linkedin_posts.address(urn), (*cut, *self._rest.warnings))
        if original := _original(answer):
            return await self._repeated(original, prepared.request)
        raise self._rest.trouble(answer)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look for it among what the author has posted. Raises NetworkError.

        Of a member nothing can be read. An account that sends again learns by that: `publish` is then answered with the URN.
        """
        if not self.account.reads:
            can_only_send = self.account.on_doubt == "send_again"
            return None if can_only_send else CannotTell("LinkedIn lets no app read what a member has posted.")
        wanted = prepared.request["post"]
        query = f"q=author&author={encoded(wanted['author'])}&count={_LISTED}&sortBy=CREATED"
        for start in range(0, _MOST_LISTED, _LISTED):
            listed, answer = await self._rest.listed(f"/rest/posts?{query}&start={start}", does="FINDER")
            begun = since - self._rest.line.ahead(answer)
            for one in listed:
                urn = str(one.get("id"))
                if linkedin_posts.URN.fullmatch(urn) and linkedin_posts.is_same(one, wanted, begun):
                    return Published(urn, linkedin_posts.address(urn), self._rest.warnings)
            oldest = linkedin_posts.created(listed[-1]) if listed else None
            if len(listed) < _LISTED or (oldest and oldest < begun):
                return None
        return CannotTell(f"LinkedIn lists more than {_MOST_LISTED} posts since then.")

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Change the text (Posts API: partial update). Raises NetworkError."""
        patch = {"patch": {"$set": {"commentary": linkedin_posts.commentary(draft.parts[part].caption, self.account)}}}
        answer = await self._rest.ask("POST", _path(published), json=patch, does="PARTIAL_UPDATE")
        if answer.status == 404:
            raise Refused("LinkedIn: the post is not there any more.", "Nothing is left to change.")
        if answer.status not in (200, 204):
            raise self._rest.trouble(answer)
        return published

    async def delete(self, published: Published) -> None:
        """Remove it. Raises NetworkError."""
        answer = await self._rest.ask("DELETE", _path(published))
        if answer.status not in (200, 204, 404):
            raise self._rest.trouble(answer)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """Of a page's post, and of a member's where the app may (Share statistics; Member post analytics, 2026-11).

        Raises NetworkError.
        """
        urn = _urn(published)
        if self.account.post_as == "member":
            return {name: count for name in _OF_MEMBER if (count := await self._analysed(urn, name)) is not None}
        owner, name = encoded(await self._author()), "ugcPosts" if ":ugcPost:" in urn else "shares"
        query = f"q=organizationalEntity&organizationalEntity={owner}&{name}=List({encoded(urn)})"
        listed, _ = await self._rest.listed(f"/rest/organizationalEntityShareStatistics?{query}")
        told: dict[str, Any] = next(
            (one["totalShareStatistics"] for one in listed if isinstance(one.get("totalShareStatistics"), dict)), {}
        )
        return {name: told[name] for name in _OF_PAGE if type(told.get(name)) is int}

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for it, if it is a page's. Raises NetworkError."""
        if not self.account.reads:
            return None
        answer = await self._there(_urn(published))
        if answer.status == 404:
            return False
        if answer.status != 200 or not answer.text("author"):
            raise self._rest.trouble(answer)
        return answer.text("lifecycleState") in ("", "PUBLISHED")

    # Who posts

    async def _author(self) -> str:
        self._as = self._as or only(await places_of(self._rest, self.account.post_as)).urn
        return self._as

    async def _tell_end(self) -> None:
        """A token that was set by hand ends at some time: 60 days after it was set at the latest."""
        tokens = self._rest.tokens
        async with tokens.vault.alone():
            session = tokens.session()
            if "given" in session and ENDS_AT not in session:
                ends = datetime.fromisoformat(session["since"]) + _TOKEN_LASTS
                tokens.vault.write(session | {ENDS_AT: ends.isoformat()})

    def _notes(self) -> list[str]:
        kept = "a person approves each post" if self.account.approval else "approval is off: posts go out that nobody saw"
        notes = [f"{_TERMS}; {kept}."]
        granted = re.split(r"[\s,]+", self._rest.tokens.session().get("scope", ""))
        if missing := [one for one in self.account.asked_scopes if granted != [""] and one not in granted]:
            notes.append(f"The login lacks the permissions {', '.join(missing)}.")
        if not self.account.reads:
            known = "is sent again, and LinkedIn then names the first" if self.account.on_doubt == "send_again" else "is held"
            notes.append(f"What a member has posted cannot be read: a post in doubt {known}.")
        return [*notes, *self._rest.warnings]

    # What is posted

    async def _uploaded(self, pictures: Sequence[Variant], author: str, remember: Remember) -> list[str]:
        """The URNs of pictures that can be used, each uploaded once. Raises NetworkError."""
        kept = [(remember.recall(one.digest) or "").partition(" ") for one in pictures]
        known = [urn if owner in ("", author) else "" for urn, _, owner in kept]  # only the author's own can be posted
        urns = []
        for one, urn in zip(pictures, known, strict=True):
            if not urn:
                urn = await self._rest.upload(author, self.content(one), one.mime)
                remember.keep(one.digest, f"{urn} {author}", _UPLOAD_LASTS_S)
            urns.append(urn)
        if self.account.post_as == "member":  # who may not ask whether they are ready
            await asyncio.sleep(0 if all(known) else self.account.grace_s)
            return urns
        for one, urn, before in zip(pictures, urns, known, strict=True):
            if not await self._rest.await_image(urn, fresh=not before):
                remember.forget(one.digest)
                raise Passing("LinkedIn does not know a picture that was uploaded; it will be uploaded anew.")
        return urns

    async def _there(self, urn: str) -> Answer:
        return await self._rest.ask("GET", f"/rest/posts/{encoded(urn)}?viewContext=AUTHOR")

    async def _cut(self, urn: str, commentary: str) -> tuple[str, ...]:
        """LinkedIn cuts a text off where it cannot read it, and says nothing: a page's is looked at."""
        if not self.account.reads:
            return ()
        try:
            there = await self._there(urn)
        except NetworkError:  # it is out, whatever it says
            return ()
        shown = linkedin_posts.words(there.text("commentary"))
        if there.status != 200 or shown == linkedin_posts.words(commentary):
            return ()
        return (f"LinkedIn does not show the text as it was sent, only {len(shown)} characters: look at the post.",)

    async def _repeated(self, urn: str, request: Mapping[str, Any]) -> Published:
        """LinkedIn names the post that ours repeats: ours, of which no word came back, or another. Raises NetworkError."""
        url = linkedin_posts.address(urn)
        told = f"LinkedIn took it for a repetition of {url}, which stands for it: look whether it is there."
        if not self.account.reads:
            return Published(urn, url, (told, *self._rest.warnings))
        there = await self._there(urn)
        if there.status == 404:
            why = "LinkedIn: it takes the post for a repetition of one that was removed, as it does for two days."
            raise Refused(why, "Change the words, or enqueue the post again later.")
        if there.status != 200:
            raise self._rest.trouble(there)
        made, due = linkedin_posts.created(there.body), linkedin_posts.moment(request["due"])
        begun = due and due - self._rest.line.ahead(there) - _SKEW
        if there.text("author") != request["post"]["author"] or (begun and made and made < begun):
            raise Refused(f"LinkedIn: the same is out since before: {url}.", "Change the words and enqueue the post again.")
        return Published(urn, url, self._rest.warnings)

    async def _analysed(self, urn: str, figure: str) -> int | None:
        kind = "ugc" if ":ugcPost:" in urn else "share"
        query = f"q=entity&entity=({kind}:{encoded(urn)})&queryType={figure}&aggregation=TOTAL"
        listed, _ = await self._rest.listed(f"/rest/memberCreatorPostAnalytics?{query}")
        count = listed[0].get("count") if listed else None
        return count if type(count) is int else None


def _original(answer: Answer) -> str:
    """The URN of the post that this one repeats; "" where none is named."""
    told = answer.text("message")
    if answer.status not in (400, 409, 422) or "duplicate" not in told.lower():
        return ""
    found = linkedin_posts.URN.search(told)
    return found[0] if found else ""


def _path(published: Published) -> str:
    return f"/rest/posts/{encoded(_urn(published))}"


def _urn(published: Published) -> str:
    """A post's URN, or that of the address that a person gave. Raises Refused for anything else."""
    found = _ADDRESS.fullmatch(published.remote_id)
    told = httpx.URL(found[0]).path.split("/")[3] if found else published.remote_id
    if linkedin_posts.URN.fullmatch(told):
        return told
    fix = "Give the address that socialbot told, …/feed/update/urn:li:share:…; one with activity in it names no post."
    raise Refused(f"LinkedIn: {published.remote_id} is no post's address.", fix)
