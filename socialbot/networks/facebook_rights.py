"""What a login may do on its Page, and when its token ends.

developers.facebook.com/docs/pages-api: Overview, Tasks, 2026-09; developers.facebook.com/docs/graph-api: debug_token, 2026-08.
"""

from __future__ import annotations

from datetime import UTC, datetime

from socialbot.networks.facebook_account import COMMENTS, SCOPES, FacebookAccount
from socialbot.networks.meta import Graph
from socialbot.networks.protocol import ENDS_AT, Blocked, NeedsLogin, Refused

TASK = "CREATE_CONTENT"
_TASKS = {TASK: "create content: nothing can be posted", "ANALYZE": "see insights: there are no figures"}


async def notes(person: Graph, account: FacebookAccount) -> list[str]:
    """Which tasks and permissions the person, or system user, lacks. A Page's own token tells of neither.

    Raises NetworkError.
    """
    try:
        tasks = next((one.tasks for one in await person.pages() if one.id == account.page), ())
        granted = {one.get("permission") async for one in person.listed("/me/permissions") if one.get("status") == "granted"}
    except Refused as error:
        if isinstance(error, NeedsLogin | Blocked):
            raise
        return []
    told = [f"The login has not the task on the Page to {what}." for task, what in _TASKS.items() if task not in tasks]
    missing = [one for one in SCOPES if one not in granted and (one != COMMENTS or account.first_comment)]
    return [*told, *([f"The login lacks the permissions {', '.join(missing)}."] if missing else [])]


async def end_of(graph: Graph, account: FacebookAccount) -> list[str]:
    """When the token that posts ends, kept for notices; asked where the app's id and secret are set. Raises NetworkError."""
    secret = account.client_secret.get_secret_value()
    if not account.client_id or not secret:
        return []
    query = {"input_token": await graph.token(), "access_token": f"{account.client_id}|{secret}"}
    answer = graph.taken(await graph.line.ask("GET", f"{graph.base}/debug_token", params=query))
    ends = _moment(answer.get("data", "expires_at"))
    if ends is None:
        return []
    await _keep_end(graph, ends)
    return [f"Its token ends on {ends:%Y-%m-%d}: a system user's does not, nor a Page's that comes of a login."]


async def _keep_end(graph: Graph, ends: datetime) -> None:
    async with graph.tokens.vault.alone():
        session = graph.tokens.session()
        graph.tokens.vault.write(session | {ENDS_AT: ends.isoformat()})


def _moment(told: object) -> datetime | None:
    """A moment in seconds of the epoch; 0 stands for none."""
    if type(told) is not int or not 0 < told < 1 << 40:
        return None
    return datetime.fromtimestamp(told, UTC)
