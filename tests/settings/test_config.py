"""What an operator reads when the config is wrong, and which of several places wins."""

import re
from pathlib import Path

import pytest

from monitor.app.rules import rules_of
from monitor.resources import shipped
from monitor.settings import Config, RuleBook, SettingsError, find, load, read_rule_files

FEED = '[[feed]]\nurl = "https://news.test/rss"\n'
RULE = '[rules.storm]\nmatch = "storm warning"\n'


def written(folder: Path, monitor: str = "", feeds: str = FEED, rules: str = RULE) -> Path:
    (folder / "monitor.toml").write_text(monitor)
    (folder / "feeds.toml").write_text(feeds)
    (folder / "rules.toml").write_text(rules)
    return folder / "monitor.toml"


def read_all(file: Path) -> None:
    """Read as the commands do that need the rules."""
    if problems := rules_of(load(file).book)[1]:
        raise SettingsError(problems)


def refusal(folder: Path, **files: str) -> str:
    with pytest.raises(SettingsError) as refused:
        read_all(written(folder, **files))
    return "\n".join(refused.value.problems).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"monitor": "[mial]\n"}, 'monitor.toml:1: mial: unknown key; did you mean "mail"?'),
        (
            {"monitor": '[poll]\nevery = "5m"\ntimout = "3s"\n'},
            'monitor.toml:3: poll.timout: unknown key; did you mean "timeout"?',
        ),
        (
            {"monitor": '\n[poll]\nevery = "soon"\n'},
            'monitor.toml:3: poll.every: "soon" is no span of time; write a number and s, m, h or d, like "15m"',
        ),
        (
            {"monitor": '[briefing]\nzone = "Mars/Olympus"\n'},
            'monitor.toml:2: briefing.zone: "Mars/Olympus" is no time zone; use a name like "Europe/Warsaw" or "UTC"',
        ),
        (
            {"monitor": '[briefing]\nat = "7 o\'clock"\n'},
            'monitor.toml:2: briefing.at: "7 o\'clock" is no time of day; write it like "07:00"',
        ),
        (
            {"monitor": '[mail]\nout = "ftp://mail.test"\n'},
            'monitor.toml:2: mail.out: "ftp://mail.test" is no way out for mail; '
            'use "smtp://HOST:PORT", "smtps://HOST:PORT" or "maildir:FOLDER"',
        ),
        (
            {"monitor": '[mail]\npassword = "hunter2"\n'},
            "monitor.toml:2: a password does not belong here; name a `password_file` instead",
        ),
        (
            {"feeds": FEED + '[[feed]]\nname = "x"\nurl = "file:///etc/passwd"\n'},
            'feeds.toml:5: feed.url: "file:///etc/passwd" is no feed address; '
            "it must begin with http:// or https:// and name a host",
        ),
        (
            {"feeds": FEED + FEED},
            'feeds.toml:4: the url "https://news.test/rss" stands at line 2 already; remove one of the two',
        ),
        (
            {"feeds": FEED + '[[feed]]\nurl = "https://news.test/sport"\n'},
            'feeds.toml:3: the name "news.test" stands at line 1 already; give one of the two another `name`',
        ),
        ({"feeds": '[[feed]]\nname = "x"\n'}, "feeds.toml:1: feed.url: is missing; write it"),
        ({"feeds": "[feeds]\n"}, 'feeds.toml:1: unknown key "feeds"; a feed begins with [[feed]]'),
        (
            {"rules": '[rules.storm]\nmatch = "storm"\nseverty = "high"\n'},
            'rules.toml:3: rules.storm.severty: unknown key; did you mean "severity"?',
        ),
        (
            {"rules": "[rules.storm]\nmatch = '''\nstorm warning\n\"high winds\n'''\n"},
            'rules.toml:4: rule storm, match, column 1: this quote is never closed; write "two words" for a phrase',
        ),
        (
            {"rules": '[rules.storm]\nmatch = "flood OR dam"\n'},
            "rules.toml:2: rule storm, match, column 7: OR is no operator; write one pattern a line",
        ),
        (
            {"monitor": 'templates = "nowhere"\n'},
            "monitor.toml: templates: there is no folder nowhere; make it or remove the key",
        ),
        (
            {"rules": '[rules.storm]\nmatch = "# nothing"\n'},
            "rules.toml:2: rule storm has no pattern; write one a line",
        ),
        ({"rules": "[rules.storm\n"}, "rules.toml: not valid TOML: Expected ']' at the end of a table declaration"),
    ],
)
def test_each_mistake_is_told_with_file_line_key_and_cure(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    assert sentence in refusal(tmp_path, **files)


def test_every_mistake_of_all_files_is_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, monitor="[pol]\n", feeds="[[feed]]\n", rules="[rules.x]\n")
    assert [line.partition(":")[0] for line in told.splitlines()] == ["monitor.toml", "feeds.toml", "rules.toml"]


ROUTED = """
[groups]
night = ["board"]
[rules.storm]
match = "storm warning"
alert = { to = ["desk"], ack_within = "5m", then = ["night"] }
"""


@pytest.mark.parametrize(
    "monitor",
    [
        '[channels.desk]\nwebhook = "no address"\n[channels.board]\nwebhook = "https://board.test/"\n',
        '[channels.desk]\nwebhook = "https://desk.test/"\n[mail\n',
        '[mial]\n[channels.desk]\nwebhook = "https://desk.test/"\n',
    ],
    ids=["a channel is wrong", "no TOML", "something else is wrong"],
)
def test_routes_are_not_blamed_for_naming_channels_that_could_not_be_read(tmp_path: Path, monitor: str) -> None:
    said = refusal(tmp_path, monitor=monitor, rules=ROUTED)
    assert "monitor.toml" in said
    assert "rules.toml" not in said
    assert '"board" is no address' in refusal(tmp_path, rules=ROUTED)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"rules": f'{RULE}alert = {{ ack_within = "0s", then = ["a@example.org"] }}\n'},
            "rules.toml:3: rules.storm.alert.ack_within: is too short; write at least 1s",
        ),
        (
            {"rules": f'{RULE}alert = {{ ack_within = "8d", then = ["a@example.org"] }}\n'},
            "rules.toml:3: rules.storm.alert.ack_within: is too long; write at most 7d",
        ),
        ({"monitor": '[poll]\ntimeout = "50ms"\n'}, "monitor.toml:2: poll.timeout: is too short; write at least 100ms"),
        ({"monitor": '[alerts]\ngroup_wait = "30h"\n'}, "alerts.group_wait: is too long; write at most 1d"),
        ({"monitor": '[mail]\ntimeout = "1h"\n'}, "mail.timeout: is too long; write at most 15m"),
        ({"monitor": "[alerts]\nburst = 0\n"}, "monitor.toml:2: alerts.burst: is too small; write at least 1"),
        ({"monitor": "[alerts]\nburst = 5000\n"}, "alerts.burst: is too large; write at most 1000"),
    ],
)
def test_what_is_beyond_its_bounds_is_told_what_to_write_as_the_file_spells_it(
    tmp_path: Path, files: dict[str, str], sentence: str
) -> None:
    said = refusal(tmp_path, **files)
    assert said.endswith(sentence)
    assert "timedelta" not in said


def test_a_missing_file_names_the_command_that_writes_it(tmp_path: Path) -> None:
    file = written(tmp_path)
    (tmp_path / "rules.toml").unlink()
    with pytest.raises(SettingsError, match=r"rules\.toml: there is no such file; `feed-monitor init`"):
        read_all(file)
    (tmp_path / "feeds.toml").unlink()
    with pytest.raises(SettingsError, match=r"feeds\.toml: there is no such file; `feed-monitor init`"):
        load(file)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_MONITOR_MAIL__OUT", "smtp://relay.test:587")
    config = load(written(tmp_path, '[mail]\nout = "maildir:box"\nsender = "watch@example.org"\n'))

    assert config.mail_out == "smtp://relay.test:587"
    assert config.settings.mail.sender == "watch@example.org"


def test_a_misspelt_or_bad_variable_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_MONITOR_MIAL__OUT", "smtp://relay.test")
    monkeypatch.setenv("FEED_MONITOR_POLL__EVERY", "often")
    told = refusal(tmp_path)

    assert "environment: FEED_MONITOR_MIAL__OUT is no setting" in told
    assert 'environment: FEED_MONITOR_POLL__EVERY: "often" is no span of time' in told


def password_of(config: Config) -> str:
    assert config.password is not None
    return config.password.get_secret_value()


def test_the_password_comes_from_the_environment_the_credentials_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    file = written(tmp_path, '[mail]\npassword_file = "secret"\n')
    assert password_of(load(file)) == "from the file"

    (tmp_path / "smtp-password").write_text("from systemd")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert password_of(load(file)) == "from systemd"

    monkeypatch.setenv("FEED_MONITOR_MAIL__PASSWORD", "from the environment")
    assert password_of(load(file)) == "from the environment"


def test_a_password_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "cannot read secret (No such file or directory)" in refusal(
        tmp_path, monitor='[mail]\npassword_file = "secret"\n'
    )


def test_the_password_never_shows_in_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEED_MONITOR_MAIL__PASSWORD", "hunter2")
    assert "hunter2" not in repr(load(written(tmp_path)))


def test_the_config_is_looked_for_where_people_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("named", "env", "xdg/feed-monitor"):
        (tmp_path / name).mkdir(parents=True)
        written(tmp_path / name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert find(None) == tmp_path / "xdg/feed-monitor/monitor.toml"

    monkeypatch.setenv("FEED_MONITOR_CONFIG", str(tmp_path / "env"))
    assert find(None) == tmp_path / "env/monitor.toml"
    assert find(str(tmp_path / "named/monitor.toml")) == tmp_path / "named/monitor.toml"
    with pytest.raises(SettingsError, match="there is no such file"):
        find(str(tmp_path / "nowhere"))


def test_the_shipped_config_loads_and_every_commented_default_is_the_default(tmp_path: Path) -> None:
    for name in ("monitor.toml", "feeds.toml", "rules.toml"):
        (tmp_path / name).write_bytes((shipped("config") / name).read_bytes())
    as_shipped = load(tmp_path / "monitor.toml")
    assert rules_of(as_shipped.book)[1] == []

    lines = (tmp_path / "monitor.toml").read_text().splitlines()
    varied = (
        "# contact",
        "# state",
        "# database",
        "# templates",
        '# out = "smtp',
        "# password_file",
        "# starttls",
        "# public_url",
        "# operator",
        "# maildir",
        "# imap",
    )
    spoken = [line for line in lines if not line.startswith(varied)]
    uncommented = [line[2:] if re.match(r"# [a-z_]+ = ", line) else line for line in spoken]
    (tmp_path / "monitor.toml").write_text("\n".join(uncommented))
    assert uncommented != spoken
    assert load(tmp_path / "monitor.toml").settings == as_shipped.settings


def test_a_rule_book_survives_the_way_to_the_child_that_tries_it(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        "[terms]\nx = 'a | b'\n[rules.all]\nmatch = '$x'\nall = 'b'\nunless = 'c'\ndrop = 'd'\nlang = 'en'\n"
        "sources = { tags = 'wire', not = ['sport'] }\ncount = { at_least = 2, within = '90m', by = 'story' }\n"
        "raise = { to = 'critical', when = { publishers = 2, within = '30m' } }\nalert = { to = 'a@example.org' }\n"
        "[rules.all.tests]\nfires = 'a b'\n"
    )
    for file in (mine, shipped("config") / "rules.toml"):
        book = read_rule_files(file)
        assert book.problems == ()
        assert RuleBook.model_validate_json(book.model_dump_json(by_alias=True)) == book


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ('[[rules]]\nname = "x"\n', "rules.toml:1: rules is no table; write [rules.NAME], in single brackets"),
        ('terms = "x"\n', "rules.toml:1: terms is no table; write [terms], in single brackets"),
        ('[rules]\ntop = "coup"\n', 'rules.toml:2: "top" is no rule; a rule begins with [rules.NAME]'),
        (
            '[rules.x]\nmatch = "coup"\nraise = "critical"\n',
            'rules.toml:3: rules.x.raise: write a table like { to = "critical", when = {',
        ),
        (
            '[rules.x]\nmatch = "coup"\n[rules.x.count]\nat_last = 3\n',
            'rules.toml:4: rules.x.count.at_last: unknown key; did you mean "at_least"?',
        ),
        ('[rules.x]\nmatch = ["coup", 5]\n', "write text, a pattern a line, or a list of texts"),
        ('[rules.x]\nmatch = "coup"\nlang = "xx"\n', 'lang: "xx" is no language; write codes like "en" or "uk"'),
        ("[rules.x]\nmatch = \"'no fly zone'\"\n", 'single quotes mean nothing here; write "two words" for a phrase'),
        ("[rules.x]\nmatch = '\"no (fly | drone) zone\"'\n", '"(" means nothing in a phrase'),
    ],
)
def test_a_rule_file_of_the_wrong_shape_is_no_empty_rule_file(tmp_path: Path, rules: str, sentence: str) -> None:
    assert sentence in refusal(tmp_path, rules=rules)


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = written(tmp_path)
    (tmp_path / "rules.toml").write_text(RULE, encoding="utf-8-sig")
    read_all(file)
