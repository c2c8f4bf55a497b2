"""Facebook: words, a link's card, pictures, or a story of a Page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks import facebook_rights
from socialbot.networks.calling import Answer
from socialbot.networks.facebook_account import FacebookAccount, base, login_of
from socialbot.networks.facebook_errors import ROWS
from socialbot.networks.facebook_photos import Photos
from socialbot.networks.facebook_posts import Posts, Stories, Wanted, counts, permalink
from socialbot.networks.login import OAuth2
from socialbot.networks.meta import Graph, without_words
from socialbot.networks.meta_comments import FirstComment
from socialbot.networks.meta_containers import figures
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Choice,
    Doubt,
    Identity,
    NeedsLogin,
    Network,
    NetworkError,
    No,
    Prepared,
    Published,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="code points",  # unconfirmed: so the page counts the offsets of tags
    max_text=63_206,  # unconfirmed: what those use who post there; on no page of the network
    max_pictures=10,  # unconfirmed: no number is given
    max_picture_bytes=4_000_000,  # the page says 10 MB, an answer of the API 4 MB
    max_alt=1000,  # unconfirmed: no number is given
    shape="square",
    max_hashtags=3,
    mentions=True,  # only @[PAGE_ID] makes one, and only for some apps; "@" is broken up everywhere
    fold=63,  # others report: 63 above a picture or link, 2026-03; 110 to 125 on telephones, 480 elsewhere; it is on no page
    ai_flag="provenance_info",
    ai_flag_disputed=True,  # the page lists it for photos and says not a word of it
    source="developers.facebook.com/docs: Pages API, Posts; Graph API reference, Page feed and Page photos",
    checked=date(2026, 11, 20),
)
STORY = replace(
    LIMITS,
    caption=False,
    needs_picture=True,
    max_pictures=1,
    max_alt=0,
    shape="vertical",
    link="dead",
    max_hashtags=0,
    fold=None,
)
"""9:16 is wanted: developers.facebook.com/docs/page-stories-api, 2026-09."""

SETTLE_S = 60
_EARLIER = timedelta(minutes=10)
"""Posts are looked for from so long before they were sent."""
_API = "developers.facebook.com/docs/pages-api"
_INSIGHTS = ("post_total_media_view_unique", "post_clicks")
_CONNECT = "Run: socialbot connect facebook."
_DEVELOPED = (
    "While its app is in development mode, only people with a role in it may see the posts (unconfirmed): switch it to Live."
)


class Facebook(Network):
    """One Page. Its posts can be listed, and are known by their pictures' numbers, else by their words."""

    name = "facebook"
    options = FacebookAccount
    limits = LIMITS
    doubt = Doubt("LIST", settle_s=SETTLE_S)
    edits = deletes = stories = True
    edits_alt = False
    measures = (*_INSIGHTS, "reactions", "comments", "shares")
    guide = (
        "You need a Page, and on it the task to create content (Page settings, Page access).",
        "At developers.facebook.com make an app of the type Business, and add the product Facebook Login.",
        "Copy the app's id and secret (App settings, Basic), and enter the redirect address there.",
        "Switch the app to Live: in development mode only people with a role in it may see the posts.",
        "Best for a server: in Business settings make a system user, give it the Page, and generate a token with "
        "pages_show_list, pages_manage_posts, pages_read_engagement, pages_read_user_content, read_insights and "
        "business_management. It does not end.",
    )
    asks = ("client_id", "client_secret", "token")
    cannot = MappingProxyType({"thread": No("A Page's post cannot answer another.", f"{_API}: Posts, 2026-09")})
    conditions = MappingProxyType(
        {
            "alt": "in the feed, not in stories",
            "link": "in the feed, not in stories",
            "ai_flag": "with ai_flag = true, on photos; undocumented, and never enough",
            "edit": "the words, of posts that the same app has made",
            "metrics": "in the feed; views and clicks from 100 likes of the Page on",
        }
    )
    account: FacebookAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._is_story = self.account.place == "story"
        self.limits = STORY if self._is_story else LIMITS
        self._graph, self._person = self._calls(self.account.page), self._calls("")
        self._posts, self._stories = Posts(self._graph, self.account.page), Stories(self._graph, self.account.page)
        self._photos = Photos(self._graph, self.account.page, media, self.content)
        self._first_comment = FirstComment(self._graph, "" if self._is_story else self.account.first_comment, "message")

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """Through the browser, where the app's id and secret are set and no token is; else with a token made by hand."""
        assert isinstance(account, FacebookAccount)
        has_app = account.client_id and account.client_secret.get_secret_value()
        return login_of(account) if has_app and not account.token.get_secret_value() else None

    async def keep_login(self) -> None:
        """Nothing: what can be kept of it, the Page's token, does not end by time."""
        await self._graph.tokens.keep()

    async def choices(self) -> Sequence[Choice]:
        """The Pages on which the login may create content; of a Page's own token that Page. Raises NetworkError."""
        try:
            pages = await self._person.pages()
        except Refused as error:
            if isinstance(error, NeedsLogin | Blocked):
                raise
            me = await self._person.ask("GET", "/me", fields="id,name")
            return [Choice(me.text("name"), {"page": me.text("id")})]
        return [Choice(one.name, {"page": one.id}) for one in pages if facebook_rights.TASK in one.tasks]

    async def check(self) -> Identity:
        """Ask which Page it is, what the login may do there, and when its token ends. Raises NetworkError."""
        page = await self._page()
        me = await self._graph.ask("GET", f"/{page}", fields="name,link,is_published")
        name = self._graph.line.quote(me.text("name"))
        if not name:
            raise self._graph.line.trouble(me, "a Page without a name")
        notes = await facebook_rights.notes(self._person, self.account)
        notes += await facebook_rights.end_of(self._graph, self.account)
        if me.get("is_published") is False:
            notes.append("The Page is not published: nobody sees its posts.")
        return Identity(name, me.text("link") or f"https://www.facebook.com/{page}", (*notes, _DEVELOPED))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Upload the pictures, which nobody sees, and have the link read. Raises NetworkError, never Unknown."""
        page, caption, pictures = await self._page(), draft.parts[part].caption, draft.parts[part].pictures
        flagged = bool(draft.flags.get("provenance_info"))
        if self._is_story:
            without_words("Facebook", draft.parts[part])
            if len(pictures) != 1:
                raise Refused("Facebook: a story is one picture.", "Give the post a picture.")
        uploaded = [await self._photos.uploaded(one, remember, flagged=flagged) for one in pictures]
        photos = [photo.id for photo in uploaded]
        request: dict[str, Any] = {"page": page, "photos": photos, "at": self.clock().isoformat()}
        if any(photo.unflagged for photo in uploaded):
            request["unflagged"] = True
        if self._is_story:
            return Prepared(draft, part, request)
        request["message"] = caption.text
        if self.account.link_card and not pictures and any(span.value == draft.link for span in caption.spans if draft.link):
            request["link"] = draft.link
            if self.account.scrape:  # where it cannot be read, the publishing call says so
                await self._graph.answer("POST", "/", id=draft.link, scrape=True)
        return Prepared(draft, part, request)

    async def publish(self, prepared: Prepared) -> Published:
        """Post it with the pictures uploaded before. Raises NetworkError; Unknown when it may be out."""
        request = prepared.request
        if self._is_story:
            answer = await self._graph.send(f"/{request['page']}/photo_stories", photo_id=request["photos"][0])
            story = self._id_of(answer, "post_id")
            return Published(story, await self._story_address(request["photos"][0]), _warnings(request))
        answer = await self._graph.send(f"/{request['page']}/feed", fields="id,permalink_url", **self._body(request))
        post = self._id_of(answer, "id")
        warnings = (*_warnings(request), *await self._first_comment.write(post))
        return Published(post, answer.text("permalink_url") or permalink(post), warnings)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look among the Page's own for the pictures' numbers, else for the words. Raises NetworkError."""
        request = prepared.request
        if self._is_story:
            story = await self._stories.of(request["photos"][0], since - _EARLIER)
            return replace(story, warnings=_warnings(request)) if story else None
        anew = "at" in request and since < datetime.fromisoformat(request["at"])
        wanted = Wanted(request["message"], tuple(request["photos"]), since - _EARLIER, anew)
        found = await self._posts.find(wanted)
        if not found and (ahead := self._graph.off) > _EARLIER:  # `since` is by our clock, and the list by Facebook's
            found = await self._posts.find(replace(wanted, since=wanted.since - ahead))
        if found:
            missing = await self._first_comment.missing(found.remote_id)
            return replace(found, warnings=(*_warnings(request), *missing))
        return None

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Change the words (Pages API: Posts, Update a post, 2026-09); the link's card stays. Raises NetworkError."""
        if self._is_story:
            raise Refused("Facebook: a story has no words that could be changed.", "Delete it, and enqueue the post again.")
        post_id = await self._posts.id_of(published.remote_id)
        answer = await self._graph.answer("POST", f"/{post_id}", message=draft.parts[part].caption.text)
        if answer.get("error") is not None and await self._graph.is_gone(answer, post_id):
            raise Refused("Facebook: the post is not there any more.", "Nothing is left to change.")
        if self._graph.taken(answer).get("success") is not True:
            raise self._graph.line.trouble(answer, "it was not changed")
        return published

    async def locate(self, published: Published) -> str:
        """The id of the post, or story, from its address. Raises NetworkError."""
        return await (self._stories if self._is_story else self._posts).id_of(published.remote_id)

    async def delete(self, published: Published) -> None:
        """Remove it (Pages API: Posts, Delete a post, 2026-09; for stories unconfirmed). Raises NetworkError."""
        post_id = await self.locate(published)
        answer = await self._graph.answer("DELETE", f"/{post_id}")
        if answer.get("error") is not None and await self._graph.is_gone(answer, post_id):
            if "_" in post_id and post_id.partition("_")[0] != self.account.page:  # nor does that exist for this Page's token
                raise Refused(
                    f"Facebook: {post_id} is a post of another Page, if it is one.", "Delete it there, or correct page."
                )
            return
        if self._graph.taken(answer).get("success") is not True:
            raise self._graph.line.trouble(answer, "it was not removed")

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """Insights (Page post insights, 2026-09: the others ended on 2026-06-15), and what can be counted (unconfirmed).

        Raises NetworkError.
        """
        if self._is_story:
            return {}
        post_id = await self._posts.id_of(published.remote_id)
        seen = figures(await self._graph.ask("GET", f"/{post_id}/insights", metric=",".join(_INSIGHTS)))
        asked = await self._graph.ask("GET", f"/{post_id}", fields="shares,reactions.summary(true),comments.summary(true)")
        return {name: count for name, count in (seen | counts(asked)).items() if name in self.measures}

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for it. Raises NetworkError."""
        if self._is_story:
            return await self._stories.has(await self.locate(published))
        answer = await self._graph.answer("GET", f"/{await self._posts.id_of(published.remote_id)}", fields="id,is_published")
        if answer.get("error") is not None and await self._graph.is_gone(answer):
            return False
        return bool(self._graph.taken(answer).get("id")) and answer.get("is_published") is not False

    # Calls

    def _calls(self, page: str) -> Graph:
        """The calls of the Page, or with "" those of the person or system user that the login is."""
        told = (self.client, self.account, self.vault, self.clock, self.spent)
        return Graph("Facebook", *told, base=base(self.account), login=login_of(self.account), rows=ROWS, page=page)

    async def _page(self) -> str:
        """The Page's number, once it is sure that calls are made as the Page: as a person they succeed, and nothing shows."""
        if not self.account.page:
            raise NeedsLogin("Facebook: no Page is chosen.", _CONNECT)
        if not await self._graph.is_page():
            sentence = (
                f"Facebook: the login is not the Page {self.account.page}, nor may it act for that: nobody would see a post."
            )
            raise NeedsLogin(sentence, "Have the person given the task to create content on the Page, and log in again.")
        return self.account.page

    def _body(self, request: Mapping[str, Any]) -> dict[str, Any]:
        attached = [{"media_fbid": photo} for photo in request["photos"]]
        return {
            "message": request["message"] or None,
            "link": request.get("link"),
            "attached_media": attached or None,
            "sponsor_id": self.account.sponsor_id or None,
            "sponsor_relationship": self.account.sponsor_relationship,
        }

    def _id_of(self, answer: Answer, name: str) -> str:
        """The id of what was published. Raises Unknown where the answer has none."""
        if not (found := str(answer.get(name) or "")):
            raise self._graph.line.trouble(answer, "no id of what was published")
        return found

    async def _story_address(self, photo: str) -> str | None:
        """Where a story is shown; None where that cannot be had just now."""
        try:
            story = await self._stories.of(photo, self.clock() - _EARLIER)
        except NetworkError:
            return None
        return story.url if story else None


def _warnings(request: Mapping[str, Any]) -> tuple[str, ...]:
    return ("Facebook did not take the mark for AI media on its pictures.",) if request.get("unflagged") else ()
