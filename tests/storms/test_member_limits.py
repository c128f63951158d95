"""A member's limit, kept by the database when two of their bookings come at once."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from booking.payers.service import set_limit
from models.ledger import LedgerAccount
from models.payers import PayerMember
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.people import actor_for, give, make_user
from tests.storms.test_booking import HOURLY, booking, codes, held_once, holding, made, paid, statuses, tomorrow
from tests.storms.weather import Storm

MEMBERS = 12


def test_of_two_bookings_of_one_member_at_their_limit_at_once_one_is_held(
    session: Session, storm: Storm, tokens: list[str]
) -> None:
    instruments, [payer] = paid(session, 100 * HOURLY)
    clerk = make_user(session, "limiting")
    give(session, clerk, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, payer.organisation_id)
    now = utcnow()
    members = session.scalars(select(PayerMember).order_by(PayerMember.id)).all()
    for member in members:
        set_limit(session, payer.id, member.id, HOURLY, actor=actor_for(session, clerk, now=now), now=now)
    session.commit()
    calls = [
        booking(token, instruments[n % 2 + 2 * twice], tomorrow(n // 2 * 60))
        for n, token in enumerate(tokens[:MEMBERS])
        for twice in (0, 1)
    ]

    replies = storm.volley(calls)

    by_token = defaultdict(list)
    for call, reply in zip(calls, replies, strict=True):
        by_token[call.token].append(reply.status)
    short = {code for reply in replies if reply.status == 422 for code in codes(reply)}
    assert [sorted(one) for one in by_token.values()] == [[201, 422]] * MEMBERS
    assert short <= {"payer_limited", "payer_limited_now"}
    assert held_once(session) == holding(session) == set(made(replies))
    used = session.scalars(select(LedgerAccount.balance_fen).join(PayerMember, PayerMember.use_id == LedgerAccount.id))
    assert sorted(used) == [-HOURLY] * MEMBERS + [0] * (len(members) - MEMBERS)
    assert statuses(replies)[201] == MEMBERS
