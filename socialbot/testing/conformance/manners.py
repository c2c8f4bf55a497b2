"""Manners: what is offered and what is not stands in data, errors are sentences without secrets, and every call ends."""

from __future__ import annotations

import json
import logging
import re
from typing import Any
from urllib.parse import quote

import pytest

from socialbot import networks
from socialbot.networks import capabilities
from socialbot.networks.protocol import Identity, Network, NetworkError, Prepared, Published, Refused, Unknown
from socialbot.redaction import Redaction, secrets_of
from socialbot.testing.conformance import drafts
from socialbot.testing.conformance.stand import Act, Stand, Stands
from socialbot.testing.conformance.wire import Echo, Hole

STATUSES = (200, 204, 301, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503, None)


class Manners(Stands):
    """How an adapter behaves towards the rest of the program, and towards a person who reads what it says."""

    def test_it_is_installed_under_its_name(self, stand: Stand) -> None:
        assert stand.kind.name == stand.fake.network == stand.account.network
        assert self.adapter or networks.load(stand.kind.name) is stand.kind

    def test_its_limits_are_complete_and_say_where_they_come_from(self, stand: Stand) -> None:
        for limits in (stand.kind.limits, stand.limits):
            assert limits.source.strip() and limits.checked <= drafts.TODAY, "a page, and the day it was read"
            assert limits.max_text > 0 and (limits.max_pictures == 0 or limits.max_picture_bytes > 0)
            assert limits.mime_types and all(mime.startswith("image/") for mime in limits.mime_types)
            assert (limits.min_aspect or 0) <= (limits.max_aspect or float("inf"))

    def test_what_it_does_not_offer_is_said_with_a_reason_and_a_source(self, stand: Stand) -> None:
        assert capabilities.defects(stand.kind) == ()
        assert (stand.doubt == "NONE") <= ("find" in {*stand.kind.cannot, *stand.kind.conditions}), "who cannot look says why"

    def test_check_says_who_we_are(self, stand: Stand) -> None:
        told = stand.act(lambda network: network.check())
        assert isinstance(told, Identity) and told.name.strip()
        assert all(note.endswith((".", "!")) for note in told.notes), "notes are sentences"

    def test_what_is_stored_of_a_request_is_json_without_secrets(self, stand: Stand) -> None:
        prepared = stand.prepare(stand.written())
        request = drafts.stored(prepared.request)
        assert request == dict(prepared.request), "it comes back from the ledger as it went in"
        _no_secret(stand, repr(request))

    def test_the_ledger_holds_no_secret_in_the_clear(self, stand: Stand) -> None:
        stand.fake.faults.queue.append("reject_500")
        delivery = stand.accept(stand.made("Fog"))
        stand.carry(delivery)
        told = [repr(event) for event in stand.ledger.history(delivery)] + [repr(stand.ledger.sends(delivery))]
        stand.vault.write(stand.session.read())
        _no_secret(stand, " ".join(told))
        stand.ledger.engine.dispose()
        contents = b"".join(file.read_bytes() for file in stand.folder.glob("socialbot.db*") if file.is_file())
        assert contents and not [one for one in _secrets(stand) if one.encode() in contents]

    @pytest.mark.parametrize("status", STATUSES)
    def test_every_error_is_a_sentence_without_secrets(
        self, stand: Stand, status: int | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        prepared, published = _something_out(stand)
        heard: list[str] = []
        with caplog.at_level(logging.DEBUG):
            session = stand.vault.read()
            for name, act in _acts(stand, prepared, published).items():
                for nested in (False, True):
                    stand.vault.write(session)
                    heard += _heard(stand, name, act, Echo(status, nested=nested))
            stand.vault.write(None)
            heard += _heard(stand, "check", lambda network: network.check(), Echo(status, nested=False))  # it logs in anew
        stand.vault.write(session)
        _no_secret(stand, " ".join([*heard, caplog.text, repr(stand.account)]))

    def test_every_call_ends_and_none_finds_another_way_out(self, stand: Stand) -> None:
        prepared, published = _something_out(stand)
        stand.with_account(timeout_s=0.05)
        before = len(stand.fake.calls)
        for name, act in _acts(stand, prepared, published).items():
            _heard(stand, name, act, Hole())
        assert len(stand.fake.calls) == before, "nothing reaches the network but through the client it was given"


def _something_out(stand: Stand) -> tuple[Prepared, Published]:
    """A part that is prepared and not yet published, and one that is out, the account logged in."""
    published = stand.send(stand.made("Fog over Öland"))
    return stand.prepare(stand.made("Mist over Öland", pictures=min(1, stand.limits.max_pictures))), published


def _acts(stand: Stand, prepared: Prepared, published: Published) -> dict[str, Act[Any]]:
    fresh = stand.made("Haze over Öland", pictures=min(2, stand.limits.max_pictures))

    async def look(network: Network) -> str:
        return f"{network!r} {vars(network)}"

    acts: dict[str, Act[Any]] = {
        "repr": look,
        "check": lambda network: network.check(),
        "discover": lambda network: network.discover(),
        "prepare": lambda network: network.prepare(fresh, 0, stand.uploads(fresh)),
        "publish": lambda network: network.publish(prepared),
        "find": lambda network: network.find(prepared, stand.clock()),
        "is_shown": lambda network: network.is_shown(published),
    }
    if stand.kind.edits:
        acts["edit"] = lambda network: network.edit(fresh, 0, published)
    if stand.kind.deletes:
        acts["delete"] = lambda network: network.delete(published)
    if stand.kind.mark_as_bot is not Network.mark_as_bot:
        acts["mark_as_bot"] = lambda network: network.mark_as_bot()
    if stand.kind.measures:
        acts["metrics"] = lambda network: network.metrics(published)
    return acts


def _heard(stand: Stand, name: str, act: Act[Any], wire: Any) -> list[str]:
    """What an act said when the wire did not do what it should: an answer in words, or an error as a person may read it."""
    try:
        return [repr(stand.act(act, wire))]
    except NetworkError as error:
        begins = re.sub(r"\W", "", str(error)).casefold().startswith(re.split(r"[\W_]", stand.kind.name)[0].casefold())
        assert begins, f"{name}: a sentence that begins with the network's name (got {error})"
        assert str(error).endswith("."), f"{name}: a whole sentence (got {error})"
        assert name == "publish" or not isinstance(error, Unknown), f"{name} can be repeated, so that nothing is unknown"
        if isinstance(error, Refused):
            assert error.fix.strip().endswith("."), f"{name}: what to do about it (got {error.fix!r})"
        return [str(error), repr(error), str(error.__cause__), getattr(error, "fix", "")]


def _secrets(stand: Stand) -> list[str]:
    """The account's secrets and those of its session, those that are long enough to be any; of a secret URL its last step."""
    session = stand.vault.read() or {}
    known = Redaction()
    known.learn("account", session)
    told = [value for value in session.values() if known(value) != value]
    given = [part for secret in secrets_of(stand.account) for part in (secret, secret.rstrip("/").rpartition("/")[2])]
    return [one for one in [*given, *told] if len(one) >= 4]


def _no_secret(stand: Stand, words: str) -> None:
    """Raises AssertionError, without repeating it, where a secret stands in the words as it is or as JSON or a URL has it."""
    for secret in _secrets(stand):
        for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1]):
            before, found, _ = words.partition(form)
            if found:
                pytest.fail(f"a secret stands after “{before[-60:]}”")
