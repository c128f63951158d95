"""Photos and documents of an instrument, by the pages and by the API."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.catalogue import listing
from booking.catalogue.reviewing import approve_round
from booking.core.clock import utcnow
from models.accounts import AuditEntry, User
from models.attachments import Attachment, AttachmentContent
from models.catalogue import Instrument
from models.directory import Organisation
from models.publishing import ReviewRound
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.attachments import Visibility
from tests.counting import counting
from tests.factories.instruments import make_instrument
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.pictures import PDF, office, photo, written

File = tuple[str, bytes]


@pytest.fixture
def instrument(session: Session, now: datetime) -> Instrument:
    made = make_instrument(session, name_zh="场发射扫描电镜", cleared_at=now + timedelta(days=9999))
    listing.refresh(session, [made.id])
    session.commit()
    return made


@pytest.fixture
def steward(session: Session, client: FlaskClient, instrument: Instrument) -> User:
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    sign_in(client, user)
    return user


def send(client: FlaskClient, path: str, *files: File, **form: Any) -> TestResponse:
    """Upload files as a browser does."""
    return client.post(path, data={"files": [(io.BytesIO(data), name) for name, data in files], **form})


def upload(client: FlaskClient, instrument: Instrument, *files: File, **form: Any) -> list[dict[str, Any]]:
    """Upload by the API; what it answers."""
    answer = send(client, f"/api/v1/instruments/{instrument.id}/attachments", *files, **form)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_several_files_go_up_at_once_and_are_shown_on_the_page(
    session: Session, client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    files = [("实验室.png", photo(800, 600, "PNG")), ("须知.pdf", PDF), ("样品.docx", office("word/document.xml"))]

    answer = send(client, f"/catalogue/{instrument.id}/attachments", *files, visibility="public")

    page = client.get(f"/instruments/{instrument.id}").get_data(as_text=True)
    look_again(session)
    kept = session.scalars(select(Attachment).order_by(Attachment.id)).all()
    assert answer.status_code == 303
    assert [(one.file_name, one.kind, one.position) for one in kept] == [
        ("实验室.jpg", "photo", 1),
        ("须知.pdf", "document", 1),
        ("样品.docx", "document", 2),
    ]
    assert f'src="/instruments/{instrument.id}/attachments/{kept[0].id}/320"' in page
    assert f'"image": ["http://127.0.0.1:8000/instruments/{instrument.id}/attachments/{kept[0].id}"]' in page
    assert [one for one in ("须知.pdf", "样品.docx") if one not in page] == []
    assert count(session, AttachmentContent) == 5
    facts = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == instrument.id)).all()
    assert facts == ["attachments.added"] * 3


def test_a_form_sent_twice_stores_its_files_once(
    session: Session, client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    path = f"/catalogue/{instrument.id}/attachments"

    for _ in range(2):
        send(client, path, ("a.pdf", PDF), idempotency_key="same-key")
    other = send(client, path, ("a.jpg", photo()), idempotency_key="same-key")

    assert count(session, Attachment) == 1
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        pytest.param(("a.jpg", b"<svg onload=alert(7)>"), "a.jpg 的内容不是可用的类型", id="a drawing called photo"),
        pytest.param(("a.pdf", b"<html><script>"), "a.pdf 的内容不是可用的类型", id="a page called document"),
        pytest.param(("a.jpg", photo()[:200]), "a.jpg 不是完整的图片", id="half a photo"),
        pytest.param(("a.jpg", b""), "a.jpg 是空文件", id="nothing"),
        pytest.param(("a.png", written(Image.new("1", (20_001, 1)), "PNG")), "a.png 的像素过多", id="a long line"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_name_and_nothing_is_stored(
    session: Session, client: FlaskClient, instrument: Instrument, steward: User, *, file: File, sentence: str
) -> None:
    answer = send(client, f"/catalogue/{instrument.id}/attachments", ("good.pdf", PDF), file)

    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert count(session, Attachment) == 0


def test_no_file_chosen_is_said_at_the_field(client: FlaskClient, instrument: Instrument, steward: User) -> None:
    answer = send(client, f"/catalogue/{instrument.id}/attachments", ("", b""))

    assert answer.status_code == 422
    assert 'id="problems-files"' in answer.get_data(as_text=True)


def test_over_the_quota_or_too_many_nothing_is_stored(
    app: Flask, session: Session, client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"attachment_quota_bytes": 3 * len(PDF)})
    path = f"/api/v1/instruments/{instrument.id}/attachments"
    try:
        first = send(client, path, *[(f"{n}.pdf", PDF) for n in range(2)])
        second = send(client, path, ("3.pdf", PDF), ("4.pdf", PDF))
    finally:
        app.config["SETTINGS"] = settings
    many = send(client, path, *[(f"{n}.pdf", PDF) for n in range(39)])

    assert (first.status_code, second.status_code, many.status_code) == (201, 422, 422)
    assert second.get_json()["code"] == "files_refused"
    assert "存储空间不足" in second.get_json()["problems"][0]["message"]
    assert count(session, Attachment) == 2


def test_the_quota_is_shared_by_the_instruments_of_an_institution_and_by_no_other(
    app: Flask, session: Session, client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    owner = session.get_one(Organisation, instrument.organisation_id)
    same, other = make_instrument(session, owner), make_instrument(session)
    for one in (same, other):
        give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, one.id)
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"attachment_quota_bytes": 3 * len(PDF)})
    try:
        sent = [
            send(client, f"/api/v1/instruments/{one.id}/attachments", ("1.pdf", PDF), ("2.pdf", PDF))
            for one in (instrument, same, other)
        ]
    finally:
        app.config["SETTINGS"] = settings

    assert [answer.status_code for answer in sent] == [201, 422, 201]
    assert "存储空间不足" in sent[1].get_json()["problems"][0]["message"]
    assert count(session, Attachment) == 4


def test_a_larger_body_is_taken_for_files_and_for_nothing_else(
    client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    large = PDF + b"\n" * 3_000 + b"x" * 3_000_000 + PDF

    uploaded = send(client, f"/catalogue/{instrument.id}/attachments", ("a.pdf", large))
    elsewhere = send(client, f"/catalogue/{instrument.id}/test-items", ("a.pdf", large))

    assert (uploaded.status_code, elsewhere.status_code) == (303, 413)


def test_documents_are_only_saved_and_nothing_in_a_file_may_run(
    client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    document, picture = upload(client, instrument, ("说明 (x).pdf", PDF + b"<script>"), ("a.jpg", photo()))

    saved, shown = client.get(document["url"]), client.get(picture["url"])

    assert saved.headers["Content-Disposition"] == (
        "attachment; filename=\"(x).pdf\"; filename*=UTF-8''%E8%AF%B4%E6%98%8E%20%28x%29.pdf"
    )
    assert saved.get_data() == PDF + b"<script>"
    assert shown.headers["Content-Disposition"].startswith("inline; ")
    assert {answer.headers["X-Content-Type-Options"] for answer in (saved, shown)} == {"nosniff"}
    assert {answer.headers["Content-Security-Policy"] for answer in (saved, shown)} == {"default-src 'none'; sandbox"}
    assert (saved.mimetype, shown.mimetype) == ("application/pdf", "image/jpeg")


def test_what_a_browser_has_is_not_sent_again(client: FlaskClient, instrument: Instrument, steward: User) -> None:
    (picture,) = upload(client, instrument, ("a.jpg", photo()))
    first = client.get(picture["thumbnails"]["96"])

    again = client.get(picture["thumbnails"]["96"], headers={"If-None-Match": first.headers["ETag"]})
    other = client.get(picture["url"], headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.get_data(), other.status_code) == (304, b"", 200)
    assert first.cache_control.max_age == 3600
    assert client.get(f"{picture['url']}/97").status_code == 404


@pytest.mark.parametrize(
    ("visibility", "stranger", "person"), [("public", 200, 200), ("signed_in", 404, 200), ("staff", 404, 404)]
)
def test_each_file_is_seen_by_whom_its_owner_wishes(
    app: Flask,
    session: Session,
    client: FlaskClient,
    instrument: Instrument,
    steward: User,
    *,
    visibility: str,
    stranger: int,
    person: int,
) -> None:
    (picture,) = upload(client, instrument, ("a.jpg", photo()), visibility=visibility)
    nobody, reader = app.test_client(), app.test_client()
    sign_in(reader, make_user(session, "reader"))

    for browser, status in ((nobody, stranger), (reader, person), (client, 200)):
        pages = [browser.get(path).get_data(as_text=True) for path in (f"/instruments/{instrument.id}", "/?q=电镜")]
        listed = browser.get(f"/api/v1/instruments/{instrument.id}/attachments").get_json()["items"]
        assert browser.get(picture["url"]).status_code == status
        assert browser.get(picture["thumbnails"]["320"]).status_code == status
        assert (picture["thumbnails"]["320"] in pages[0], len(listed)) == (status == 200, int(status == 200))
        assert (picture["thumbnails"]["320"] in pages[1]) == (visibility == "public")


def test_the_search_shows_the_first_public_photo_and_follows_every_change(
    client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    first, second = upload(client, instrument, ("a.jpg", photo()), ("b.jpg", photo(colour="blue")))
    address = f"/api/v1/instruments/{instrument.id}/attachments"

    def shown() -> int | None:
        found: int | None = client.get("/api/v1/instruments?q=电镜").get_json()["items"][0]["photo_id"]
        return found

    seen = [shown()]
    client.patch(f"{address}/{second['id']}", json={"position": 1})
    seen.append(shown())
    client.patch(f"{address}/{second['id']}", json={"visibility": "staff"})
    seen.append(shown())
    client.delete(f"{address}/{first['id']}")
    seen.append(shown())

    assert seen == [first["id"], second["id"], first["id"], None]
    assert "photo" in client.get("/?q=电镜").get_data(as_text=True)


def test_an_instruments_page_and_a_page_of_results_take_as_many_statements_with_photos(
    session: Session, client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    paths = (f"/instruments/{instrument.id}", "/?q=电镜")
    for path in paths:
        client.get(path)
    with counting() as without:
        for path in paths:
            client.get(path)
    upload(client, instrument, ("a.jpg", photo()), ("b.jpg", photo(colour="blue")), ("c.pdf", PDF))
    client.get(paths[1])

    with counting() as with_files:
        for path in paths:
            client.get(path)

    assert len(with_files) == len(without)


def test_captions_are_edited_and_files_ordered_and_removed_by_the_pages(
    session: Session, client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    first, second = upload(client, instrument, ("a.jpg", photo()), ("b.jpg", photo(colour="blue")))
    tab = f"/catalogue/{instrument.id}/attachments"
    said = {"caption_zh": "样品台", "caption_en": "Stage", "visibility": "signed_in", "version": "1"}

    edited = client.post(f"{tab}/{second['id']}", data=said)
    stale = client.post(f"{tab}/{second['id']}", data={**said, "caption_zh": "别的"})
    client.post(f"{tab}/{second['id']}/move", data={"places": "-1"})
    client.post(f"{tab}/{first['id']}/remove")

    look_again(session)
    (left,) = session.scalars(select(Attachment)).all()
    assert (edited.status_code, stale.status_code) == (303, 409)
    assert (left.id, left.caption_zh, left.caption_en, left.visibility) == (
        second["id"],
        "样品台",
        "Stage",
        Visibility.SIGNED_IN,
    )
    assert "样品台" in client.get(tab).get_data(as_text=True)
    assert client.get(first["url"]).status_code == 404
    facts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert facts[-3:] == ["attachments.edited", "attachments.edited", "attachments.removed"]


def test_the_api_keeps_versions(client: FlaskClient, instrument: Instrument, steward: User) -> None:
    (picture,) = upload(client, instrument, ("a.jpg", photo()))
    address = f"/api/v1/instruments/{instrument.id}/attachments/{picture['id']}"
    tag = client.get(address).headers["ETag"]

    changed = client.patch(address, json={"caption_en": "Stage"}, headers={"If-Match": tag})
    stale = [
        client.patch(address, json={"caption_en": "x"}, headers={"If-Match": tag}),
        client.delete(address, headers={"If-Match": tag}),
    ]

    assert (changed.status_code, changed.get_json()["caption_en"], changed.headers["ETag"]) == (200, "Stage", '"2"')
    assert [answer.status_code for answer in stale] == [412, 412]


def test_a_photo_of_a_published_record_is_shown_once_two_people_let_it_through(
    app: Flask, session: Session, client: FlaskClient, instrument: Instrument, steward: User
) -> None:
    instrument.cleared_at = utcnow()
    session.commit()
    (picture,) = upload(client, instrument, ("a.jpg", photo()))
    upload(client, instrument, ("internal.pdf", PDF), visibility="staff")
    nobody = app.test_client()

    def seen() -> tuple[int, int | None, bool]:
        found = nobody.get("/api/v1/instruments?q=电镜").get_json()["items"][0]["photo_id"]
        page = nobody.get(f"/instruments/{instrument.id}").get_data(as_text=True)
        return nobody.get(picture["url"]).status_code, found, picture["url"] in page

    before, tab = seen(), client.get(f"/catalogue/{instrument.id}/attachments").get_data(as_text=True)
    waiting = session.scalars(select(ReviewRound)).one()
    reviewing = client.get(f"/reviews/{waiting.id}").get_data(as_text=True)
    told = [client.get(f"/api/v1/reviews/{waiting.id}").get_json()["files"]]
    for name in ("one", "two"):
        reviewer = make_user(session, name)
        give(session, reviewer, Role.REVIEWER, ScopeKind.ORGANISATION, instrument.organisation_id)
        approve_round(session, waiting.id, actor=actor_for(session, reviewer, now=utcnow()), now=utcnow())
        session.commit()

    told.append(client.get(f"/api/v1/reviews/{waiting.id}").get_json()["files"])
    assert (f'src="{picture["url"]}/320"' in reviewing, "internal.pdf" in reviewing) == (True, False)
    assert [[one["id"] for one in files] for files in told] == [[picture["id"]], []]
    assert waiting.notes == ["a.jpg"]
    assert before == (404, None, False)
    assert tab.count("待审查，尚未公开") == 1
    assert seen() == (200, picture["id"], True)
