"""From where somebody comes, and what they may make us believe of it; and which language they are spoken to in."""

from ipaddress import ip_network

import pytest
from starlette.requests import Request

from monitor.app import App
from monitor.web.visitors import language_of, network_of_request

PROXIES = (ip_network("127.0.0.0/8"), ip_network("::1"), ip_network("10.0.0.0/8"))


def asked(client: str, *forwarded: str, query: str = "", accepts: str = "") -> Request:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    headers += [(b"accept-language", accepts.encode())] if accepts else []
    scope = {"type": "http", "headers": headers, "query_string": query.encode()}
    return Request(scope | ({"client": (client, 4711)} if client else {}))


@pytest.mark.parametrize(
    ("client", "forwarded", "network"),
    [
        ("198.51.100.7", (), "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", (), "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", (), "198.51.100.0/24"),
        ("", (), ""),
        # Who is no proxy of ours speaks for nobody else.
        ("198.51.100.7", ("203.0.113.9",), "198.51.100.0/24"),
        ("127.0.0.1", ("203.0.113.9",), "203.0.113.0/24"),
        ("::ffff:127.0.0.1", ("203.0.113.9",), "203.0.113.0/24"),
        # What stands left of the first stranger, the stranger wrote.
        ("127.0.0.1", ("192.0.2.66, 203.0.113.9",), "203.0.113.0/24"),
        ("127.0.0.1", ("192.0.2.66, 203.0.113.9, 10.1.2.3",), "203.0.113.0/24"),
        ("127.0.0.1", ("192.0.2.66", "203.0.113.9", "10.1.2.3"), "203.0.113.0/24"),
        ("127.0.0.1", ("10.9.9.9, 10.1.2.3",), "10.9.9.0/24"),
        ("127.0.0.1", ("203.0.113.9:51234",), "203.0.113.0/24"),
        ("127.0.0.1", ("[2001:db8:1:2::9]:51234",), "2001:db8:1:2::/64"),
        ("127.0.0.1", (" 2001:db8:1:2::9 ",), "2001:db8:1:2::/64"),
        ("127.0.0.1", ("192.0.2.66, unknown",), "127.0.0.0/24"),
        ("127.0.0.1", ("",), "127.0.0.0/24"),
        ("127.0.0.1", (), "127.0.0.0/24"),
        ("127.0.0.1", ("192.0.2.66, <script>, 10.1.2.3",), "10.1.2.0/24"),
    ],
)
def test_only_our_own_proxies_are_believed_when_they_say_for_whom_they_speak(
    client: str, forwarded: tuple[str, ...], network: str
) -> None:
    assert network_of_request(asked(client, *forwarded), PROXIES) == network


@pytest.mark.parametrize(
    ("query", "theirs", "accepts", "language"),
    [
        ("lang=pl", "fr", "de", "pl"),
        ("lang=xx", "fr", "de", "fr"),
        ("lang=%3Cscript%3E", "", "", "en"),
        ("", "", "de-AT,de;q=0.9,en;q=0.5", "de"),
        ("", "", "en;q=0.5,uk;q=0.7,xx", "uk"),
        ("", "", "de;q=0,es;q=0.1", "es"),
        ("", "", "de;q=much,es;q=0.1,;;,", "es"),
        ("", "", "*", "en"),
        ("", "", "", "en"),
    ],
)
async def test_everybody_is_spoken_to_in_the_language_they_ask_for(
    app: App, query: str, theirs: str, accepts: str, language: str
) -> None:
    assert language_of(app, asked("", query=query, accepts=accepts), theirs) == language
