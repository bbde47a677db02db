"""No feed can make us ask a machine that is not on the public internet."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.net.addresses import is_public
from monitor.net.fetch import Access, FeedRequest, Fetched, FetchFailed, Trouble
from tests.net.loopback import answer, publishing
from tests.net.tricks import DETOURS, HOSTS, PUBLIC, trap
from tests.net.visiting import FEED, fetcher, request

_UNREACHED = ("address: ", "dns: ")


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "192.0.1.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808",
                "::ffff:8.8.8.8", "2002:808:808::1"]
)  # fmt: skip
def test_a_server_on_the_public_internet_may_be_asked(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_no_address_within_a_network_of_ones_own_is_taken_for_public(address: IPv4Address) -> None:
    assert address.is_global or not is_public(str(address))


@given(st.ip_addresses(v=4, network="0.0.0.0/0") | st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_an_address_wrapped_in_another_is_judged_by_what_is_inside(inner: IPv4Address) -> None:
    number = int(inner)
    for wrapped in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80 | 1):
        assert is_public(str(IPv6Address(wrapped))) == is_public(str(inner))


@given(st.ip_addresses(v=6))
def test_of_the_new_addresses_only_those_given_out_to_the_public_are_asked(address: IPv6Address) -> None:
    gateways = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
    assert not is_public(str(address)) or address in IPv6Network("2000::/3") or any(address in g for g in gateways)


async def test_no_spelling_of_an_inner_address_is_asked_nor_followed() -> None:
    async with trap() as trapped:
        for host in HOSTS:
            verdict = await trapped.verdict(trapped.inner(host))
            assert verdict.startswith(_UNREACHED), host
            assert await trapped.by_redirect(trapped.inner(host)) == verdict
        assert trapped.visits_inside == []


@pytest.mark.parametrize("place", DETOURS)
async def test_no_detour_from_a_public_server_leads_inside(place: str) -> None:
    async with trap() as trapped:
        assert await trapped.by_redirect(place) not in ("FETCHED", "UNCHANGED")
        assert trapped.visits_inside == []


async def test_a_public_server_next_to_them_is_asked_all_the_same() -> None:
    async with trap() as trapped:
        trapped.public.answers["/feed"] = answer(body=FEED)
        assert await trapped.verdict(trapped.inner("herald.test")) == "FETCHED"
        assert await trapped.verdict(trapped.inner(PUBLIC)) == "FETCHED"


async def test_a_name_that_turns_inwards_after_it_was_looked_up_is_refused() -> None:
    async with trap() as trapped:
        trapped.public.answers["/feed"] = answer(body=FEED)
        assert await trapped.verdict(trapped.inner("rebinding.test")) == "FETCHED"
        # Looked up once a connection, and that very answer is dialled.
        assert trapped.names.asked["rebinding.test"] == 1
        assert (await trapped.verdict(trapped.inner("rebinding.test"))).startswith("address: rebinding.test is 127.0.0")
        assert trapped.visits_inside == []


async def test_an_operator_who_allows_it_reads_a_feed_of_their_own_network() -> None:
    async with publishing({"/feed": answer(body=FEED)}) as publisher, fetcher() as web:
        refused = await web.fetch(FeedRequest(publisher.url()))
        assert isinstance(refused, FetchFailed)
        assert (refused.trouble, refused.reason) == (Trouble.ADDRESS, "127.0.0.1 is not public")
        assert publisher.heard == []
        assert isinstance(await web.fetch(FeedRequest(publisher.url(), access=Access(allow_private=True))), Fetched)
        assert isinstance(await web.fetch(FeedRequest(publisher.url())), FetchFailed)


@pytest.mark.parametrize("url", ["", "herald.test/feed", "http://", "file:///etc/passwd", "exec:ls", "http://[bad/"])
async def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    async with fetcher() as web:
        result = await web.fetch(request(url))
    assert isinstance(result, FetchFailed)
    assert result.trouble == Trouble.ADDRESS
    assert result.reason
