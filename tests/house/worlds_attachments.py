"""Files of the records in the world: public ones, ones for staff, ones of what is not public."""

from datetime import timedelta
from typing import TYPE_CHECKING

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.attachments.service import add_attachments, edit_attachment
from models.catalogue import Instrument
from models.vocabulary.attachments import OwnerKind, Visibility
from tests.factories.pictures import PDF, photo

if TYPE_CHECKING:
    from tests.house.worlds import Builder

LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=40)


def add_files(builder: "Builder", readers: dict[str, frozenset[str]]) -> None:
    """Files for everybody, for people and for staff, one that waits for review, and files of what is not public."""
    for name, record, key, content, visibility in (
        ("photo", "published", "steward", photo(), Visibility.PUBLIC),
        ("signed_in_file", "published", "steward", PDF, Visibility.SIGNED_IN),
        ("staff_photo", "published", "steward", photo(colour="blue"), Visibility.STAFF),
        ("waiting_photo", "published", "steward", photo(colour="pink"), Visibility.PUBLIC),
        ("draft_photo", "draft", "steward", photo(colour="green"), Visibility.PUBLIC),
        ("withheld_file", "withheld", "admin", PDF, Visibility.PUBLIC),
        ("their_photo", "their_published", "their_steward", photo(), Visibility.STAFF),
    ):
        caption = builder.mark(f"caption_{name}", readers[name]) if name in readers else "样品台"
        instrument = builder.session.get_one(Instrument, builder.world.names[record])
        owner = Owner(OwnerKind.INSTRUMENT, instrument.id, instrument.organisation_id)
        files, actor, now = prepare([Uploaded("file", content)], LIMITS), builder.actor(key), builder.now
        (made,) = add_attachments(builder.session, owner, files, visibility, LIMITS, actor=actor, now=now)
        edit_attachment(builder.session, owner, made.id, {"caption_zh": caption}, actor=actor, now=now)
        builder.keep(name, made)
        if name == "waiting_photo":
            made.changed_at, instrument.cleared_at = now + timedelta(seconds=1), now
    builder.session.commit()
