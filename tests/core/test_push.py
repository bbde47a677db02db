"""A hub's word: whose it is, how long it binds, and when it is sought again."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.push import after_refusal, ask_again_at, is_signed, lease, renew_at

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BODY = b"<feed/>"


def signed(secret: str, body: bytes, method: str) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


@given(st.text(min_size=1), st.binary(), st.sampled_from(["sha1", "sha256", "sha384", "sha512"]))
def test_what_a_hub_signs_with_our_secret_is_believed(secret: str, body: bytes, method: str) -> None:
    assert is_signed(secret, body, signed(secret, body, method))


@given(st.binary(), st.binary(), st.sampled_from(["sha1", "sha256", "sha384", "sha512"]))
def test_a_signature_belongs_to_one_body_alone(signed_body: bytes, body: bytes, method: str) -> None:
    assert is_signed("secret", body, signed("secret", signed_body, method)) == (body == signed_body)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "sha256",
        "sha256=",
        "md5=" + hmac.new(b"secret", BODY, "md5").hexdigest(),
        hmac.new(b"secret", BODY, "sha256").hexdigest(),
        signed("guess", BODY, "sha256"),
        signed("secret", BODY, "sha1").replace("sha1", "sha256"),
        "sha256=śéçrét",
    ],
)
def test_a_stranger_who_does_not_know_the_secret_is_not_believed(said: str) -> None:
    assert not is_signed("secret", BODY, said)


def test_a_hub_may_write_its_signature_in_capitals() -> None:
    assert is_signed("secret", BODY, signed("secret", BODY, "sha256").upper())


@pytest.mark.parametrize(
    ("said", "lasts"),
    [
        ("864000", timedelta(days=10)),
        ("0", timedelta()),
        ("999999999999", timedelta(days=30)),
        ("9" * 5_000, timedelta(days=1)),
        ("", timedelta(days=1)),
        ("-5", timedelta(days=1)),
        ("soon", timedelta(days=1)),
        ("٣٠٠", timedelta(days=1)),
    ],
)
def test_a_lease_is_what_the_hub_says_within_reason(said: str, lasts: timedelta) -> None:
    assert lease(said) == lasts


@given(st.timedeltas(timedelta(minutes=2), timedelta(days=30)))
def test_a_promise_is_renewed_well_before_it_lapses(lasts: timedelta) -> None:
    assert NOW + lasts / 2 < renew_at(NOW, lasts) < NOW + lasts


def test_a_hub_that_grants_a_second_is_not_asked_every_second() -> None:
    assert renew_at(NOW, timedelta(seconds=1)) == NOW + timedelta(minutes=1)


def test_a_hub_that_does_not_answer_is_asked_less_and_less_and_never_given_up() -> None:
    pauses = [ask_again_at(NOW, failures) - NOW for failures in range(1, 10)]
    assert pauses[0] == timedelta(minutes=1)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(days=1)


def test_a_hub_that_said_no_is_left_alone_for_a_day_and_more_each_time() -> None:
    assert [(after_refusal(NOW, times) - NOW).days for times in (0, 1, 2, 3, 50)] == [1, 1, 2, 3, 7]
