"""Who may call what: invoices, recorded by an institution's finance and read by who owes."""

from tests.house.asking import Line
from tests.house.matrix.statements import KEEPERS, ONLY_READ, OWING
from tests.house.matrix.writing import page, post, read, sent

AT, ONE = "/debtors/{debtor}/invoices", "/invoices/{invoice}"
USCC = "12500000450386231L"
SAID = {"kind": "special", "number": "25502000000002", "issued_on": "2026-01-05", "title": "抬头", "tax_number": USCC}
COVERS = {"rate": 600, "items": [{"statement_id": "{statement}", "amount_fen": 100}]}
OF_PAYER = "/payer-accounts/{prepaid}/invoices"
PAID_IN = {"rate": 600, "items": [{"movement_id": "{movement}", "amount_fen": 100}]}
RED = {"number": "25502000000003", "issued_on": "{today}", "reason": "开错"}
WHY = {"reason": "录错"}
FILE = b"%PDF-1.7\n%%EOF"

INVOICES = (
    page(AT, OWING),
    page(f"{AT}/new", KEEPERS, forbidden=ONLY_READ),
    sent(f"{AT}/new", frozenset(), SAID, told=KEEPERS, forbidden=ONLY_READ),
    page("/statements/{statement}/invoices", OWING),
    page(OF_PAYER, OWING),
    page(f"{OF_PAYER}/new", KEEPERS, forbidden=ONLY_READ),
    sent(f"{OF_PAYER}/new", frozenset(), SAID, told=KEEPERS, forbidden=ONLY_READ),
    page(ONE, OWING),
    sent(f"{ONE}/reverse", KEEPERS, RED, forbidden=ONLY_READ),
    sent(f"{ONE}/withdraw", KEEPERS, {"withdrawn_for": "录错"}, forbidden=ONLY_READ),
    sent(f"{ONE}/attachments", KEEPERS, files={"files": FILE}, forbidden=ONLY_READ),
    page(f"{ONE}/attachments/{{invoice_file}}", OWING),
    read("/invoices?debtor={debtor}", OWING),
    read("/invoices?statement={statement}", OWING),
    read("/invoices?payer_account={prepaid}", OWING),
    read("/payer-accounts/{prepaid}/paid-in", OWING),
    post(OF_PAYER, KEEPERS, SAID | PAID_IN, forbidden=ONLY_READ),
    post(AT, KEEPERS, SAID | COVERS, forbidden=ONLY_READ),
    read(ONE, OWING),
    post(f"{ONE}/reverse", KEEPERS, RED, forbidden=ONLY_READ),
    post(f"{ONE}/withdraw", KEEPERS, WHY, forbidden=ONLY_READ),
    Line(f"POST /api/v1{ONE}/attachments", KEEPERS, ok=201, form={}, files={"files": FILE}, forbidden=ONLY_READ),
    read(f"{ONE}/attachments/{{invoice_file}}", OWING),
)
