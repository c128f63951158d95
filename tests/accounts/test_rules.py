from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from booking.accounts import passwords, rules
from booking.accounts.common_passwords import COMMON
from models.vocabulary.accounts import Role
from tests.factories.passwords import AS_SERVED, hashing

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
FIFTEEN = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        pytest.param("four words in a row", None, id="a sentence will do"),
        pytest.param("lin@swu.edu.cn", "password_is_address", id="the address"),
        pytest.param("LIN@SWU.EDU.CN", "password_is_address", id="the address in capitals"),
        pytest.param("qwertyuiop", "password_common", id="one of the commonest"),
        pytest.param("QwertyUIOP", "password_common", id="one of the commonest in capitals"),
        pytest.param("ｑｗｅｒｔｙｕｉｏｐ", "password_common", id="one of the commonest in full width"),
        pytest.param("aabbccaabbcc", "password_common", id="three different characters"),
        pytest.param("山城夜景灯火可亲真好看", None, id="Chinese"),
    ],
)
def test_a_password_is_refused_when_it_would_be_tried_first(password: str, expected: str | None) -> None:
    assert rules.password_fault(password, "lin@swu.edu.cn") == expected


def test_the_name_before_the_at_sign_is_no_password_either() -> None:
    assert rules.password_fault("linxiaoming", "linxiaoming@swu.edu.cn") == "password_is_address"


def test_every_common_password_is_long_enough_to_be_chosen_and_in_the_form_that_is_compared() -> None:
    usable = {word for word in COMMON if len(word) >= rules.SHORTEST_PASSWORD and word == word.casefold()}

    assert usable == COMMON


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("203.0.113.7", "203.0.113.7", id="IPv4"),
        pytest.param("::ffff:203.0.113.7", "203.0.113.7", id="IPv4 written as IPv6"),
        pytest.param("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", id="IPv6 counts by its network"),
        pytest.param("not an address", "not an address", id="anything else as it is"),
    ],
)
def test_attempts_are_counted_under_one_address_per_customer(address: str, expected: str) -> None:
    assert rules.address_key(address) == expected


def test_the_widest_address_key_fits_its_column() -> None:
    assert len(rules.address_key("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")) <= 45


def test_an_account_is_counted_under_one_key_however_its_address_is_written() -> None:
    assert rules.account_key(" Lin@SWU.edu.cn ") == rules.account_key("lin@swu.edu.cn")


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        pytest.param(timedelta(), 900, id="just now"),
        pytest.param(timedelta(minutes=14, seconds=59.5), 1, id="part of a second counts as one"),
        pytest.param(timedelta(minutes=10), 300, id="ten minutes ago"),
    ],
)
def test_the_wait_ends_when_the_decisive_attempt_leaves_the_window(ago: timedelta, expected: int) -> None:
    assert rules.wait_seconds(NOW - ago, FIFTEEN, now=NOW) == expected


def test_without_a_decisive_attempt_nobody_waits() -> None:
    assert rules.wait_seconds(None, FIFTEEN, now=NOW) == 0


def test_every_role_has_a_scope_where_it_can_be_given() -> None:
    assert {role for role in Role if rules.SCOPES_OF_ROLE[role]} == set(Role)


@pytest.fixture
def _as_served() -> Iterator[None]:
    """Passwords are hashed as the service hashes them."""
    with hashing(*AS_SERVED):
        yield


@pytest.mark.usefixtures("_as_served")
def test_hashes_cost_what_attackers_are_to_pay_and_as_much_for_nobody() -> None:
    assert passwords.hashed("wide password").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not passwords.is_outdated(passwords._NOBODY)


@pytest.mark.usefixtures("_as_served")
def test_a_hash_fits_its_password_in_either_width_and_no_other() -> None:
    stored = passwords.hashed("ｗｉｄｅ password")

    assert passwords.matches(stored, "wide password")
    assert not passwords.matches(stored, "Wide password")
    assert not passwords.is_outdated(stored)


@pytest.mark.usefixtures("_as_served")
def test_no_password_matches_when_there_is_no_hash() -> None:
    assert not passwords.matches(None, "x")
    assert not passwords.matches("not a hash", "x")


@pytest.mark.usefixtures("_as_served")
def test_a_hash_with_weaker_parameters_is_outdated() -> None:
    assert passwords.is_outdated("$argon2id$v=19$m=8192,t=1,p=1$cXIGK+34x8fS67CSHY0dSg$cG40r/2YsiYGCo/SIjRN8g")
