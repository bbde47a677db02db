"""`doctor` as an operator sees it, who wants mail to arrive and people to be able to leave."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.core.test_signing import ALL, OPENDKIM, public_key
from tests.doors.nameserver import Zone, name_server
from tests.doors.operator import Operator
from tests.net.post_office import post_office

GOOD = {
    ("watch.example", "TXT"): ["v=spf1 mx -all", "some-verification=7"],
    ("bounce.watch.example", "TXT"): ["v=spf1 include:watch.example -all"],
    ("_dmarc.watch.example", "TXT"): ["v=DMARC1; p=reject; rua=mailto:post@watch.example"],
    ("s1._domainkey.watch.example", "TXT"): [f"v=DKIM1; k=rsa; p={public_key(2048)}"],
    ("7.2.0.192.in-addr.arpa", "PTR"): ["mx.watch.example."],
    ("mx.watch.example", "A"): ["192.0.2.7"],
}
MAIL = """\
[mail]
sender = "alerts@watch.example"
account_sender = "account@watch.example"
bounces = "bounces@bounce.watch.example"
[bounces]
maildir = "returned"
"""


@pytest.fixture
def zone() -> Iterator[Zone]:
    with name_server(dict(GOOD)) as zone:
        yield zone


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    operator = Operator(tmp_path)
    operator.writes("monitor.toml", _config("https://watch.example"))
    operator.writes("rules.toml", "")
    operator.writes("feeds.toml", "")
    return operator


def _config(public_url: str, mail: str = MAIL, contact: str = "ops@watch.example") -> str:
    return f'state = "state"\ncontact = "{contact}"\n[web]\npublic_url = "{public_url}"\n{mail}'


def lines(said: str, about: str) -> list[str]:
    return [line for line in said.splitlines() if line[6:].startswith(f"{about}:")]


def asks(operator: Operator, zone: Zone, *words: str) -> str:
    return operator.types("doctor", "--nameserver", f"127.0.0.1:{zone.port}", *words).stdout


def test_offline_nothing_is_asked_and_a_good_config_ends_well(operator: Operator, zone: Zone) -> None:
    looked = operator.types("doctor", "--offline", "--nameserver", f"127.0.0.1:{zone.port}")
    assert looked.exit_code == 0, looked.output
    assert "BAD" not in looked.stdout
    for about in ("pages", "mail server", "SPF and DMARC", "PTR", "DKIM"):
        (line,) = lines(looked.stdout, about)
        assert line.startswith("SKIP"), line
    assert zone.asked == []


def test_the_names_of_a_domain_in_order_are_good(operator: Operator, zone: Zone) -> None:
    said = asks(operator, zone, "--address", "192.0.2.7")
    for line in (
        "GOOD  SPF of bounce.watch.example: one record, 2 of 10 lookups, ends in -all",
        "GOOD  SPF of watch.example: one record, 1 of 10 lookups, ends in -all",
        "GOOD  DMARC of watch.example: p=reject at _dmarc.watch.example, reports are asked for",
        "GOOD  envelope of bounce.watch.example: counts as watch.example's own, so SPF can speak for From",
        "GOOD  PTR of 192.0.2.7: mx.watch.example, which leads back to it",
    ):
        assert line in said.splitlines(), said


def test_a_domain_without_names_is_bad_for_each_that_is_missing(operator: Operator, zone: Zone) -> None:
    zone.records.clear()
    said = asks(operator, zone, "--address", "192.0.2.7")
    for about in ("SPF of watch.example", "SPF of bounce.watch.example", "DMARC of watch.example", "PTR of 192.0.2.7"):
        (line,) = lines(said, about)
        assert line.startswith("BAD"), line
        assert "; " in line


def test_a_name_server_that_refuses_makes_nothing_bad(operator: Operator, zone: Zone) -> None:
    operator.writes("monitor.toml", _config("").replace('contact = "ops@watch.example"', 'contact = "a@b.example"'))
    zone.answer = lambda raw: raw[:2] + b"\x81\x85" + raw[4:]  # type: ignore[method-assign]
    said = asks(operator, zone)
    assert lines(said, "SPF of watch.example")[0].startswith("SKIP")
    assert lines(said, "DMARC of watch.example")[0].startswith("SKIP")


def test_pages_that_answer_and_take_a_click_from_anybody_are_good(
    operator: Operator, httpserver: HTTPServer, zone: Zone
) -> None:
    heard: list[Request] = []

    def left(request: Request) -> Response:
        heard.append(request)
        return Response("done")

    httpserver.expect_request("/watch/health").respond_with_data("{}")
    httpserver.expect_request("/watch/u/made-up-by-doctor", method="POST").respond_with_handler(left)
    operator.writes("monitor.toml", _config(httpserver.url_for("/watch")))
    said = asks(operator, zone)
    assert lines(said, "pages") == ["GOOD  pages: they answer, and the watch is kept"]
    assert lines(said, "one-click") == ["GOOD  one-click: a POST from nowhere is taken, without a redirect"]
    assert heard[0].form.to_dict() == {"List-Unsubscribe": "One-Click"}
    # These pages are not https.
    assert lines(said, "public_url")[0].startswith("BAD")


@pytest.mark.parametrize(
    ("health", "leave", "about", "said"),
    [
        (Response(status=503), Response(), "pages", "NOTE  pages: they answer, and say that the watch is not kept"),
        (Response(status=404), Response(), "pages", "/health answers 404"),
        (Response(), Response(status=302, headers={"Location": "/login?a=b"}), "one-click", "redirect to /login, so"),
        (Response(), Response(status=403), "one-click", "BAD   one-click: a POST is answered 403, so nobody can leave"),
    ],
)
def test_pages_that_do_not_let_people_leave_are_named(
    operator: Operator, httpserver: HTTPServer, zone: Zone, health: Response, leave: Response, about: str, said: str
) -> None:
    httpserver.expect_request("/health").respond_with_response(health)
    httpserver.expect_request("/u/made-up-by-doctor").respond_with_response(leave)
    operator.writes("monitor.toml", _config(httpserver.url_for("")))
    (line,) = lines(asks(operator, zone), about)
    assert said in line


def test_nobody_at_the_public_address_is_bad_and_says_what_to_look_at(operator: Operator, zone: Zone) -> None:
    operator.writes("monitor.toml", _config("http://127.0.0.1:1"))
    (line,) = lines(asks(operator, zone), "pages")
    assert line.startswith("BAD   pages: http://127.0.0.1:1 does not answer: ")
    assert "is the service running, and does your web server pass all below it to 127.0.0.1:8080?" in line


async def test_a_mail_server_that_lets_us_in_is_good_and_one_that_is_away_is_bad(operator: Operator) -> None:
    operator.writes("monitor.toml", _config("", MAIL.replace("[mail]", '[mail]\nout = "smtp://127.0.0.1:1"')))
    with name_server(dict(GOOD)) as zone:
        (line,) = lines(await asyncio.to_thread(asks, operator, zone), "mail server")
        assert line.startswith("BAD   mail server: 127.0.0.1:1: ")
        async with post_office() as office:
            out = f'[mail]\nout = "smtp://127.0.0.1:{office.port}"'
            operator.writes("monitor.toml", _config("", MAIL.replace("[mail]", out)))
            (line,) = lines(await asyncio.to_thread(asks, operator, zone), "mail server")
    assert line == f"GOOD  mail server: smtp://127.0.0.1:{office.port} lets us in; it wants no login"
    assert office.mails == []


def test_senders_of_different_organisations_and_nobody_to_reach_are_bad(operator: Operator) -> None:
    operator.writes(
        "monitor.toml", _config("", MAIL.replace("bounces@bounce.watch.example", "bounces@relay.example"), contact="")
    )
    looked = operator.types("doctor", "--offline")
    assert looked.exit_code == 1
    assert lines(looked.stdout, "sender")[0].startswith(
        "BAD   sender: `bounces` of [mail] and `sender` are of different"
    )
    assert lines(looked.stdout, "contact")[0].startswith("BAD")
    assert lines(looked.stdout, "public_url")[0].startswith("NOTE")
    assert "2 things are BAD" in looked.stderr


def test_a_sender_that_only_this_machine_knows_is_bad(operator: Operator) -> None:
    operator.writes("monitor.toml", _config("", ""))
    assert lines(operator.types("doctor", "--offline").stdout, "sender")[0].startswith(
        "BAD   sender: localhost is known"
    )


def test_a_config_that_cannot_be_read_is_bad_and_nothing_else_is_looked_at(operator: Operator) -> None:
    operator.writes("monitor.toml", "contact = 7\n[mail]\nsendr = 'x'\n")
    looked = operator.types("doctor")
    assert looked.exit_code == 1
    assert {line[:12] for line in looked.stdout.splitlines()} == {"BAD   config"}


def test_a_machine_gets_an_object_a_line(operator: Operator) -> None:
    found = [json.loads(line) for line in operator.types("doctor", "--offline", "--json").stdout.splitlines()]
    assert found[0]["grade"] == "GOOD"
    assert {"grade", "about", "said", "cure"} == set(found[0])


def _arrived(operator: Operator, link: str, signed: str = ALL, sender: str = "alerts@watch.example") -> str:
    return operator.writes(
        "arrived.eml",
        f"DKIM-Signature: v=1; a=rsa-sha256; d=watch.example; s=s1; h={signed}; bh=Zm9v; b=YmFy\n"
        f"From: feed-monitor <{sender}>\nTo: ann@reader.example\nSubject: [harbour] Ferries of Ostvik stay in port\n"
        "Date: Thu, 26 Nov 2026 07:00:00 +0000\nMessage-ID: <1@watch.example>\n"
        f"List-Unsubscribe: <{link}>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
        "MIME-Version: 1.0\nContent-Type: text/plain\n\nHello.\n",
    )


def _link(operator: Operator) -> str:
    """One that this installation has signed."""
    operator.types("subscribers", "add", "ann@reader.example")
    operator.types("brief", "--for", "ann@reader.example")
    (mail,) = (operator.folder / "state/mail/new").iterdir()
    (line,) = [each for each in mail.read_text().splitlines() if each.startswith("List-Unsubscribe: ")]
    return line.partition("<")[2].partition(">")[0]


def test_a_mail_that_arrived_signed_and_whole_is_good(operator: Operator, zone: Zone) -> None:
    link = _link(operator)
    said = asks(operator, zone, "--mail", _arrived(operator, link))
    assert lines(said, "DKIM of watch.example") == [
        "GOOD  DKIM of watch.example: the signature covers every header that it must"
    ]
    assert lines(said, "DKIM key s1._domainkey.watch.example")[0].endswith("RSA with 2048 bits")
    assert lines(said, "List-Unsubscribe") == ["GOOD  List-Unsubscribe: came through unharmed, with its one-click line"]
    assert link.rpartition("/")[2] not in said


def test_a_mail_signed_as_opendkim_does_by_itself_is_bad_and_the_line_to_write_is_printed(
    operator: Operator, zone: Zone
) -> None:
    looked = operator.types("doctor", "--offline", "--mail", _arrived(operator, "https://watch.example/u/a", OPENDKIM))
    assert looked.exit_code == 1
    (line,) = lines(looked.stdout, "DKIM of watch.example")
    assert "does not cover Message-ID, MIME-Version, Content-Type, List-Unsubscribe-Post" in line
    assert 'opendkim.conf "SignHeaders From,To,Subject,' in line


def test_a_link_whose_ticket_was_changed_on_its_way_is_bad(operator: Operator) -> None:
    link = _link(operator)
    # Of the last letter not every bit counts.
    changed = f"{link[:-2]}{'A' if link[-2] != 'A' else 'B'}{link[-1]}"
    looked = operator.types("doctor", "--offline", "--mail", _arrived(operator, changed))
    assert looked.exit_code == 1
    assert "the ticket in it is none of this installation's" in lines(looked.stdout, "List-Unsubscribe")[0]


def test_a_mail_of_somebody_else_and_a_file_that_is_none_are_told_apart(operator: Operator) -> None:
    other = _arrived(operator, "https://watch.example/u/a", sender="news@other.example")
    assert lines(operator.types("doctor", "--offline", "--mail", other).stdout, "From")[0].startswith("NOTE")
    picture = operator.writes("picture.png", "no mail\n")
    assert "this is no mail; save the whole mail" in operator.types("doctor", "--offline", "--mail", picture).stdout
    missing = operator.types("doctor", "--offline", "--mail", str(operator.folder / "none.eml"))
    assert "cannot be read (No such file or directory)" in missing.stdout


@pytest.mark.parametrize("words", [("--nameserver", "one"), ("--nameserver", "127.0.0.1:x"), ("--address", "mx")])
def test_an_address_that_is_none_is_refused_in_a_sentence(operator: Operator, words: tuple[str, ...]) -> None:
    refused = operator.types("doctor", *words)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "is no address; write it like" in refused.stderr
