"""Somebody comes with a list of feeds from another program, or leaves with one."""

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

import pytest

from monitor.settings import Config, load
from tests.doors.operator import Operator

START = '# My feeds.\n[[feed]]\nurl = "https://www.wire.test/rss/"\nname = "Wire"\n'


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    operator = Operator(tmp_path)
    operator.writes("monitor.toml", 'state = "state"\n')
    operator.writes("rules.toml", '[rules.coup]\nmatch = "coup"\n')
    operator.writes("feeds.toml", START)
    return operator


def config_of(operator: Operator) -> Config:
    return load(operator.folder / "monitor.toml")


def opml(*outlines: str) -> str:
    return f'<?xml version="1.0"?><opml version="2.0"><head/><body>{"".join(outlines)}</body></opml>'


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def outline(url: str, text: str = "", more: str = "") -> str:
    return f"<outline type='rss' text={quoteattr(text)} xmlUrl={quoteattr(url)} {more}/>"


def test_folders_within_folders_and_categories_become_tags(operator: Operator) -> None:
    europe = outline("https://a.test/rss", "A", 'category="/wire/official,daily"')
    nested = (
        f'<outline text="World"><outline text="Europe">{europe}</outline>{outline("https://b.test/", "B")}</outline>'
    )
    operator.writes("list.opml", opml(nested, outline("https://c.test/rss", "C", 'language="pl"')))
    added = operator.types("import", "opml", str(operator.folder / "list.opml"))

    assert added.exit_code == 0, added.output
    assert "added      A: https://a.test/rss (World, Europe, wire, official, daily)" in added.output
    assert "3 feeds added, 0 there already, 0 refused" in added.output
    _, a, b, c = config_of(operator).feeds
    assert (a.tags, b.tags, c.tags) == (("World", "Europe", "wire", "official", "daily"), ("World",), ())
    assert (b.name, c.language) == ("B", "pl")
    assert (operator.folder / "feeds.toml").read_text().startswith(START)


def test_a_feed_that_is_there_is_left_alone_however_its_address_is_dressed(operator: Operator) -> None:
    same = ("http://wire.test/rss", "https://wire.test:443/rss/", "https://me:secret@www.wire.test/rss")
    other = ("https://wire.test/rss?section=sport", "https://wire.test/rss?section=world", "https://wire.test:8443/rss")
    operator.writes("list.opml", opml(*(outline(url, "Wire") for url in same + other)))
    added = operator.types("import", "opml", str(operator.folder / "list.opml")).output

    assert "3 feeds added, 3 there already, 0 refused" in added
    assert "known      http://wire.test/rss: it is Wire" in added
    names = [feed.name for feed in config_of(operator).feeds]
    assert names == ["Wire", "Wire (wire.test)", "Wire (wire.test 2)", "Wire (wire.test 3)"]
    again = operator.types("import", "opml", str(operator.folder / "list.opml")).output
    assert "0 feeds added, 6 there already, 0 refused" in again


def test_a_feed_listed_in_two_folders_is_one_feed_with_both_tags(operator: Operator) -> None:
    once, again = outline("https://www.a.test/rss", "A"), outline("http://a.test/rss", "A")
    listed = opml(f'<outline text="Wire">{once}</outline><outline text="Asia">{again}</outline>')
    added = operator.types("import", "opml", "-", stdin=listed)

    assert "1 feed added, 1 there already" in added.output
    assert [feed.tags for feed in config_of(operator).feeds] == [(), ("Wire", "Asia")]


def test_an_address_that_is_none_is_refused_by_name_and_costs_the_others_nothing(operator: Operator) -> None:
    bad = (outline("mailto:a@b.test", "Letter"), outline("", "Nowhere"), outline("https://a.test/a b", "Torn"))
    lists = '<outline type="include" text="More" url="https://lists.test/more.opml"/>'
    old = (outline("feed://old.test/rss", "Old"), outline("feed:https://older.test/rss", "Older"))
    added = operator.types("import", "opml", "-", stdin=opml(*bad, lists, *old)).output

    assert 'refused    "Letter": "mailto:a@b.test" is no http(s) address' in added
    assert 'refused    "Nowhere": no address' in added
    assert "not read   1 list that this one points to" in added
    assert "2 feeds added, 0 there already, 3 refused" in added
    assert [feed.url for feed in config_of(operator).feeds][1:] == ["http://old.test/rss", "https://older.test/rss"]


HOSTILE = [
    "He said \"go\" \\ and 'left' \"\"\" '''",
    "first\nsecond = 1\n[[feed]]",
    "a\x7fb \u202egpj.exe\u200b",
    "x" * 5_000,
    "  ",
    '"]\nurl = "file:///etc/passwd',
    "日本のニュース 🗞 #not = a comment",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_yields_a_file_that_loads_and_a_name_in_one_line(operator: Operator, title: str) -> None:
    folder = f"<outline text={quoteattr(title)}>{outline('https://a.test/rss', title)}</outline>"
    added = operator.types("import", "opml", "-", stdin=opml(folder))

    assert added.exit_code == 0, added.output
    _, feed = config_of(operator).feeds
    assert feed.url == "https://a.test/rss"
    assert 0 < len(feed.name) <= 100
    assert feed.name.isprintable()
    assert all(tag.isprintable() and 0 < len(tag) <= 50 for tag in feed.tags)
    assert operator.types("check", "--offline").exit_code == 0


@pytest.mark.parametrize(
    "characters", ["&#0;", "&#1;", "&#27;[31m", "&#xD800;", "&#x7f;", "&#10;&#10;name = &quot;x&quot;", "&nosuch;"]
)
def test_characters_that_no_xml_may_hold_do_no_harm(operator: Operator, characters: str) -> None:
    listed = opml(f'<outline text="A{characters}B" xmlUrl="https://a.test/rss?q={characters}"/>')
    assert operator.types("import", "opml", "-", stdin=listed).exit_code == 0
    assert all(feed.url.isprintable() and feed.name.isprintable() for feed in config_of(operator).feeds)


@pytest.mark.parametrize(
    "broken",
    [
        opml(outline("https://a.test/rss", "A"), outline("https://b.test/rss", "B")).removesuffix("</body></opml>")
        + "<outline xmlUrl='htt",
        "</outline></outline>" + opml(outline("https://a.test/rss", "A")) + outline("https://b.test/rss", "B"),
        f"<opml><body>{outline('https://a.test/rss', 'Q & A')}<outline text='x' xmlUrl='https://b.test/?a=1&b=2'>",
    ],
)
def test_a_broken_file_is_read_as_far_as_it_goes_and_called_broken(operator: Operator, broken: str) -> None:
    added = operator.types("import", "opml", "-", stdin=broken)
    assert added.exit_code == 0, added.output
    assert "no good XML (" in added.stderr
    assert "read as far as possible; see whether feeds are missing" in added.stderr
    assert len(config_of(operator).feeds) == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_a_list_is_read_in_the_encoding_it_is_in(operator: Operator, encoding: str) -> None:
    said = opml(outline("https://a.test/rss", "Новости дня")).replace(
        '"1.0"?', f'"1.0" encoding="{encoding.removesuffix("-sig")}"?'
    )
    (operator.folder / "list.opml").write_bytes(said.encode(encoding))
    added = operator.types("import", "opml", str(operator.folder / "list.opml"))
    assert added.exit_code == 0, added.output
    assert "no good XML" not in added.output
    assert config_of(operator).feeds[1].name == "Новости дня"


@pytest.mark.parametrize("what", ["", "<rss><channel/></rss>", "[[feed]]\n", "\x00\x01", "<opml><body></body></opml>"])
def test_a_file_without_feeds_is_an_error_and_not_an_empty_list(operator: Operator, what: str) -> None:
    refused = operator.types("import", "opml", "-", stdin=what)
    assert refused.exit_code == 1
    assert "no feed in it; an OPML file has <outline xmlUrl=...> elements" in refused.output
    assert "nowhere.opml: cannot be read (No such file" in operator.types("import", "opml", "nowhere.opml").output


def test_a_dry_run_says_everything_and_changes_nothing(operator: Operator) -> None:
    told = operator.types("import", "opml", "-", "--dry-run", stdin=opml(outline("https://a.test/rss", "A")))
    assert "would add  A: https://a.test/rss" in told.output
    assert "1 feed to add" in told.output
    assert (operator.folder / "feeds.toml").read_text() == START


def test_the_file_keeps_its_mode_its_line_ends_and_the_link_that_leads_to_it(
    operator: Operator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    real = tmp_path_factory.mktemp("elsewhere") / "mine.toml"
    real.write_bytes(START.replace("\n", "\r\n").rstrip().encode())
    real.chmod(0o640)
    (operator.folder / "feeds.toml").unlink()
    (operator.folder / "feeds.toml").symlink_to(real)
    assert operator.types("import", "opml", "-", stdin=opml(outline("https://a.test/rss", "A"))).exit_code == 0

    assert (operator.folder / "feeds.toml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert not re.search(rb"(?<!\r)\n", real.read_bytes())
    assert [feed.name for feed in config_of(operator).feeds] == ["Wire", "A"]
    assert names_in(real.parent) == ["mine.toml"]


def test_when_the_new_file_would_not_load_the_old_one_stays(operator: Operator) -> None:
    # A list in brackets is good TOML, but nothing can be added below it.
    inline = 'feed = [{ url = "https://www.wire.test/rss/", name = "Wire" }]\n'
    operator.writes("feeds.toml", inline)
    refused = operator.types("import", "opml", "-", stdin=opml(outline("https://a.test/rss", "A")))

    assert refused.exit_code == 78
    assert f"{operator.folder}/feeds.toml: not valid TOML" in refused.output
    assert "stays as it was, nothing was added" in refused.output
    assert "added      A" not in refused.output
    assert (operator.folder / "feeds.toml").read_text() == inline
    assert names_in(operator.folder) == ["feeds.toml", "monitor.toml", "rules.toml"]


def test_what_is_exported_comes_back_as_the_same_feeds(
    operator: Operator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    operator.writes(
        "feeds.toml",
        START
        + '[[feed]]\nurl = "http://b.test/?a=1&b=<2>"\nname = "Q & \\"A\\" <b>"\ntags = ["wire", "Süd Ost"]\n'
        + 'language = "de"\n[[feed]]\nurl = "https://c.test/rss"\n',
    )
    exported = operator.types("export", "opml")
    other = Operator(tmp_path_factory.mktemp("other"))
    other.writes("monitor.toml", 'state = "state"\n')
    other.writes("rules.toml", '[rules.coup]\nmatch = "coup"\n')
    other.writes("feeds.toml", "")
    back = other.types("import", "opml", "-", stdin=exported.stdout)

    assert back.exit_code == 0, back.output
    assert config_of(other).feeds == config_of(operator).feeds
    assert other.types("export", "opml").stdout == exported.stdout


def test_secrets_are_not_exported_and_the_operator_hears_whose(operator: Operator) -> None:
    operator.writes("secret", "hunter2")
    operator.writes(
        "feeds.toml",
        START + '[[feed]]\nurl = "https://me:hunter2@b.test/rss"\nname = "B"\n'
        '[[feed]]\nurl = "https://c.test/rss"\nname = "C"\nusername = "me"\npassword_file = "secret"\n',
    )
    exported = operator.types("export", "opml")
    urls = [each.get("xmlUrl") for each in ElementTree.fromstring(exported.stdout).iter("outline")]

    assert urls == ["https://www.wire.test/rss/", "https://b.test/rss", "https://c.test/rss"]
    assert "hunter2" not in exported.output
    assert "not exported are the secrets of B, C" in exported.stderr


def test_three_thousand_feeds_of_one_name_are_all_taken_over(operator: Operator) -> None:
    listed = opml(*(outline(f"https://a.test/{number}", "News") for number in range(3_000)))
    assert "3000 feeds added" in operator.types("import", "opml", "-", stdin=listed).output
    read = tomllib.loads((operator.folder / "feeds.toml").read_text())["feed"]
    assert len({feed["name"] for feed in read}) == len(read) == 3_001
