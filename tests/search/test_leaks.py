"""Nothing of a withheld record, of a draft, or of what waits for review is met by strangers or other institutions."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Enum, String, select
from sqlalchemy.orm import Session

from booking.attachments.preparing import Uploaded, prepare
from booking.attachments.queries import Owner
from booking.attachments.rules import Limits
from booking.attachments.service import add_attachments, edit_attachment
from booking.calendars.forms import FeedForm
from booking.calendars.service import make_feed
from booking.catalogue import attachments, gate, listing, owners, service, test_items
from booking.catalogue.forms import InstrumentChanges, TestItemForm
from booking.catalogue.moves import plan_move
from booking.catalogue.review_rules import HELD_BACK
from booking.catalogue.step_forms import OwnerProposal, PlaceMove
from booking.core.actors import Actor
from booking.core.clock import local_date
from models.accounts import User
from models.attachments import Attachment
from models.catalogue import Instrument, TestItem
from models.enquiries import FaqEntry
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.attachments import OwnerKind, Visibility
from models.vocabulary.calendars import FeedScope
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.pictures import PDF

MARK = "zqleak"
LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=40)
HIDDEN_PLACE = {"adcode": "510703", "latitude": 31.0123, "longitude": 104.0123}
REFUSED = {302, 303, 401, 403, 404}
WINDOW = "?from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z"
TELLING = {"calendars", "calendars_api", "privacy_api", "search", "search_api", "directory"}
TELLING |= {"catalogue", "catalogue_api", "enquiries", "enquiries_api"}
FORMATS = ("csv", "xlsx", "test_items", "national", "pidinst")
COMPLETE: dict[str, Any] = {
    "functions_zh": "形貌",
    "user_rules_zh": "须预约",
    "fees_zh": "面议",
    "contact_name": "陈",
    "phone": "023-1",
}


@dataclass
class Hidden:
    """The records, what marks them, and a foreign feed of one of them."""

    withheld: Instrument
    draft: Instrument
    public: Instrument
    waiting_file: Attachment
    feed: str
    foreign_id: int

    @property
    def unreadable(self) -> list[int]:
        """The records that nobody outside may read at all."""
        return [self.withheld.id, self.draft.id]


def marks(state: str) -> dict[str, Any]:
    """A marker in every text of a record, cut to its length."""
    columns = [
        column
        for column in Instrument.__table__.columns
        if isinstance(column.type, String) and not isinstance(column.type, Enum) and not column.foreign_keys
    ]
    texts = {column.name: f"{MARK}{state}{number}" for number, column in enumerate(columns)}
    lengths = {column.name: getattr(column.type, "length", None) or 0 for column in columns}
    found = {name: text for name, text in texts.items() if lengths[name] >= len(text) and name != "inherits"}
    return found | {"postcode": "918273"} | HIDDEN_PLACE | {"class_code": "020101"}


def add_around(session: Session, instrument: Instrument, word: str, actor: Actor, now: datetime) -> None:
    """A test item, a common question and a document for everybody, each marked."""
    session.add(TestItem(instrument_id=instrument.id, position=1, name_zh=f"{MARK}{word}item", standard="GB/T 1"))
    faq = {"question_zh": f"{MARK}{word}question", "answer_zh": f"{MARK}{word}answer"}
    session.add(FaqEntry(instrument_id=instrument.id, position=1, created_at=now, **faq))
    owner = Owner(OwnerKind.INSTRUMENT, instrument.id, instrument.organisation_id)
    files = prepare([Uploaded(f"{MARK}{word}.pdf", PDF)], LIMITS)
    [made] = add_attachments(session, owner, files, Visibility.PUBLIC, LIMITS, actor=actor, now=now)
    edit_attachment(session, owner, made.id, {"caption_zh": f"{MARK}{word}caption"}, actor=actor, now=now)


@pytest.fixture
def hidden(session: Session, now: datetime) -> Hidden:
    owner = make_organisation(session)
    foreign = make_organisation(session)
    admin, reader = make_user(session, "admin"), make_user(session, "foreign")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
    give(session, reader, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, foreign.id)
    ours, theirs = actor_for(session, admin, now=now), actor_for(session, reader, now=now)
    draft = make_instrument(session, owner, publishing_state=PublishingState.DRAFT, **marks("draft"))
    withheld = make_instrument(session, owner, **(marks("kept") | {"inner_id": "W-1"}))
    public = make_instrument(
        session, owner, inner_id="P-1", first_published_at=now, cleared_at=now, indicators_zh="分辨率 1 nm", **COMPLETE
    )
    for instrument, word in ((draft, "draft"), (withheld, "kept")):
        add_around(session, instrument, word, ours, now)
    _feed, secret = make_feed(session, FeedForm(scope=FeedScope.INSTRUMENT, id=withheld.id), actor=theirs, now=now)
    gate.withhold_record(session, withheld.id, f"{MARK}reason", actor=ours, now=now)
    session.add(TestItem(instrument_id=public.id, position=1, name_zh="拉伸"))
    session.flush()
    later = now + timedelta(minutes=1)
    waiting_file = let_wait(session, public, ours, later)
    listing.refresh(session, [draft.id, withheld.id, public.id])
    session.commit()
    return Hidden(withheld, draft, public, waiting_file, secret, reader.id)


def let_wait(session: Session, public: Instrument, ours: Actor, later: datetime) -> Attachment:
    """Texts, test items, a document and a move of the published record that wait; its owner stays for now."""
    who: dict[str, Any] = {"actor": ours, "now": later}
    changes = InstrumentChanges(**{name: f"{MARK}wait{name.replace('_', '')}" for name in HELD_BACK})
    service.patch_instrument(session, public.id, changes, **who)
    test_items.add_test_item(session, public.id, TestItemForm(name_zh=f"{MARK}waitadded"), **who)
    standing = session.scalars(select(TestItem.id).where(TestItem.is_held.is_(False), TestItem.name_zh == "拉伸")).one()
    test_items.edit_test_item(session, public.id, standing, TestItemForm(name_zh=f"{MARK}waitedited"), **who)
    files = prepare([Uploaded(f"{MARK}wait.pdf", PDF)], LIMITS)
    [made] = attachments.add_attachments(session, public.id, files, Visibility.PUBLIC, LIMITS, **who)
    plan_move(
        session, public.id, PlaceMove(starts_on=local_date(later) + timedelta(days=9), street=f"{MARK}room"), **who
    )
    other = make_organisation(session, name_zh=f"{MARK}receiver")
    offer = OwnerProposal(
        to_organisation_id=other.id, starts_on=local_date(later) + timedelta(days=9), reason=f"{MARK}why"
    )
    owners.propose_owner(session, public.id, offer, **who)
    other.name_zh = "别的大学"
    return made


def addresses(app: Flask, instrument_id: int, attachment_id: int) -> Iterator[str]:
    """Every address of one instrument that can be read."""
    other = {"attachment_id": attachment_id, "edge": 320, "item_id": 1, "entry_id": 1}
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "instrument_id" in rule.arguments:
            values = {name: other[name] for name in rule.arguments - {"instrument_id"}}
            path = adapter.build(rule.endpoint, values | {"instrument_id": instrument_id})
            yield path + WINDOW * path.endswith(("availability", "calendar.json"))


def lists(app: Flask) -> list[str]:
    """Every address of a part that tells of records and needs nothing to be named, files in all their forms."""
    plain = [
        str(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint.partition(".")[0] in TELLING
    ]
    return [
        *plain,
        *(f"/instruments/export?format={kind}" for kind in FORMATS),
        *(f"/api/v1/instruments/export?format={kind}" for kind in FORMATS),
    ]


def text_of(data: bytes) -> str:
    """What an answer says, a workbook's parts included."""
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return "".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())
    return data.decode("utf-8", "replace")


def met(client: FlaskClient, path: str, headers: dict[str, str] | None = None) -> tuple[int, bool]:
    """The status, and whether a marker, a hidden number or a hidden position is in the answer."""
    answer = client.get(path, headers=headers)
    text = text_of(answer.get_data())
    return answer.status_code, any(word in text for word in (MARK, "918273", "31.0123", "W-1"))


@pytest.mark.parametrize("who", ["stranger", "foreign"])
def test_nothing_hidden_is_in_any_answer_or_log_line(
    client: FlaskClient, session: Session, hidden: Hidden, capsys: pytest.CaptureFixture[str], who: str
) -> None:
    app = client.application
    if who == "foreign":
        sign_in(client, session.get_one(User, hidden.foreign_id))
    capsys.readouterr()

    anywhere = {path: met(client, path) for path in lists(app)}
    unreadable = {path: met(client, path) for number in hidden.unreadable for path in addresses(app, number, 1)}
    as_pidinst = {"Accept": "application/vnd.pidinst+json"}
    unreadable |= {f"{n} as PIDINST": met(client, f"/api/v1/instruments/{n}", as_pidinst) for n in hidden.unreadable}
    waiting = {path: met(client, path) for path in addresses(app, hidden.public.id, hidden.waiting_file.id)}
    waiting |= {"feed": met(client, f"/feeds/{hidden.feed}.ics")}

    assert [path for path, (_, leaks) in (anywhere | unreadable | waiting).items() if leaks] == []
    assert {path: status for path, (status, _) in unreadable.items() if status not in REFUSED} == {}
    assert {status for status, _ in anywhere.values()} <= REFUSED | {200, 204}
    assert MARK not in capsys.readouterr().err


def test_no_search_finds_what_is_hidden_and_no_facet_counts_it(client: FlaskClient, hidden: Hidden) -> None:
    words = [f"{MARK}kept0", f"{MARK}draft0", f"{MARK}waitadded", f"{MARK}waitedited"]
    words += [f"{MARK}wait{name.replace('_', '')}" for name in HELD_BACK]
    queries = [*(f"q={word}" for word in words), "class=020101", "near=31.0123,104.0123&max_km=5"]

    totals = [client.get(f"/api/v1/instruments?{query}").get_json()["total"] for query in queries]
    every = client.get("/api/v1/instruments").get_json()

    assert (totals, every["total"]) == ([0] * len(queries), 1)
    assert [code for code in ("020101", "510703") if code in json.dumps(every["facets"])] == []
