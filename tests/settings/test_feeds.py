"""What an operator may write of a feed in feeds.toml, and reads when it is wrong; secrets stay secret."""

from pathlib import Path

import pytest

from monitor.app.asking import access_of
from monitor.net.trips import Access
from monitor.settings import Config, SettingsError, load
from monitor.settings.feeds import add_feeds, as_toml, read_feeds
from monitor.settings.shapes import FeedSettings

FEED = '[[feed]]\nurl = "https://news.test/rss"\nname = "News"\n'


def written(folder: Path, feeds: str, monitor: str = "") -> Path:
    (folder / "monitor.toml").write_text(monitor)
    (folder / "feeds.toml").write_text(feeds)
    (folder / "rules.toml").write_text('[rules.storm]\nmatch = "storm"\n')
    return folder / "monitor.toml"


def only_access(config: Config) -> Access:
    (access,) = access_of(config).values()
    return access


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ('allow_private = "perhaps"', "feed.allow_private: is neither yes nor no; write true or false"),
        ("alow_private = true", 'feed.alow_private: unknown key; did you mean "allow_private"?'),
        (
            'proxy = "socks5://127.0.0.1:9050"',
            'feed.proxy: "socks5://127.0.0.1:9050" is no proxy; write it like "http://proxy.example.org:3128"',
        ),
        ('headers = "X-Key: 1"', 'feed.headers: is no table; write { NAME = "text" }'),
        ("headers = { X-Key = 1 }", "feed.headers.X-Key: is no text; write it in quotes"),
        (
            'headers = { "X Key" = "1" }',
            'feed.headers: "X Key: 1" is no HTTP header; a name has letters, digits and hyphens',
        ),
        (
            'headers = { Cookie = "session=1" }',
            'feed.headers: the header "Cookie" holds a secret; write it into a file and name that `headers_file`',
        ),
        (
            'headers_file = "wire.headers"',
            "feed News: headers_file: cannot read wire.headers (No such file or directory); check its path and owner",
        ),
        ('username = "desk"', "feed News: username: `username` and `password_file` belong together; write both"),
        ('password_file = "key"', "feed News: password_file: `username` and `password_file` belong together"),
        ('tags = "wire"', 'feed.tags: is no list; write it in brackets, like ["one", "two"]'),
        ('every = "0s"', "feed.every: "),
    ],
)
def test_a_wrong_key_is_told_with_its_line_and_its_cure(tmp_path: Path, key: str, sentence: str) -> None:
    file = written(tmp_path, f"{FEED}\n{key}\n{FEED.replace('news.test', 'other.test').replace('News', 'Other')}")
    with pytest.raises(SettingsError) as refused:
        load(file)
    (problem,) = refused.value.problems
    assert problem.replace(f"{tmp_path}/", "").startswith(f"feeds.toml:5: {sentence}")


def test_a_line_of_a_headers_file_that_is_no_header_is_named_without_being_shown(tmp_path: Path) -> None:
    (tmp_path / "wire.headers").write_text("X-Key: 1\n\nhunter2\n")
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, FEED + 'headers_file = "wire.headers"\n'))
    (problem,) = refused.value.problems
    assert problem == f'{tmp_path}/wire.headers:3: is no header; write a line like "Cookie: session=..."'


def test_headers_come_from_the_config_and_a_file_and_a_password_becomes_one(tmp_path: Path) -> None:
    (tmp_path / "wire.headers").write_text("X-Key: hunter2\nCookie: a=b: c\n")
    (tmp_path / "password").write_text("sesame\n")
    keys = 'headers = { Accept-Language = "en" }\nheaders_file = "wire.headers"\n'
    config = load(written(tmp_path, f'{FEED}{keys}username = "desk"\npassword_file = "password"\n'))

    assert only_access(config) == Access(
        headers=(
            ("Accept-Language", "en"),
            ("X-Key", "hunter2"),
            ("Cookie", "a=b: c"),
            ("Authorization", "Basic ZGVzazpzZXNhbWU="),
        ),
        home="https://news.test/rss",
    )
    assert "hunter2" not in repr(config)
    assert "ZGVzazpzZXNhbWU" not in repr(config)


def test_a_credential_of_systemd_goes_before_a_file_of_the_same_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "wire.headers").write_text("X-Key: from systemd\n")
    (tmp_path / "wire.headers").write_text("X-Key: from the folder\n")
    file = written(tmp_path, FEED + 'headers_file = "wire.headers"\n')
    assert only_access(load(file)).headers == (("X-Key", "from the folder"),)

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert only_access(load(file)).headers == (("X-Key", "from systemd"),)


def test_a_proxy_of_a_feed_goes_before_that_of_all(tmp_path: Path) -> None:
    poll = '[poll]\nproxy = "http://all.test:3128"\n'
    assert only_access(load(written(tmp_path, FEED, poll))).proxy == "http://all.test:3128"
    own = FEED + 'proxy = "http://own.test:3128"\nallow_private = true\n'
    assert only_access(load(written(tmp_path, own, poll))) == Access(True, "http://own.test:3128")


@pytest.mark.parametrize("text", ["\x00\x07\x7f", '"\\"', "a\nb\r\n\t", "[[feed]]", "日本 🗞", "'''", "\u2028\u0085"])
def test_whatever_a_feed_is_called_its_table_says_the_same_again(tmp_path: Path, text: str) -> None:
    said = {"url": "https://a.test/", "name": text, "publisher": f"{text}!", "tags": (text, "b"), "language": text}
    feed = FeedSettings.model_validate(said)
    (tmp_path / "feeds.toml").write_bytes(as_toml(feed).encode())
    problems: list[str] = []
    assert read_feeds(tmp_path / "feeds.toml", problems)[0] == (feed,)
    assert problems == []


def test_a_feed_that_cannot_be_added_leaves_the_file_and_its_folder_as_they_were(tmp_path: Path) -> None:
    written(tmp_path, FEED)
    before = sorted(tmp_path.iterdir())
    again = FeedSettings.model_validate({"url": "https://news.test/rss", "name": "Again"})
    (problem,) = add_feeds(tmp_path / "feeds.toml", [again])
    assert problem.startswith(f'{tmp_path}/feeds.toml:6: the url "https://news.test/rss" stands at line 2 already')
    assert (tmp_path / "feeds.toml").read_text() == FEED
    assert sorted(tmp_path.iterdir()) == before
