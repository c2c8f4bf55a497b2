"""A mistake in the configuration is answered with the key, the value, what is allowed, and the line; secrets never show."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from socialbot.accounts import options_of
from socialbot.nouns import Mistake, WrongConfiguration
from socialbot.settings import AccountSettings, QuietHours, Settings, load


class Toy(AccountSettings):
    password: SecretStr = SecretStr("")
    pin: SecretStr | None = None


def read(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "socialbot.toml").write_text(text)

    def options(network: str) -> type[AccountSettings]:
        return Toy if network == "toy" else options_of(network)

    return load(tmp_path, options)


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(WrongConfiguration) as caught:
        read(tmp_path, text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[site]\nurl = "ftp://x"', "socialbot.toml, line 2: site.url: 'ftp://x' cannot be used: a base URL"),
        ('[site]\ntimezone = "Europe/Londn"', 'did you mean "Europe/London"?'),
        ("[site]\n\nfirst_run_max = -1", "socialbot.toml, line 3: site.first_run_max: -1 cannot be used"),
        ("[sit]\nx = 1", 'sit is not a known key; did you mean "site"?'),
        ('[accounts.blue]\nnetwork = "toy"\nslot = []', 'line 3: accounts.blue.slot is not a known key; did you mean "slots"?'),
        (
            '[accounts.blue]\nnetwork = "toy"\nslots = ["noon"]',
            "line 3: accounts.blue.slots.0: 'noon' cannot be used: a slot is days",
        ),
        ('[accounts.blue]\nnetwork = "bluesy"', 'line 2: accounts.blue: "bluesy" is no network (one of: '),
        ("[accounts.blue]\npictures = 1", "accounts.blue.network is missing"),
        ('[accounts.Blue]\nnetwork = "toy"', '"Blue" is no account name'),
        ("[accounts]\nblue = 3", "an account is a table, [accounts.blue]"),
        ('[store]\nurl = "mysql://u:hush@h/d"', "sqlite:///FILE or postgresql://USER@HOST/DATABASE"),
        (
            '[accounts.b]\nnetwork = "toy"\ntimeout_s = 100',
            "line 3: accounts.b.timeout_s: at most half of worker.lease_s (180 s)",
        ),
        ("home = 'x'", "home is not a key of the file"),
        ("[site", "not valid TOML"),
    ],
)
def test_a_mistake_says_where_what_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    answer = complaint(tmp_path, text)
    assert said in answer
    assert "hush" not in answer


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = '[accounts.a]\nnetwork = "toy"\nslots = 3\nalt = "no"\n[accounts.b]\nnetwork = "nix"'
    assert complaint(tmp_path, text).count("\n") == 2


@pytest.mark.parametrize(
    "text",
    [
        '[web]\nsecret = "hush"',
        '[accounts.blue]\nnetwork = "toy"\npasswrod = "hush"',
        '[accounts.blue]\nnetwork = "toy"\npin = ["hush"]',
        '[accounts.chat]\nnetwork = "discord"\nwebhook = "hush"',
    ],
)
def test_a_secret_never_shows_in_a_complaint(tmp_path: Path, text: str) -> None:
    assert "hush" not in complaint(tmp_path, text)


def test_a_secret_never_shows_in_the_settings(tmp_path: Path) -> None:
    assert "hush" not in repr(read(tmp_path, '[accounts.blue]\nnetwork = "toy"\npassword = "hush"'))


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIALBOT_ACCOUNTS__BLUE__PASSWORD", "from-env")
    monkeypatch.setenv("SOCIALBOT_ACCOUNTS__BLUE__SLOTS", '["daily 9:00"]')
    monkeypatch.setenv("SOCIALBOT_SITE__URL", "https://env.example/")
    settings = read(tmp_path, '[site]\nurl = "https://file.example"\n[accounts.blue]\nnetwork = "toy"\npassword = "x"')
    blue = settings.account("blue")
    assert isinstance(blue, Toy)
    assert (blue.password.get_secret_value(), len(blue.slots), settings.site.url) == ("from-env", 1, "https://env.example")


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCIALBOT_SITE__TIMEZONE", "Mars/Olympus")
    assert "environment variable SOCIALBOT_SITE__TIMEZONE: site.timezone" in complaint(tmp_path, "")


def test_no_configuration_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(WrongConfiguration, match="socialbot init"):
        load(tmp_path, options_of)


def test_an_unknown_account_lists_those_there_are(tmp_path: Path) -> None:
    settings = read(tmp_path, '[accounts.blue]\nnetwork = "toy"')
    with pytest.raises(Mistake, match="accounts: blue"):
        settings.account("green")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('quiet_hours = "22-7"', "quiet_hours: '22-7' cannot be used: quiet hours are two times of the day"),
        ('quiet_hours = "25:00-07:00"', "quiet hours lie between 00:00 and 23:59"),
        ('quiet_hours = "07:00-07:00"', "leave the key out"),
        ('slots = ["daily 23:00"]\nquiet_hours = "22:00-07:00"', "the slot at 23:00 lies in these hours"),
        ("spacing = -1", "spacing"),
        ("max_per_day = 0", "max_per_day"),
    ],
)
def test_a_timetable_that_cannot_be_is_told(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "socialbot.toml").write_text(f'[accounts.blue]\nnetwork = "discord"\n{written}\n')
    with pytest.raises(WrongConfiguration, match=re.escape(told)):
        load(tmp_path, options_of)


def test_quiet_hours_may_cross_midnight() -> None:
    night = QuietHours.parse("22:00-07:00")
    assert [night.hold(time(hour)) for hour in (21, 22, 0, 6, 7)] == [False, True, True, True, False]
