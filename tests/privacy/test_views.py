import io
import json
import zipfile
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.accounts.consents import VERSION
from booking.core.clock import utcnow
from booking.enquiries import service as enquiries
from booking.enquiries.forms import EnquiryForm
from models.accounts import AuditEntry, User
from models.attachments import Attachment
from models.directory import Organisation
from models.privacy import Consent
from models.reservations import Suspension
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.looking import look_again
from tests.factories.passwords import PASSWORD
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.pictures import PDF
from tests.factories.samples import LIMITS, pdf

NOTICE = "关于个人信息的说明有了新版本"


def suspend(session: Session, user: User, organisation: Organisation, reason: str) -> None:
    now = utcnow()
    values: dict[str, Any] = {"starts_at": now, "ends_at": now.replace(year=now.year + 1), "created_at": now}
    session.add(Suspension(user_id=user.id, organisation_id=organisation.id, reason=reason, **values))
    session.commit()


def files_of(data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_one_click_hands_out_what_is_stored_about_oneself_and_nothing_of_others(
    client: FlaskClient, session: Session
) -> None:
    me, other = make_user(session, "lin"), make_user(session, "zhou")
    university = make_organisation(session, name_zh="西南大学")
    give(session, me, Role.STEWARD, ScopeKind.ORGANISATION, university.id)
    suspend(session, me, university, "两次没有到场")
    suspend(session, other, university, "归他人所有")
    sign_in(client, me)

    answer = client.get("/account/data.zip")
    files = files_of(answer.data)

    assert answer.mimetype == "application/zip"
    assert json.loads(files["account.json"])[0]["email"] == "lin@example.org"
    assert [(row["user"], row["role"]) for row in json.loads(files["grants.json"])] == [("me", "steward")]
    [suspension] = json.loads(files["suspensions.json"])
    assert (suspension["reason"], suspension["organisation"]) == ("两次没有到场", "西南大学")
    assert "我的数据" in files["README.txt"]
    assert "My data" in files["README.txt"]
    everything = "".join(files.values())
    assert [word for word in ("zhou", "归他人所有", "argon2") if word in everything] == []
    look_again(session)
    assert session.scalars(select(AuditEntry.action)).all() == ["privacy.exported"]


def test_the_api_answers_the_same_sections_as_the_archive(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session, "lin"))

    sections = client.get("/api/v1/me/data").get_json()["sections"]
    files = files_of(client.get("/account/data.zip").data)

    assert {f"{name}.json" for name in sections} == set(files) - {"README.txt"}
    assert sections["account"] == json.loads(files["account.json"])
    assert sections["consents"] == json.loads(files["consents.json"])


def test_files_that_one_sent_oneself_are_in_the_archive_and_nobody_elses(client: FlaskClient, session: Session) -> None:
    now = utcnow()
    me, other, steward = (make_user(session, name) for name in ("lin", "zhou", "steward"))
    instrument = make_instrument(session)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    owners = {}
    for asker in (me, other):
        who, form = actor_for(session, asker, now=now), EnquiryForm(text="能做吗？", periods=[])
        made = enquiries.ask(session, instrument.id, form, pdf("样品.pdf"), LIMITS, days=2, actor=who, now=now)
        answering = actor_for(session, steward, now=now)
        enquiries.add_message(session, made.id, "看", pdf("方法.pdf"), LIMITS, days=2, actor=answering, now=now)
        owners[asker.id] = made.id
    session.commit()
    mine = session.scalars(select(Attachment).where(Attachment.uploaded_by_id == me.id)).one()
    sign_in(client, me)

    with zipfile.ZipFile(io.BytesIO(client.get("/account/data.zip").data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name.startswith("files/")}
    [row] = client.get("/api/v1/me/data").get_json()["sections"]["files_uploaded"]

    assert files == {f"files/{mine.id}-样品.pdf": PDF}
    assert row["address"] == f"/enquiries/{owners[me.id]}/attachments/{mine.id}"
    assert client.get(row["address"]).data == PDF


def test_a_newer_text_is_shown_to_who_agreed_to_an_older_one_until_they_agree(
    client: FlaskClient, session: Session
) -> None:
    user = make_user(session, "lin")
    session.execute(update(Consent).values(version=date(2020, 1, 1)))
    session.commit()
    sign_in(client, user)

    before = client.get("/reservations")
    agreed = client.post("/privacy/agree", data={"next": "/reservations"})
    after = client.get("/reservations")

    assert before.status_code == 200
    assert NOTICE in before.get_data(as_text=True)
    assert agreed.headers["Location"] == "/reservations"
    assert NOTICE not in after.get_data(as_text=True)
    look_again(session)
    assert session.scalars(select(Consent.version).order_by(Consent.version)).all() == [date(2020, 1, 1), VERSION]


def test_agreeing_twice_is_kept_once(client: FlaskClient, session: Session) -> None:
    user = make_user(session, "lin")
    session.execute(delete(Consent))
    session.commit()
    sign_in(client, user)

    answers = [client.post("/api/v1/me/consent", json={"version": VERSION.isoformat()}).get_json() for _ in range(2)]

    assert answers == [{"version": VERSION.isoformat(), "has_agreed": True}] * 2
    look_again(session)
    assert session.scalars(select(Consent.user_id)).all() == [user.id]
    assert session.scalars(select(AuditEntry.action)).all() == ["privacy.agreed"]


def test_nobody_agrees_to_a_version_that_is_not_in_force(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session, "lin"))

    answer = client.post("/api/v1/me/consent", json={"version": "2020-01-01"})

    assert answer.status_code == 409
    assert session.scalars(select(AuditEntry.action)).all() == []


def test_strangers_read_the_text_without_a_notice(client: FlaskClient) -> None:
    page = client.get("/privacy").get_data(as_text=True)

    assert "保存什么，为什么" in page
    assert NOTICE not in page
    told = ("名册", "团队", "预约", "送样单", "咨询", "经费账户", "操作日志", "查看记录")
    assert [what for what in told if f"<li>{what}：" not in page] == []


def test_registering_writes_the_consent(client: FlaskClient, session: Session) -> None:
    form = {"name": "Lin", "email": "lin@example.org", "password": PASSWORD, "agrees": "1"}

    assert client.post("/register", data=form).status_code == 303

    assert session.scalars(select(Consent.version)).all() == [VERSION]
