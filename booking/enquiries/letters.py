"""Which mails follow from what happened to an enquiry: each step tells the other side."""

from collections.abc import Iterable

from sqlalchemy import select

from booking.catalogue.report_letters import holders
from booking.core.clock import local_date
from booking.enquiries.queries import in_full, periods_of
from booking.notifications.letters import Letter, News
from booking.reservations.deciders import deciders_of
from models.accounts import User
from models.enquiries import Enquiry, EnquiryMessage
from models.vocabulary.accounts import Role

LONGEST_QUOTE = 1500


def on_asked(news: News) -> list[Letter]:
    """To primary steward and deputy, or whoever gets requests: a new question or wish, and until when to answer."""
    return _to_staff(news, "enquiries/asked")


def on_added(news: News) -> list[Letter]:
    """To the staff: the asker wrote more."""
    return _to_staff(news, "enquiries/added")


def on_answered(news: News) -> list[Letter]:
    """To the asker: the staff wrote."""
    return _to_asker(news, "enquiries/answered")


def on_file_removed(news: News) -> list[Letter]:
    """To the asker: the staff took one of the files away, and why."""
    return _to_asker(news, "enquiries/file_removed")


def on_closed(news: News) -> list[Letter]:
    """To the other side: the thread has ended."""
    return _to_other(news, "enquiries/closed")


def on_reopened(news: News) -> list[Letter]:
    """To the other side: it goes on."""
    return _to_other(news, "enquiries/reopened")


def on_wish_answered(news: News) -> list[Letter]:
    """To the asker: one of the times, another one, or no."""
    return _to_asker(news, "enquiries/wish_answered")


def on_wish_settled(news: News) -> list[Letter]:
    """To the staff: the offered time was taken or declined."""
    return _to_staff(news, "enquiries/wish_settled")


def on_withdrawn(news: News) -> list[Letter]:
    """To the staff: the asker took words back, and which public answers went with them."""
    return _to_staff(news, "enquiries/withdrawn")


def on_overdue(news: News) -> list[Letter]:
    """To the staff, once: the answer is overdue, while it is."""
    found = _enquiry(news)
    if found is None or found.due_at is None or found.due_at > news.now:
        return []
    return _letters(news, found, deciders_of(news.session, found.instrument, now=news.now).people, "enquiries/overdue")


def _to_staff(news: News, template: str) -> list[Letter]:
    """To whoever is written to about the instrument; of what a former owner keeps, to its administrators."""
    found = _enquiry(news)
    if found is None:
        return []
    if found.kept_by_id is None:
        people = deciders_of(news.session, found.instrument, now=news.now).people
    else:
        people = holders(news.session, [Role.INSTITUTION_ADMIN], found.kept_by_id, today=local_date(news.now))
    return _letters(news, found, people, template)


def _to_asker(news: News, template: str) -> list[Letter]:
    """To who asked."""
    found = _enquiry(news)
    return [] if found is None else _letters(news, found, [found.asked_by], template)


def _to_other(news: News, template: str) -> list[Letter]:
    """To the side that did not do it."""
    found = _enquiry(news)
    if found is not None and news.payload.get("actor_id") == found.asked_by_id:
        return _to_staff(news, template)
    return _to_asker(news, template)


def _enquiry(news: News) -> Enquiry | None:
    """The enquiry of the event as it is now."""
    return news.session.scalar(in_full().where(Enquiry.id == news.payload["enquiry_id"]))


def _letters(news: News, enquiry: Enquiry, people: Iterable[User], template: str) -> list[Letter]:
    """The same letter to each person whose account is in use."""
    said = select(EnquiryMessage.text).where(
        EnquiryMessage.enquiry_id == enquiry.id, EnquiryMessage.withdrawn_at.is_(None)
    )
    last = news.session.scalar(said.order_by(EnquiryMessage.id.desc()).limit(1)) or ""
    periods = periods_of(news.session, enquiry.id)
    offers = [one for one in periods if one.is_offer]
    values = {
        "instrument_zh": enquiry.instrument.name_zh,
        "instrument_en": enquiry.instrument.name_en,
        "asker": enquiry.asked_by.name,
        "sample": enquiry.sample,
        "purpose": enquiry.purpose,
        "text": last if len(last) <= LONGEST_QUOTE else last[:LONGEST_QUOTE] + "…",
        "due_at": enquiry.due_at,
        "wish_state": enquiry.wish_state.value if enquiry.wish_state else "",
        "wished": [(one.starts_at, one.ends_at) for one in periods if not one.is_offer],
        "offered": (offers[-1].starts_at, offers[-1].ends_at) if offers else None,
        "agreed": (enquiry.agreed_starts_at, enquiry.agreed_ends_at) if enquiry.agreed_starts_at else None,
        "faq_removed": news.payload.get("faq_removed", 0),
        "has_ended": news.payload.get("has_ended", False),
        "link": news.link(f"enquiries/{enquiry.id}"),
    }
    active = [person for person in people if person.deactivated_at is None]
    return [Letter(person.email, person.language, template, values) for person in active]
