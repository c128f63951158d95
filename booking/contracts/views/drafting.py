"""The forms that draft a contract, change a draft, and ask for a contract."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.accounts.views.again import again
from booking.contracts import labels, queries, service
from booking.contracts.asking import OffersNothing, TooManyAsked
from booking.contracts.forms import AskContractPage, AskedContract, ContractPage
from booking.contracts.rules import Side
from booking.contracts.typed import typed
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Refused, StaleVersion
from booking.core.money import yuan_from_fen
from booking.directory.queries import organisation
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.contracts import Contract
from models.directory import Organisation
from models.vocabulary.contracts import ContractScope

AMOUNTS = ("amount_fen",)


@signed_in
def new(organisation_id: int) -> ResponseReturnValue:
    """Ask what is to be agreed on, and with whom; then keep it as a draft."""
    place = organisation(reading(), organisation_id)
    who, now = require(require_actor(), Permission.MANAGE_CONTRACTS, Target(organisation_id)), utcnow()
    values = _values(place) | {"title": _("起草合同"), "contract": None}
    if request.method == "GET":
        first = {"scope": ContractScope.FRAMEWORK.value, "starts_on": local_date(now).isoformat()}
        return render_template("contracts/edit.html", form=first, problems={}, key=new_key(), **values)
    try:
        form = typed(ContractPage, amounts=AMOUNTS)

        def work(session: Session) -> dict[str, Any]:
            return {"id": service.draft_contract(session, organisation_id, form, actor=who, now=now).id}

        made = create_once(work, actor=who, now=now)[0]["id"]
    except InvalidInput as invalid:
        return again("contracts/edit.html", invalid, key=_key(), **values)
    flash(_("已保存草稿，请核对后发给对方。"), "right")
    return redirect(url_for(".show", contract_id=made), code=303)


@signed_in
def edit(contract_id: int) -> ResponseReturnValue:
    """Change a draft."""
    who = require_actor()
    contract, side = queries.contract_for(reading(), contract_id, who)
    if side != Side.OWNER:
        raise Forbidden
    require(who, Permission.MANAGE_CONTRACTS, Target(contract.organisation_id))
    values = _values(contract.organisation) | {"title": _("修改合同"), "contract": contract, "key": _key()}
    if request.method == "GET":
        return render_template("contracts/edit.html", form=_written(contract), problems={}, **values)
    try:
        form = typed(ContractPage, amounts=AMOUNTS)
        transaction(service.edit_contract, contract_id, form, version=form.version, actor=who, now=utcnow())
    except (InvalidInput, Conflict, StaleVersion) as refused:
        return again("contracts/edit.html", refused, **values)
    flash(_("已保存。"), "right")
    return redirect(url_for(".show", contract_id=contract_id), code=303)


@signed_in
def ask(organisation_id: int) -> ResponseReturnValue:
    """Ask an institution for a contract; who acts for no organisation is told who can."""
    place, who, now = organisation(reading(), organisation_id), require_actor(), utcnow()
    if request.method == "GET":
        return _ask_page(place)
    try:
        form = typed(AskContractPage, amounts=AMOUNTS)

        def work(session: Session) -> dict[str, Any]:
            return {"id": service.ask_for_contract(session, organisation_id, form, actor=who, now=now).id}

        made = create_once(work, actor=who, now=now)[0]["id"]
    except (InvalidInput, OffersNothing, TooManyAsked) as refused:
        return _ask_page(place, refused)
    flash(_("已请求签订。对方起草后发给您，您会收到邮件。"), "right")
    return redirect(url_for(".show", contract_id=made), code=303)


def _ask_page(place: Organisation, refused: Refused | None = None) -> ResponseReturnValue:
    """The form of a wish, with what it is opened for."""
    parties = queries.parties_of(reading(), require_actor())
    values = _values(place) | {
        "parties": [(one.id, in_language(one.name_zh, one.name_en)) for one in parties if one.id != place.id],
        "key": _key(),
    }
    if refused is not None:
        return again("contracts/ask.html", refused, **values)
    asked, today = read_query(AskedContract), local_date(utcnow())
    scope = ContractScope.SAMPLE_ORDER if asked.order else ContractScope.FRAMEWORK
    first = {
        "scope": ContractScope.INSTRUMENT.value if asked.instrument else scope.value,
        "instrument_id": asked.instrument or "",
        "sample_order_id": asked.order or "",
        "starts_on": today.isoformat(),
        "ends_on": today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat(),
    }
    return render_template("contracts/ask.html", form=first, problems={}, **values)


def _values(place: Organisation) -> dict[str, Any]:
    """What the forms share."""
    return {
        "organisation": place,
        "organisation_name": in_language(place.name_zh, place.name_en),
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "scopes": [(scope.value, _(label)) for scope, label in labels.SCOPES.items()],
    }


def _key() -> str:
    """The key of a form that was sent, else a fresh one."""
    return request.form.get("idempotency_key") or new_key()


def _written(contract: Contract) -> dict[str, Any]:
    """A contract as the form shows it."""
    names = ("number", "title", "instrument_id", "sample_order_id", "remark", "version")
    said = {name: getattr(contract, name) or "" for name in names}
    return said | {
        "party": contract.party_uscc or contract.party_name,
        "scope": contract.scope.value,
        "amount_fen": "" if contract.amount_fen is None else yuan_from_fen(contract.amount_fen),
        "starts_on": contract.starts_on.isoformat(),
        "ends_on": contract.ends_on.isoformat(),
    }
