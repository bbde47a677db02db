import pytest

from monitor.words import Placing
from tests.core.reports import Desk, report

_FIRST = "Freight train derails near the northern harbour"
_DRONES = "Unknown drones cross Norwegian airspace overnight"
_QUAKE = (
    "Strong earthquake shakes coastal Peru",
    "A quake of magnitude 6.9 damaged houses south of Lima, officials say.",
)


@pytest.mark.parametrize(
    "title",
    [
        _FIRST,
        "BREAKING: Freight train derails near northern harbour",
        "Near the northern harbour, a freight train derails",
        "Freight train derails near northern harbour, ferries wait",
        "Freight trains derailed near the northern harbour",
        "Goods wagons off the rails after freight train derails at harbour",
    ],
)
def test_another_publishers_report_of_an_event_joins_its_story(title: str) -> None:
    desk = Desk()
    desk.tell("Ministers meet on fishing quotas in the capital")
    first = desk.tell(_FIRST)
    assert desk.tell(title, hours=1) == first


def test_the_same_event_in_quite_other_words_joins_by_what_the_texts_say() -> None:
    desk = Desk()
    first = desk.tell(
        "Explosion rips through Varhaven fertiliser plant", "At least four workers are missing at the Nordkem works."
    )
    assert first == desk.tell(
        "Four missing after blast at Nordkem works in Varhaven",
        "The explosion at the fertiliser plant was heard across the town.",
        hours=2,
    )


@pytest.mark.parametrize(
    "title",
    [
        "Passenger train delayed by fog at the Aldmouth bridge",
        "Passenger bus overturns on the southern motorway",
        "Harbour museum opens its new wing",
        "",
    ],
)
def test_another_event_starts_its_own_story(title: str) -> None:
    desk = Desk()
    first = desk.tell(_FIRST)
    assert desk.tell(title) != first


def test_the_same_page_in_two_feeds_is_one_story_whatever_its_titles_say() -> None:
    desk = Desk()
    first = desk.tell(_FIRST, link="wire.example/train", feed="wire")
    told = report(9, "Harbour reopens", link="wire.example/train", feed="herald")
    story, found = desk.place(told)
    assert (story, found.why) == (first, Placing.LINK)


def test_a_page_of_one_feed_that_shows_something_else_now_is_another_story() -> None:
    desk = Desk()
    first = desk.tell("Is there a flood warning? No warning today", link="alarm.example/now", feed="alarm")
    told = desk.tell(
        "Is there a flood warning? Water rises at Osterby", link="alarm.example/now", feed="alarm", hours=9
    )
    assert told != first


def test_entries_without_a_link_are_not_taken_for_one_page() -> None:
    desk = Desk()
    assert desk.tell("Bridge closed") != desk.tell("Museum opens")


def test_standing_titles_of_few_words_are_alike_by_chance() -> None:
    desk = Desk()
    assert desk.tell("Sports results") != desk.tell("Sports results")


def test_a_feeds_standing_title_over_another_text_is_another_story() -> None:
    desk = Desk()
    title = "Statement by the spokesperson of the northern alliance"
    first = desk.tell(title, "Ambassadors met in Torvik and spoke of grain shipments through the strait.", feed="nato")
    other = desk.tell(
        title, "Two frigates will join the patrol off the Lervik islands next month.", feed="nato", hours=5
    )
    assert first != other


def test_the_most_alike_story_is_chosen() -> None:
    desk = Desk()
    bridge = desk.tell("Freight train derails near the northern harbour bridge in Aldmouth")
    tunnel = desk.tell("Commuter train stuck in the southern tunnel of Brackwell")
    assert desk.tell("Freight train derails near harbour bridge in Aldmouth, crane called", hours=1) == bridge
    assert desk.tell("Commuters leave train stuck in Brackwell tunnel", hours=1) == tunnel


def test_a_feeds_next_bulletin_with_other_numbers_is_another_event() -> None:
    desk = Desk()
    first = desk.tell("Earthquake of magnitude 5.1 in the Tarn basin", feed="quakes")
    assert desk.tell("Earthquake of magnitude 4.7 in the Tarn basin", feed="quakes", hours=3) != first


def test_a_toll_that_rises_at_another_publisher_is_the_same_event() -> None:
    desk = Desk()
    first = desk.tell("Ferry fire off Kelmsund leaves 3 people dead", feed="wire")
    assert desk.tell("Ferry fire off Kelmsund leaves 5 people dead", feed="herald", hours=2) == first


@pytest.mark.parametrize("elsewhere", ["Lithuanian", "Danish", "Romanian"])
def test_events_that_differ_in_their_place_alone_are_two_stories(elsewhere: str) -> None:
    desk = Desk()
    first = desk.tell(_DRONES)
    assert desk.tell(_DRONES.replace("Norwegian", elsewhere), hours=1) != first


def test_two_earthquakes_on_one_morning_stay_two() -> None:
    desk = Desk()
    peru = desk.tell(*_QUAKE)
    japan = desk.tell(
        "Strong earthquake shakes coastal Japan",
        "A quake of magnitude 6.8 damaged houses north of Sendai, officials say.",
        hours=1,
    )
    assert peru != japan
    assert desk.tell("Peru quake: houses damaged south of Lima", hours=2) == peru
    assert desk.tell("Houses damaged near Sendai after earthquake in Japan", hours=2) == japan


def test_a_place_within_the_other_is_no_other_place() -> None:
    desk = Desk()
    first = desk.tell(
        "Missile hits grain terminal in Odesa",
        "Russia struck the Ukrainian port of Odesa before dawn, the governor says.",
    )
    told = desk.tell(
        "Missile hits grain terminal in Ukraine", "Odesa's governor speaks of a strike before dawn.", hours=1
    )
    assert told == first


def test_the_same_words_four_days_later_are_another_event() -> None:
    desk = Desk()
    first = desk.tell(_DRONES)
    assert desk.tell(_DRONES, hours=96) != first


def test_a_story_that_goes_on_is_carried_from_report_to_report() -> None:
    desk = Desk()
    first = desk.tell("Hostages held in Valmora bank, police seal off the market square")
    for day in range(1, 6):
        told = f"Hostages still held in Valmora bank, police wait on the market square, day {day}"
        assert desk.tell(told, hours=24 * day) == first


def test_after_a_week_the_next_report_is_news_again() -> None:
    desk = Desk()
    first = desk.tell("Hostages held in Valmora bank, police seal off the market square")
    for day in range(1, 8):
        desk.tell(f"Hostages still held in Valmora bank, police wait on the market square, day {day}", hours=24 * day)
    assert desk.tell("Hostages still held in Valmora bank, police wait on the square", hours=24 * 8) != first


def test_a_round_up_does_not_glue_the_events_that_it_names() -> None:
    desk = Desk()
    desk.tell(
        "Morning briefing: train derails at northern harbour, blast at Varhaven fertiliser plant",
        "A freight train derails near the harbour. An explosion rips through the fertiliser plant of Varhaven.",
    )
    train = desk.tell("Freight train derails at northern harbour", hours=1)
    blast = desk.tell("Explosion rips through Varhaven fertiliser plant", hours=1)
    assert train != blast


def test_a_live_blog_joins_a_story_and_carries_nothing_into_it() -> None:
    desk = Desk()
    blast = desk.tell("Explosion rips through Varhaven fertiliser plant")
    live = "Explosion rips through Varhaven fertiliser plant - live updates"
    assert desk.tell(live, "Ferries are stopped. The airport of Kelmsund is closed by snow.", hours=1) == blast
    assert desk.tell("Airport of Kelmsund is closed by snow", hours=2) != blast


def test_a_copy_of_an_agencys_text_is_known_as_one() -> None:
    desk = Desk()
    text = (
        "Rescuers searched the wreck of the ferry Solveig through the night after a fire in the engine room forced "
        "more than ninety passengers into lifeboats off Kelmsund."
    )
    desk.place(report(1, "Fire on ferry Solveig: search goes on off Kelmsund", text, feed="herald"))
    story, found = desk.place(report(2, "Search goes on after fire on ferry Solveig", text, hours=1, feed="courier"))
    assert (story, found.why, found.copied) == (1, Placing.COPY, 1)


def test_an_own_report_of_the_same_event_is_no_copy() -> None:
    desk = Desk()
    first = "Rescuers searched the wreck of the ferry Solveig through the night after a fire in the engine room."
    own = "All ninety passengers of the Solveig are safe, says the coast guard of Kelmsund, which sent four boats."
    desk.place(report(1, "Fire on ferry Solveig off Kelmsund", first, feed="herald"))
    story, found = desk.place(report(2, "Passengers safe after fire on ferry Solveig", own, hours=1, feed="courier"))
    assert (story, found.copied) == (1, None)


def test_what_a_feed_says_below_every_item_tells_nothing() -> None:
    desk = Desk()
    below = (
        "Subscribe to the Kelmsund gadget letter, follow our shopping team and never miss a bargain or a review again."
    )
    one = desk.tell("Headphones of the year tested", below, feed="gadgets")
    other = desk.tell("Seven garden chairs under fifty crowns", below, feed="gadgets", hours=1)
    assert one != other


def test_a_polish_and_an_english_report_of_one_incident_are_one_story() -> None:
    desk = Desk()
    first = desk.tell(
        "Poland shoots down three drones over Lublin region, Tusk says",
        "Polish F-16 fighter jets shot down the drones near Zamosc overnight, Prime Minister Donald Tusk said.",
    )
    told = report(
        9,
        "Tusk: trzy drony zestrzelone nad Lubelszczyzną",
        "Polskie myśliwce F-16 zestrzeliły nocą drony koło Zamościa, powiedział premier Donald Tusk.",
        hours=1,
        language="pl",
    )
    story, found = desk.place(told)
    assert (story, found.why) == (first, Placing.ACROSS)


def test_a_like_incident_in_another_country_is_no_story_of_both_languages() -> None:
    desk = Desk()
    first = desk.tell(
        "Romania shoots down three drones near Tulcea, Bolojan says",
        "Romanian F-16 fighter jets shot down the drones over the Danube overnight, Prime Minister Ilie Bolojan said.",
    )
    told = desk.tell(
        "Tusk: trzy drony zestrzelone nad Lubelszczyzną",
        "Polskie myśliwce F-16 zestrzeliły nocą drony koło Zamościa, powiedział premier Donald Tusk.",
        hours=1,
        language="pl",
    )
    assert told != first


def test_an_edited_report_is_found_by_what_it_says_now() -> None:
    desk = Desk()
    first = desk.tell("Smoke over the old town of Brackwell", feed="wire")
    desk.stories.revise(report(first, "Fire destroys the cathedral of Brackwell, roof falls in", feed="wire"))
    assert desk.tell("Roof falls in as fire destroys Brackwell cathedral", hours=1) == first


def test_one_page_in_two_stories_makes_them_one() -> None:
    desk = Desk()
    text = (
        "Rescuers searched the wreck of the ferry Solveig through the night after a fire in the engine room forced "
        "more than ninety passengers into lifeboats off Kelmsund."
    )
    one = desk.tell("Quiet night on the coast, writes our reporter", link="wire.example/ferry", feed="wire")
    two = desk.tell("Fire on ferry Solveig: search goes on off Kelmsund", text, feed="herald")
    assert one != two
    both = report(
        9, "Search goes on after fire on ferry Solveig", text, feed="courier", link="wire.example/ferry", hours=1
    )
    story, found = desk.place(both)
    assert (story, found.merged) == (one, (two,))
    assert desk.tell("Fire on ferry Solveig: search goes on", text, hours=2) == one
