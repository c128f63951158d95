"""Who may call what: contracts, kept by an institution's finance, signed by who acts for the other party."""

from tests.factories.pictures import PDF
from tests.house.asking import Line
from tests.house.matrix.writing import INSIDERS, page, post, put, read, sent, step
from tests.house.worlds import ADMIN, ALL_SEEING, FINANCE, PEOPLE, THEIR_ADMIN

AGENT = frozenset({"agent"})
KEEPERS = ADMIN | FINANCE
SEERS = KEEPERS | ALL_SEEING
BOTH = SEERS | AGENT
NOT_KEEPERS = ALL_SEEING | AGENT
AT, ONE = "/organisations/{organisation}", "/contracts/{asked_contract}"
DRAFT, SENT, SIGNED = "/contracts/{draft_contract}", "/contracts/{sent_contract}", "/contracts/{signed_contract}"
THEIRS, THEIR_SEERS = "/contracts/{their_contract}", THEIR_ADMIN | AGENT | ALL_SEEING
TERMS = {"scope": "framework", "starts_on": "{later_day}", "ends_on": "{later_day}"}
NEW = {"party": "{firm_code}", "title": "框架合同", **TERMS}
ASKED = {"party_id": "{firm_id}", **TERMS}
WHY = {"reason": "不签了"}
SIGNING = {"sides": "party", "kind": "scan", "signed_on": "2026-01-05", "version": "2"}
FILES = {"files": PDF}
TOPICS = ("service", "intellectual_property", "confidentiality", "damages", "breach", "disputes")
TEXT = {f"{topic}_{language}": "约定" for topic in TOPICS for language in ("zh", "en")}
CLAUSES = {topic: {"zh": "约定", "en": "Terms"} for topic in TOPICS}

REQUIRED = {"requires": "1", "threshold_fen": "50000"}
LACKING = "/reservations/{lacking_reservation}"
ORDER_FORM = {"text_id": "{contract_text}"}

CONTRACTS = (
    page("/contracts", PEOPLE),
    page(f"{AT}/contracts", SEERS, other=403),
    page(f"{AT}/contracts/new", KEEPERS, other=403),
    sent(f"{AT}/contracts/new", KEEPERS, NEW, other=403),
    page(f"{AT}/contracts/ask", PEOPLE),
    sent(f"{AT}/contracts/ask", AGENT, ASKED, told=PEOPLE - AGENT),
    page(f"{AT}/contract-text", PEOPLE),
    sent(f"{AT}/contract-text", KEEPERS, TEXT, other=403),
    page("/contract-texts/{contract_text}", PEOPLE),
    page(f"{AT}/contract-settings", KEEPERS, other=403),
    sent(f"{AT}/contract-settings", KEEPERS, REQUIRED, other=403),
    page("/order-forms", PEOPLE),
    page(f"{AT}/order-forms", SEERS, other=403),
    page("/order-forms/{order_form}.pdf", BOTH),
    page(f"{LACKING}/order-form", AGENT | INSIDERS),
    sent(f"{LACKING}/order-form", AGENT, ORDER_FORM, forbidden=INSIDERS),
    sent("/sample-orders/{lacking_order}/agree", AGENT, ORDER_FORM, forbidden=INSIDERS),
    page(DRAFT, SEERS),
    page(ONE, BOTH),
    page(SIGNED, BOTH),
    page(THEIRS, THEIR_SEERS),
    page(f"{SENT}/print", BOTH),
    page(f"{SENT}.pdf", BOTH),
    page(f"{ONE}/edit", KEEPERS, forbidden=NOT_KEEPERS),
    sent(f"{ONE}/edit", KEEPERS, NEW, forbidden=NOT_KEEPERS),
    sent(f"{DRAFT}/send", KEEPERS, forbidden=ALL_SEEING),
    sent(f"{SENT}/recall", KEEPERS, forbidden=NOT_KEEPERS),
    Line(f"POST {SENT}/sign", KEEPERS | AGENT, ok=303, form=SIGNING, files=FILES, forbidden=ALL_SEEING),
    sent(f"{SENT}/end", KEEPERS | AGENT, {"end_reason": "不签了"}, forbidden=ALL_SEEING),
    page(f"{SIGNED}/attachments/{{contract_file}}", BOTH),
    page(f"{SIGNED}/attachments/{{contract_file}}/320", BOTH),
    read("/contracts", PEOPLE),
    read("/contracts?organisation={organisation}", SEERS, other=403),
    post("/contracts", KEEPERS, {"organisation_id": "{organisation}", **NEW}, other=403),
    post("/contracts/ask", AGENT, {"organisation_id": "{organisation}", **ASKED}, told=PEOPLE - AGENT),
    read(ONE, BOTH),
    read(DRAFT, SEERS),
    read(f"{SENT}.pdf", BOTH),
    read(THEIRS, THEIR_SEERS),
    put(ONE, KEEPERS, NEW, forbidden=NOT_KEEPERS),
    step(f"{ONE}/send", KEEPERS, {}, forbidden=NOT_KEEPERS),
    step(f"{SENT}/recall", KEEPERS, {}, forbidden=NOT_KEEPERS),
    step(f"{SENT}/end", KEEPERS | AGENT, WHY, forbidden=ALL_SEEING),
    Line(f"POST /api/v1{SENT}/signatures", KEEPERS | AGENT, ok=201, form=SIGNING, files=FILES, forbidden=ALL_SEEING),
    read("/contract-settings?organisation={organisation}", PEOPLE),
    put(
        "/contract-settings?organisation={organisation}",
        KEEPERS,
        {"requires": True, "threshold_fen": 5_000_000},
        other=403,
    ),
    read("/order-forms", PEOPLE),
    read("/order-forms/{order_form}", BOTH),
    read("/order-forms/{order_form}.pdf", BOTH),
    read("/order-forms?organisation={organisation}", SEERS, other=403),
    step(f"{LACKING}/agree", AGENT, ORDER_FORM, forbidden=INSIDERS),
    step("/sample-orders/{lacking_order}/agree", AGENT, ORDER_FORM, forbidden=INSIDERS),
    read("/contract-texts?organisation={organisation}", PEOPLE),
    post("/contract-texts", KEEPERS, {"organisation_id": "{organisation}", "clauses": CLAUSES}, other=403),
)
