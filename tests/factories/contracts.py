"""Contracts for tests, each led as far as is wanted by the services."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.attachments.preparing import Prepared, Uploaded, prepare
from booking.attachments.rules import Limits
from booking.contracts import service, steps
from booking.contracts.forms import AskContractForm, ContractForm, SignForm
from booking.core.actors import Actor
from booking.core.clock import local_date
from models.contracts import Contract
from models.directory import Organisation
from models.vocabulary.contracts import ContractScope, ContractSide, SignatureKind
from models.vocabulary.directory import OrganisationKind
from tests.factories.instruments import make_organisation
from tests.factories.pictures import photo

LIMITS = Limits(photo_bytes=10**6, document_bytes=10**6, quota_bytes=10**8, most_files=20)
USCC = "91500109MA0000001J"


def make_firm(session: Session, **columns: Any) -> Organisation:
    """A firm whose USCC is sound, committed."""
    values = {"name_zh": "示例公司", "name_en": "Example Ltd", "kind": OrganisationKind.ENTERPRISE, "uscc": USCC}
    return make_organisation(session, **values | columns)


def scan(name: str = "签字.jpg") -> list[Prepared]:
    """A file with a signature, ready to be stored."""
    return prepare([Uploaded(name, photo())], LIMITS)


@dataclass(frozen=True, slots=True)
class Deals:
    """Both sides of contracts between an institution and a firm."""

    session: Session
    place: Organisation
    firm: Organisation
    keeper: Actor
    signer: Actor
    now: datetime

    def terms(self, **values: Any) -> dict[str, Any]:
        """What is agreed on unless something else is said: everything, for a year from today."""
        today = local_date(self.now)
        said = {"scope": ContractScope.FRAMEWORK, "starts_on": today, "ends_on": today + timedelta(days=365)}
        return said | values

    def form(self, **values: Any) -> ContractForm:
        """A contract with the firm."""
        return ContractForm(**{"party": self.firm.uscc, "title": "测试服务框架合同", **self.terms(**values)})

    def drafted(self, **values: Any) -> Contract:
        """A draft that only the institution sees."""
        return service.draft_contract(self.session, self.place.id, self.form(**values), actor=self.keeper, now=self.now)

    def asked(self, **values: Any) -> Contract:
        """A wish of the firm."""
        form = AskContractForm(party_id=self.firm.id, **self.terms(**values))
        return service.ask_for_contract(self.session, self.place.id, form, actor=self.signer, now=self.now)

    def sent(self, contract: Contract | None = None, **values: Any) -> Contract:
        """Waiting for signatures."""
        found = contract or self.drafted(**values)
        return steps.send_contract(self.session, found.id, [], LIMITS, actor=self.keeper, now=self.now)

    def read(self, contract: Contract, version: int | None = None) -> dict[str, Any]:
        """The day and the version of a signature: the one that holds unless another was read."""
        return {"signed_on": local_date(self.now), "version": version or contract.version}

    def signed_by(
        self, contract: Contract, *sides: ContractSide, actor: Actor | None = None, version: int | None = None
    ) -> Contract:
        """With the signatures of these sides on one scan, handed in by the institution unless said otherwise."""
        form = SignForm(sides=list(sides), kind=SignatureKind.SCAN, **self.read(contract, version))
        return steps.sign_contract(
            self.session, contract.id, form, scan(), LIMITS, actor=actor or self.keeper, now=self.now
        )

    def signed(self, **values: Any) -> Contract:
        """In force."""
        return self.signed_by(self.sent(**values), ContractSide.OWNER, ContractSide.PARTY)
