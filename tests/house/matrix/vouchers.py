"""Who may call what: vouchers, for their firm's agents, officers of the authority that issued them, and auditors."""

from tests.house.asking import NO_ONE, Line
from tests.house.matrix.programmes import OFFICER
from tests.house.matrix.writing import AUDITOR, page, post, read, sent, step
from tests.house.worlds import PEOPLE

READERS = frozenset({"agent", "officer"}) | AUDITOR
AGENT = frozenset({"agent"})
THOSE_WHO_COUNT = OFFICER | AUDITOR
WHY = {"reason": "审计"}
TYPED = WHY | {"version": 1}

RELATION = WHY | {"authority_id": "{authority}", "organisation_id": "{firm}", "provider_id": "{organisation}"}
TYPED_RELATION = WHY | {"authority_id": "{authority}", "firm": "示例企业", "provider": "Our大学", "is_related": "1"}

ELSEWHERE = {
    "organisation_id": "{firm_id}",
    "programme_id": "{elsewhere_programme}",
    "number_there": "KCT-NEW",
    "face_fen": "100",
    "use_by": "{today}",
    "redeem_by": "{today}",
}
FILE = {"files": b"%PDF-1.7\n%%EOF"}

VOUCHERS = (
    page("/vouchers/register", AGENT, other=403),
    sent("/vouchers/register", AGENT, ELSEWHERE, files=FILE, other=403),
    page("/vouchers/{elsewhere_voucher}", READERS),
    page("/vouchers/{elsewhere_voucher}/files/{evidence}", READERS),
    page("/vouchers/{elsewhere_voucher}/return", AGENT, forbidden=READERS - AGENT),
    sent("/vouchers/{elsewhere_voucher}/return", AGENT, TYPED, forbidden=READERS - AGENT),
    page("/vouchers/budgets/{elsewhere_programme}", NO_ONE),
    Line("POST /api/v1/vouchers", AGENT, ok=201, form=ELSEWHERE, files=FILE, other=403),
    read("/vouchers/{elsewhere_voucher}", READERS),
    read("/vouchers/{elsewhere_voucher}/files/{evidence}", READERS),
    step("/vouchers/{elsewhere_voucher}/return", AGENT, WHY, forbidden=READERS - AGENT),
    page("/vouchers", PEOPLE),
    page("/vouchers?mine=1&state=issued", PEOPLE),
    page("/vouchers/{voucher}", READERS),
    page("/vouchers/{their_voucher}", AUDITOR),
    page("/vouchers/budgets/{programme}", THOSE_WHO_COUNT),
    page("/vouchers/budgets/{their_programme}", AUDITOR),
    page("/vouchers/{voucher}/freeze", OFFICER, forbidden=AGENT | AUDITOR),
    page("/vouchers/{their_voucher}/freeze", NO_ONE, forbidden=AUDITOR),
    sent("/vouchers/{voucher}/freeze", OFFICER, TYPED, forbidden=AGENT | AUDITOR),
    sent("/vouchers/{their_voucher}/freeze", NO_ONE, TYPED, forbidden=AUDITOR),
    page("/vouchers/relations", THOSE_WHO_COUNT, other=403),
    sent("/vouchers/relations", OFFICER, TYPED_RELATION, other=403),
    sent("/vouchers/relations", NO_ONE, TYPED_RELATION | {"authority_id": "{their_authority}"}, other=403),
    read("/vouchers/relations"),
    post("/vouchers/relations", OFFICER, RELATION, other=403),
    post("/vouchers/relations", NO_ONE, RELATION | {"authority_id": "{their_authority}"}, other=403),
    read("/vouchers"),
    read("/vouchers?mine=1"),
    read("/vouchers/budgets"),
    read("/vouchers/{voucher}", READERS),
    read("/vouchers/{their_voucher}", AUDITOR),
    read("/vouchers/{voucher}/entries", READERS),
    read("/vouchers/{their_voucher}/entries", AUDITOR),
    read("/vouchers/{voucher}/captures", READERS),
    read("/vouchers/{their_voucher}/captures", AUDITOR),
    step("/vouchers/{voucher}/freeze", OFFICER, WHY, forbidden=AGENT | AUDITOR),
    step("/vouchers/{their_voucher}/freeze", NO_ONE, WHY, forbidden=AUDITOR),
    step("/vouchers/{voucher}/thaw", NO_ONE, WHY, conflict=OFFICER, forbidden=AGENT | AUDITOR),
    step("/vouchers/{voucher}/return", OFFICER, WHY, forbidden=AGENT | AUDITOR),
    step("/vouchers/{voucher}/revoke", OFFICER, WHY, forbidden=AGENT | AUDITOR),
)
