"""A network of another build than Pebble, for the conformance kit to be tried on.

It fetches pictures from public addresses into containers and tells whether one is out; it needs a picture, shows no
description, and has fields of their own for title and link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, ClassVar

import httpx
from pydantic import Field, SecretStr

from socialbot.media import Media
from socialbot.networks.calling import Answer, Line, Token
from socialbot.networks.protocol import (
    CannotTell,
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
from socialbot.settings import AccountSettings, BaseUrl
from socialbot.testing.fakes import server
from socialbot.testing.fakes.server import Fake, Fault, Refusal, Request, Route, Seen, SeenPicture, sniff

PAGE = "crate.example/docs"


class CrateAccount(AccountSettings):
    server: BaseUrl = Field("https://crate.example")
    token: Token = SecretStr("")


class Crate(Network):
    name = "crate"
    options = CrateAccount
    limits = Limits(
        unit="utf-16",
        max_text=300,
        max_text_with_pictures=200,
        max_title=60,
        max_pictures=4,
        max_picture_bytes=600_000,
        max_alt=0,
        mime_types=("image/jpeg",),
        shape="portrait",
        min_picture_width=320,
        min_aspect=0.8,
        max_aspect=1.91,
        one_aspect=True,
        needs_picture=True,
        link="field",
        ai_flag="is_ai",
        source=PAGE,
        checked=date(2026, 11, 20),
    )
    doubt = Doubt("HANDLE", settle_s=30, key_lasts_s=20 * 3600)
    cannot = MappingProxyType(
        {name: No("it is not there", PAGE) for name in ("text", "alt", "story", "thread", "edit", "delete")}
    )
    measures = ("views",)
    account: CrateAccount

    def __init__(
        self,
        account: AccountSettings,
        client: httpx.AsyncClient,
        media: Media,
        vault: Vault,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(account, client, media, vault, clock)
        self._line = Line("Crate", client, account.timeout_s, clock, lambda: [self._token()], self.spent)

    async def check(self) -> Identity:
        answer = await self._ask("GET", "/me")
        if answer.status != 200 or not answer.text("handle"):
            raise self._trouble(answer)
        return Identity(self._line.quote(answer.text("handle")))

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        this = draft.parts[part]
        form: dict[str, Any] = {"images": [await self.public_url(one) for one in this.pictures], "caption": this.caption.text}
        form |= {"title": this.caption.title, "link": draft.link, **draft.flags}
        if not (container := remember.recall(draft.post_id)):
            answer = await self._ask("POST", "/containers", json=form)
            if answer.status != 201 or not (container := answer.text("container")):
                raise self._trouble(answer)
            remember.keep(draft.post_id, container, 20 * 3600)
        return Prepared(draft, part, {"container": container})

    async def publish(self, prepared: Prepared) -> Published:
        answer = await self._line.send("POST", self._url("/publish"), headers=self._bearer(), json=dict(prepared.request))
        if answer.status != 200 or not answer.text("post"):
            raise self._trouble(answer)
        return Published(answer.text("post"), answer.text("url"))

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        answer = await self._ask("GET", f"/containers/{prepared.request['container']}")
        if answer.status != 200 or answer.get("out") not in (True, False):
            raise self._trouble(answer)
        return Published(answer.text("post"), answer.text("url")) if answer.get("out") else None

    async def metrics(self, published: Published) -> dict[str, int]:
        answer = await self._ask("GET", f"/posts/{published.remote_id}")
        if answer.status != 200 or not isinstance(answer.get("views"), int):
            raise self._trouble(answer)
        return {"views": answer.get("views")}

    async def is_shown(self, published: Published) -> bool | None:
        answer = await self._ask("GET", f"/posts/{published.remote_id}")
        if answer.status not in (200, 404):
            raise self._trouble(answer)
        return answer.status == 200

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        return await self._line.ask(method, self._url(path), headers=self._bearer(), **request)

    def _url(self, path: str) -> str:
        return self.account.server + path

    def _token(self) -> str:
        return self.account.token.get_secret_value()

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token()}"}

    def _trouble(self, answer: Answer) -> NetworkError:
        said = self._line.quote(answer.text("error"))
        if answer.status == 401:
            return NeedsLogin(f"Crate does not take the token: {said}.", "Make a new one.")
        if answer.status == 422:
            return Refused(f"Crate refused it: {said}.", "Change the post.")
        return self._line.trouble(answer, said)


class CrateFake(Fake):
    """It cuts white space off captions, and says so."""

    network: ClassVar[str] = "crate"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._containers: dict[str, dict[str, Any]] = {}

    def account(self) -> dict[str, str]:
        return {"network": "crate", "server": self.url, "token": "crate-token-of-the-fake"}

    def rewritten(self, text: str) -> str:
        return text.strip()

    def routes(self) -> Sequence[Route]:
        return (
            Route("GET", "/me", lambda request: server.Answer(body={"handle": "blog"})),
            Route("POST", "/containers", self._contain),
            Route("GET", r"/containers/(c\d+)", self._container),
            Route("POST", "/publish", self._publish, irreversible=True),
            Route("GET", r"/posts/(x\d+)", self._post),
        )

    def unknown(self, request: Request) -> server.Answer:
        return _said(404, "no such path")

    def bad_day(self, fault: Fault) -> server.Answer:
        return _said({"rate_limited": 429, "unavailable": 503, "expired_token": 401}.get(fault, 500), "a bad day")

    def _contain(self, request: Request) -> server.Answer:
        given = request.json_object()
        lengths = [(given["caption"], 200), (given["title"] or "", 60)]
        pictures = [self._fetched(url) for url in given["images"]]
        if not 1 <= len(pictures) <= 4 or any(len(text.encode("utf-16-le")) > 2 * most for text, most in lengths):
            raise Refusal(_said(422, "one to four pictures, and a shorter text"))
        number = f"c{len(self._containers)}"
        self._containers[number] = {**given, "pictures": pictures, "post": None}
        return server.Answer(201, {"container": number})

    def _fetched(self, url: str) -> SeenPicture:
        content = httpx.get(url, trust_env=False, timeout=10).content
        found = sniff(content)
        if not found or found[0] != "image/jpeg" or len(content) > 600_000 or found[1] < 320:
            raise Refusal(_said(422, "a JPEG of at most 600,000 bytes and at least 320 pixels"))
        if not 0.8 <= found[1] / found[2] <= 1.91:
            raise Refusal(_said(422, "between 4:5 and 1.91:1"))
        return SeenPicture(content, found[0], "", *found[1:])

    def _container(self, request: Request, number: str) -> server.Answer:
        post = self._containers[number]["post"]
        return server.Answer(body={"out": post is not None, "post": post, "url": f"{self.url}/{post}"})

    def _publish(self, request: Request) -> server.Answer:
        container = self._containers[request.json_object()["container"]]
        if container["post"]:
            return server.Answer(body={"post": container["post"], "url": f"{self.url}/{container['post']}"})
        post = container["post"] = f"x{len(self._public)}"
        self._public[post] = Seen(
            id=post,
            url=f"{self.url}/{post}",
            text=container["caption"].strip(),
            at=self.clock(),
            title=container["title"],
            link=container["link"],
            pictures=tuple(container["pictures"]),
            flags={"is_ai": container.get("is_ai", False)},
        )
        return server.Answer(body={"post": post, "url": f"{self.url}/{post}"})

    def _post(self, request: Request, post: str) -> server.Answer:
        return server.Answer(body={"views": 0}) if post in self._public else _said(404, "no such post")


def _said(status: int, sentence: str) -> server.Answer:
    return server.Answer(status, {"error": sentence})
