"""Prices and quotes in the reader's words, for pages and answers."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from booking.affiliations.rules import Group
from booking.pricing import labels
from booking.pricing.queries import Price, terms_of
from booking.pricing.quoting import Quoted
from booking.pricing.rules import Line, Quote, Terms
from booking.web import filters
from booking.web.languages import in_language
from models.affiliations import UserGroup
from models.pricing import PricePolicy
from models.vocabulary.pricing import LineKind, Offer, Per

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Said:
    """A price in one line: what it is, for whom, and since when."""

    text: str
    group: str
    is_offered: bool
    policy: PricePolicy


def group_name(group: Group | UserGroup) -> str:
    """A user group in the reader's language."""
    return in_language(group.name_zh, group.name_en)


def said(price: Price | None) -> Said | None:
    """What somebody pays, in one line; None where there is no price."""
    if price is None:
        return None
    text = headline(price.terms) if price.is_offered else str(_("不对这个类别开放"))
    return Said(text, group_name(price.group), price.is_offered, price.policy)


def headline(terms: Terms) -> str:
    """The part of a price that people compare."""
    found = []
    if terms.hourly_fen or terms.peak_hourly_fen:
        found.append(_("%(amount)s/小时", amount=filters.money(terms.hourly_fen)))
    if terms.peak_hourly_fen is not None:
        found.append(_("高峰 %(amount)s/小时", amount=filters.money(terms.peak_hourly_fen)))
    if terms.sample_fen:
        found.append(_("%(amount)s/样品", amount=filters.money(terms.sample_fen)))
    if found:
        return " · ".join(found)
    is_free = not (terms.setup_fen or terms.minimum_fen or terms.staff_hourly_fen or terms.extras)
    return str(_("免费")) if is_free else str(_("按项目收费"))


def rows_of(policy: PricePolicy) -> Rows:
    """Everything a row says, for a list of definitions; what it does not charge is left out."""
    if policy.offer != Offer.OFFERED:
        return [(label("offer"), str(_(labels.OFFERS[policy.offer])))]
    terms = terms_of(policy)
    amounts = [
        (name, filters.money(fen))
        for name in ("hourly_fen", "peak_hourly_fen", "minimum_fen", "setup_fen", "staff_hourly_fen", "sample_fen")
        if (fen := getattr(terms, name))
    ]
    named = [
        *amounts,
        ("peak_hours", policy.peak_hours),
        ("step_minutes", filters.minutes(terms.step_minutes) if terms.step_minutes > 1 else ""),
        ("billed_on", _(labels.BILLED_ON[terms.billed_on])),
        *_cancelling(terms),
    ]
    return [(label(name), str(value)) for name, value in named] + _lists(terms) + _note(policy)


def _cancelling(terms: Terms) -> list[tuple[str, str]]:
    """Until when cancelling is free, and what it costs afterwards."""
    found = []
    if terms.cancel_share:
        found.append(("cancel_hours", str(_("开始前 %(hours)s 小时", hours=terms.cancel_hours))))
        found.append(("cancel_share", filters.percent(terms.cancel_share)))
    if terms.no_show_share:
        found.append(("no_show_share", filters.percent(terms.no_show_share)))
    return found


def _lists(terms: Terms) -> Rows:
    """Packages and further lines."""
    packages = [
        _("%(hours)s 小时 %(amount)s", hours=package.hours, amount=filters.money(package.price_fen))
        for package in terms.packages
    ]
    extras = [
        (in_language(extra.name_zh, extra.name_en), f"{filters.money(extra.unit_fen)} {_(labels.PER[extra.per])}")
        for extra in terms.extras
    ]
    return [(label("packages"), " · ".join(packages)), *extras]


def _note(policy: PricePolicy) -> Rows:
    """What the owner adds in words."""
    return [(label("note_zh"), in_language(policy.note_zh, policy.note_en))]


def label_of(line: Line) -> str:
    """What a line is for."""
    if name := in_language(line.name_zh, line.name_en):
        return name
    is_unnamed = line.kind == LineKind.PACKAGE and "hours" not in line.why
    if line.kind in labels.LINES and not is_unnamed:
        return str(_(labels.LINES[line.kind], **line.why))
    return str(_(labels.UNNAMED.get(line.kind, labels.ADJUSTED)))


def quantity_of(line: Line) -> str:
    """How much of it."""
    if line.minutes is not None:
        return filters.minutes(line.minutes)
    if line.kind in labels.OF_CHARGES:
        return ""
    return filters.number(line.count or 0)


def why_of(line: Line) -> str:
    """Why the line is there or is as long as it is; empty when that is plain."""
    if "quoted" in line.why:
        return str(_(labels.WHY_QUOTED, **line.why))
    if line.kind == LineKind.VOUCHER:
        return str(_("、")).join(one["number"] for one in line.why.get("vouchers", ()))
    return _why_priced(line) if line.why else ""


def _why_priced(line: Line) -> str:
    """What its price says of it."""
    if line.kind == LineKind.MINIMUM:
        return str(_(labels.WHY_MINIMUM, amount=filters.money(line.why["minimum_fen"])))
    if line.kind == LineKind.ROUNDING:
        return str(_(labels.WHY_ROUNDING, unit=_unit_name(line)))
    if line.kind == LineKind.PACKAGE:
        return str(_(labels.WHY_PACKAGE))
    if line.kind in labels.WHY_LET_OFF:
        spoken = {name: filters.minutes(line.why[name]) for name in ("minutes", "of")}
        return str(_(labels.WHY_LET_OFF[line.kind], **spoken))
    if "share" in line.why:
        amount, share = filters.money(line.why["total_fen"]), filters.percent(line.why["share"])
        return str(_(labels.WHY_SHARE, amount=amount, share=share))
    return str(_(labels.WHY_STEP, **line.why)) if "step" in line.why else ""


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """A line as a page shows it."""

    label: str
    quantity: str
    unit: str
    amount: str
    why: str


def label(name: str) -> str:
    """What a field of a price is called."""
    return str(_(labels.FIELDS[name]))


def _unit_name(line: Line) -> str:
    """What a total was rounded to."""
    unit = line.why["to"]
    return str(_(labels.ROUNDINGS[unit]))


def spoken_lines(quote: Quote) -> list[SpokenLine]:
    """The lines of a quote in words."""
    return [
        SpokenLine(
            label=label_of(line),
            quantity=quantity_of(line),
            unit=_unit(line),
            amount=filters.money(line.amount_fen),
            why=why_of(line),
        )
        for line in quote.lines
    ]


def _unit(line: Line) -> str:
    """The price of one of it."""
    if line.kind in {LineKind.MINIMUM, LineKind.ROUNDING} or line.kind in labels.OF_CHARGES:
        return ""
    amount = filters.money(line.unit_fen)
    return str(_("%(amount)s/小时", amount=amount)) if line.minutes is not None else amount


def left_open(terms: Terms, samples: int) -> list[str]:
    """What a quote for a time cannot know yet, in words."""
    found = [in_language(extra.name_zh, extra.name_en) for extra in terms.extras if extra.per == Per.PIECE]
    by_sample = terms.sample_fen or any(extra.per == Per.SAMPLE for extra in terms.extras)
    return found if samples or not by_sample else [str(_("样品")), *found]


@dataclass(frozen=True, slots=True)
class SpokenQuote:
    """What a reservation costs, as pages show it."""

    lines: list[SpokenLine]
    total_fen: int
    group: str
    billed_on: str
    left_open: list[str]
    free_until: datetime | None
    late_fen: int
    no_show_fen: int


def spoken_quote(found: Quoted | None) -> SpokenQuote | None:
    """What a time costs in words; None without a price."""
    if found is None or found.quote is None:
        return None
    return SpokenQuote(
        lines=spoken_lines(found.quote),
        total_fen=found.quote.total_fen,
        group=in_language(*found.names),
        billed_on=str(_(labels.BILLED_ON[found.policy.billed_on])),
        left_open=left_open(found.terms, found.samples),
        free_until=found.free_until if found.late_fen else None,
        late_fen=found.late_fen,
        no_show_fen=found.no_show_fen,
    )
