"""Who may call what: payer accounts, kept by an institution's finance and read by those who use them."""

from tests.house.matrix.writing import ADMINS, AUDITOR, HOLDER, PARTICIPANT, drop, page, post, put, read, sent, step
from tests.house.worlds import BOOKERS, PEOPLE

SEERS = ADMINS | AUDITOR
USERS = SEERS | BOOKERS
ONLY_READ = USERS - ADMINS
PREPAID_READ = (SEERS | HOLDER) - ADMINS
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
    page(AT, SEERS, other=403),
    page(f"{AT}/new", ADMINS, other=403),
    sent(f"{AT}/new", ADMINS, NEW, other=403),
    page(ONE, USERS),
    page("/payer-accounts/{paying}", SEERS | HOLDER),
    page(THEIRS, SEERS - ADMINS | {"platform", "their_admin", "their_holder"}),
    page(f"{ONE}/edit", ADMINS, forbidden=ONLY_READ),
    sent(f"{ONE}/edit", ADMINS, CHANGE, forbidden=ONLY_READ),
    sent(f"{ONE}/members", ADMINS, MEMBER, told=HOLDER, forbidden=AUDITOR | PARTICIPANT),
    sent(f"{ONE}/members/{{payer_member}}/remove", ADMINS | HOLDER, forbidden=AUDITOR | PARTICIPANT),
    page(f"{ONE}/members/{{payer_member}}/limit", ADMINS | HOLDER, forbidden=AUDITOR | PARTICIPANT),
    sent(f"{ONE}/members/{{payer_member}}/limit", ADMINS | HOLDER, LIMIT, forbidden=AUDITOR | PARTICIPANT),
    page(f"{ONE}/amount", ADMINS, forbidden=ONLY_READ),
    sent(f"{ONE}/amount", ADMINS, AMOUNT | IN_YUAN, forbidden=ONLY_READ),
    page(f"{PREPAID}/top-up", ADMINS, forbidden=PREPAID_READ),
    sent(f"{PREPAID}/top-up", ADMINS, RECEIPT | IN_YUAN, forbidden=PREPAID_READ),
    page(f"{PREPAID}/refund", ADMINS, forbidden=PREPAID_READ),
    sent(f"{PREPAID}/refund", ADMINS, RECEIPT | IN_YUAN, forbidden=PREPAID_READ),
    page(WRONG, ADMINS, forbidden=PREPAID_READ),
    sent(WRONG, ADMINS, WHY, forbidden=PREPAID_READ),
    sent(f"{ONE}/movements/{{movement}}/correct", frozenset(), WHY, forbidden=ONLY_READ),
    page(f"{ONE}/close", ADMINS, forbidden=ONLY_READ),
    sent(f"{ONE}/close", ADMINS, WHY, forbidden=ONLY_READ),
    read("/payer-accounts", PEOPLE),
    read("/payer-accounts?organisation={organisation}", SEERS, other=403),
    post("/payer-accounts", ADMINS, {"organisation_id": "{organisation}", **NEW}, other=403),
    read(ONE, USERS),
    read(f"{ONE}/transfers", USERS),
    read("/payer-accounts/{paying}/holds", SEERS | HOLDER),
    put(f"{ONE}/members/{{payer_member}}", ADMINS | HOLDER, {"limit_fen": 400}, forbidden=AUDITOR | PARTICIPANT),
    put(ONE, ADMINS, CHANGE, forbidden=ONLY_READ),
    put(f"{ONE}/amount", ADMINS, AMOUNT, forbidden=ONLY_READ),
    post(f"{PREPAID}/top-up", ADMINS, RECEIPT, forbidden=PREPAID_READ),
    post(f"{PREPAID}/refund", ADMINS, RECEIPT, forbidden=PREPAID_READ),
    step(WRONG, ADMINS, WHY, forbidden=PREPAID_READ),
    step(f"{ONE}/close", ADMINS, WHY, forbidden=ONLY_READ),
    post(f"{ONE}/members", ADMINS, MEMBER, told=HOLDER, forbidden=AUDITOR | PARTICIPANT),
    drop(f"{ONE}/members/{{payer_member}}", ADMINS | HOLDER, forbidden=AUDITOR | PARTICIPANT),
)
