"""What an operator reads when a channel is set up wrongly, and what a good one says."""

from datetime import time, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from monitor.settings.channels import Channel, ChannelSecrets, check_channels, places_in
from monitor.settings.fields import QuietHours
from monitor.settings.files import Source
from monitor.settings.secret import channel_secrets_of
from monitor.words import Severity

DESK = '[channels.desk]\nwebhook = "https://desk.test/hook"\n'


class Written(BaseModel):
    """As much of monitor.toml as these tests are about."""

    model_config = ConfigDict(extra="forbid")
    channels: dict[str, Channel] = {}


def read(folder: Path, text: str) -> tuple[dict[str, Channel], dict[str, ChannelSecrets], list[str]]:
    file = folder / "monitor.toml"
    file.write_text(text)
    problems: list[str] = []
    source = Source(file, problems)
    try:
        channels = Written.model_validate(source.table).channels
    except ValidationError as error:
        problems.extend(source.explain(error, Written))
        channels = {}
    check_channels(channels, places_in(source), problems)
    secrets = channel_secrets_of(folder, channels, places_in(source), problems)
    return channels, secrets, [problem.replace(f"{folder}/", "") for problem in problems]


def test_a_channel_that_says_no_more_than_where_to_hears_what_is_high(tmp_path: Path) -> None:
    channels, secrets, problems = read(tmp_path, DESK)
    assert problems == []
    desk = channels["desk"]
    assert (desk.least, desk.format, desk.fallback, desk.quiet_hours) == (Severity.HIGH, "json", "", None)
    assert desk.fallback_after == timedelta(minutes=5)
    assert secrets["desk"].url.get_secret_value() == "https://desk.test/hook"
    assert secrets["desk"].secret is None


def test_a_channel_says_all_it_can(tmp_path: Path) -> None:
    (tmp_path / "chat.url").write_text("ntfys://ntfy.test/T0PSECRET\n")
    (tmp_path / "desk.url").write_text("https://desk.test/hook?token=T0PSECRET\n")
    (tmp_path / "desk.key").write_text("between us\n")
    text = (
        '[channels.desk]\nwebhook_file = "desk.url"\nsecret_file = "desk.key"\nformat = "cap"\nfrom = "low"\n'
        'fallback = "night-chat"\nfallback_after = "90s"\n'
        '[channels.night-chat]\napprise_file = "chat.url"\nquiet_hours = "22:00-06:30"\nzone = "Europe/Warsaw"\n'
    )
    channels, secrets, problems = read(tmp_path, text)
    assert problems == []
    desk, chat = channels["desk"], channels["night-chat"]
    assert (desk.format, desk.least, desk.fallback) == ("cap", Severity.LOW, "night-chat")
    assert desk.fallback_after == timedelta(seconds=90)
    assert (chat.quiet_hours, chat.zone) == ((time(22), time(6, 30)), "Europe/Warsaw")
    assert secrets["desk"].url.get_secret_value() == "https://desk.test/hook?token=T0PSECRET"
    assert secrets["desk"].secret is not None
    assert secrets["desk"].secret.get_secret_value() == "between us"
    assert secrets["night-chat"].url.get_secret_value() == "ntfys://ntfy.test/T0PSECRET"
    assert "T0PSECRET" not in repr(secrets)
    assert "between us" not in repr(secrets)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[channels.desk]\nfrom = "low"\n',
            "monitor.toml:1: channels.desk: it leads nowhere; write `webhook`, `webhook_file` or `apprise_file`",
        ),
        (
            f'{DESK}apprise_file = "chat.url"\n',
            "monitor.toml:1: channels.desk: it has `webhook` and `apprise_file`; keep one of them",
        ),
        (
            '[channels.desk]\napprise_file = "chat.url"\nsecret_file = "key"\n',
            "monitor.toml:1: channels.desk: `secret_file` is for webhooks alone; remove it, or use a webhook",
        ),
        (
            '[channels.desk]\napprise_file = "chat.url"\nformat = "cap"\n',
            "monitor.toml:1: channels.desk: `format` is for webhooks alone; remove it, or use a webhook",
        ),
        (
            '[channels.desk]\nwebhook = "ftp://desk.test/"\n',
            'monitor.toml:1: channels.desk: `webhook` "ftp://desk.test/" is no web address; begin it with https:// or'
            " http:// and name a host",
        ),
        (
            '[channels.desk]\nwebhook = "https://me:hush@desk.test/"\n',
            "monitor.toml:1: channels.desk: `webhook` holds a password; write the address into a file and name that"
            " `webhook_file`",
        ),
        (
            f'{DESK}from = "loud"\n',
            "monitor.toml:3: channels.desk.from: input should be 'info', 'low', 'medium', 'high' or 'critical'",
        ),
        (
            f'{DESK}quiet_hours = "at night"\n',
            'monitor.toml:3: channels.desk.quiet_hours: "at night" are no quiet hours; write when they begin and end,'
            ' like "22:00-06:30"',
        ),
        (
            '[channels.Desk_1]\nwebhook = "https://desk.test/"\n',
            "monitor.toml:1: channels.Desk_1: a channel's name has lower-case letters, digits and hyphens; write it"
            ' like "duty-desk"',
        ),
        (
            '[channels."duty@desk"]\nwebhook = "https://desk.test/"\n',
            "monitor.toml:1: channels.duty@desk: a channel's name has lower-case letters, digits and hyphens; write it"
            ' like "duty-desk"',
        ),
        (
            f'{DESK}fallback = "chat"\n',
            'monitor.toml:3: channels.desk.fallback: there is no channel "chat"; name another (known: none yet)',
        ),
        (
            f'{DESK}fallback = "chta"\n[channels.chat]\nwebhook = "https://chat.test/"\n',
            'monitor.toml:3: channels.desk.fallback: there is no channel "chta"; name another (known: chat)',
        ),
        (
            f'{DESK}fallback = "desk"\n',
            "monitor.toml:3: channels.desk.fallback: falls back to itself; name another channel, or remove it",
        ),
        (
            f'{DESK}fallback = "chat"\n[channels.chat]\nwebhook = "https://chat.test/"\nfallback = "desk"\n'
            '[channels.third]\nwebhook = "https://third.test/"\nfallback = "desk"\n',
            "monitor.toml:3: channels.desk.fallback: leads in a circle, desk to chat to desk; name another channel, or"
            " remove it",
        ),
        (
            '[channels.desk]\nwebhook_file = "desk.url"\n',
            "monitor.toml:2: channels.desk.webhook_file: cannot read desk.url (No such file or directory); check its"
            " path and owner",
        ),
    ],
)
def test_each_mistake_is_told_once_with_its_line_and_its_cure(tmp_path: Path, text: str, sentence: str) -> None:
    if "apprise_file" in text:
        (tmp_path / "chat.url").write_text("ntfys://ntfy.test/topic")
    assert read(tmp_path, text)[2] == [sentence]


def test_a_key_that_no_channel_has_is_told_with_its_line(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, f'{DESK}least = "low"\n')[2]
    assert problem.startswith("monitor.toml:3: channels.desk.least: unknown key; ")


@pytest.mark.parametrize(
    ("key", "content", "sentence"),
    [
        ("webhook_file", "", "desk.url must hold one line; write the secret into it and nothing else"),
        ("webhook_file", "https://a.test\nhttps://b.test", "desk.url must hold one line; write the secret into it and"),
        ("webhook_file", "T0PSECRET", "desk.url holds no web address; begin it with https:// or http:// and name"),
        ("webhook_file", "https://a.test/ T0PSECRET", "desk.url holds no web address; begin it with"),
        ("apprise_file", "T0PSECRET", "desk.url holds no address of apprise's; write one like ntfys://HOST/TOPIC"),
    ],
)
def test_a_file_that_holds_no_address_is_told_of_without_what_it_holds(
    tmp_path: Path, key: str, content: str, sentence: str
) -> None:
    (tmp_path / "desk.url").write_text(content)
    _, secrets, (problem,) = read(tmp_path, f'[channels.desk]\n{key} = "desk.url"\n')
    assert problem.startswith(f"monitor.toml:2: channels.desk.{key}: {sentence}")
    assert "T0PSECRET" not in problem
    assert secrets == {}


def test_an_empty_key_does_not_leave_a_webhook_unsigned_in_silence(tmp_path: Path) -> None:
    (tmp_path / "desk.key").write_text("\n")
    _, secrets, problems = read(tmp_path, f'{DESK}secret_file = "desk.key"\n')
    assert problems == [
        "monitor.toml:3: channels.desk.secret_file: desk.key must hold one line; write the secret into it and nothing"
        " else"
    ]
    assert secrets == {}


def test_systemd_may_hand_over_what_the_config_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed = tmp_path / "credentials"
    handed.mkdir()
    (handed / "desk.url").write_text("https://handed.test/")
    (tmp_path / "desk.url").write_text("https://own.test/")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))
    _, secrets, problems = read(tmp_path, '[channels.desk]\nwebhook_file = "desk.url"\n')
    assert problems == []
    assert secrets["desk"].url.get_secret_value() == "https://handed.test/"


HOURS: TypeAdapter[tuple[time, time]] = TypeAdapter(QuietHours)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("22:00-06:30", (time(22), time(6, 30))),
        (" 9:05 – 17:00 ", (time(9, 5), time(17))),
        ("00:00-23:59", (time(0), time(23, 59))),
    ],
)
def test_quiet_hours_may_pass_midnight_and_come_back_as_they_were_written(
    written: str, hours: tuple[time, time]
) -> None:
    read_back = HOURS.validate_python(written)
    assert read_back == hours
    assert HOURS.validate_python(read_back) == hours
    assert HOURS.validate_python(HOURS.dump_python(hours, mode="json")) == hours


@pytest.mark.parametrize(
    "written",
    ["", "22", "22-6", "22:00", "22:00-", "24:00-06:00", "22:60-06:00", "22:00-06:00-07:00", "22:00+1-06:00", 22, None],
)
def test_quiet_hours_that_are_none_are_refused_with_an_example(written: object) -> None:
    with pytest.raises(ValidationError, match='like "22:00-06:30"'):
        HOURS.validate_python(written)


def test_quiet_hours_without_length_are_refused() -> None:
    with pytest.raises(ValidationError, match="that end as they begin never are"):
        HOURS.validate_python("07:00-07:00")
