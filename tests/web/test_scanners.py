"""Programs that open and press whatever they find in mails, forgers, and people who write code into forms."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import pytest_asyncio
from selectolax.lexbor import LexborHTMLParser, LexborNode

from monitor.core.tickets import Leaving, Purpose, Tickets, follow_addresses
from monitor.store import keys
from tests.conftest import WIRE
from tests.fakes import html_of, text_of
from tests.web.desk import ANNA, DUTY, HOME, OPERATOR, READING, Desk, Seen
from tests.web.mailbag import ELENA, KINDS, TOKEN, Posted, fill, fresh, open_office, person

pytestmark = pytest.mark.asyncio(loop_scope="module")

APPROVED = "approve = true\n"
OPERATED = {
    "Authorization": f"Basic {b64encode(f'night:{TOKEN}'.encode()).decode()}",
    "Sec-Fetch-Site": "same-origin",
}
EVERYBODYS = ("/", "/subscribe", "/link", "/archive", "/archive.atom", "/archive/1", "/story/5", "/status", "/health")
OPERATORS = tuple(
    f"/operator{path}"
    for path in (
        "",
        "/people",
        "/people/1",
        "/bounces",
        "/deliveries",
        "/deliveries/1",
        "/silences",
        "/feeds",
        "/rules",
    )
)
PREFETCH = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"}
OVERRIDE = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE", "User-Agent": "mail scanner/1.0"}
ODD: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("?act=erase+now&sure=yes&act=leave&act=confirm&confirm=yes&end=1&what=story&span=7d&_method=POST", {}),
    ("?List-Unsubscribe=One-Click&shown=x&%00=%0d%0a&lang=tlh", {}),
    ("", PREFETCH),
    ("", OVERRIDE),
)
PROBE = "\"'><svg onload=x()>"
_STAMP = "shown"


@dataclass(frozen=True, slots=True)
class Form:
    """As a browser would send it, but for the buttons."""

    page: str
    method: str
    action: str
    fields: dict[str, str]
    buttons: tuple[tuple[str, str], ...]


@dataclass
class Office:
    """A desk after every kind of mail was sent, and what was read of its pages."""

    desk: Desk
    posted: list[Posted]

    def links(self) -> set[str]:
        """Ours, in all that was mailed: texts, HTML and headers."""
        found: set[str] = set()
        for each in self.posted:
            said = [text_of(each.mail), html_of(each.mail).replace("&amp;", "&"), *map(str, each.mail.values())]
            found |= {link for text in said for link in re.findall(rf"{HOME}[^\s\"'<>)]*", text)}
        return found

    async def sees(self, path: str) -> Seen:
        return await self.desk.asks(path, headers=OPERATED if "/operator" in path else None)

    async def every_page(self) -> list[str]:
        """What is mailed, what needs no ticket, what an invitation opens, and the operator's."""
        until = int((self.desk.world.clock.at + timedelta(days=7)).timestamp())
        tickets = self.desk.world.app.tickets
        anna = await person(self.desk, ANNA)
        made = [
            tickets.link(Purpose.INVITE, until),
            tickets.link(Purpose.ADDRESS, anna.id, anna.serial, until, "anna@example.net"),
            await fresh(self.desk, ANNA),
        ]
        follow = (each.replace("NUMBER", "1") for each in follow_addresses(tickets).values())
        return sorted({*self.links(), *made, *follow, *(f"{HOME}{path}" for path in (*EVERYBODYS, *OPERATORS))})

    async def forms(self) -> list[Form]:
        found: list[Form] = []
        for link in await self.every_page():
            found += forms_of(link, (await self.sees(link)).text)
        return found


def forms_of(link: str, text: str) -> Iterator[Form]:
    for node in LexborHTMLParser(text).css("form"):
        fields: dict[str, str] = {}
        for each in node.css("input, select, textarea"):
            if each.attributes.get("name"):
                fields |= _field(each)
        buttons = tuple((each.attributes.get("name") or "", _value(each)) for each in node.css("button"))
        action = urljoin(link, node.attributes.get("action") or link)
        yield Form(link, (node.attributes.get("method") or "get").upper(), action, fields, buttons)


def _field(node: LexborNode) -> dict[str, str]:
    name = node.attributes["name"] or ""
    if node.attributes.get("type") in ("radio", "checkbox") and "checked" not in node.attributes:
        return {}
    if node.tag == "select":
        (chosen, *_) = node.css("option[selected]") or node.css("option")
        return {name: _value(chosen)}
    return {name: _value(node)}


def _value(node: LexborNode) -> str:
    return node.attributes.get("value") or ""


def followed(link: str, text: str) -> set[str]:
    """Where a page of ours leads to on this site, but for its other languages."""
    found = re.findall(r'(?:href|action|src)="([^"#]+)"', text)
    return {
        to for each in found if "?lang=" not in each and (to := urljoin(link, each)).startswith(HOME) and to != link
    }


def without_leaving(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: each for name, each in rows.items() if name not in ("subscribers", "deliveries", "records")}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory, blank_state: Path) -> AsyncIterator[Office]:
    """Shared by those who must not change anything."""
    async with open_office(tmp_path_factory.mktemp("office"), blank_state, APPROVED) as desk:
        yield Office(desk, await fill(desk))


@pytest_asyncio.fixture(loop_scope="module")
async def own(tmp_path: Path, blank_state: Path) -> AsyncIterator[Desk]:
    async with open_office(tmp_path, blank_state) as desk:
        yield desk


async def test_a_scanner_that_opens_every_link_of_every_mail_three_times_changes_nothing(office: Office) -> None:
    links = office.links()
    purposes = {urlsplit(link).path.split("/")[1] for link in links}
    assert {*Purpose} - {Purpose.INVITE, Purpose.FOLLOW} <= purposes
    assert {each.kind for each in office.posted} == KINDS
    before = await office.desk.rows()
    further: set[str] = set()
    opened: set[str] = set()
    for asked in (ODD[:1], ODD, ODD[1:2]):
        for link in sorted(links):
            for more, headers in asked:
                seen = await office.desk.asks(link + more, headers=headers)
                assert seen.status in (200, 410), link
                assert (await office.desk.asks(link + more, "HEAD", headers)).status == seen.status
                further |= followed(link, seen.text)
    while further - opened:
        link = (further - opened).pop()
        opened.add(link)
        await office.desk.asks(link, "HEAD", PREFETCH)
        seen = await office.desk.asks(link, headers=PREFETCH)
        assert seen.status in (200, 404, 410) or link.endswith("/health"), link
        further |= followed(link, seen.text)
    paths = {urlsplit(link).path.split("/")[1] for link in opened}
    assert paths >= {"u", "subscribe", "link", "archive", "story", "status", "style.css", "guess.js"}
    assert await office.desk.rows() == before


async def test_no_page_does_anything_by_itself(office: Office) -> None:
    for link in await office.every_page():
        text = (await office.sees(link)).text
        if not text.startswith("<!doctype html>"):
            continue
        page = LexborHTMLParser(text)
        assert page.css("meta[http-equiv], iframe, object, embed, base") == [], link
        assert [each.attributes.get("src") for each in page.css("script")] in ([], ["guess.js"], ["../guess.js"])
        assert re.findall(r"\son[a-z]+\s*=", text) == []
        assert not re.search(r"(href|action|src|formaction)\s*=\s*.?\s*(javascript|data):", text, re.IGNORECASE)
    script = (await office.desk.asks("/guess.js")).text
    assert not re.search(r"submit|click|fetch|XMLHttp|sendBeacon|location|open\(|cookie|Storage", script)


async def test_a_scanner_that_presses_every_button_at_once_changes_nothing_but_what_one_click_leaves(
    office: Office,
) -> None:
    forms = [form for form in await office.forms() if form.method == "POST"]
    leaving = [form for form in forms if "/u/" in form.action]
    before = await office.desk.rows()
    acts = {button for form in forms for button in form.buttons if button[0] == "act"}
    assert {value for _, value in acts} >= {"confirm", "refuse", "save", "pause", "move", "leave", "copy", "erase"}
    for form in forms:
        if form in leaving:
            continue
        for name, value in (*form.buttons, ("act", "erase now")):
            said = form.fields | ({name: value} if name else {}) | {"sure": "yes", "address": ELENA, "alerts": "high"}
            headers = OPERATED if "/operator" in form.action else None
            page = await office.desk.asks(form.action, "POST", headers, data=said)
            assert (page.status, "once more" in page.said) == (409, True), (form.action, name, value)
    assert await office.desk.rows() == before
    assert leaving


async def test_pages_are_kept_and_framed_by_nobody_name_no_referrer_and_set_no_cookie(office: Office) -> None:
    kept = (f"{HOME}/archive", f"{HOME}/story", f"{HOME}/follow")
    for link in [*await office.every_page(), *(f"{HOME}/{purpose}/none" for purpose in Purpose), f"{HOME}/nowhere"]:
        seen = await office.sees(link)
        (policy,) = seen.headers.getall("Content-Security-Policy")
        script = " script-src 'self';" if 'src="guess.js"' in seen.text or 'src="../guess.js"' in seen.text else ""
        assert policy.startswith(f"default-src 'none';{script} style-src 'self';"), link
        for rule in ("form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert rule in policy
        assert seen.headers["Referrer-Policy"] == "no-referrer"
        assert seen.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert seen.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in seen.headers
        assert "Server" not in seen.headers
        if seen.text.startswith("<!doctype html>") and not link.startswith(kept):
            assert seen.headers["Cache-Control"] == "no-store", link


async def tickets_of(desk: Desk) -> dict[Purpose, str]:
    """One that is good of every purpose: Anna's, and Elena's who has yet to confirm."""
    await desk.joins(ELENA, alerts="high")
    desk.world.web.publish(WIRE, "Airspace incursion over the salt marshes, ministry says")
    await desk.world.later()
    anna, ours = await person(desk, ANNA), desk.world.app.tickets
    made, until = int(anna.created_at.timestamp()), int((desk.world.clock.at + timedelta(hours=72)).timestamp())
    found = {
        Purpose.ACKNOWLEDGE: ours.of(Purpose.ACKNOWLEDGE, 1, anna.id),
        Purpose.MUTE: ours.of(Purpose.MUTE, 1, anna.id),
        Purpose.FOLLOW: ours.of(Purpose.FOLLOW),
        Purpose.INVITE: ours.of(Purpose.INVITE, until),
        Purpose.CONFIRM: desk.link(ELENA, "confirm").rpartition("/")[2],
        Purpose.LEAVE: ours.of(Purpose.LEAVE, anna.id, made, Leaving.EVERYTHING),
        Purpose.PREFERENCES: ours.of(Purpose.PREFERENCES, anna.id, made),
        Purpose.FRESH: (await fresh(desk, ANNA)).rpartition("/")[2],
        Purpose.ADDRESS: ours.of(Purpose.ADDRESS, anna.id, anna.serial, until, "anna@example.net"),
    }
    assert set(found) == set(Purpose)
    return found


def door(purpose: Purpose, ticket: str) -> str:
    return f"/{purpose}/{ticket}/alerts.atom" if purpose is Purpose.FOLLOW else f"/{purpose}/{ticket}"


def refused(purpose: Purpose) -> tuple[int, int]:
    """The status of a page that opens for nobody, and of its button."""
    if purpose is Purpose.INVITE:
        # Everybody may join here, so that it is the form that is open without an invitation, too.
        return 200, 422
    return 404, {Purpose.LEAVE: 200, Purpose.FOLLOW: 405}.get(purpose, 404)


async def turned_away(desk: Desk, purpose: Purpose, tickets: list[str]) -> None:
    looked, pressed = refused(purpose)
    for ticket in tickets:
        path = door(purpose, ticket)
        seen = await desk.asks(path)
        assert (seen.status, ANNA in seen.text, ELENA in seen.text) == (looked, False, False), path
        said = {"act": "erase now", "sure": "yes", "what": "story", "span": "7d"}
        assert (await desk.asks(path, "POST", data=said)).status == pressed, path


async def test_a_ticket_opens_the_one_door_it_was_made_for(own: Desk) -> None:
    tickets = await tickets_of(own)
    before = await own.rows()
    for purpose, ticket in tickets.items():
        assert (await own.asks(door(purpose, ticket))).status == 200
        for other in set(Purpose) - {purpose}:
            await turned_away(own, other, [ticket])
    assert await own.rows() == before


async def test_tickets_that_are_forged_cut_or_altered_in_one_letter_open_nothing(own: Desk) -> None:
    tickets = await tickets_of(own)
    before = await own.rows()
    stranger = Tickets(HOME, ("the key of another installation",))
    for purpose, true in tickets.items():
        said = own.world.app.tickets.read_all(purpose, true)
        assert said is not None
        # The last letter of a signature has bits to spare.
        bad = [true[:at] + ("A" if true[at] != "A" else "B") + true[at + 1 :] for at in range(len(true) - 1)]
        bad += [true[:-1], true[1:], true.partition(".")[0], f"{true}.", f".{true}", true.swapcase(), true * 2]
        bad += ["none", "%00", "%ff", "☂", "A" * 4000, stranger.of(purpose, *said)]
        await turned_away(own, purpose, bad)
    assert await own.rows() == before


async def test_links_run_out_when_their_time_is_over_and_those_in_ordinary_mails_never(own: Desk) -> None:
    tickets = await tickets_of(own)
    own.world.clock.pass_time(timedelta(hours=2))
    before = await own.rows()
    for purpose in (Purpose.CONFIRM, Purpose.ADDRESS):
        assert (await own.asks(door(purpose, tickets[purpose]))).status == 200
    mine = door(Purpose.FRESH, tickets[Purpose.FRESH])
    assert ((await own.asks(mine)).status, (await own.asks(mine, "POST", data={"act": "leave"})).status) == (410, 410)
    own.world.clock.pass_time(timedelta(hours=71))
    late = await own.asks(door(Purpose.CONFIRM, tickets[Purpose.CONFIRM]))
    assert "This link came too late" in late.said
    assert (await own.presses(door(Purpose.CONFIRM, tickets[Purpose.CONFIRM]), act="confirm")).status == 410
    assert (await own.presses(door(Purpose.ADDRESS, tickets[Purpose.ADDRESS]))).status == 410
    assert await own.rows() == before
    own.world.clock.pass_time(timedelta(days=700))
    for purpose in (Purpose.LEAVE, Purpose.PREFERENCES):
        assert (await own.asks(door(purpose, tickets[purpose]))).status == 200


async def test_links_that_were_revoked_are_dead_but_those_to_leave_by(own: Desk) -> None:
    tickets = await tickets_of(own)
    for address in (ANNA, ELENA):
        await own.world.app.reception.operator.revoke_links(address)
    before = await own.rows()
    for purpose in (Purpose.CONFIRM, Purpose.FRESH, Purpose.ADDRESS):
        path = door(purpose, tickets[purpose])
        for act in ("confirm", "leave", "erase", "save"):
            assert (await own.presses(path, act=act)).status == 410, (path, act)
    assert await own.rows() == before
    assert (await own.asks(door(Purpose.PREFERENCES, tickets[Purpose.PREFERENCES]))).status == 200
    assert (await own.asks(door(Purpose.LEAVE, tickets[Purpose.LEAVE]), "POST")).status == 200
    assert (await person(own, ANNA)).state == "left"


async def test_links_that_were_used_do_nothing_when_they_are_used_again(own: Desk) -> None:
    tickets = await tickets_of(own)
    confirm, move = (door(each, tickets[each]) for each in (Purpose.CONFIRM, Purpose.ADDRESS))
    for path, act in ((confirm, "confirm"), (move, "")):
        assert (await own.presses(path, act=act)).status == 200
        await own.world.turn()
        after = await own.rows()
        for again in (act, "refuse", "erase now"):
            assert (await own.presses(path, act=again, sure="yes")).status == 200
        assert await own.rows() == after
    mine = await fresh(own, "anna@example.net")
    assert "You are erased" in (await own.presses(mine, act="erase now", sure="yes")).said
    after = await own.rows()
    for path in (mine, move, door(Purpose.PREFERENCES, tickets[Purpose.PREFERENCES])):
        assert (await own.presses(path, act="erase now", sure="yes")).status == 404
    gone = await own.asks(door(Purpose.LEAVE, tickets[Purpose.LEAVE]), "POST")
    assert (gone.status, "Nothing comes by this link any more" in gone.said) == (200, True)
    assert await own.rows() == after


async def starts_again(desk: Desk) -> None:
    await desk.world.stop()
    await desk.world.start()
    await desk.door.follow(desk.world.app)


async def test_links_outlive_a_new_key_and_die_with_the_one_that_signed_them(own: Desk) -> None:
    tickets = await tickets_of(own)
    clock = own.world.clock
    await own.world.app.db.write(keys.rotate, "links", "the second key of this house", clock.at, None)
    await starts_again(own)
    assert own.world.app.tickets.keys[-1] == "the second key of this house"
    for purpose, ticket in tickets.items():
        assert (await own.asks(door(purpose, ticket))).status == 200, purpose
    clock.pass_time(timedelta(minutes=1))
    await own.world.app.db.write(keys.rotate, "links", "the third key of this house", clock.at, clock.at)
    await starts_again(own)
    before = await own.rows()
    for purpose, ticket in tickets.items():
        await turned_away(own, purpose, [ticket])
    gone = await own.asks(door(Purpose.LEAVE, tickets[Purpose.LEAVE]), "POST")
    assert "Nothing comes by this link any more" in gone.said
    assert await own.rows() == before


_HEADERS = {
    "archived-at", "auto-submitted", "content-language", "content-type", "date", "feedback-id", "from", "in-reply-to",
    "list-archive", "list-help", "list-id", "list-owner", "list-post", "list-unsubscribe", "list-unsubscribe-post",
    "message-id", "mime-version", "precedence", "references", "reply-to", "subject", "to", "x-auto-response-suppress",
}  # fmt: skip
_INJECTED = "zz@injected.example.net"
_BREAKS = (
    f"x@example.org\r\nBcc: {_INJECTED}",
    f"x@example.org\nBcc: {_INJECTED}\n\nbody",
    f"x@example.org\x00\rBcc: {_INJECTED}",
    f"=?utf-8?Q?x=0D=0ABcc:_{_INJECTED}?=@example.org",
    f"x@example.org, {_INJECTED}",
    f"x@example.org>\r\nRCPT TO:<{_INJECTED}",
    f"x@example.org%0d%0aBcc:{_INJECTED}",
    f"x@example.org\u2028Bcc: {_INJECTED}",
    f"\r\nBcc: {_INJECTED}" * 100,
)


async def test_nothing_that_is_written_into_a_form_becomes_a_header_of_a_mail(own: Desk) -> None:
    tickets = await tickets_of(own)
    mine, mute = door(Purpose.FRESH, tickets[Purpose.FRESH]), door(Purpose.MUTE, tickets[Purpose.MUTE])
    await own.world.subscribe(OPERATOR)
    for number, evil in enumerate(_BREAKS):
        good = f"reader{number}@example.org"
        for name in ("address", "at", "zone", "which", "topic", "alerts", "language", "website", _STAMP, "briefing"):
            stamp = await own.reads("/subscribe")
            said = {"address": good, "briefing": "yes", "at": "07:00", "zone": "UTC", "which": "all", "language": "en"}
            await own.asks("/subscribe", "POST", data=said | stamp | {name: evil})
        await own.presses("/link", address=evil)
        await own.presses(mine, act="move", new_address=evil)
        for name in ("at", "zone", "which", "topic", "language", "quiet_from", "away_from"):
            await own.presses(mine, **({"act": "save", "at": "07:00", "zone": "UTC", "alerts": "high"} | {name: evil}))
        await own.presses(mute, what="story", span="8h", comment=evil)
        await own.presses(f"{mute}?lang={number}", what=evil, span=evil)
    own.world.web.publish(WIRE, f"=?utf-8?Q?Pre-emptive_strike=0D=0ABcc:_{_INJECTED}?= pre-emptive strike at Lindgate")
    for span in (timedelta(minutes=20), timedelta(hours=18)):
        await own.world.later(span)
    mails = own.world.post.mails()
    assert {str(mail["To"]) for mail in mails} >= {ANNA, DUTY, ELENA, OPERATOR}
    for message, mail in zip(own.world.post.accepted, mails, strict=True):
        names = [name.lower() for name in mail.keys()]  # noqa: SIM118  (of which a name may come twice)
        assert (len(names), set(names) - _HEADERS) == (len(set(names)), set())
        assert message.recipient == str(mail["To"])
        assert _INJECTED not in message.recipient + message.sender
        assert message.content.partition(b"\r\n\r\n")[0].count(b"\x00") == 0


async def test_code_that_is_written_into_any_field_or_address_of_any_page_stays_text(office: Office) -> None:
    names = {name for form in await office.forms() for name in (*form.fields, "topic", "lang", "before", "end")}
    asked = "&".join(f"{name}={PROBE}" for name in sorted(names))
    for link in await office.every_page():
        place = urlsplit(link).path.split("/")[1]
        for path in (f"{link}?{asked}", f"{link.rstrip('/')}/{PROBE}", f"{HOME}/{place or 'me'}/{PROBE}"):
            assert "<svg onload" not in (await office.sees(path)).text, path
    office.desk.world.clock.pass_time(READING)
    escaped = 0
    for form in await office.forms():
        office.desk.world.clock.pass_time(READING)
        headers = OPERATED if "/operator" in form.action else None
        for name in form.fields if form.method == "POST" else ():
            said = form.fields | dict(form.buttons[:1]) | {name: PROBE}
            text = (await office.desk.asks(form.action, "POST", headers, data=said)).text
            assert "<svg onload" not in text, (form.action, name)
            escaped += "&gt;&lt;svg onload" in text
    assert escaped > 5
    for path in ("/operator/silences", "/operator/people", "/status"):
        assert "<svg onload" not in (await office.sees(path)).text
