"""Who may call what: payer accounts, kept by an institution's finance and read by those who use them."""

from tests.house.matrix.writing import ADMINS, AUDITOR, HOLDER, PARTICIPANT, drop, page, post, put, read, sent, step
from tests.house.worlds import BOOKERS, FINANCE, PEOPLE, THEIR_ADMIN

KEEPERS = ADMINS | FINANCE
SEERS = KEEPERS | AUDITOR
USERS = SEERS | BOOKERS
ONLY_READ = USERS - KEEPERS
PREPAID_READ = (SEERS | HOLDER) - KEEPERS
AT = "/organisations/{organisation}/payer-accounts"
ONE, PREPAID, THEIRS = "/payer-accounts/{payer}", "/payer-accounts/{prepaid}", "/payer-accounts/{their_payer}"
SAID = {"name": "面上项目", "holder": "{researcher_email}", "expires_on": "{later_day}"}
NEW = {"kind": "grant", "number": "52170001", "budget_item": "测试化验加工费", **SAID}
CHANGE = {**SAID, "reason": "延期"}
AMOUNT = {"amount_fen": 700, "reason": "追加"}
RECEIPT = {"amount_fen": 300, "receipt_number": "R2", "receipt_on": "2026-01-05"}
IN_YUAN = {"amount_fen": "3.00"}
WHY = {"reason": "录错"}
LIMIT = {"limit_fen": "4.00"}
MEMBER = {"email": "{researcher_email}"}
WRONG = f"{PREPAID}/movements/{{movement}}/correct"

PAYERS = (
    page("/payer-accounts", PEOPLE),
    page("/payer-accounts/institutions", SEERS | THEIR_ADMIN, other=403),
    page(AT, SEERS, other=403),
    page(f"{AT}/new", KEEPERS, other=403),
    sent(f"{AT}/new", KEEPERS, NEW, other=403),
    page(ONE, USERS),
    page("/payer-accounts/{paying}", SEERS | HOLDER),
    page(THEIRS, AUDITOR | {"platform", "their_admin", "their_holder"}),
    page(f"{ONE}/edit", KEEPERS, forbidden=ONLY_READ),
    sent(f"{ONE}/edit", KEEPERS, CHANGE, forbidden=ONLY_READ),
    sent(f"{ONE}/members", KEEPERS, MEMBER, told=HOLDER, forbidden=AUDITOR | PARTICIPANT),
    sent(f"{ONE}/members/{{payer_member}}/remove", KEEPERS | HOLDER, forbidden=AUDITOR | PARTICIPANT),
    page(f"{ONE}/members/{{payer_member}}/limit", KEEPERS | HOLDER, forbidden=AUDITOR | PARTICIPANT),
    sent(f"{ONE}/members/{{payer_member}}/limit", KEEPERS | HOLDER, LIMIT, forbidden=AUDITOR | PARTICIPANT),
    page(f"{ONE}/amount", KEEPERS, forbidden=ONLY_READ),
    sent(f"{ONE}/amount", KEEPERS, AMOUNT | IN_YUAN, forbidden=ONLY_READ),
    page(f"{PREPAID}/top-up", KEEPERS, forbidden=PREPAID_READ),
    sent(f"{PREPAID}/top-up", KEEPERS, RECEIPT | IN_YUAN, forbidden=PREPAID_READ),
    page(f"{PREPAID}/refund", KEEPERS, forbidden=PREPAID_READ),
    sent(f"{PREPAID}/refund", KEEPERS, RECEIPT | IN_YUAN, forbidden=PREPAID_READ),
    page(WRONG, KEEPERS, forbidden=PREPAID_READ),
    sent(WRONG, KEEPERS, WHY, forbidden=PREPAID_READ),
    sent(f"{ONE}/movements/{{movement}}/correct", frozenset(), WHY, forbidden=ONLY_READ),
    page(f"{ONE}/close", KEEPERS, forbidden=ONLY_READ),
    sent(f"{ONE}/close", KEEPERS, WHY, forbidden=ONLY_READ),
    read("/payer-accounts", PEOPLE),
    read("/payer-accounts?organisation={organisation}", SEERS, other=403),
    post("/payer-accounts", KEEPERS, {"organisation_id": "{organisation}", **NEW}, other=403),
    read(ONE, USERS),
    read(f"{ONE}/transfers", USERS),
    read("/payer-accounts/{paying}/holds", SEERS | HOLDER),
    put(f"{ONE}/members/{{payer_member}}", KEEPERS | HOLDER, {"limit_fen": 400}, forbidden=AUDITOR | PARTICIPANT),
    put(ONE, KEEPERS, CHANGE, forbidden=ONLY_READ),
    put(f"{ONE}/amount", KEEPERS, AMOUNT, forbidden=ONLY_READ),
    post(f"{PREPAID}/top-up", KEEPERS, RECEIPT, forbidden=PREPAID_READ),
    post(f"{PREPAID}/refund", KEEPERS, RECEIPT, forbidden=PREPAID_READ),
    step(WRONG, KEEPERS, WHY, forbidden=PREPAID_READ),
    step(f"{ONE}/close", KEEPERS, WHY, forbidden=ONLY_READ),
    post(f"{ONE}/members", KEEPERS, MEMBER, told=HOLDER, forbidden=AUDITOR | PARTICIPANT),
    drop(f"{ONE}/members/{{payer_member}}", KEEPERS | HOLDER, forbidden=AUDITOR | PARTICIPANT),
    read("/payer-accounts/{paying}/payments", SEERS | HOLDER),
)
