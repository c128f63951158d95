"""Who may call what: statements, kept by an institution's finance and read by those who owe them."""

from tests.house.matrix.writing import ADMINS, AUDITOR, HOLDER, drop, page, post, put, read, sent, step
from tests.house.worlds import FINANCE, PEOPLE, THEIR_ADMIN

KEEPERS = ADMINS | FINANCE
SEERS = KEEPERS | AUDITOR
OWING = SEERS | HOLDER
ONLY_READ = AUDITOR | HOLDER
THEIRS = frozenset({"their_holder", "platform", "auditor"}) | THEIR_ADMIN
BILLED = KEEPERS - {"platform"}
EVERY_OFFICE = SEERS | THEIR_ADMIN
AT, API_AT = "/organisations/{organisation}/statements", "{organisation}"
ONE, OTHER, DRAFT = "/statements/{statement}", "/statements/{their_statement}", "/statement-drafts/{draft_statement}"
RUN = "/statement-runs/{statement_run}"
DEBTOR, RECEIPT = "/debtors/{debtor}", "/receipts/{receipt}/correct"
TERMS = {"cut_off_day": 25, "term_ends": "01-20 07-10", "pays_within_days": 20, "bank_details": "qbankxz"}
TERMS_PAGE = {name: str(value) for name, value in TERMS.items()}
PAID = {"amount_fen": 200, "number": "W2", "received_on": "2026-01-05"}
IN_YUAN = {"amount_fen": "2.00"}
WHY = {"reason": "录错"}
UNTIL = "{today}"

STATEMENTS = (
    page("/statements", PEOPLE),
    page("/statements/billed", BILLED | THEIR_ADMIN | {"agent"}, other=403),
    page("/statements/institutions", EVERY_OFFICE, other=403),
    page(AT, SEERS, other=403),
    page(f"{AT}/to-bill", SEERS, other=403),
    sent(f"{AT}/to-bill", KEEPERS, {"until_on": UNTIL, "debtors": "{billed_code}"}, other=403),
    page(f"{AT}/drafts", SEERS, other=403),
    sent(f"{AT}/drafts/issue", KEEPERS, other=403),
    page(RUN, SEERS),
    page(f"{RUN}/progress", SEERS),
    page(f"{AT}/receipts", SEERS, other=403),
    page(f"{AT}/receipts.csv", SEERS, other=403),
    page(f"{AT}/ageing", SEERS, other=403),
    page(f"{AT}/ageing.csv", SEERS, other=403),
    page(f"{AT}/to-bill.csv", SEERS, other=403),
    page(f"{AT}/export?format=csv", SEERS, other=403),
    page(f"{AT}/terms", KEEPERS, other=403),
    sent(f"{AT}/terms", KEEPERS, TERMS_PAGE, other=403),
    page(DRAFT, SEERS),
    sent(f"{DRAFT}/issue", KEEPERS, forbidden=AUDITOR),
    sent(f"{DRAFT}/drop", KEEPERS, forbidden=AUDITOR),
    page("/statements/payer-accounts/{paying}", OWING),
    page(ONE, OWING),
    page(f"{ONE}.csv", OWING),
    page(OTHER, THEIRS),
    page(f"{ONE}/receipts", KEEPERS, forbidden=ONLY_READ),
    sent(f"{ONE}/receipts", KEEPERS, PAID | IN_YUAN, forbidden=ONLY_READ),
    page(DEBTOR, OWING),
    page("/debtors/{their_debtor}", THEIRS),
    page(f"{DEBTOR}/refund", KEEPERS, forbidden=ONLY_READ),
    sent(f"{DEBTOR}/refund", frozenset(), PAID | IN_YUAN, told=KEEPERS, forbidden=ONLY_READ),
    page(RECEIPT, KEEPERS, forbidden=ONLY_READ),
    sent(RECEIPT, KEEPERS, WHY, forbidden=ONLY_READ),
    read("/billing-terms/{organisation}", SEERS, other=403),
    put("/billing-terms/{organisation}", KEEPERS, TERMS, other=403),
    read("/statement-drafts/to-bill?organisation={organisation}", SEERS, other=403),
    read("/statement-drafts?organisation={organisation}", SEERS, other=403),
    post("/statement-drafts", KEEPERS, {"organisation_id": "{organisation}", "until_on": UNTIL}, other=403),
    step("/statement-drafts/issue", KEEPERS, {"organisation_id": "{organisation}"}, other=403),
    post("/statement-runs", KEEPERS, {"organisation_id": "{organisation}"}, other=403),
    read("/statement-runs?organisation={organisation}", SEERS, other=403),
    read(RUN, SEERS),
    read(DRAFT, SEERS),
    drop(DRAFT, KEEPERS, forbidden=AUDITOR),
    post(f"{DRAFT}/issue", KEEPERS, {}, forbidden=AUDITOR),
    read("/statements", PEOPLE),
    read("/statements?organisation={organisation}", SEERS, other=403),
    read("/statements?payer_account={paying}", OWING),
    read("/statements?billed_to={organisation}", BILLED, other=403),
    read("/statements?charge={charge}", PEOPLE),
    page("/statements?charge={charge}", PEOPLE),
    read(ONE, OWING),
    read(f"{ONE}.csv", OWING),
    read(OTHER, THEIRS),
    read("/ageing/{organisation}", SEERS, other=403),
    read("/ageing/{organisation}.csv", SEERS, other=403),
    read("/statement-drafts/to-bill.csv?organisation={organisation}", SEERS, other=403),
    read("/statements/export?organisation={organisation}&format=csv", SEERS, other=403),
    read("/receipts?organisation={organisation}", SEERS, other=403),
    read("/receipts.csv?organisation={organisation}", SEERS, other=403),
    post(f"{ONE}/receipts", KEEPERS, PAID, forbidden=ONLY_READ),
    read(DEBTOR, OWING),
    read(f"{DEBTOR}/receipts", OWING),
    read(f"{DEBTOR}/transfers", OWING),
    read("/debtors/{their_debtor}/transfers", THEIRS),
    read(f"{ONE}/transfers", OWING),
    read(f"{OTHER}/transfers", THEIRS),
    post(f"{DEBTOR}/refund", frozenset(), PAID, told=KEEPERS, forbidden=ONLY_READ),
    post(RECEIPT, KEEPERS, WHY, forbidden=ONLY_READ),
)
