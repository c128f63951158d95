"""Officers say which enterprises and providers are related; no voucher of their authority pays between them then."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.programmes import Reason
from models.vouchers import VoucherRelation
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user, sign_in
from tests.vouchers.using import Bench


def test_an_officer_says_two_are_related_and_takes_it_back(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000)
    elsewhere = bench.issue(100_000)
    authority_id = bench.programme(voucher).organisation_id
    user = make_user(bench.session, "keeper")
    give(bench.session, user, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, authority_id)
    sign_in(client, user)
    form = {"authority_id": authority_id, "firm": bench.firm.name_zh, "provider": bench.owner.name_zh, "reason": "股权"}

    assert client.post("/vouchers/relations", data={**form, "firm": "没有的单位", "is_related": "1"}).status_code == 422
    assert client.post("/vouchers/relations", data={**form, "is_related": "1"}).status_code == 303
    bench.session.rollback()
    [first, second] = bench.plan(200_000).parts
    assert [one.reason for one in first.covered.excluded] == [Reason.RELATED_FLAGGED]
    assert (second.voucher_id, second.amount_fen) == (elsewhere.id, 60_000)
    assert bench.firm.name_zh in client.get("/vouchers/relations").get_data(as_text=True)

    assert client.post("/vouchers/relations", data={**form, "is_related": "0"}).status_code == 303
    bench.session.rollback()
    assert bench.plan(200_000).parts[0].amount_fen == 60_000
    assert len(bench.session.scalars(select(VoucherRelation)).all()) == 2
    [said] = client.get("/api/v1/vouchers/relations").get_json()["items"]
    assert (said["is_related"], said["provider_id"]) == (False, bench.owner.id)


def test_an_officer_who_is_of_either_says_nothing_of_the_two(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000)
    authority_id = bench.programme(voucher).organisation_id
    said = {"authority_id": authority_id, "organisation_id": bench.firm.id, "provider_id": bench.owner.id}
    places = {
        "agent": (Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, bench.firm.id),
        "steward": (Role.STEWARD, ScopeKind.INSTRUMENT, bench.instrument.id),
    }
    answers = []
    for name, place in places.items():
        user = make_user(bench.session, name)
        give(bench.session, user, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, authority_id)
        give(bench.session, user, *place)
        sign_in(client, user)
        asked = {**said, "is_related": False, "reason": "已解除"}
        answers.append(client.post("/api/v1/vouchers/relations", json=asked))

    assert [(one.status_code, one.get_json()["code"]) for one in answers] == [(403, "own_voucher")] * 2
    assert bench.session.scalars(select(VoucherRelation)).all() == []


def test_an_officer_of_another_authority_reads_none_of_it(bench: Bench, client: FlaskClient) -> None:
    voucher, theirs = bench.issue(100_000), Bench.made(bench.session).issue(100_000)
    officer = bench.officer(voucher)
    said = {"organisation_id": bench.firm.id, "provider_id": bench.owner.id, "is_related": True}
    row = VoucherRelation(
        authority_id=bench.programme(voucher).organisation_id,
        **said,
        created_at=voucher.created_at,
        created_by_id=officer.id,
    )
    bench.session.add(row)
    bench.session.commit()
    user = make_user(bench.session, "stranger")
    give(bench.session, user, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, bench.programme(theirs).organisation_id)
    sign_in(client, user)

    assert bench.firm.name_zh not in client.get("/vouchers/relations").get_data(as_text=True)
    assert client.get("/api/v1/vouchers/relations").get_json()["items"] == []


def test_relations_are_read_page_by_page(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000)
    officer, authority_id = bench.officer(voucher), bench.programme(voucher).organisation_id
    providers = [make_organisation(bench.session) for _number in range(3)]
    for one in providers:
        said = {"organisation_id": bench.firm.id, "provider_id": one.id, "is_related": True, "reason": "股权"}
        row = VoucherRelation(
            authority_id=authority_id, **said, created_at=voucher.created_at, created_by_id=officer.id
        )
        bench.session.add(row)
    bench.session.commit()
    user = make_user(bench.session, "keeper")
    give(bench.session, user, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, authority_id)
    sign_in(client, user)

    first = client.get("/api/v1/vouchers/relations?limit=2").get_json()
    last = client.get(f"/api/v1/vouchers/relations?limit=2&cursor={first['next_cursor']}").get_json()
    page = client.get("/vouchers/relations?limit=2").get_data(as_text=True)
    [older] = re.findall(r'href="(/vouchers/relations[^"]*cursor[^"]*)"', page)
    rest = client.get(older.replace("&amp;", "&")).get_data(as_text=True)

    ids = [one["provider_id"] for part in (first, last) for one in part["items"]]
    assert (ids, last["next_cursor"]) == ([one.id for one in reversed(providers)], None)
    assert [one.name_zh in page for one in providers] == [False, True, True]
    assert [one.name_zh in rest for one in providers] == [True, False, False]
    assert client.get("/api/v1/vouchers/relations?cursor=x").status_code == 400
