"""Adapters that are Pebble's with one fault each: the conformance kit fails them, and nowhere but where the fault shows.

`fails` names the tests of the kit that must fail for a class. `conftest.py` marks them, strictly, so that one that passes fails
the run. The normal run tries the first of each class, the slow one all, and that no other fails.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

import httpx
from socialbot_pebble.fake import PebbleFake
from socialbot_pebble.pebble import LIMITS, Pebble

from socialbot.networks.calling import Answer
from socialbot.networks.protocol import (
    CannotTell,
    Identity,
    NetworkError,
    Passing,
    Prepared,
    Published,
    Refused,
    Remember,
    Unknown,
)
from socialbot.nouns import Draft, Part, Variant
from socialbot.testing.conformance import Conformance
from socialbot.testing.conformance.manners import STATUSES

ERRORS = "test_every_error_is_a_sentence_without_secrets"


def part_with(draft: Draft, part: int, **changes: Any) -> Draft:
    """The same draft with one part changed."""
    parts = list(draft.parts)
    parts[part] = replace(parts[part], **changes)
    return replace(draft, parts=tuple(parts))


def words(part: Part, text: str) -> dict[str, Any]:
    return {"caption": replace(part.caption, text=text)}


class Broken(Pebble):
    """Pebble's adapter, with a hand in what it prepares."""

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        changed = await super().prepare(self.spoilt(draft, part), part, remember, before)
        return Prepared(draft, part, self.spoilt_request(dict(changed.request)))

    def spoilt(self, draft: Draft, part: int) -> Draft:
        return draft

    def spoilt_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return request


class DropsTheLabel(Broken):
    fails = ("test_the_label_stays_on_what_ai_made",)

    def spoilt(self, draft: Draft, part: int) -> Draft:
        this = draft.parts[part]
        return part_with(draft, part, **words(this, this.caption.text.replace(draft.label or "\0", "")))


class LosesDescriptions(Broken):
    fails = (
        "test_a_post_goes_out_as_it_was_drafted[a post]",
        "test_a_post_goes_out_as_it_was_drafted[a long post]",
        "test_every_picture_keeps_its_bytes_its_place_and_its_description",
        "test_at_the_edge_of_a_limit_it_is_taken[max_alt]",
        "test_at_the_edge_of_a_limit_it_is_taken[max_picture_bytes]",
        "test_at_the_edge_of_a_limit_it_is_taken[max_pictures]",
        "test_over_the_edge_of_a_limit_it_is_refused[max_alt]",
    )

    def spoilt(self, draft: Draft, part: int) -> Draft:
        return part_with(draft, part, pictures=tuple(replace(one, alt="") for one in draft.parts[part].pictures))


class SwapsPictures(Broken):
    fails = (
        "test_a_post_goes_out_as_it_was_drafted[a post]",
        "test_a_post_goes_out_as_it_was_drafted[a long post]",
        "test_every_picture_keeps_its_bytes_its_place_and_its_description",
        "test_at_the_edge_of_a_limit_it_is_taken[max_pictures]",
    )

    def spoilt(self, draft: Draft, part: int) -> Draft:
        return part_with(draft, part, pictures=draft.parts[part].pictures[::-1])


class CutsTheText(Broken):
    fails = (
        "test_a_post_goes_out_as_it_was_drafted[a long post]",
        "test_a_text_of_heavy_letters_is_counted_as_the_network_counts",
        "test_at_the_edge_of_a_limit_it_is_taken[max_text]",
        "test_over_the_edge_of_a_limit_it_is_refused[max_text]",
    )

    def spoilt(self, draft: Draft, part: int) -> Draft:
        this = draft.parts[part]
        return part_with(draft, part, **words(this, this.caption.text[:399]))


class IgnoresFlags(Broken):
    fails = ("test_the_networks_own_flag_for_ai_media_is_sent",)

    def spoilt(self, draft: Draft, part: int) -> Draft:
        return replace(draft, flags={})


class FlagsEverything(Broken):
    fails = ("test_what_no_ai_made_bears_no_flag",)

    def spoilt(self, draft: Draft, part: int) -> Draft:
        return replace(draft, flags={"made_by_ai": True})


class AnswersNobody(Broken):
    fails = ("test_a_thread_goes_out_in_order_each_answering_the_one_before",)

    def spoilt_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in request.items() if name != "answers"}


class DrawsItsKeyLate(Broken):
    fails = ("test_preparing_again_is_the_same_and_uploads_nothing_again",)

    def spoilt_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return {**request, "key": str(uuid.uuid4())}


class StoresTheToken(Broken):
    fails = ("test_what_is_stored_of_a_request_is_json_without_secrets", "test_the_ledger_holds_no_secret_in_the_clear")

    def spoilt_request(self, request: dict[str, Any]) -> dict[str, Any]:
        return {**request, "token": self.account.token.get_secret_value()}

    async def publish(self, prepared: Prepared) -> Published:
        sent = {name: value for name, value in prepared.request.items() if name != "token"}
        return await super().publish(replace(prepared, request=sent))


class PublishesWhilePreparing(Pebble):
    fails = (
        "test_only_publish_makes_anything_public",
        "test_preparing_again_is_the_same_and_uploads_nothing_again",
        "test_find_does_not_take_another_post_for_ours",
        "test_find_does_not_take_an_older_post_for_this_one",
    )

    async def prepare(self, draft: Draft, part: int, remember: Remember, before: Sequence[Published] = ()) -> Prepared:
        prepared = await super().prepare(draft, part, remember, before)
        await self._ask("POST", "/api/notes", json=dict(prepared.request))
        return prepared


class SaysPublishedOn500(Pebble):
    fails = (
        "test_no_fault_loses_a_post_or_repeats_it[reject_500]",
        "test_no_fault_loses_a_post_or_repeats_it[drop]",
        "test_a_thread_goes_on_where_a_fault_broke_it[drop]",
        "test_where_the_account_says_so_a_post_in_doubt_is_sent_again_and_is_out_once",
    )

    async def publish(self, prepared: Prepared) -> Published:
        try:
            return await super().publish(prepared)
        except Unknown:
            return Published("n1", f"{self.account.server}/@blog/n1")


class RepeatsWhatIsUnknown(Pebble):
    fails = (
        "test_no_fault_loses_a_post_or_repeats_it[commit_then_drop]",
        "test_no_fault_loses_a_post_or_repeats_it[commit_then_500]",
        "test_a_network_that_acts_after_we_have_hung_up_is_not_asked_twice",
        "test_a_thread_goes_on_where_a_fault_broke_it[commit_then_drop]",
        "test_a_thread_goes_on_where_a_fault_broke_it[commit_then_500]",
    )

    async def publish(self, prepared: Prepared) -> Published:
        try:
            return await super().publish(prepared)
        except Unknown:
            again = {**prepared.request, "key": f"{prepared.request['key']}.again"}
            return await super().publish(replace(prepared, request=again))


class FindsNothing(Pebble):
    fails = ("test_find_sees_what_is_out", "test_find_sees_what_is_out_though_our_clock_is_an_hour_ahead")

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        return None


class BelievesStrangers(Pebble):
    fails = (
        "test_find_does_not_take_another_post_for_ours",
        "test_find_does_not_take_an_older_post_for_this_one",
        "test_a_thread_goes_on_where_a_fault_broke_it[drop]",
    )

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        if found := await super().find(prepared, since):
            return found
        for number in range(1, 9):
            answer = await self._ask("GET", f"/api/notes/n{number}")
            if answer.status == 200 and answer.text("id"):
                return Published(answer.text("id"), answer.text("url"))
        return None


class UploadsAgain(Pebble):
    fails = ("test_preparing_again_is_the_same_and_uploads_nothing_again",)

    async def _picture(self, picture: Variant, remember: Remember) -> str:
        remember.forget(picture.digest)
        return await super()._picture(picture, remember)


class EditLosesPictures(Pebble):
    fails = ("test_an_edit_changes_the_words_and_nothing_else_however_often",)

    async def edit(self, draft: Draft, part: int, published: Published) -> Published:
        return await super().edit(part_with(draft, part, pictures=()), part, published)


class DeletesOnce(Pebble):
    fails = ("test_a_post_is_removed_once_and_no_other_with_it",)

    async def delete(self, published: Published) -> None:
        if not await self.is_shown(published):
            raise Refused("Pebble: the note is not there any more.", "Nothing is left to remove.")
        await super().delete(published)


class LeaksItsToken(Pebble):
    fails = (
        "test_the_ledger_holds_no_secret_in_the_clear",
        *(f"{ERRORS}[{status}]" for status in STATUSES if status not in (301, None)),
    )

    def _trouble(self, answer: Answer) -> NetworkError:
        error = super()._trouble(answer)
        error.args = (f"{error} The token was {self.account.token.get_secret_value()}.",)
        return error


class QuotesWithoutLooking(Pebble):
    fails = (f"{ERRORS}[409]",)

    def _trouble(self, answer: Answer) -> NetworkError:
        return Passing(f"Pebble: {answer.text('error')}.") if answer.status == 409 else super()._trouble(answer)


class SpeaksWithoutItsName(Pebble):
    fails = (f"{ERRORS}[409]",)

    def _trouble(self, answer: Answer) -> NetworkError:
        return Passing("The server is busy.") if answer.status == 409 else super()._trouble(answer)


class StumblesOverNonsense(Pebble):
    fails = (f"{ERRORS}[200]",)

    async def find(self, prepared: Prepared, since: datetime) -> Published | CannotTell | None:
        answer = await self._ask("GET", "/api/notes", params={"key": prepared.request["key"]})
        if answer.status != 200:
            raise self._trouble(answer)
        return next((Published(note["id"], note["url"]) for note in answer.body["notes"]), None)


class WaitsForEver(Pebble):
    fails = (f"{ERRORS}[None]", f"{ERRORS}[301]", "test_every_call_ends_and_none_finds_another_way_out")

    async def check(self) -> Identity:
        await self.client.get(f"{self.account.server}/api/me", timeout=None)
        return await super().check()


class HasAClientOfItsOwn(Pebble):
    fails = ("test_every_call_ends_and_none_finds_another_way_out",)

    async def check(self) -> Identity:
        async with httpx.AsyncClient(trust_env=False) as own:
            answer = await own.get(f"{self.account.server}/api/me", headers=self._bearer())
        return Identity(f"@{answer.json()['name']}")


class GivesNoReason(Pebble):
    fails = ("test_what_it_does_not_offer_is_said_with_a_reason_and_a_source",)
    cannot: ClassVar[Any] = {}


class ThinksTooMuchFits(Pebble):
    fails = (
        "test_at_the_edge_of_a_limit_it_is_taken[max_text]",
        "test_a_text_of_heavy_letters_is_counted_as_the_network_counts",
    )
    limits = replace(LIMITS, max_text=401)


class ThinksTooLittleFits(Pebble):
    fails = ("test_over_the_edge_of_a_limit_it_is_refused[max_picture_bytes]",)
    limits = replace(LIMITS, max_picture_bytes=1_999_999)


BROKEN = (
    DropsTheLabel,
    LosesDescriptions,
    SwapsPictures,
    CutsTheText,
    IgnoresFlags,
    FlagsEverything,
    AnswersNobody,
    DrawsItsKeyLate,
    StoresTheToken,
    PublishesWhilePreparing,
    SaysPublishedOn500,
    RepeatsWhatIsUnknown,
    FindsNothing,
    BelievesStrangers,
    UploadsAgain,
    EditLosesPictures,
    DeletesOnce,
    LeaksItsToken,
    QuotesWithoutLooking,
    SpeaksWithoutItsName,
    StumblesOverNonsense,
    WaitsForEver,
    HasAClientOfItsOwn,
    GivesNoReason,
    ThinksTooMuchFits,
    ThinksTooLittleFits,
)
for one in BROKEN:
    # pytest collects classes that are named Test… in a module
    body = {"fake": PebbleFake, "adapter": one, "fails": one.fails}
    globals()[f"Test{one.__name__}"] = type(f"Test{one.__name__}", (Conformance,), body)
