"""An electronic voucher as a paper: its number, whose it is, its face and both of its deadlines."""

from flask import Response
from flask_babel import gettext as _

from booking.applications.wording import name_of, number_of
from booking.attachments.uploads import disposition
from booking.core.money import capital_yuan, yuan_from_fen
from booking.programmes.labels import REDEEMED_BY, SERVICE_TYPES
from booking.web import filters
from booking.web.languages import in_language
from booking.web.papers import PDF_TYPE, Column, Paper
from models.applications import VoucherApplication
from models.programmes import ProgrammeVersion
from models.vocabulary.programmes import ServiceType
from models.vouchers import Voucher


def shares_said(version: ProgrammeVersion) -> list[tuple[str, str]]:
    """Each service that the voucher pays a share of, and the highest share of the fee."""
    shares = version.shares
    return [
        (str(_(SERVICE_TYPES[one])), filters.percent(shares[one.value])) for one in ServiceType if one.value in shares
    ]


def voucher_pdf(application: VoucherApplication, voucher: Voucher, version: ProgrammeVersion) -> bytes:
    """The voucher of an application, under its number."""
    programme = application.programme
    title = str(_("科技创新券（电子券）"))
    paper = Paper(f"{title} {voucher.number}", voucher.number)
    paper.heading(name_of(programme.organisation), title)
    pairs = [
        (_("券号"), voucher.number),
        (_("政策"), in_language(programme.name_zh, programme.name_en)),
        (_("企业"), name_of(application.organisation)),
        (_("统一社会信用代码"), application.organisation.uscc or ""),
        (_("面额（元）"), yuan_from_fen(voucher.face_fen)),
        (_("大写"), capital_yuan(voucher.face_fen)),
        (_("发放日期"), voucher.issued_on.isoformat()),
        (_("申请编号"), number_of(application)),
        (_("使用截止"), voucher.use_by.isoformat()),
        (_("兑付截止"), voucher.redeem_by.isoformat()),
        (_("兑付方式"), _(REDEEMED_BY[version.redeemed_by])),
        (_("政策版本"), str(_("第 %(number)s 版", number=version.number))),
    ]
    paper.pairs([(str(label), str(value)) for label, value in pairs])
    paper.section(str(_("可以抵扣的服务")))
    columns = [Column(str(_("服务类型")), 70), Column(str(_("费用的最高比例")), 30, is_number=True)]
    paper.rows(columns, shares_said(version))
    paper.prose(deadline_note())
    return paper.as_bytes()


def deadline_note() -> str:
    """What the two deadlines mean."""
    use = _("服务须在使用截止日以前（含当日）进行；使用的部分须在兑付截止日以前申请兑付。")
    return f"{use}{_('本券不能转让，不能兑换现金。')}"


def pdf_response(content: bytes, name: str) -> Response:
    """A paper to be saved under its number, kept by nobody else."""
    response = Response(content, mimetype=PDF_TYPE)
    response.headers["Content-Disposition"] = disposition(f"{name}.pdf", is_inline=False)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
