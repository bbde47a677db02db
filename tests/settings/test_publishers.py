"""Who is told to stand behind a feed: the shipped table, the operator's own over it, and feeds.toml over both."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.core.stories.voices import Agency, Credits
from monitor.resources import shipped
from monitor.settings import Config, SettingsError, load
from monitor.settings.feeds import as_toml, read_feeds
from monitor.settings.publishers import Publishers, read_publishers, shipped_publishers
from monitor.settings.shapes import FeedSettings

OWN = '[[publisher]]\nname = "Harbour Gazette"\nhosts = ["gazette.test"]\nfamily = "Quay Group"\n'


def known(folder: Path, own: str = OWN) -> Publishers:
    (folder / "publishers.toml").write_text(own)
    problems: list[str] = []
    publishers = read_publishers(folder / "publishers.toml", problems)
    assert problems == []
    return publishers


def configured(folder: Path, feeds: str, own: str | None = OWN) -> Config:
    (folder / "monitor.toml").write_text("")
    (folder / "feeds.toml").write_text(feeds)
    (folder / "rules.toml").write_text('[rules.storm]\nmatch = "storm"\n')
    if own is not None:
        (folder / "publishers.toml").write_text(own)
    return load(folder / "monitor.toml")


def standing(folder: Path, table: str, own: str | None = OWN) -> tuple[str, str]:
    (feed,) = configured(folder, f"[[feed]]\n{table}\n", own).feeds
    return feed.publisher, feed.family


def test_the_shipped_table_is_read_without_a_complaint(tmp_path: Path) -> None:
    problems: list[str] = []
    publishers = read_publishers(tmp_path / "publishers.toml", problems)
    assert problems == []
    assert publishers.of("reuters.com") == ("Reuters", "Reuters")
    assert publishers == shipped_publishers()


def test_every_mark_of_the_shipped_table_credits_its_agency() -> None:
    agencies = [Agency(each.name, each.marks, each.family) for each in shipped_publishers().agencies]
    desk = Credits(agencies)
    wrong = []
    for agency in agencies:
        for mark in agency.marks:
            ending = mark.removesuffix("...") if mark.endswith("...") else f"({mark.strip('()')})"
            if desk.credited("", f"The quay is closed. {ending}", "") != agency.name:
                wrong.append(mark)
    assert wrong == []


@pytest.mark.parametrize(
    ("address", "publisher"),
    [
        ("bbc.co.uk", "BBC"),
        ("feeds.bbci.co.uk", "BBC"),
        ("https://feeds.bbci.co.uk/news/world/rss.xml", "BBC"),
        ("https://WWW.BBC.com:443/news", "BBC"),
        ("https://timesofindia.indiatimes.com/rss", "The Times of India"),
        ("https://economictimes.indiatimes.com/rss", "The Economic Times"),
        ("notbbc.co.uk", None),
        ("co.uk", None),
        ("https://unheard.test/feed", None),
        ("", None),
        ("https://feeds.feedburner.com/anything", None),
        ("https://news.google.com/rss/search?q=site:reuters.com", None),
    ],
)
def test_a_host_belongs_to_whoever_has_its_longest_end(address: str, publisher: str | None) -> None:
    found = shipped_publishers().of(address)
    assert (found and found[0]) == publisher


@pytest.mark.parametrize(
    "address",
    [
        "https://www.nato.int/cps/en/natohq/news.xml",
        "https://news.un.org/feed/subscribe/en/news/all/rss.xml",
        "https://www.iaea.org/feeds/topnews",
        "https://www.gdacs.org/xml/rss.xml",
        "https://ec.europa.eu/commission/presscorner/api/rss",
        "https://www.gov.uk/government/organisations/ministry-of-defence.atom",
        "https://www.cisa.gov/news.xml",
        "https://earthquake.usgs.gov/earthquakes/feed/v1.0/summary/4.5_day.atom",
        "https://www.centcom.mil/RSS/",
        "https://www.bmvg.de/de/rss",
        "https://rcb.gov.pl/feed",
        "https://mod.gov.ua/feed",
        "http://kremlin.ru/events/all/feed",
        "idf.il",
    ],
)
def test_a_body_that_speaks_for_itself_is_official(address: str) -> None:
    assert shipped_publishers().official(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://feeds.bbci.co.uk/news/world/rss.xml",
        "https://tass.com/rss/v2.xml",
        "https://www.pna.gov.ph/latest",
        "https://www.spa.gov.sa/rss",
        "https://petra.gov.jo/feed",
        "https://www.trthaber.com/rss",
        "https://www.voanews.com/rss",
        "https://www.vaticannews.va/en.rss.xml",
        "https://reliefweb.int/updates/rss.xml",
        "https://radiookapi.net/feed",
        "https://tvri.go.id/rss",
        "https://notnato.int/feed",
        "https://news.google.com/rss/search?q=site:nato.int",
        "https://unheard.test/feed",
        "",
    ],
)
def test_media_are_not_official_whoever_owns_them(address: str) -> None:
    assert not shipped_publishers().official(address)


def test_the_operator_says_who_else_is_official_and_who_is_not(tmp_path: Path) -> None:
    own = (
        '[[publisher]]\nname = "Harbour Office"\nhosts = ["office.test"]\nofficial = true\n'
        '[[publisher]]\nname = "Harbour Gazette"\nhosts = ["gazette.office.test"]\n'
        '[[publisher]]\nname = "nato"\nofficial = false\n'
        '[[publisher]]\nname = "IAEA"\nfamily = "Quay Group"\n'
        '[[publisher]]\nname = "Quay News"\nhosts = ["news.un.org"]\n'
    )
    publishers = known(tmp_path, own)
    assert publishers.official("https://www.office.test/feed")
    assert not publishers.official("https://gazette.office.test/feed")
    assert not publishers.official("https://www.nato.int/feed")
    assert publishers.official("https://www.iaea.org/feed")
    assert not publishers.official("https://news.un.org/feed")
    assert publishers.official("https://press.un.org/feed")


def test_offices_of_one_government_are_one_voice(tmp_path: Path) -> None:
    publishers = shipped_publishers()
    army, cabinet = publishers.of("bmvg.de"), publishers.of("bundesregierung.de")
    assert army is not None
    assert cabinet is not None
    assert army[0] != cabinet[0]
    assert army[1] == cabinet[1]


def test_papers_of_one_owner_are_one_family(tmp_path: Path) -> None:
    publishers = shipped_publishers()
    times, post = publishers.of("thetimes.com"), publishers.of("nypost.com")
    assert times is not None
    assert post is not None
    assert times[0] != post[0]
    assert times[1] == post[1]


def test_an_agency_is_of_the_family_of_the_publisher_of_its_name(tmp_path: Path) -> None:
    own = '[[agency]]\nname = "Tidings"\nmarks = ["TDG"]\n[[publisher]]\nname = "Tidings"\nfamily = "Quay Group"\n'
    families = {each.name: each.family for each in known(tmp_path, own).agencies}
    assert families["Tidings"] == "Quay Group"
    assert families["TASS"] == families["RIA Novosti"] == "Russian state"
    assert families["Reuters"] == "Reuters"


def test_a_feed_is_of_the_publisher_that_its_host_belongs_to(tmp_path: Path) -> None:
    feed = 'url = "https://rss.gazette.test/"\nname = "Gazette World"'
    assert standing(tmp_path, feed) == ("Harbour Gazette", "Quay Group")
    assert standing(tmp_path, 'url = "https://feeds.bbci.co.uk/rss"') == ("BBC", "BBC")


def test_a_feed_of_nobody_known_stands_for_itself(tmp_path: Path) -> None:
    assert standing(tmp_path, 'url = "https://tide.test/"\nname = "Tide"') == ("Tide", "Tide")
    assert standing(tmp_path, 'url = "https://feeds.feedburner.com/tide"\nname = "Tide"') == ("Tide", "Tide")


def test_what_feeds_toml_says_of_a_feed_wins(tmp_path: Path) -> None:
    feed = 'url = "https://gazette.test/"\npublisher = "Evening Gazette"'
    assert standing(tmp_path, feed) == ("Evening Gazette", "Quay Group")
    assert standing(tmp_path, f'{feed}\nfamily = "Nobody\'s"') == ("Evening Gazette", "Nobody's")


def test_a_publisher_that_is_named_for_a_feed_brings_its_family_along(tmp_path: Path) -> None:
    feed = 'url = "https://feeds.feedburner.com/gazette"\npublisher = "harbour gazette"'
    assert standing(tmp_path, feed) == ("harbour gazette", "Quay Group")


def test_the_operators_own_table_wins_over_the_shipped_one(tmp_path: Path) -> None:
    own = (
        '[[publisher]]\nname = "Gazette"\nhosts = ["news.bbc.co.uk", "reuters.com"]\n'
        '[[publisher]]\nname = "CNN"\nfamily = "Quay Group"\n'
        '[[publisher]]\nname = "Fox News"\nhosts = ["fox.test"]\n'
        '[[aggregator]]\nhosts = ["apnews.com"]\n'
        '[[agency]]\nname = "Gazette"\nmarks = ["PTI"]\n'
        '[[agency]]\nname = "dpa"\nmarks = []\n'
    )
    publishers = known(tmp_path, own)
    assert publishers.of("reuters.com") == ("Gazette", "Gazette")
    assert publishers.of("news.bbc.co.uk") == ("Gazette", "Gazette")
    assert publishers.of("bbc.co.uk") == ("BBC", "BBC")
    assert publishers.of("rss.cnn.com") == ("CNN", "Quay Group")
    assert publishers.of("fox.test") == publishers.of("foxnews.com") == ("Fox News", "Murdoch family")
    assert publishers.of("apnews.com") is None
    marks = {each.name: each.marks for each in publishers.agencies}
    assert marks["Gazette"] == ("PTI",)
    assert marks["PTI"] == ("Press Trust of India", "पीटीआई")
    assert marks["dpa"] == ()


@pytest.mark.parametrize(
    ("own", "sentences"),
    [
        ('[[publisher]]\nname = "A"\nhost = ["a.test"]\n', ['3: publisher.host: unknown key; did you mean "hosts"?']),
        ('[[publisher]]\nname = " "\n', ["2: publisher.name: is empty; write a name or remove it"]),
        (
            '\n[[publisher]]\nname = "A"\nfamily = ""\n',
            ["4: publisher.family: is empty; write a name or remove it"],
        ),
        ('[[publisher]]\nhosts = ["a.test"]\n', ["1: publisher.name: is missing; write it"]),
        (
            '[[publisher]]\nname = "A"\nofficial = "yes, sir"\n',
            ["3: publisher.official: is neither yes nor no; write true or false"],
        ),
        (
            '[[publisher]]\nname = "A"\nhosts = "a.test"\n',
            ['3: publisher.hosts: is no list; write it in brackets, like ["one", "two"]'],
        ),
        (
            '[[publisher]]\nname = "A"\nhosts = ["https://a.test/"]\n',
            [
                '3: publisher.hosts: "https://a.test/" is no host; '
                'write it like "news.example.org", without https:// and path'
            ],
        ),
        (
            '[[publisher]]\nname = "A"\nhosts = ["a.test"]\n\n[[publisher]]\nname = "B"\nhosts = ["www.A.test"]\n',
            ['7: the host "a.test" stands at line 3 already; remove one of the two'],
        ),
        (
            '[[publisher]]\nname = "A"\nhosts = ["a.test", "a.test"]\n',
            ['3: the host "a.test" stands at line 3 already; remove one of the two'],
        ),
        (
            '[[publisher]]\nname = "A"\nhosts = ["a.test"]\n[[aggregator]]\nhosts = ["a.test"]\n',
            ['5: the host "a.test" stands at line 3 already; remove one of the two'],
        ),
        (
            '[[publisher]]\nname = "A"\n[[publisher]]\nname = "a"\n',
            ['4: the publisher "a" stands at line 2 already; put both into one table'],
        ),
        (
            '[[agency]]\nname = "A"\nmarks = ["AA"]\n[[agency]]\nname = "B"\nmarks = ["AA"]\n',
            ['6: the mark "AA" stands at line 3 already; remove one of the two'],
        ),
        ('[[agency]]\nname = "A"\n', ["1: agency.marks: is missing; write it"]),
        (
            '[[agency]]\nname = "A"\nmarks = [""]\n',
            ['3: agency.marks: "" has no letter; write how the agency signs, like "EP" or "(EP)"'],
        ),
        (
            '[[agency]]\nname = "A"\nmarks = ["(...)"]\n',
            ['3: agency.marks: "(...)" has no letter; write how the agency signs, like "EP" or "(EP)"'],
        ),
        ('[publisher]\nname = "A"\n', ["1: publisher is no list of tables; begin each with [[publisher]]"]),
        (
            '[[publishers]]\nname = "A"\n',
            ['1: unknown key "publishers"; tables begin with [[publisher]], [[aggregator]] or [[agency]]'],
        ),
    ],
)
def test_a_mistake_in_the_own_table_is_told_with_its_line_and_its_cure(
    tmp_path: Path, own: str, sentences: list[str]
) -> None:
    with pytest.raises(SettingsError) as refused:
        configured(tmp_path, '[[feed]]\nurl = "https://tide.test/"\n', own)
    assert refused.value.problems == [f"{tmp_path}/publishers.toml:{sentence}" for sentence in sentences]


def test_the_table_of_a_feed_says_only_what_is_not_known_anyway(tmp_path: Path) -> None:
    def table(**said: str) -> str:
        return as_toml(FeedSettings.model_validate({"url": "https://feeds.bbci.co.uk/rss", "name": "World", **said}))

    plain = '[[feed]]\nurl = "https://feeds.bbci.co.uk/rss"\nname = "World"\n'
    assert table() == table(publisher="BBC") == table(family="BBC") == plain
    assert table(publisher="World") == f'{plain}publisher = "World"\n'
    assert table(publisher="CNN") == f'{plain}publisher = "CNN"\n'
    assert table(family="Quay Group") == f'{plain}family = "Quay Group"\n'


def test_a_feed_that_is_written_down_says_the_same_again(tmp_path: Path) -> None:
    said = {"url": "https://feeds.bbci.co.uk/rss", "name": "World", "publisher": "CNN", "family": "Quay Group"}
    feed = FeedSettings.model_validate(said)
    (tmp_path / "feeds.toml").write_text(as_toml(feed))
    assert read_feeds(tmp_path / "feeds.toml", [])[0] == (feed,)


def test_init_leaves_the_shipped_table_where_the_next_version_replaces_it(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["init", str(tmp_path)]).exit_code == 0
    assert (shipped("config") / "publishers.toml").is_file()
    assert not (tmp_path / "publishers.toml").exists()
    publishers = {feed.publisher for feed in load(tmp_path / "monitor.toml").feeds}
    assert publishers >= {"BBC", "NATO", "United Nations"}
