"""Where the feeds of a page are looked for, and in which order."""

import pytest

from monitor.core.discover import announced, candidates

PAGE = "https://news.test/blog/index.html"


def found(page: str, url: str = PAGE) -> dict[str, str]:
    return {each.url: each.how for each in candidates(page, url)}


def test_what_the_page_announces_comes_first_with_its_title() -> None:
    page = """<head><base href="https://cdn.test/x/">
    <link rel="ALTERNATE stylesheet" type="application/atom+xml; charset=utf-8" title=" All\u202e\nnews " href="atom">
    <link rel="alternate" type="text/html" hreflang="de" href="/de"><link rel="feed" href="//feeds.test/f#top">
    <link rel="alternate" type="application/rss+xml" href="javascript:alert(1)"></head><a href="/rss">RSS</a>"""
    first, second, *_ = candidates(page, PAGE)
    assert (first.url, first.title, first.how) == ("https://cdn.test/x/atom", "All news", "announced")
    assert announced(page, PAGE) == ["https://cdn.test/x/atom", "https://feeds.test/f"]
    assert second.title == ""


@pytest.mark.parametrize(
    "href",
    ["/feed", "/feed/", "rss.php", "/news.rss", "/x.xml", "?format=rss", "/index.php?feed=atom", "?type=rss&id=3"],
)
def test_a_link_that_looks_like_a_feed_is_tried(href: str) -> None:
    assert "linked" in found(f'<a href="{href}">here</a>').values()


@pytest.mark.parametrize(
    "href",
    [
        "/feedback",
        "/press/",
        "/atomic-energy",
        "https://reader.test/add?url=https://news.test/rss",
        "mailto:feed@news.test",
        "http://[bad/rss",
        "",
    ],
)
def test_a_link_that_only_sounds_like_one_is_not(href: str) -> None:
    assert "linked" not in found(f'<a href="{href}">here</a>').values()


@pytest.mark.parametrize("url", [PAGE, "https://news.test/blog/", "https://news.test/blog"])
def test_the_usual_places_are_those_of_the_site_and_those_beside_the_page(url: str) -> None:
    usual = found("", url)
    assert next(iter(usual)) == "https://news.test/feed"
    assert usual["https://news.test/blog/feed"] == "usual"
    assert len(found("", "https://news.test")) == len(usual) / 2


def test_a_page_of_a_thousand_links_leads_to_no_thousand_requests() -> None:
    page = "".join(f'<a href="/{number}/rss">x</a>' for number in range(1_000))
    ways = list(found(page).values())
    assert (ways.count("linked"), ways.count("usual")) == (20, 16)
