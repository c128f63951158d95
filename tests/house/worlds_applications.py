"""Applications for vouchers in the world: of the agent's firm in several states, and one of the other province."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from booking.accounts.permissions import Permission, reach
from booking.core.clock import local_date
from models.applications import VerifiedDocument
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ProgrammeDocument
from tests.factories.applications import CODES, Office, make_agent
from tests.factories.instruments import make_organisation
from tests.factories.programmes import SICHUAN, make_officer, make_programme

if TYPE_CHECKING:
    from tests.house.worlds import Builder

AGENT, BOTH = frozenset({"agent"}), frozenset({"agent", "officer"})


def add_applications(builder: "Builder") -> None:
    """Led as far as their names say; their statements are markers."""
    ours = _our_office(builder)
    kept = {
        "draft": ours.handed_in(_of(builder, ours, "draft", AGENT), ProgrammeDocument.BUSINESS_LICENCE),
        "ready": ours.handed_in(_of(builder, ours, "ready", AGENT)),
        "waiting": ours.submitted(ours.handed_in(_of(builder, ours, "waiting", BOTH))),
        "passed": ours.passed(ours.submitted(ours.handed_in(_of(builder, ours, "passed", BOTH)))),
        "returned": ours.returned(ours.submitted(ours.handed_in(_of(builder, ours, "returned", BOTH)))),
        "refused": ours.refused(ours.submitted(ours.handed_in(_of(builder, ours, "refused", BOTH)))),
        "issued": ours.issued(ours.passed(ours.submitted(ours.handed_in(_of(builder, ours, "issued", BOTH))))),
    }
    theirs = _their_office(builder)
    kept["their"] = theirs.passed(theirs.submitted(theirs.handed_in(_of(builder, theirs, "their", frozenset()))))
    for name, application in kept.items():
        builder.keep(f"{name}_application", application)
        builder.world.names[f"{name}_version"] = application.version
    for side, office in {"": ours, "their_": theirs}.items():
        documents = select(VerifiedDocument).where(VerifiedDocument.organisation_id == office.firm.id)
        first = builder.session.scalars(documents.order_by(VerifiedDocument.id)).first()
        builder.keep(f"{side}verified_document", first)
    builder.keep("open_programme", _programme(builder, ours, "open"))
    builder.world.names["voucher_firm"] = ours.firm.id
    builder.world.names["paper_lasts"] = (local_date(builder.now) + timedelta(days=300)).isoformat()
    builder.world.markers["qnameagentxz"] |= {"officer"}
    builder.session.commit()


def _of(builder: "Builder", office: Office, name: str, readers: frozenset[str]) -> Any:
    """A draft of a programme of its own; its statement is a marker."""
    marker = builder.mark(f"application_{name}", readers)
    return office.drafted(programme_id=_programme(builder, office, name).id, statement=marker, amount_fen=100_000)


def _programme(builder: "Builder", office: Office, name: str) -> Programme:
    """A programme that holds for most of a year, whenever it is."""
    today = local_date(builder.now)
    return make_programme(
        builder.session,
        office.authority,
        office.second,
        now=builder.now,
        name_zh=f"创新券 {name}",
        name_en=f"Vouchers {name}",
        year=today.year,
        valid_from=today,
        counts_from=today,
        use_by=today + timedelta(days=300),
        redeem_by=today + timedelta(days=400),
        documents=["application", "business_licence"],
    )


def _our_office(builder: "Builder") -> Office:
    """The officer's authority with another officer, and the agent's firm."""
    session, names, agent = builder.session, builder.world.names, builder.actor("agent")
    authority = session.get_one(Organisation, names["authority"])
    firm = session.get_one(Organisation, min(reach(agent, Permission.APPLY_FOR_VOUCHERS).organisation_ids))
    firm.uscc, firm.adcode = CODES[0], authority.adcode
    session.commit()
    other = make_officer(session, authority, "other-officer", now=builder.now)
    programme = session.get_one(Programme, names["programme"])
    return Office(session, builder.now, authority, authority, programme, firm, agent, other, builder.actor("officer"))


def _their_office(builder: "Builder") -> Office:
    """The authority of the other province with two officers, and a firm there."""
    session, names = builder.session, builder.world.names
    authority = session.get_one(Organisation, names["their_authority"])
    firm = make_organisation(
        session, name_zh="对方申请企业", kind=OrganisationKind.ENTERPRISE, uscc=CODES[1], adcode=SICHUAN
    )
    agent = make_agent(session, firm, "their-agent", now=builder.now)
    first, second = (make_officer(session, authority, f"their-officer-{n}", now=builder.now) for n in range(2))
    programme = session.get_one(Programme, names["their_programme"])
    return Office(session, builder.now, authority, authority, programme, firm, agent, first, second)
