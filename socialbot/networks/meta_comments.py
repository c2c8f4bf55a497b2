"""A first comment of our own under a post of Instagram's or Facebook's: it stands on the post, so that its loss is told."""

from __future__ import annotations

from socialbot.networks.meta import Graph
from socialbot.networks.meta_containers import plain
from socialbot.networks.protocol import NetworkError, Unknown


class FirstComment:
    """`words`: "" where there is none. `reads`: what the network calls the words of a comment that it lists."""

    def __init__(self, graph: Graph, words: str, reads: str) -> None:
        self._graph, self._words, self._reads = graph, words, reads

    async def write(self, post_id: str) -> tuple[str, ...]:
        """Write it, once; a warning where that is not sure."""
        if not self._words:
            return ()
        try:
            await self._graph.send(f"/{post_id}/comments", message=self._words)
        except Unknown:
            return await self.missing(post_id)
        except NetworkError as error:
            return (f"It has no first comment: {error}",)
        return ()

    async def missing(self, post_id: str) -> tuple[str, ...]:
        """A warning where it is not there: a comment in doubt is looked for and never repeated."""
        if not self._words:
            return ()
        try:
            listed = [one async for one in self._graph.listed(f"/{post_id}/comments", fields=f"id,{self._reads}")]
        except NetworkError as error:
            return (f"Whether its first comment is there is not known: {error}",)
        there = any(plain(one.get(self._reads)) == plain(self._words) for one in listed)
        return () if there else ("It has no first comment: add it in the app.",)
