"""Redemptions in the reader's words, for pages, papers and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from booking.core.clock import local_date
from booking.core.table_writing import Row
from booking.programmes.labels import DOCUMENTS
from booking.redemptions import labels, rules
from booking.redemptions.documents import ListedPaper
from booking.redemptions.queries import WholeRedemption
from booking.redemptions.rules import name_in_pack
from booking.web.languages import in_language
from models.applications import VerifiedDocument
from models.attachments import Attachment
from models.directory import Organisation
from models.invoices import Invoice
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.redemptions import PaymentKind, RedemptionState, RedemptionStep
from models.vouchers import Voucher


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file under the name that it has in the pack, and where it comes from; `is_kept` of the register's."""

    name: str
    attachment: Attachment
    origin: str
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class PackedPaper:
    """One paper of the list: its place, what it is called, its files; none where it is missing.

    `kept_back` says where those come from that only the authority is given.
    """

    place: int
    kind: str
    title: str
    files: Sequence[PackedFile]
    kept_back: Sequence[str] = ()


def number_of(redemption: Redemption) -> str:
    """A redemption's number as people write it."""
    return rules.number_of(redemption.programme.year, redemption.programme_id, redemption.number)


def name_of(organisation: Organisation) -> str:
    """What an organisation is called in the reader's language."""
    return in_language(organisation.name_zh, organisation.name_en)


def programme_name(redemption: Redemption) -> str:
    """What its programme is called."""
    return in_language(redemption.programme.name_zh, redemption.programme.name_en)


def state_of(redemption: Redemption) -> tuple[str, str, str]:
    """A chip of the state: its words, its kind and its sign."""
    elsewhere = labels.STATES_ELSEWHERE if redemption.programme.runs_at else {}
    said, kind, sign = elsewhere.get(redemption.state, labels.STATES[redemption.state])
    return _(said), kind, sign


def state_on(redemption: Redemption, today: date) -> tuple[str, str, str]:
    """The same on a day: once the public has had its days a request waits to be paid."""
    is_over = redemption.notice_until is not None and redemption.notice_until < today
    if redemption.state == RedemptionState.NOTICE and is_over:
        return _("公示期满"), "attention", "◕"
    return state_of(redemption)


def step_of(redemption: Redemption, step: RedemptionStep) -> str:
    """What a step of it is called."""
    elsewhere = labels.STEPS_ELSEWHERE if redemption.programme.runs_at else {}
    return str(_(elsewhere.get(step, labels.STEPS[step])))


def payment_of(redemption: Redemption, kind: PaymentKind) -> str:
    """What money that went out, or came back, is called."""
    elsewhere = labels.PAYMENTS_ELSEWHERE if redemption.programme.runs_at else {}
    return str(_(elsewhere.get(kind, labels.PAYMENTS[kind])))


def voucher_number(voucher: Voucher) -> str:
    """What a voucher is called, with its number where it lives."""
    return voucher.number if voucher.number_there is None else f"{voucher.number}（{voucher.number_there}）"


def packed(papers: Sequence[ListedPaper]) -> list[PackedPaper]:
    """The papers with the names of their files in the pack, in the order of the list."""
    found = []
    for place, one in enumerate(papers, start=1):
        title = _(DOCUMENTS[one.kind])
        files = [
            PackedFile(
                name_in_pack(place, title, turn, file.file_name), file, _origin(one, file), file.id in one.verified
            )
            for turn, file in enumerate(one.files, start=1)
        ]
        kept_back = [verified_by(row) for row in one.kept_back]
        found.append(PackedPaper(place, one.kind.value, title, files, kept_back))
    return found


def verified_by(found: VerifiedDocument) -> str:
    """By which authority a paper was verified, and until when it holds."""
    authority, day, until = name_of(found.authority), found.verified_on.isoformat(), found.expires_on.isoformat()
    return str(_("%(authority)s 于 %(day)s 核验，有效期至 %(until)s", authority=authority, day=day, until=until))


def _origin(paper: ListedPaper, file: Attachment) -> str:
    """Where a file comes from: who verified it before, or as what it was kept or handed in."""
    if (row := paper.verified.get(file.id)) is not None:
        return verified_by(row)
    return str(_(labels.ORIGINS.get(file.owner_kind, labels.HANDED_IN)))


def difference_of(redemption: Redemption) -> str:
    """Who bears what was not approved, by the programme's word; empty where all of it was."""
    if redemption.approved_fen is None or redemption.approved_fen == redemption.claimed_fen:
        return ""
    return str(_(labels.BEARS[redemption.programme_version.bears_difference]))


def item_head() -> list[str]:
    """What the columns of the items are called."""
    return [
        _("券号"),
        _("企业"),
        _("服务机构"),
        _("仪器"),
        _("使用日期"),
        _("发票"),
        _("开票日期"),
        _("费用"),
        _("申请金额"),
        _("核准金额"),
        _("核减原因"),
    ]


def item_rows(items: Sequence[RedemptionItem], invoices: Mapping[int, Sequence[Invoice]]) -> list[list[str | Decimal]]:
    """The items as a table has them."""
    return [_item(one, invoices.get(one.charge_id, ())) for one in items]


def cover_sheets(
    whole: WholeRedemption, papers: Sequence[PackedPaper], invoices: Mapping[int, Sequence[Invoice]]
) -> list[tuple[str, list[Row]]]:
    """The cover as a workbook: what it is, what is claimed, which papers are there and which are missing."""
    found = whole.redemption
    listed: list[Row] = [
        [_("序号"), _("材料"), _("文件"), _("来源")],
        *([one for row in papers for one in lines_of(row)]),
    ]
    rows: list[Row] = [item_head(), *item_rows(whole.items, invoices)]
    said: list[Row] = [[_("项目"), _("内容")], *([label, text] for label, text in said_of(found))]
    return [(_("封面"), said), (_("明细"), rows), (_("材料清单"), listed)]


def said_of(found: Redemption) -> list[tuple[str, str]]:
    """What the cover says of the whole; what is empty is left out."""
    pairs = [
        (_("编号"), number_of(found)),
        (_("政策"), programme_name(found)),
        (_("主管部门"), name_of(found.programme.organisation)),
        (_("券所在的系统"), found.programme.runs_at),
        (_("申请单位"), name_of(found.claimant)),
        (_("统一社会信用代码"), found.claimant.uscc or ""),
        (_("兑付对象"), _(labels.CLAIMANTS[found.redeemed_by])),
        (_("批次"), f"{found.opens_on} – {found.closes_on}" if found.opens_on else ""),
        (_("申请日期"), local_date(found.created_at).isoformat()),
        (_("在那里提交的日期"), _day(found.submitted_on)),
        (_("申请金额"), _yuan(found.claimed_fen)),
        (_("核准金额"), _yuan(found.approved_fen) if found.approved_fen is not None else ""),
        (_("差额"), difference_of(found)),
        (_("状态"), state_of(found)[0]),
    ]
    return [one for one in pairs if one[1]]


def lines_of(row: PackedPaper) -> list[list[str]]:
    """One line for each file of a paper, one that says so where it is missing, or kept with the authority."""
    names = [(one.name, one.origin) for one in row.files]
    names += [(_("（主管部门存有）"), said) for said in row.kept_back]
    return [[f"{row.place:02}", row.title, *name] for name in names or [(_("（缺）"), "")]]


def _item(one: RedemptionItem, invoices: Sequence[Invoice]) -> list[str | Decimal]:
    """One item as a row."""
    instrument, voucher = one.charge.instrument, one.voucher
    return [
        voucher_number(voucher),
        name_of(voucher.organisation),
        name_of(one.charge.organisation),
        in_language(instrument.name_zh, instrument.name_en),
        one.used_on.isoformat(),
        "、".join(invoice.number for invoice in invoices),
        _day(one.invoiced_on),
        yuan(one.charge.gross_fen + one.charge.voucher_fen),
        yuan(one.claimed_fen),
        yuan(one.approved_fen) if one.approved_fen is not None else "",
        one.reason,
    ]


def yuan(fen: int) -> Decimal:
    """An amount as a number."""
    return Decimal(fen).scaleb(-2)


def _yuan(fen: int) -> str:
    """An amount in words of a cover."""
    return f"{yuan(fen):,.2f}"


def _day(day: date | None) -> str:
    """A day, if there is one."""
    return day.isoformat() if day else ""
