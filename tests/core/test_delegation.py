"""What DNS says of a domain's mail: each mistake that people make is named, with its cure."""

import pytest

from monitor.core import delegation
from monitor.core.delegation import Answer, Finding, Grade, aligned, dmarc, organisational, ptr, spf, spf_unknown

DOMAIN = "watch.example"


def texts(**named: str | list[str]) -> dict[str, Answer]:
    """TXT records by name; "__" stands for a dot."""
    return {
        name.replace("__", "."): Answer((said,) if isinstance(said, str) else tuple(said))
        for name, said in named.items()
    }


def judged(record: str, **more: str) -> Finding:
    return spf(DOMAIN, texts(watch__example=record, **more))


@pytest.mark.parametrize(
    ("domain", "owner"),
    [
        ("bounce.watch.example.org", "example.org"),
        ("example.org", "example.org"),
        ("news.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("Mail.Example.COM.", "example.com"),
    ],
)
def test_a_domain_belongs_to_whoever_registered_it(domain: str, owner: str) -> None:
    assert organisational(domain) == owner


def test_a_bounce_domain_below_the_senders_counts_as_the_senders_unless_dmarc_is_strict() -> None:
    assert aligned("bounce.example.org", "example.org")
    assert not aligned("bounce.example.org", "example.org", strict=True)
    assert not aligned("example.co.uk", "other.co.uk")


@pytest.mark.parametrize("record", ["v=spf1 mx ~all", "V=SPF1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"])
def test_one_record_with_an_end_is_good(record: str) -> None:
    assert judged(record).grade is Grade.GOOD


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("v=spf1 mx +all", "it ends in +all, which lets everybody send"),
        ("v=spf1 mx all", "it ends in +all, which lets everybody send"),
        ("v=spf1 mx ?all", "it ends in ?all, which says nothing"),
        ("v=spf1 mx", "it has no end, which says nothing"),
        ("v=spf1 ip4:192.0.2.300 -all", '"ip4:192.0.2.300" in the record of watch.example is no network'),
        ("v=spf1 mailserver -all", '"mailserver" in the record of watch.example is no mechanism'),
        ("v=spf1 include: -all", "names no domain"),
        (f"v=spf1 include:{DOMAIN} -all", "leads back to watch.example without an end"),
        ("v=spf1 include:relay.example -all", "it leads to relay.example, which has no SPF record"),
    ],
)
def test_a_record_that_does_not_do_what_it_should_is_bad_and_says_why(record: str, said: str) -> None:
    found = judged(record, relay__example="other text")
    assert (found.grade, said in found.said) == (Grade.BAD, True), found.said
    assert found.cure


def test_two_records_and_none_are_both_bad_and_other_texts_do_not_count() -> None:
    none = spf(DOMAIN, texts(watch__example="some-verification=7"))
    assert (none.grade, none.said) == (Grade.BAD, "there is no SPF record")
    assert '"v=spf1 mx ~all"' in none.cure
    two = spf(DOMAIN, texts(watch__example=["v=spf1 mx -all", "v=spf1 a -all", "some-verification=7"]))
    assert (two.grade, two.said) == (Grade.BAD, "there are several SPF records")


def test_lookups_are_counted_through_what_is_included() -> None:
    known = texts(
        watch__example="v=spf1 a mx include:relay.example -all", relay__example="v=spf1 a exists:x.example -all"
    )
    found = spf(DOMAIN, known)
    assert (found.grade, found.said) == (Grade.GOOD, "one record, 5 of 10 lookups, ends in -all")
    many = " ".join(f"a:{number}.relay.example" for number in range(8))
    known["relay.example"] = Answer((f"v=spf1 {many} -all",))
    assert spf(DOMAIN, known).said == "more than 10 lookups, so receivers do not count it"


def test_the_end_of_another_record_counts_after_a_redirect_and_not_after_an_include() -> None:
    assert judged("v=spf1 redirect=relay.example", relay__example="v=spf1 mx -all").grade is Grade.GOOD
    assert judged("v=spf1 include:relay.example", relay__example="v=spf1 mx -all").grade is Grade.BAD
    assert judged("v=spf1 mx ~all redirect=relay.example", relay__example="v=spf1 +all").grade is Grade.GOOD


def test_what_is_included_is_asked_for_until_all_is_known() -> None:
    known: dict[str, Answer] = {}
    everything = texts(
        watch__example="v=spf1 include:a.example include:%{i}.example -all",
        a__example="v=spf1 redirect=b.example",
        b__example="v=spf1 mx -all",
    )
    asked = []
    while wanted := spf_unknown(DOMAIN, known):
        assert spf(DOMAIN, known).grade is Grade.SKIP
        asked.append(wanted)
        known |= {name: everything[name] for name in wanted}
    assert asked == [[DOMAIN], ["a.example"], ["b.example"]]
    assert spf(DOMAIN, known).grade is Grade.GOOD


def test_where_dns_does_not_answer_nothing_is_called_bad() -> None:
    silent = Answer(trouble="no answer")
    assert spf(DOMAIN, {DOMAIN: silent}).grade is Grade.SKIP
    assert dmarc(DOMAIN, {f"_dmarc.{DOMAIN}": silent}).finding.grade is Grade.SKIP
    assert ptr("192.0.2.7", silent, {}).grade is Grade.SKIP
    assert ptr("192.0.2.7", Answer(("mx.example",)), {"mx.example": silent}).grade is Grade.SKIP


@pytest.mark.parametrize(
    ("record", "grade", "said"),
    [
        ("v=DMARC1; p=reject; rua=mailto:post@watch.example", Grade.GOOD, "p=reject at _dmarc.watch.example"),
        ("v=DMARC1;p=none;rua=mailto:post@watch.example", Grade.GOOD, "p=none"),
        ("v=DMARC1; p=quarantine", Grade.NOTE, "without rua"),
        ("v=DMARC1; rua=mailto:post@watch.example", Grade.BAD, "no policy"),
        ("v=DMARC1; p=refuse; rua=mailto:post@watch.example", Grade.BAD, "no policy"),
    ],
)
def test_a_dmarc_record_wants_a_policy_and_somebody_who_reads_reports(record: str, grade: Grade, said: str) -> None:
    found = dmarc(DOMAIN, texts(_dmarc__watch__example=record)).finding
    assert (found.grade, said in found.said) == (grade, True), found.said


def test_a_subdomain_has_the_policy_of_its_owner_for_subdomains() -> None:
    below = f"news.{DOMAIN}"
    owner = texts(_dmarc__watch__example="v=DMARC1; p=none; sp=reject; rua=mailto:post@watch.example")
    own = {f"_dmarc.{below}": Answer()}
    assert "p=reject at _dmarc.watch.example" in dmarc(below, owner | own).finding.said
    assert dmarc(below, own | {f"_dmarc.{DOMAIN}": Answer()}).finding.grade is Grade.BAD
    two = dmarc(DOMAIN, texts(_dmarc__watch__example=["v=DMARC1; p=none", "v=DMARC1; p=reject"])).finding
    assert (two.grade, "2 records" in two.said) == (Grade.BAD, True)


def test_the_envelope_must_be_of_the_senders_organisation_and_of_its_very_domain_if_dmarc_is_strict() -> None:
    relaxed = dmarc(DOMAIN, texts(_dmarc__watch__example="v=DMARC1; p=none; rua=mailto:a@watch.example"))
    strict = dmarc(DOMAIN, texts(_dmarc__watch__example="v=DMARC1; p=none; aspf=s; rua=mailto:a@watch.example"))
    below = f"bounce.{DOMAIN}"
    assert delegation.alignment(DOMAIN, below, relaxed).grade is Grade.GOOD
    assert "aspf=s" in delegation.alignment(DOMAIN, below, strict).said
    assert "another organisation" in delegation.alignment(DOMAIN, "relay.example", relaxed).said


def test_the_name_of_an_address_must_lead_back_to_it() -> None:
    named = Answer(("mx.watch.example",))
    assert ptr("2001:db8::7", named, {"mx.watch.example": Answer(("2001:db8:0::7",))}).grade is Grade.GOOD
    wrong = ptr("192.0.2.7", named, {"mx.watch.example": Answer(("192.0.2.8", "rubbish"))})
    assert (wrong.grade, "A record 192.0.2.7" in wrong.cure) == (Grade.BAD, True)
    assert ptr("192.0.2.7", Answer(), {}).grade is Grade.BAD
