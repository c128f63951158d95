"""A few enquiries of the demo: answered, waiting, a wish that the owner offers another time for; common questions."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.rules import Limits
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.demo import people
from booking.enquiries.faq import add_faq
from booking.enquiries.forms import EnquiryForm, FaqForm, PeriodForm, WishAnswerForm
from booking.enquiries.service import add_message, ask
from booking.enquiries.wishes import answer_wish
from booking.reservations.refusals import ReservationRefused
from models.catalogue import Instrument
from models.directory import Organisation
from models.enquiries import Enquiry
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.enquiries import WishAnswer

WITHOUT_FILES = Limits(photo_bytes=0, document_bytes=0, quota_bytes=0, most_files=0)
DAYS = 2

QUESTIONS = (
    FaqForm(
        question_zh="粉末样品能做吗？",
        question_en="Can powders be measured?",
        answer_zh="可以。请提前干燥，每份不少于 0.5 克，用密封袋分装并写明编号。",
        answer_en="Yes. Dry them beforehand, at least 0.5 g each, in sealed and numbered bags.",
    ),
    FaqForm(
        question_zh="多久能拿到结果？",
        question_en="How long until there are results?",
        answer_zh="一般测试完成后三个工作日内给出数据，需要报告的另加两个工作日。",
        answer_en="Data usually within three working days after the measurement, reports two days later.",
    ),
)


def add_enquiries(session: Session, *, now: datetime) -> int:
    """Threads of the demo's people and public answers on two instruments; how many threads."""
    steward = people.actor(session, "steward", now=now)
    own = sorted(reach(steward, Permission.EDIT_RECORD).instrument_ids)
    for instrument_id in own[:2]:
        for form in QUESTIONS:
            add_faq(session, instrument_id, form, actor=steward, now=now)
    before = now - timedelta(days=1)
    answered = _ask(
        session,
        own[0],
        "researcher",
        EnquiryForm(
            text="样品是不导电的高分子薄膜，能直接观察吗？需要喷金吗？",
            sample="聚合物薄膜 4 片",
            purpose="表面形貌",
            periods=[],
        ),
        now=before,
    )
    text = "可以做，需要先喷金，我们可以代做。请把样品裁到 10 毫米以内。"
    add_message(session, answered.id, text, [], WITHOUT_FILES, days=DAYS, actor=steward, now=now)
    english = EnquiryForm(text="Could you measure air-sensitive samples?", sample="lithium metal, 2 pieces", periods=[])
    _ask(session, own[1], "researcher2", english, now=before)
    _wish(session, now=now)
    session.flush()
    return len(session.scalars(select(Enquiry.id)).all())


def _wish(session: Session, *, now: datetime) -> None:
    """A firm wishes for time on an instrument on request; the institution offers another time."""
    instrument_id = session.scalar(
        select(Instrument.id)
        .join(Organisation, Organisation.id == Instrument.organisation_id)
        .where(
            Organisation.name_zh == "西南大学",
            Instrument.booking_mode == BookingMode.ON_REQUEST,
            Instrument.publishing_state == PublishingState.PUBLISHED,
        )
        .order_by(Instrument.id)
        .limit(1)
    )
    if instrument_id is None:
        return
    times = [_at(now, 5, 9), _at(now, 6, 14)]
    periods = [PeriodForm(starts_at=one.start, ends_at=one.end) for one in times]
    wish = EnquiryForm(
        text="新批次来料需要复检，希望下周安排。", sample="光学玻璃 6 件", purpose="来料复检", periods=periods
    )
    made = _ask(session, instrument_id, "enterprise", wish, now=now - timedelta(hours=3))
    for days in range(7, 28):
        if _offer(session, made.id, _at(now, days, 9), now=now):
            return


def _offer(session: Session, enquiry_id: int, period: Period, *, now: datetime) -> bool:
    """Offer this time instead, if the instrument is open then."""
    answer = WishAnswerForm(
        answer=WishAnswer.OFFER,
        starts_at=period.start,
        ends_at=period.end,
        message="这两天检修，改到下周可以吗？",
    )
    try:
        answer_wish(session, enquiry_id, answer, actor=people.actor(session, "institution", now=now), now=now)
    except ReservationRefused:
        return False
    return True


def _ask(session: Session, instrument_id: int, account: str, form: EnquiryForm, *, now: datetime) -> Enquiry:
    """One enquiry of a demo person."""
    asker: Actor = people.actor(session, account, now=now)
    return ask(session, instrument_id, form, [], WITHOUT_FILES, days=DAYS, actor=asker, now=now)


def _at(now: datetime, days: int, hour: int) -> Period:
    """Three hours of a coming local day."""
    start = at_local(local_date(now) + timedelta(days=days), hour * 60)
    return Period(start, start + timedelta(hours=3))
