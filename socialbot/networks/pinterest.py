"""Pinterest: a Pin of one picture, or a carousel of two to five, on a board that is there already."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx

from socialbot.media import Media
from socialbot.networks.login import OAuth2
from socialbot.networks.pinterest_calls import MOST_PAGES, PinterestAccount, Rest, login_of
from socialbot.networks.protocol import (
    Blocked,
    CannotTell,
    Choice,
    Doubt,
    Identity,
    Network,
    No,
    Prepared,
    Published,
    Refused,
    Remember,
    Vault,
    utc_now,
)
from socialbot.nouns import Draft, Limits, Part, Variant
from socialbot.settings import AccountSettings

LIMITS = Limits(
    unit="utf-16",  # the schema's maxLength does not say of what
    max_text=800,
    max_title=100,
    max_pictures=5,
    max_picture_bytes=10_000_000,  # unconfirmed: sent as base64, which the server bounds somewhere above
    max_alt=500,
    shape="pin",
    one_aspect=True,  # unconfirmed: other clients ask for equal sizes
    needs_picture=True,
    max_hashtags=3,
    mentions=False,  # unconfirmed
    link="field",
    fold=50,  # others report: 50 to 75, 2026-11; on no page of the network
    ai_flag="ai_disclosures",
    ai_flag_disputed=True,  # only one vendor's client library has it
    source="github.com/pinterest/api-description v5/openapi.json 5.23.0: PinCreate",
    checked=date(2026, 11, 20),
)
MAX_LINK = 2048
"""UTF-16 units; the same page."""

_SPEC = "github.com/pinterest/api-description v5 5.23.0"
_AI_MODIFIED = "AI_MODIFIED"  # unconfirmed, as is that it stands in a list: one vendor's client library has it
_MEASURES = ("IMPRESSION", "OUTBOUND_CLICK", "PIN_CLICK", "SAVE", "TOTAL_COMMENTS", "TOTAL_REACTIONS")
_MEASURED = timedelta(days=89)  # pins/analytics: at most 90 days back
_LEAST_PAGES = 2  # that a board lists the newest Pins first is unconfirmed
_SKEW = timedelta(seconds=60)
_SETTLE_S = 120
_ID = re.compile(r"\d{1,32}", re.ASCII)
_ADDRESS = re.compile(r"https?://(?:[\w-]+\.)*pinterest\.[a-z.]+/pin/(?:[^/?#]*--)?(\d{1,32})/?(?:[?#].*)?", re.ASCII)
_CHOOSE = "Make the board on Pinterest, or set the account's board to one of these."


class Pinterest(Network):
    """One board. A Pin takes no key: one in doubt is looked for on the board by its link, its words and its time."""

    name = "pinterest"
    options = PinterestAccount
    limits = LIMITS
    doubt = Doubt("LIST", settle_s=_SETTLE_S)
    edits = deletes = True
    measures = _MEASURES
    guide = (
        "Make the account a business account, and the board that it shall pin to.",
        "At developers.pinterest.com/apps make an app and ask for trial access.",
        "With trial access the Pins are seen by their creator alone: ask for standard access before you count on it, and set "
        'access = "standard" when it is given.',
        "Add the redirect address http://127.0.0.1:8009/callback/ to the app, and copy its id and its secret key.",
    )
    asks = ("client_id", "client_secret", "token", "board")
    cannot = MappingProxyType(
        {
            "text": No("every Pin has a picture", f"{_SPEC}: PinCreate"),
            "story": No("its interface has none", f"{_SPEC}: PinCreate"),
            "thread": No("a Pin cannot answer another", f"{_SPEC}: PinCreate"),
        }
    )
    conditions = MappingProxyType(
        {
            "alt": "the pictures of a carousel share one",
            "ai_flag": "with ai_flag = true: PinCreate 5.23.0 does not have it, one vendor's client does; Pinterest reads the "
            "picture's own metadata",
            "edit": "for apps that Pinterest let into the beta",
        }
    )
    account: PinterestAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._rest = Rest(self.account, client, vault, clock, self.spent)
        many = min(max(self.account.pictures or 1, 1), LIMITS.max_pictures)
        # One field for all: a line for each picture.
        self.limits = replace(LIMITS, max_alt=(LIMITS.max_alt - (many - 1)) // many)

    @classmethod
    def login(cls, account: AccountSettings) -> OAuth2 | None:
        """Through the browser, where the app's id and secret are set; else with a token made by hand."""
        assert isinstance(account, PinterestAccount)
        return login_of(account) if account.client_id and account.client_secret.get_secret_value() else None

    async def keep_login(self) -> None:
        """Renew the login while its refresh token lasts. Raises NetworkError."""
        await self._rest.tokens.keep()

    async def choices(self) -> Sequence[Choice]:
        """The boards of the login. Raises NetworkError."""
        return [Choice(one["name"], {"board": one["id"]}) for one in await self._boards()]

    async def check(self) -> Identity:
        """Ask who we are, and whether the board is there. Raises NetworkError."""
        me = await self._rest.ask("GET", "/user_account")
        name = self._rest.line.quote(me.text("username"))
        if me.status != 200 or not name:
            raise self._rest.trouble(me)
        board = _chosen(await self._boards(), self.account.board)
        place = self._rest.line.quote(board["name"])
        return Identity(f"{name}, board “{place}”", f"https://www.pinterest.com/{name}/", tuple(self._notes(board)))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        """Find the board; the pictures travel with the Pin. Raises NetworkError, never Unknown."""
        one = draft.parts[part]
        if not one.pictures:
            raise Refused("Pinterest takes no Pin without a picture.", "Give the post a picture.")
        if len((draft.link or "").encode("utf-16-le")) // 2 > MAX_LINK:
            raise Refused(f"Pinterest: the link has more than {MAX_LINK} characters.", "Give the post a shorter address.")
        board = self.account.board
        if not re.fullmatch(r"\d{10,32}", board, re.ASCII):
            board = _chosen(await self._boards(), board)["id"]
        pin: dict[str, Any] = {"board_id": board, **self._words(one), "link": draft.link}
        pin |= {"board_section_id": self.account.section, "dominant_color": one.pictures[0].colour}
        if draft.flags.get("ai_disclosures"):
            pin["ai_disclosures"] = [_AI_MODIFIED]
        return Prepared(draft, part, {"pin": {name: value for name, value in pin.items() if value}})

    async def publish(self, prepared: Prepared) -> Published:
        """Make the Pin. Raises NetworkError; Unknown when it may be out."""
        pictures = prepared.draft.parts[prepared.part].pictures
        answer = await self._rest.send("/pins", {**prepared.request["pin"], "media_source": self._media(pictures)})
        if answer.status not in (200, 201) or not _ID.fullmatch(answer.text("id")):
            raise self._rest.trouble(answer)
        return _published(answer.text("id"))

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        """Look for our own Pin on the board, by its link and words. Raises NetworkError.

        One with its link and other words may be ours as somebody changed it: then a person has to look.
        """
        pin = prepared.request["pin"]
        like: str | None = None
        speaks = any(_plain(pin.get(name)) for name in ("link", "title", "description"))  # one that does not is like any such
        number = 0
        section = f"/sections/{pin['board_section_id']}" if "board_section_id" in pin else ""
        async for pins, answer in self._rest.pages(f"/boards/{pin['board_id']}{section}/pins"):
            number += 1
            begun = since - self._rest.line.ahead(answer) - _SKEW
            recent = [one for one in pins if (at := _at(one)) and at >= begun]
            for one in recent:
                if one.get("is_owner") is False or not _ID.fullmatch(str(one.get("id"))):
                    continue
                same_link = _plain(one.get("link")) == _plain(pin.get("link"))
                same = same_link and all(_plain(one.get(name)) == _plain(pin.get(name)) for name in ("title", "description"))
                if same and speaks:
                    return _published(str(one["id"]))
                if same or (same_link and pin.get("link")):
                    like = str(one["id"])
            if number >= _LEAST_PAGES and not recent:
                break
        if like:
            what = "with the same link and other words" if speaks else "without link and words, as this one is"
            return CannotTell(f"Pinterest has a Pin {what}: {_published(like).url}.")
        return CannotTell("Pinterest lists too many Pins on the board since then.") if number == MOST_PAGES else None

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        """Change title, description and alt text (pins/update, a beta that not every app has). Raises NetworkError."""
        words = {name: value or "" for name, value in self._words(draft.parts[part]).items()}
        answer = await self._rest.ask("PATCH", f"/pins/{_id(published)}", json=words)
        if answer.status == 403:
            said = self._rest.said(answer) or "403"
            raise Refused(f"Pinterest lets only apps of its beta change Pins: {said}.", "Change the Pin on Pinterest.")
        if answer.status == 404:
            raise Refused("Pinterest: the Pin is not there any more.", "Nothing is left to change.")
        if answer.status != 200:
            raise self._rest.trouble(answer)
        return published

    async def delete(self, published: Published) -> None:
        """Remove the Pin. Raises NetworkError."""
        answer = await self._rest.ask("DELETE", f"/pins/{_id(published)}")
        if answer.status not in (200, 204, 404):
            raise self._rest.trouble(answer)

    async def metrics(self, published: Published) -> Mapping[str, int]:
        """Figures of the last 90 days, and of all time where they are told (pins/analytics). Raises NetworkError."""
        today = self.clock().date()
        query = {"start_date": f"{today - _MEASURED}", "end_date": f"{today}", "metric_types": ",".join(_MEASURES)}
        answer = await self._rest.ask("GET", f"/pins/{_id(published)}/analytics", **query)
        if answer.status != 200 or not isinstance(answer.body, dict):
            raise self._rest.trouble(answer)
        told = answer.get("all") if "all" in answer.body else next(iter(answer.body.values()), None)
        kinds = [told.get(name) for name in ("summary_metrics", "lifetime_metrics")] if isinstance(told, dict) else []
        figures = {name: count for kind in kinds if isinstance(kind, dict) for name, count in kind.items()}
        return {name: int(figures[name]) for name in _MEASURES if _is_whole(figures.get(name))}

    async def is_shown(self, published: Published) -> bool | None:
        """Ask for it. Raises NetworkError."""
        answer = await self._rest.ask("GET", f"/pins/{_id(published)}")
        if answer.status == 404:
            return False
        if answer.status != 200 or not answer.text("id"):
            raise self._rest.trouble(answer)
        return True

    # What is sent

    def _words(self, one: Part) -> dict[str, str | None]:
        alts = [" ".join(picture.alt.split()) for picture in one.pictures]
        return {"title": one.caption.title, "description": one.caption.text, "alt_text": "\n".join(alts).rstrip()}

    def _media(self, pictures: Sequence[Variant]) -> dict[str, Any]:
        items = [{"content_type": one.mime, "data": b64encode(self.content(one)).decode()} for one in pictures]
        if len(items) == 1:
            return {"source_type": "image_base64", **items[0]}
        return {"source_type": "multiple_image_base64", "items": items, "index": 0}

    # Who and where

    async def _boards(self) -> list[dict[str, str]]:
        """The boards by id, name and privacy. Raises NetworkError."""
        boards = []
        async for page, _ in self._rest.pages("/boards"):
            for one in page:
                number, name = str(one.get("id")), " ".join(str(one.get("name") or "").split())
                if _ID.fullmatch(number):
                    boards.append({"id": number, "name": name or number, "privacy": str(one.get("privacy") or "")})
        return boards

    def _notes(self, board: Mapping[str, str]) -> list[str]:
        notes = []
        if self.account.access == "trial":
            told = "With trial access Pins are seen by their creator alone"
            notes.append(f'{told}: ask for standard access at developers.pinterest.com/apps, then set access = "standard".')
        if board["privacy"] in ("SECRET", "PROTECTED"):
            notes.append(f"The board is {board['privacy'].lower()}: not everybody sees its Pins.")
        granted = re.split(r"[\s,]+", self._rest.tokens.session().get("scope", ""))
        if missing := [one for one in self.account.asked_scopes if granted != [""] and one not in granted]:
            notes.append(f"The login lacks the permissions {', '.join(missing)}.")
        return notes


def _chosen(boards: Sequence[Mapping[str, str]], wanted: str) -> Mapping[str, str]:
    """The board of this number or name, or the only one. Raises Blocked: a board is never made by itself."""
    names = ", ".join(f"“{one['name'][:50]}”" for one in boards[:20]) or "none"
    if not wanted:
        if len(boards) == 1:
            return boards[0]
        raise Blocked(f"Pinterest: no board is chosen among {names}.", _CHOOSE)
    said = " ".join(wanted.split())
    for fits in (lambda one: said in (one["id"], one["name"]), lambda one: said.casefold() == one["name"].casefold()):
        found = [one for one in boards if fits(one)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Blocked(f"Pinterest: several boards are called “{said}”.", "Set the account's board to the number of one.")
    raise Blocked(f"Pinterest: the login has no board “{said}”, but {names}.", _CHOOSE)


def _published(pin: str) -> Published:
    return Published(pin, f"https://www.pinterest.com/pin/{pin}/")


def _id(published: Published) -> str:
    """A Pin's number, or that of the address that a person gave. Raises Refused for anything else."""
    found = _ADDRESS.fullmatch(published.remote_id)
    told = found[1] if found else published.remote_id
    if not _ID.fullmatch(told):
        fix = "Give the address as the browser shows it, https://www.pinterest.com/pin/…"
        raise Refused(f"Pinterest: {published.remote_id} is no Pin's address.", f"{fix}.")
    return told


def _plain(text: object) -> str:
    """Words as they compare: a network may trim lines and compose letters."""
    return " ".join(unicodedata.normalize("NFC", text).split()) if isinstance(text, str) else ""


def _at(pin: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(pin.get("created_at")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _is_whole(count: object) -> bool:
    return (type(count) is int or (type(count) is float and count.is_integer())) and count >= 0
