"""Programmes and what they cover in the reader's words, for pages and answers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from booking.programmes import labels
from booking.programmes.rules import Covered, Excluded
from booking.web import filters
from booking.web.languages import in_language
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.programmes import CountsOn, Exclusion, MarkKind, ProgrammeDocument, RedeemedBy


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a programme in words, and where it comes from."""

    label: str
    text: str
    is_sourced: bool
    source: str


@dataclass(frozen=True, slots=True)
class LimitSaid:
    """What one limit would allow, and whether it decided."""

    label: str
    fen: int
    decided: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What a use would be covered, in words."""

    headline: str
    covered_fen: int
    own_part_fen: int
    pays_first_fen: int
    expected_fen: int
    decided_by: str
    limits: list[LimitSaid]
    reasons: list[str]


def programme_name(programme: Programme) -> str:
    """What a programme is called."""
    return in_language(programme.name_zh, programme.name_en)


def authority_name(programme: Programme) -> str:
    """Whose programme it is."""
    return in_language(programme.organisation.name_zh, programme.organisation.name_en)


def shares_of(version: ProgrammeVersion) -> list[Value]:
    """The highest share of each type of service."""
    return [
        _value(version, f"shares.{one.value}", str(_(label)), _up_to(version.shares[one.value]))
        for one, label in labels.SERVICE_TYPES.items()
        if one.value in version.shares
    ]


def exclusions_of(version: ProgrammeVersion) -> list[Value]:
    """What is not paid for."""
    return [
        _value(version, f"exclusions.{name}", str(_(labels.EXCLUSIONS[Exclusion(name)])), "")
        for name in version.exclusions
    ]


def values_of(version: ProgrammeVersion) -> dict[str, Value]:
    """Every other value by its name; what is not said is left out."""
    said = _amounts(version) | _days(version) | _ways(version)
    return {name: _value(version, name, str(_(labels.FIELDS[name])), text) for name, text in said.items() if text}


def changed_values(version: ProgrammeVersion) -> list[Value]:
    """Everything that a version says, one value after the other."""
    return [*shares_of(version), *values_of(version).values(), *exclusions_of(version)]


def headline(version: ProgrammeVersion) -> str:
    """The part that firms compare: the highest share, the cap of a year, and until when."""
    return str(
        _(
            "费用的最高 %(share)s，每家企业每年最多 %(cap)s，可用至 %(day)s",
            share=filters.percent(max(version.shares.values())),
            cap=filters.money(version.year_cap_fen),
            day=filters.day(version.use_by),
        )
    )


def result_of(found: Covered, redeemed_by: RedeemedBy) -> Result:
    """What the calculator says."""
    if redeemed_by == RedeemedBy.ENTERPRISE:
        words = _(
            "先付 %(first)s，预计兑付 %(expected)s",
            first=filters.money(found.pays_first_fen),
            expected=filters.money(found.expected_fen),
        )
    else:
        words = _(
            "券抵扣 %(covered)s，自付 %(own)s",
            covered=filters.money(found.covered_fen),
            own=filters.money(found.own_part_fen),
        )
    return Result(
        headline=str(words),
        covered_fen=found.covered_fen,
        own_part_fen=found.own_part_fen,
        pays_first_fen=found.pays_first_fen,
        expected_fen=found.expected_fen,
        decided_by=_listed(str(_(labels.LIMITS[limit])) for limit in found.decided_by),
        limits=[
            LimitSaid(str(_(labels.LIMITS[limit])), fen, limit in found.decided_by)
            for limit, fen in found.limits.items()
        ],
        reasons=[sentence(one) for one in found.excluded],
    )


def sentence(excluded: Excluded) -> str:
    """Why nothing is covered."""
    values = {name: filters.day(value) for name, value in excluded.values.items() if isinstance(value, date)}
    return str(_(labels.REASONS[excluded.reason], **values))


def _amounts(version: ProgrammeVersion) -> dict[str, str]:
    return {
        "year_cap_fen": filters.money(version.year_cap_fen),
        "budget_fen": filters.money(version.budget_fen) if version.budget_fen else "",
    }


def _days(version: ProgrammeVersion) -> dict[str, str]:
    valid = version.valid_days
    return {
        "counts_from": filters.day(version.counts_from),
        "use_by": filters.day(version.use_by),
        "redeem_by": filters.day(version.redeem_by),
        "valid_days": str(ngettext("发券后 %(num)s 天", "发券后 %(num)s 天", valid)) if valid else "",
        "windows": _listed(_window(one, version.counts_on) for one in version.windows),
        **{
            name: str(ngettext("%(num)s 个工作日", "%(num)s 个工作日", getattr(version, name)))
            for name in ("notice_days", "review_days", "pay_days")
        },
    }


def _ways(version: ProgrammeVersion) -> dict[str, str]:
    documents = (str(_(labels.DOCUMENTS[ProgrammeDocument(name)])) for name in version.documents)
    return {
        "redeemed_by": str(_(labels.REDEEMED_BY[version.redeemed_by])),
        "reserves_budget": str(_(labels.RESERVES_BUDGET[version.reserves_budget])),
        "counts_on": str(_(labels.COUNTS_ON[version.counts_on])),
        "bears_difference": str(_(labels.BEARS_DIFFERENCE[version.bears_difference])),
        "border_way": str(_(labels.BORDER_WAYS[version.border_way])),
        "documents": _listed(documents),
    }


def _window(window: dict[str, str], counts_on: CountsOn) -> str:
    """A batch: when requests are taken, for invoices or uses of which days."""
    days = {name: filters.day(date.fromisoformat(text)) for name, text in window.items()}
    if counts_on == CountsOn.SERVICE:
        return str(_("%(opens_on)s 至 %(closes_on)s 受理，使用于 %(invoiced_from)s 至 %(invoiced_until)s", **days))
    return str(_("%(opens_on)s 至 %(closes_on)s 受理，发票开具于 %(invoiced_from)s 至 %(invoiced_until)s", **days))


def _value(version: ProgrammeVersion, name: str, label: str, text: str) -> Value:
    """A value with its mark; one that has none is an assumption."""
    mark = version.marks.get(name, {})
    return Value(label, text, mark.get("kind") == MarkKind.SOURCED, str(mark.get("text", "")))


def _up_to(share: int) -> str:
    return str(_("最高 %(share)s", share=filters.percent(share)))


def _listed(texts: Iterable[str]) -> str:
    """Several things as one text."""
    return str(_("、")).join(texts)


def service_types() -> list[tuple[str, str]]:
    """The types of service as choices."""
    return [(one.value, str(_(label))) for one, label in labels.SERVICE_TYPES.items()]
