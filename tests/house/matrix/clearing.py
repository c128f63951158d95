"""Who may call what: clearing between two provinces, read by their officers and auditors, settled by officers."""

from tests.house.asking import NO_ONE
from tests.house.matrix.programmes import OFFICER
from tests.house.matrix.writing import AUDITOR, page, read, sent, step

SEERS = OFFICER | AUDITOR
OPEN, CLOSED = "/clearing/50-51/{clearing_due}", "/clearing/50-51/{clearing_closed}"
WITHIN, THEIRS = "/clearing/50-50/{clearing_due}", "/clearing/51-51/{clearing_due}"
FIGURE = "issuer=50&figure=paid&way=advance_then_net"
SAID, PAID = {"text": "已核对"}, {"settled_on": "{today}", "receipt": "W1"}
REASON = {"reason": "回单号写错"}
OBJECTION = SAID | {"is_objection": True}

CLEARING = (
    page("/clearing", SEERS, other=403),
    page("/clearing?month={clearing_due}", SEERS, other=403),
    page(OPEN, SEERS),
    page(CLOSED, SEERS),
    page(WITHIN, SEERS),
    page(THEIRS, AUDITOR),
    page(f"{OPEN}/transfers?{FIGURE}", SEERS),
    page(f"{THEIRS}/transfers?issuer=51&figure=captured", AUDITOR),
    page(f"{OPEN}/statement.csv", SEERS),
    page(f"{CLOSED}/statement.pdf", SEERS),
    sent(f"{OPEN}/close", OFFICER, forbidden=AUDITOR),
    sent(f"{THEIRS}/close", NO_ONE, forbidden=AUDITOR),
    sent(f"{CLOSED}/confirm", OFFICER, forbidden=AUDITOR),
    sent(f"{CLOSED}/messages", OFFICER, SAID, forbidden=AUDITOR),
    sent(f"{CLOSED}/settle", NO_ONE, PAID, conflict=OFFICER, forbidden=AUDITOR),
    sent(f"{CLOSED}/reverse", NO_ONE, REASON, conflict=OFFICER, forbidden=AUDITOR),
    page("/voucher-programmes/{programme}/budget", SEERS),
    page("/voucher-programmes/{their_programme}/budget", AUDITOR),
    read("/clearing?month={clearing_due}", SEERS, other=403),
    read(OPEN, SEERS),
    read(THEIRS, AUDITOR),
    read(f"{OPEN}/transfers?{FIGURE}", SEERS),
    read(f"{THEIRS}/transfers?issuer=51&figure=captured", AUDITOR),
    read(f"{OPEN}/statement.csv", SEERS),
    read(f"{CLOSED}/statement.pdf", SEERS),
    step(f"{OPEN}/close", OFFICER, {}, forbidden=AUDITOR),
    step(f"{CLOSED}/confirm", OFFICER, {}, forbidden=AUDITOR),
    step(f"{CLOSED}/messages", OFFICER, OBJECTION, forbidden=AUDITOR),
    step(f"{CLOSED}/settle", NO_ONE, PAID, conflict=OFFICER, forbidden=AUDITOR),
    step(f"{CLOSED}/reverse", NO_ONE, REASON, conflict=OFFICER, forbidden=AUDITOR),
    read("/voucher-programmes/{programme}/budget", SEERS),
    read("/voucher-programmes/{their_programme}/budget", AUDITOR),
)
