"""Contracts and order forms as papers to print and sign: what was agreed on, in Chinese with the English under it."""

from collections.abc import Mapping
from datetime import datetime

from flask import Response
from flask_babel import gettext as _

from booking.attachments.uploads import disposition
from booking.contracts import labels
from booking.contracts.form_numbers import number_of
from booking.contracts.naming import Subject
from booking.contracts.queries import WholeContract
from booking.contracts.wording import Clauses
from booking.core.clock import SHANGHAI, local_date
from booking.core.money import yuan_from_fen
from booking.web.languages import in_language
from booking.web.papers import PDF_TYPE, Paper
from models.contracts import Contract, ContractText
from models.order_forms import OrderForm
from models.vocabulary.contracts import Clause, ContractSide, ContractState


def pdf_response(content: bytes, name: str) -> Response:
    """A paper to be saved under its number, kept by nobody else."""
    response = Response(content, mimetype=PDF_TYPE)
    response.headers["Content-Disposition"] = disposition(f"{name}.pdf", is_inline=False)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def contract_pdf(whole: WholeContract) -> bytes:
    """A contract to be signed by hand, with its number and its version at the foot of each page; a draft says so."""
    contract = whole.contract
    version = str(_("第 %(number)s 稿", number=contract.version))
    paper = Paper(f"{contract.title} {contract.number}", f"{contract.number}    {version}")
    paper.heading(in_language(contract.owner_name, contract.owner_name_en), contract.title)
    if contract.state == ContractState.DRAFT:
        paper.say(str(_("草稿：还没有发给对方，内容可能更改。")), bold=True, align="C")
    paper.pairs(_terms(contract, whole.subject))
    if contract.remark:
        paper.section(_label("remark"))
        paper.prose(contract.remark)
    _clauses(paper, contract.text)
    _signed(paper, whole)
    day = str(_("年    月    日"))
    fields = [_("委托方（盖章）"), _("委托方代表（签字）"), _("承接方（盖章）"), _("承接方代表（签字）")]
    paper.signatures([(str(field), day) for field in fields])
    return paper.as_bytes()


def order_form_pdf(form: OrderForm) -> bytes:
    """An order form as it was accepted; nothing of what was changed since."""
    number, told = number_of(form.year, form.number), form.told
    paper = Paper(f"{_('仪器使用委托单')} {number}", number)
    paper.heading(in_language(told["owner_zh"], told["owner_en"]), str(_("仪器使用委托单")))
    paper.pairs(_facts(form, number))
    _clauses(paper, form.text)
    accepted = _(
        "%(name)s 于 %(moment)s 接受第 %(number)s 版条款",
        name=told["user"],
        moment=_moment(form.accepted_at),
        number=form.text.number,
    )
    late = str(_("补签：接受时已开始")) if is_late(form) else ""
    paper.say(" · ".join(filter(None, (str(accepted), late))))
    day = str(_("年    月    日"))
    paper.signatures([(str(_("委托方（签字或盖章）")), day), (str(_("承接方（盖章）")), day)])
    return paper.as_bytes()


def is_late(form: OrderForm) -> bool:
    """Whether the use had begun when it was accepted."""
    starts_at = form.told.get("starts_at")
    return starts_at is not None and form.accepted_at > datetime.fromisoformat(starts_at)


def _label(name: str) -> str:
    """What a field of a contract is called."""
    return str(_(labels.FIELDS[name]))


def _terms(contract: Contract, subject: Subject) -> list[tuple[str, str]]:
    """What a contract says of itself and of both sides."""
    amount = _("不限") if contract.amount_fen is None else yuan_from_fen(contract.amount_fen)
    pairs = [
        (_label("number"), contract.number),
        (_("有效期"), f"{contract.starts_on.isoformat()} – {contract.ends_on.isoformat()}"),
        (_("承接方"), in_language(contract.owner_name, contract.owner_name_en)),
        (_("承接方统一社会信用代码"), contract.owner_uscc),
        (_("委托方"), in_language(contract.party_name, contract.party_name_en)),
        (_("委托方统一社会信用代码"), contract.party_uscc),
        (_label("scope"), _(labels.SCOPES[contract.scope])),
        (_("金额上限（元）"), amount),
        (_("仪器"), in_language(subject.instrument_zh, subject.instrument_en)),
        (_("送样委托"), subject.order),
        (_("条款版本"), str(contract.text.number)),
    ]
    return [(str(label), str(value)) for label, value in pairs]


def _facts(form: OrderForm, number: str) -> list[tuple[str, str]]:
    """What an order form says of both sides and of the use."""
    told = form.told
    party = in_language(told["party_zh"], told["party_en"])
    samples = told.get("sample_count")
    pairs = [
        (_("编号"), number),
        (_("接受时间"), _moment(form.accepted_at)),
        (_("委托方"), " · ".join(filter(None, (party, told["user"])))),
        (_("委托方统一社会信用代码"), told["party_uscc"]),
        (_("承接方"), in_language(told["owner_zh"], told["owner_en"])),
        (_("承接方统一社会信用代码"), told["owner_uscc"]),
        (_("仪器"), in_language(told["instrument_zh"], told["instrument_en"])),
        (_("时间"), _period(told)),
        (_("送样委托"), " ".join(filter(None, (told["order_number"], told["order_title"])))),
        (_("样品数"), "" if samples is None else str(samples)),
        (_("用途"), told["purpose"]),
        (_("金额（元）"), yuan_from_fen(form.amount_fen)),
        (_("条款版本"), str(form.text.number)),
    ]
    return [(str(label), str(value)) for label, value in pairs]


def _period(told: Mapping[str, str]) -> str:
    """The time of a booking as it was accepted; nothing for an order."""
    if "starts_at" not in told:
        return ""
    starts_at, ends_at = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
    is_one_day = local_date(starts_at) == local_date(ends_at)
    return f"{_moment(starts_at)} – {_moment(ends_at).partition(' ')[2] if is_one_day else _moment(ends_at)}"


def _moment(value: datetime) -> str:
    """A moment as papers have it: the same on whichever day they are printed."""
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def _clauses(paper: Paper, text: ContractText) -> None:
    """The six topics: the Chinese, which prevails, and the English under it."""
    clauses: Clauses = text.clauses
    for place, (code, name) in enumerate(labels.CLAUSES.items(), start=1):
        said = clauses[Clause(code).value]
        paper.section(f"{place}. {_(name)}")
        paper.prose(said["zh"])
        paper.translation(said["en"])
    paper.say(str(_("中英文不一致时，以中文为准。")))


def _signed(paper: Paper, whole: WholeContract) -> None:
    """Which signatures were handed in, with the hash of the file of each."""
    for one in whole.signatures:
        side = _(labels.SIDES[one.side])
        name = whole.signed_names.get(one.side, one.made_by.name)
        by_owner = one.side == ContractSide.PARTY and one.handed_in_by == ContractSide.OWNER
        parts = [side, one.signed_on.isoformat(), _("%(name)s 上传", name=name), one.attachment.file_name]
        parts += [_("由承接方代为上传")] if by_owner else []
        paper.say(" · ".join(str(part) for part in parts))
        paper.say(f"SHA-256 {one.attachment.sha256}")
