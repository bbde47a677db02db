"""The operator looks at everything and mends what can be mended; nobody else sees that there is something."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from html import unescape
from typing import Any

import pytest
from sqlmodel import Session, col, select

from monitor.core.bouncing import Span
from monitor.models import (
    Bounce,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Match,
    Pause,
    Record,
    Silence,
    Subscriber,
    SubscriberState,
)
from monitor.net.fetch import FetchFailed
from monitor.net.post import SendFailed
from monitor.net.troubles import Trouble
from monitor.store import bounces, job_runs, records, silences
from monitor.words import Deed, Verdict
from tests.conftest import HERALD, RULES, WIRE
from tests.web.desk import ANNA, DUTY, HOME, READING, Desk, Seen

_HOUR = timedelta(hours=1)
TOKEN = "a-token-for-the-night-desk"
STRIKE = "Envoys fear a pre-emptive strike at the lighthouse"
PATHS = (
    "/operator",
    "/operator/people",
    "/operator/people/1",
    "/operator/bounces",
    "/operator/deliveries",
    "/operator/deliveries/1",
    "/operator/silences",
    "/operator/feeds",
    "/operator/rules",
)
FORMS = ("/operator/people/1", "/operator/bounces", "/operator/deliveries/1", "/operator/silences")
_SETTINGS = """
[poll]
adaptive = false
[web]
listen = "127.0.0.1:0"
public_url = "https://watch.test"
"""
_BY_TOKEN = 'operator_token_file = "token"\n'
_BY_HEADER = 'operator_header = "X-Desk-User"\noperators = ["nadia"]\n'
_EVIL = '"><script>x()</script><img src=x onerror=y()>'


def signed(token: str = TOKEN, name: str = "anybody") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{name}:{token}'.encode()).decode()}"}


async def opened(desk: Desk, web: str) -> None:
    desk.world.configure(RULES, f"{_SETTINGS}{web}")
    (desk.world.folder / "token").write_text(f"{TOKEN}\n")
    (desk.world.folder / "token").chmod(0o600)
    await desk.world.stop()
    await desk.world.start()
    await desk.door.follow(desk.world.app)


@dataclass
class Operator:
    """Somebody with the token, at a browser of today."""

    desk: Desk

    async def sees(self, path: str = "") -> Seen:
        return await self.desk.asks(f"/operator{path}", headers=signed())

    async def reads(self, path: str = "") -> str:
        seen = await self.sees(path)
        assert seen.status == 200
        return unescape(seen.said).replace(" ,", ",").replace(" :", ":")

    async def presses(self, path: str, headers: Mapping[str, str] | None = None, **said: str) -> Seen:
        shown = re.search(r'name="shown" value="([^"]+)"', (await self.sees(path)).text)
        self.desk.world.clock.pass_time(READING)
        data = ({"shown": shown[1]} if shown else {}) | said
        sent = {**signed(), **({"Sec-Fetch-Site": "same-origin"} if headers is None else headers)}
        return await self.desk.asks(f"/operator{path}", "POST", headers=sent, data=data)

    async def keeps(self, *rows: Any) -> None:
        await self.desk.world.app.db.write(lambda session: session.add_all(rows))

    async def person(self, address: str = DUTY) -> Subscriber:
        def find(session: Session) -> Subscriber:
            return session.exec(select(Subscriber).where(Subscriber.address == address)).one()

        return await self.desk.world.app.db.read(find)

    async def deliveries(self) -> list[Delivery]:
        def find(session: Session) -> list[Delivery]:
            return list(session.exec(select(Delivery).order_by(col(Delivery.id))))

        return await self.desk.world.app.db.read(find)


@pytest.fixture
async def operator(desk: Desk) -> Operator:
    await opened(desk, _BY_TOKEN)
    return Operator(desk)


def owed(number: int, desk: Desk, **more: Any) -> Delivery:
    now = desk.world.clock.at
    said = {"kind": DeliveryKind.BRIEFING, "lane": 2, "recipient": f"reader{number}@post.test", "domain": "post.test"}
    times = {"owed_at": now, "next_try_at": now + timedelta(hours=1)}
    return Delivery(**{"key": f"invented:{number}", **said, **times, **more})


async def alarm(desk: Desk) -> None:
    desk.world.web.publish(WIRE, STRIKE)
    await desk.world.later()


@pytest.mark.parametrize("path", PATHS)
async def test_where_nobody_is_the_operator_there_are_no_such_pages(desk: Desk, path: str) -> None:
    for headers in ({}, signed(), {"X-Desk-User": "nadia"}):
        seen = await desk.asks(path, headers=headers)
        assert (seen.status, seen.text) == (404, "There is nothing here.\n")
        assert "WWW-Authenticate" not in seen.headers


@pytest.mark.parametrize("path", PATHS)
async def test_a_stranger_is_asked_for_the_token_and_told_nothing(operator: Operator, path: str) -> None:
    await alarm(operator.desk)
    for headers in (
        {},
        signed("guessed"),
        signed(""),
        {"Authorization": "Basic ?"},
        {"Authorization": f"Bearer {TOKEN}"},
    ):
        seen = await operator.desk.asks(path, headers=headers)
        assert seen.status == 401
        assert seen.headers["WWW-Authenticate"].startswith('Basic realm="feed-monitor"')
        assert seen.text == "These pages want the operator's token as password; the name may be any.\n"
        assert seen.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PATHS)
async def test_the_operator_sees_each_page_and_nothing_keeps_a_copy(operator: Operator, path: str) -> None:
    await alarm(operator.desk)
    seen = await operator.desk.asks(path, headers=signed())
    assert seen.status == 200
    assert seen.headers["Cache-Control"] == "no-store"
    assert seen.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "style=" not in seen.text


@pytest.mark.parametrize("path", FORMS)
async def test_a_stranger_changes_nothing(operator: Operator, path: str) -> None:
    await alarm(operator.desk)
    before = await operator.desk.rows()
    for headers in ({}, signed("guessed")):
        sent = {**headers, "Sec-Fetch-Site": "same-origin", "Origin": HOME}
        seen = await operator.desk.asks(path, "POST", headers=sent, data={"act": "erase", "sure": "yes", "end": "1"})
        assert seen.status == 401
    assert await operator.desk.rows() == before


async def test_who_guesses_is_kept_out_for_ten_minutes_even_with_the_right_one(operator: Operator) -> None:
    for number in range(20):
        assert (await operator.desk.asks("/operator", headers=signed(f"guess {number}"))).status == 401
    assert (await operator.sees()).status == 429
    assert (await operator.sees()).headers["Retry-After"] == "600"
    operator.desk.world.clock.pass_time(timedelta(minutes=10))
    assert (await operator.sees()).status == 200


async def test_one_network_that_guesses_does_not_lock_out_another(operator: Operator) -> None:
    for number in range(20):
        headers = {**signed(f"guess {number}"), "X-Forwarded-For": "192.0.2.7"}
        await operator.desk.asks("/operator", headers=headers)
    locked = await operator.desk.asks("/operator", headers={**signed(), "X-Forwarded-For": "192.0.2.9"})
    other = await operator.desk.asks("/operator", headers={**signed(), "X-Forwarded-For": "198.51.100.9"})
    assert (locked.status, other.status) == (429, 200)


async def test_a_browser_that_has_not_been_asked_yet_does_not_count_as_a_guess(operator: Operator) -> None:
    for _ in range(30):
        assert (await operator.desk.asks("/operator")).status == 401
    assert (await operator.sees()).status == 200


async def test_whom_a_proxy_of_ours_names_is_the_operator(desk: Desk) -> None:
    await opened(desk, _BY_HEADER)
    assert (await desk.asks("/operator", headers={"X-Desk-User": "nadia"})).status == 200
    for headers in ({}, {"X-Desk-User": "Nadia"}, {"X-Desk-User": "nadia, mallory"}, {"X-Desk-User": ""}, signed()):
        assert (await desk.asks("/operator", headers=headers)).status == 403


async def test_a_name_that_stands_there_twice_is_nobodys(desk: Desk) -> None:
    await opened(desk, _BY_HEADER)
    twice = [("Host", "watch.test"), ("X-Desk-User", "nadia"), ("X-Desk-User", "nadia")]
    async with desk.visitor.get("/operator", headers=twice) as answer:
        assert answer.status == 403


async def test_a_name_that_does_not_come_from_a_proxy_of_ours_is_not_believed(desk: Desk) -> None:
    await opened(desk, f'{_BY_HEADER}proxies = ["192.0.2.0/24"]\n')
    forged = {"X-Desk-User": "nadia", "X-Forwarded-For": "192.0.2.1"}
    assert (await desk.asks("/operator", headers=forged)).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HOME},
        {"Origin": "https://elsewhere.test"},
        {"Origin": "null"},
        {"Origin": "https://watch.test.elsewhere.test"},
        {"Origin": "http://watch.test"},
    ],
)
async def test_a_form_of_another_site_changes_nothing_though_the_browser_sends_the_password_along(
    operator: Operator, headers: dict[str, str]
) -> None:
    seen = await operator.presses("/people/1", headers, act="erase", sure="yes")
    assert (seen.status, (await operator.person()).state) == (403, SubscriberState.CONFIRMED)
    assert seen.text == "This form was not sent from a page of this monitor. Nothing was changed.\n"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "none"}, {"Origin": HOME}])
async def test_a_form_of_ours_is_taken_from_old_browsers_too(operator: Operator, headers: dict[str, str]) -> None:
    assert (await operator.presses("/people/1", headers, act="remove")).status == 200
    assert (await operator.person()).state is SubscriberState.LEFT


@pytest.mark.parametrize("path", FORMS)
async def test_a_button_that_comes_without_its_page_changes_nothing(operator: Operator, path: str) -> None:
    await alarm(operator.desk)
    before = await operator.desk.rows()
    sent = {**signed(), "Sec-Fetch-Site": "same-origin"}
    seen = await operator.desk.asks(path, "POST", headers=sent, data={"act": "remove", "end": "1", "domain": "*"})
    assert seen.status == 409
    assert "Press the button once more" in seen.said
    assert await operator.desk.rows() == before


async def test_the_first_page_says_what_wants_the_operator_first(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    await desk.world.app.db.write(job_runs.went_wrong, "bounces", "the mailbox cannot be opened", now)
    pause = Span(now, now + timedelta(hours=1))
    await desk.world.app.db.write(bounces.pause, "post.test", pause, "our sender is refused")
    waits = Subscriber(address="new@post.test", state=SubscriberState.APPLIED, briefing_at=time(7), created_at=now)
    await operator.keeps(waits)
    page = await operator.reads()
    assert "bounces failed 12:20, 0 s ago: the mailbox cannot be opened" in page
    assert "Mail to post.test waits until 13:20, in 60 min: our sender is refused." in page
    assert "1 person waits for your yes" in page


async def test_the_first_page_counts_mails_people_and_what_came_back(operator: Operator) -> None:
    desk = operator.desk
    desk.world.post.refusals[ANNA] = [
        SendFailed("550 5.1.1 no such user", permanent=True, verdict=Verdict.DEAD, code="5.1.1")
    ]
    await alarm(desk)
    page = await operator.reads()
    assert "alerts 1 0 1 0" in page
    assert "confirmed" in page
    assert f"{STRIKE} alert 1 · pre-emptive-strike · 1 publisher · not acknowledged" in page
    assert "2026-03-02 1 1" in page
    assert "2026-03-02 2 0" in page
    assert "there is no such address 1" in page


async def test_on_a_quiet_day_the_first_page_says_what_there_is_none_of(operator: Operator) -> None:
    page = await operator.reads()
    assert "Waiting none" in page
    assert "No mail has been owed today." in page
    assert "Alerts of the last 24 hours None." in page
    assert "Feeds in trouble None of 4." in page
    assert "No mail was sent or refused in these 30 days." in page
    assert "What came back, 30 days Nothing." in page


async def test_people_are_counted_on_the_day_they_came_and_went_and_once(operator: Operator) -> None:
    now = operator.desk.world.clock.at
    yesterday = now - timedelta(days=1)

    def happens(session: Session) -> None:
        records.write(session, 1, Deed.LEFT, records.SUBSCRIBER, yesterday)
        records.write(session, 1, Deed.ERASED, records.SUBSCRIBER, yesterday)
        # She still gets the briefing.
        records.write(session, 2, Deed.LEFT, records.SUBSCRIBER, yesterday, note="alerts")
        records.write(session, 2, Deed.CONFIRMED, records.SUBSCRIBER, now - timedelta(days=40))

    await operator.desk.world.app.db.write(happens)
    page = await operator.reads()
    assert "2026-03-01 0 1 2026-03-02 2 0" in page


async def test_people_are_found_by_a_part_of_their_address_and_by_their_state(operator: Operator) -> None:
    now = operator.desk.world.clock.at
    await operator.keeps(
        Subscriber(address="lena_x@post.test", state=SubscriberState.LEFT, briefing_at=time(7), created_at=now),
        Subscriber(address="erased-9", state=SubscriberState.ERASED, briefing_at=time(7), created_at=now),
    )
    everyone = await operator.reads("/people")
    assert all(address in everyone for address in (DUTY, ANNA, "lena_x@post.test"))
    assert "erased-9" not in everyone
    found = await operator.reads("/people?q=ANNA")
    assert (ANNA in found, DUTY in found) == (True, False)
    # Not a sign for any letter.
    found = await operator.reads("/people?q=_")
    assert ("lena_x@post.test" in found, ANNA in found) == (True, False)
    left = await operator.reads("/people?state=left")
    assert ("lena_x@post.test" in left, ANNA in left) == (True, False)
    assert "erased-9" in await operator.reads("/people?state=erased")
    assert "Nobody is found by that." in await operator.reads("/people?q=nobody")
    assert (await operator.sees("/people?skip=99999999999999999999&state=%00&q=%00")).status == 200


async def test_three_hundred_people_are_leafed_through(operator: Operator) -> None:
    now = operator.desk.world.clock.at
    await operator.keeps(
        *(
            Subscriber(address=f"p{at}@post.test", state=SubscriberState.CONFIRMED, briefing_at=time(7), created_at=now)
            for at in range(298)
        )
    )
    first = await operator.sees("/people")
    assert "1 to 50 of 300" in first.said
    assert "p297@post.test" in first.said
    onward = re.findall(r'operator(/people[^"]*skip=50[^"]*)"', unescape(first.text))[-1]
    second = await operator.reads(onward)
    assert "51 to 100 of 300" in second
    assert ("p247@post.test" in second, "p248@post.test" in second) == (True, False)
    assert "251 to 300 of 300" in await operator.reads("/people?skip=250")
    assert "beyond the last of 300" in await operator.reads("/people?skip=400")


async def test_a_person_is_shown_with_choices_history_mails_and_what_came_back(operator: Operator) -> None:
    desk = operator.desk
    desk.world.post.refusals[DUTY] = [
        SendFailed("550 5.1.1 no such user", permanent=True, verdict=Verdict.DEAD, code="5.1.1")
    ]
    await alarm(desk)
    page = await operator.reads("/people/1")
    assert DUTY in page
    assert "◆ from high on" in page
    assert "at 07:00 (Europe/Warsaw)" in page
    assert "Topics every rule" in page
    assert "added by the operator" in page
    assert "alert · failed 550 5.1.1 no such user" in page
    assert "there is no such address · 5.1.1" in page


async def test_the_operator_pauses_somebody_until_a_day_and_ends_the_pause(operator: Operator) -> None:
    seen = await operator.presses("/people/1", act="pause", until="2026-03-09")
    assert seen.said.count("Paused.") == 1
    person = await operator.person()
    assert person.state is SubscriberState.PAUSED
    assert person.paused_until is not None
    assert person.paused_until.date() == date(2026, 3, 8)
    assert "The pause is over." in (await operator.presses("/people/1", act="resume")).said
    assert (await operator.person()).state is SubscriberState.CONFIRMED


@pytest.mark.parametrize("day", ["2026-03-02", "2028-01-01", "soon"])
async def test_a_day_that_is_none_to_pause_until_changes_nothing(operator: Operator, day: str) -> None:
    seen = await operator.presses("/people/1", act="pause", until=day)
    assert (seen.status, (await operator.person()).state) == (422, SubscriberState.CONFIRMED)
    assert "Nothing was changed: choose a day after today" in seen.said


async def test_who_left_cannot_be_paused(operator: Operator) -> None:
    await operator.presses("/people/1", act="remove")
    seen = await operator.presses("/people/1", act="pause", until="")
    assert (seen.status, (await operator.person()).state) == (422, SubscriberState.LEFT)
    assert "Nothing was changed: somebody of this address is in no state for it any more." in seen.said


async def test_who_waits_is_welcomed_or_declined(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    for name in ("kind", "odd"):
        person = Subscriber(
            address=f"{name}@post.test", state=SubscriberState.APPLIED, zone="UTC", briefing_at=time(7), created_at=now
        )
        await operator.keeps(person)
    assert "Approved; a mail of welcome" in (await operator.presses("/people/3", act="approve")).said
    assert "Declined" in (await operator.presses("/people/4", act="decline")).said
    await desk.world.turn()
    assert len(desk.world.post.mails("kind@post.test")) == 1
    assert desk.world.post.mails("odd@post.test") == []
    assert (await operator.person("kind@post.test")).state is SubscriberState.CONFIRMED
    assert (await operator.person("odd@post.test")).state is SubscriberState.LEFT


async def test_nobody_is_erased_without_the_box_ticked(operator: Operator) -> None:
    seen = await operator.presses("/people/1", act="erase")
    assert (seen.status, (await operator.person()).state) == (422, SubscriberState.CONFIRMED)
    assert "tick the box" in seen.said
    seen = await operator.presses("/people/1", act="erase", sure="yes")
    assert seen.status == 200
    assert "Erased: nothing is kept" in seen.said
    assert DUTY not in seen.text
    assert DUTY not in (await operator.sees("/people")).text


async def test_links_that_were_mailed_are_revoked(operator: Operator) -> None:
    before = (await operator.person()).serial
    assert "open the choices no more" in (await operator.presses("/people/1", act="revoke")).said
    assert (await operator.person()).serial == before + 1


async def test_a_button_that_there_is_not_changes_nothing(operator: Operator) -> None:
    seen = await operator.presses("/people/1", act="crown")
    assert (seen.status, (await operator.person()).state) == (422, SubscriberState.CONFIRMED)


async def test_a_pause_that_ends_by_hand_lets_the_mails_leave_that_waited_for_its_end(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    until = now + timedelta(hours=1)
    await operator.keeps(
        Pause(domain="post.test", since=now, until=until, reason="our sender is refused"),
        owed(1, desk, next_try_at=until),
        owed(2, desk, next_try_at=until, domain="bureau.test"),
    )
    assert "our sender is refused" in await operator.reads("/bounces")
    shown = re.findall(r'name="shown" value="([^"]+)"', (await operator.sees("/bounces")).text)[0]
    seen = await operator.presses("/bounces", domain="post.test")
    assert "Mail to post.test leaves again." in seen.said
    assert "our sender is refused" not in seen.said
    first, second = await operator.deliveries()
    assert first.next_try_at <= desk.world.clock.at
    assert second.next_try_at == until
    again = await operator.presses("/bounces", domain="post.test", shown=shown)
    assert again.status == 409
    assert "that pause had ended already" in again.said


async def test_what_came_back_is_shown_with_its_code_and_counted_by_domain(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    await operator.keeps(owed(1, desk, subscriber_id=1, status=DeliveryStatus.FAILED, settled_at=now))
    about: dict[str, Any] = {"delivery_id": 1, "subscriber_id": 1, "domain": "example.org", "at": now, "source": "smtp"}
    await operator.keeps(
        Bounce(**about, verdict=Verdict.SOFT, code="4.2.2", reason="mailbox full, try later"),
        Bounce(**about, verdict=Verdict.OURS, code="5.7.1", reason="message refused by policy"),
    )
    page = await operator.reads("/bounces")
    assert f"{DUTY} · it cannot be reached for the moment · 4.2.2 mailbox full, try later said by its server" in page
    assert "example.org – – 1 1 – – 2" in page


async def test_what_waits_and_what_was_refused_is_counted_by_lane_and_domain(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    await operator.keeps(
        owed(1, desk),
        owed(2, desk, lane=0, domain="bureau.test", reply="451 4.7.1 greylisted", attempts=2),
        owed(3, desk, status=DeliveryStatus.FAILED, settled_at=now, reply="552 5.3.4 too large"),
        owed(4, desk, status=DeliveryStatus.FAILED, settled_at=now - timedelta(days=8), reply="long ago"),
        owed(5, desk, status=DeliveryStatus.SENT, settled_at=now),
    )
    page = await operator.reads("/deliveries")
    assert "what is urgent 1 0 briefings 1 1" in page
    assert "post.test 1 1 bureau.test 1 0" in page
    assert "briefing to reader2@post.test queued, 2 tries, next 13:20, in 60 min 451 4.7.1 greylisted" in page
    assert "552 5.3.4 too large" in page
    assert "long ago" not in page
    assert "reader5" not in page


async def test_of_thousands_that_wait_the_oldest_are_listed_and_all_are_counted(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    await operator.keeps(*(owed(at, desk, owed_at=now - timedelta(minutes=at)) for at in range(300)))
    page = await operator.reads("/deliveries")
    assert "These are the oldest 100 of 300." in page
    assert ("reader299@" in page, "reader100@" in page) == (True, False)


async def test_one_delivery_is_looked_into_and_tried_at_once(operator: Operator) -> None:
    desk = operator.desk
    desk.world.post.refusals[DUTY] = [SendFailed("550 5.7.1 our policy", permanent=True)]
    await alarm(desk)
    failed = next(each for each in await operator.deliveries() if each.recipient == DUTY)
    path = f"/deliveries/{failed.id}"
    page = await operator.reads(path)
    assert f"Key {failed.key}" in page
    assert "Answer 550 5.7.1 our policy" in page
    assert desk.world.post.mails(DUTY) == []
    shown = re.findall(r'name="shown" value="([^"]+)"', (await operator.sees(path)).text)[0]
    assert "It is due now." in (await operator.presses(path)).said
    await desk.world.turn()
    assert len(desk.world.post.mails(DUTY)) == 1
    done = await operator.presses(path, shown=shown)
    assert (done.status, "Nothing was changed" in done.said) == (409, True)
    await desk.world.turn()
    assert len(desk.world.post.mails(DUTY)) == 1


async def test_a_silence_is_ended_by_hand(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    mute = Silence(
        rule="pre-emptive-strike", words="drill", starts_at=now, ends_at=now + timedelta(hours=8), author=DUTY,
        comment="announced exercise",
    )  # fmt: skip
    number = await desk.world.app.db.write(silences.add, mute)
    shown = re.findall(r'name="shown" value="([^"]+)"', (await operator.sees("/silences")).text)[0]
    page = await operator.reads("/silences")
    assert "the rule pre-emptive-strike saying drill, for everybody" in page
    assert f"{DUTY}: announced exercise" in page
    seen = await operator.presses("/silences", end=str(number))
    assert "It is no longer muted." in seen.said
    assert "Nothing is muted." in seen.said
    assert "announced exercise" in seen.said.partition("Ended in the last 30 days")[2]
    for gone in (str(number), "99", "x", "9" * 30):
        again = await operator.presses("/silences", end=gone, shown=shown)
        assert (again.status, "that silence had ended already" in again.said) == (409, True)


async def test_the_operator_mutes_for_everybody_and_the_later_word_holds(operator: Operator) -> None:
    desk = operator.desk
    said = {"rule": "pre-emptive-strike", "words": "lighthouse", "source": "WIRE", "span": "8h", "comment": "a drill"}
    seen = await operator.presses("/silences", None, **said)
    assert seen.status == 200
    assert "Muted for everybody until 20:20. Nobody is told at once of what it covers, critical or not." in seen.said
    (muted,) = await desk.silences()
    assert (muted.rule, muted.words, muted.source, muted.comment) == (
        "pre-emptive-strike", "lighthouse", "WIRE", "a drill",
    )  # fmt: skip
    assert (muted.subscriber_id, muted.author, muted.ends_at) == (None, "operator", desk.world.clock.at + 8 * _HOUR)
    await alarm(desk)
    assert desk.world.post.mails() == []

    seen = await operator.presses("/silences", None, **(said | {"span": "7d", "comment": "a longer one"}))
    assert "operator: a longer one" in seen.said
    (muted,) = await desk.silences()
    assert muted.ends_at == desk.world.clock.at + 7 * 24 * _HOUR
    seen = await operator.presses("/silences", rule="airspace-incursion", span="2h", comment="known")
    assert "Muted for everybody until 14:40." in seen.said
    assert "critical or not" not in seen.said


@pytest.mark.parametrize(
    ("said", "mistake"),
    [
        ({"rule": ""}, "This would mute everything. Name a rule, words or a source."),
        ({"rule": "long-gone"}, "There is no such rule any more."),
        ({"words": "(open"}, "Column 6: the line ends too early"),
        ({"source": "no such feed"}, "No feed, publisher or tag is called that."),
        ({"span": "10y"}, "Choose for how long."),
        ({"comment": " \u200b "}, "Write why, for whoever misses the alert."),
    ],
)
async def test_what_the_operator_cannot_mute_is_refused_and_stays_in_the_form(
    operator: Operator, said: dict[str, str], mistake: str
) -> None:
    good = {"rule": "pre-emptive-strike", "span": "8h", "comment": "a drill at noon"}
    seen = await operator.presses("/silences", None, **(good | said))
    assert (seen.status, f"Nothing was muted {mistake}" in unescape(seen.said)) == (422, True)
    assert f"▲ {mistake}" in unescape(seen.said)
    assert 'value="a drill at noon"' in seen.text or "comment" in said
    assert await operator.desk.silences() == []


async def test_a_silence_names_the_operator_whom_a_proxy_names(desk: Desk) -> None:
    await opened(desk, f'{_BY_TOKEN}{_BY_HEADER}proxies = ["127.0.0.1"]\n')
    operator = Operator(desk)
    named = {"Sec-Fetch-Site": "same-origin", "X-Desk-User": "nadia"}
    for headers, author in ((named, "nadia"), (named | {"X-Desk-User": "eva"}, "operator")):
        seen = await operator.presses("/silences", headers, rule="pre-emptive-strike", span="8h", comment="a drill")
        assert f"{author}: a drill" in seen.said
    assert [each.author for each in await desk.silences()] == ["nadia", "operator"]


async def test_feeds_in_trouble_stand_first_and_alone_if_wanted(operator: Operator) -> None:
    desk = operator.desk
    desk.world.web.instead[HERALD] = FetchFailed(Trouble.HTTP, "503 Service Unavailable")
    await desk.world.later()
    page = await operator.reads("/feeds")
    assert "4 feeds, 1 in trouble." in page
    assert page.index("herald.test") < page.index("wire.test")
    assert "failing since 12:40, 0 s ago its server answers with an error: 503 Service Unavailable" in page
    alone = await operator.reads("/feeds?troubled=yes")
    assert ("herald.test" in alone, "wire.test" in alone) == (True, False)


async def test_the_new_entries_of_a_feed_are_drawn_and_told(operator: Operator) -> None:
    await alarm(operator.desk)
    seen = await operator.sees("/feeds")
    assert 'aria-label="2 new entries in 14 days, 2 on the most, 2 today"' in seen.text
    assert "wire.test – – – – – – – – – – – – – 2" in seen.said


async def test_a_password_in_the_address_of_a_feed_is_not_shown(operator: Operator) -> None:
    feeds = operator.desk.world.folder / "feeds.toml"
    feeds.write_text(feeds.read_text() + '[[feed]]\nurl = "https://user:hunter2@closed.test/feed"\nname = "Closed"\n')
    await operator.desk.world.stop()
    await operator.desk.world.start()
    await operator.desk.door.follow(operator.desk.world.app)
    for path in ("/feeds", ""):
        assert "hunter2" not in (await operator.sees(path)).text


async def test_rules_are_shown_with_what_they_found_and_what_became_of_it(operator: Operator) -> None:
    desk = operator.desk
    await alarm(desk)
    desk.world.web.publish(HERALD, "Airspace incursion over the salt marshes, ministry says")
    desk.world.web.publish(HERALD, "Ministry calls pre-emptive strike drill a success")
    await desk.world.later()

    def gone(session: Session) -> None:
        for match in session.exec(select(Match).where(Match.rule == "airspace-incursion")):
            match.rule = "long-gone"
            session.add(match)

    await desk.world.app.db.write(gone)
    page = await operator.reads("/rules")
    assert "pre-emptive-strike ▲ critical 2 1 1 0 13:00, 0 s ago" in page
    assert "border-closure ● medium 0 0 0 0 none" in page
    assert "long-gone no longer in the config 1 1 0 0" in page
    assert "2 hits in 30 days, 2 on the most, 2 today" in (await operator.sees("/rules")).text


async def test_hostile_texts_are_texts_wherever_they_come_from(operator: Operator) -> None:
    desk, now = operator.desk, operator.desk.world.clock.at
    desk.world.web.instead[HERALD] = FetchFailed(Trouble.HTTP, _EVIL)
    desk.world.web.publish(WIRE, f"{STRIKE} {_EVIL}")
    await desk.world.later()
    person = Subscriber(
        address=f"{_EVIL}@post.test", state=SubscriberState.APPLIED, briefing_at=time(7), created_at=now,
        consent=_EVIL, topics=[_EVIL],
    )  # fmt: skip
    await operator.keeps(person)
    await operator.keeps(
        Record(subscriber_id=3, at=now, deed=Deed.ASKED, by=_EVIL, network=_EVIL, wording=_EVIL, note=_EVIL),
        owed(7, desk, key=_EVIL, subscriber_id=3, recipient=_EVIL, domain=_EVIL, reply=_EVIL, message_id=_EVIL),
        owed(8, desk, status=DeliveryStatus.FAILED, settled_at=now, recipient=_EVIL, domain=_EVIL, reply=_EVIL),
        Bounce(subscriber_id=3, domain=_EVIL, at=now, verdict=Verdict.DEAD, code=_EVIL, reason=_EVIL, source=_EVIL),
        Pause(domain=_EVIL, since=now, until=now + timedelta(hours=3), reason=_EVIL),
        Silence(
            rule=_EVIL, words=_EVIL, source=_EVIL, starts_at=now, ends_at=now + timedelta(hours=9), author=_EVIL,
            comment=_EVIL,
        ),
    )  # fmt: skip
    await desk.world.app.db.write(job_runs.went_wrong, "brief", _EVIL, now)
    number = next(each.id for each in await operator.deliveries() if each.key == _EVIL)
    for path in (
        "", "/people", "/people?q=%22%3E%3Cscript%3E", "/people/3", "/bounces", "/deliveries", f"/deliveries/{number}",
        "/silences", "/feeds", "/rules",
    ):  # fmt: skip
        seen = await desk.asks(f"/operator{path}", headers={**signed(), "User-Agent": "<script>x()</script>"})
        assert seen.status == 200
        assert "<script" not in seen.text
        assert "<img" not in seen.text


@pytest.mark.parametrize("number", ["0", "99", "9" * 9, "9" * 30, "-1", "x", "%00", "١"])
async def test_what_is_not_there_is_not_found(operator: Operator, number: str) -> None:
    for path in ("/people", "/deliveries"):
        assert (await operator.sees(f"{path}/{number}")).status == 404


async def test_a_proxy_that_serves_us_below_a_path_breaks_no_link(operator: Operator) -> None:
    await alarm(operator.desk)
    for path in PATHS:
        seen = await operator.desk.asks(path, headers=signed())
        assert re.findall(r'(?:href|src)="/', seen.text) == []
        up = "../" * (path.count("/") - 1)
        assert f'href="{up}reading.css"' in seen.text
