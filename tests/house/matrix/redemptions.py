"""Who may call what: redemptions, claimed by who acts for the claimant, handled by officers of the authority."""

from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import drop, page, post, read, sent, step
from tests.house.worlds import EVERYBODY, PEOPLE

AGENT, OFFICER = frozenset({"agent"}), frozenset({"officer"})
READING = AGENT | OFFICER | {"auditor"}
SAMPLING = OFFICER | {"auditor"}
ONE, NOTICED, PAID = (f"/redemptions/{{{name}redemption}}" for name in ("", "noticed_", "paid_"))
FILE = b"%PDF-1.7\n%%EOF"
ASKED = {
    "organisation_id": "{firm_id}",
    "programme_id": "{programme}",
    "items": [{"voucher_id": "{claimable_voucher}", "charge_id": "{claimable_charge}"}],
}
TICKED = {"programme_id": "{programme}", "items": "{claimable_voucher}-{claimable_charge}"}
BANK = {"paid_on": "{today}", "receipt_number": "HD-2"}
BACK = BANK | {"item_id": "{paid_item}", "amount_fen": 1, "reason": "退回"}
SAMPLE = {"programme_id": "{programme}", "paid_from": "{today}", "paid_until": "{today}", "count": 1}
FOUND = {"drawn": "{sample}-{paid_redemption}", "is_in_order": "1"}
FINDING = {"redemption_id": "{paid_redemption}", "is_in_order": True}
READ = {"version": "{redemption_version}"}
WHY = READ | {"reason": "材料不全"}
SAMPLES = "/voucher-programmes/{programme}/samples"
THEIR_SAMPLES = "/voucher-programmes/{their_programme}/samples"

GATHERED, SUBMITTED, REFUSED = (f"/redemptions/{{{name}_redemption}}" for name in ("gathered", "submitted", "refused"))
ON = {"submitted_on": "{today}"}
PAID_THERE = BANK | {"version": "{submitted_version}"}
REFUSED_THERE = {"version": "{submitted_version}", "reason": "材料不全"}
THERE = "/redemptions/{there_redemption}"
BACK_THERE = BACK | {"item_id": "{there_item}"}
OTHERS = READING - AGENT

REDEMPTIONS = (
    page(GATHERED, READING),
    page(SUBMITTED, READING),
    page(f"{SUBMITTED}/pack.zip", READING),
    sent(f"{GATHERED}/submitted-elsewhere", AGENT, ON, forbidden=OTHERS),
    sent(f"{SUBMITTED}/paid-elsewhere", AGENT, PAID_THERE, forbidden=OTHERS),
    sent(f"{SUBMITTED}/refused-elsewhere", AGENT, REFUSED_THERE, forbidden=OTHERS),
    sent(f"{THERE}/clawed-back-elsewhere", AGENT, BACK_THERE | {"amount_fen": "0.01"}, forbidden=OTHERS),
    sent(f"{REFUSED}/outcome-papers", AGENT, files={"files": FILE}, forbidden=OTHERS),
    step(f"{GATHERED}/submitted-elsewhere", AGENT, ON, forbidden=OTHERS),
    step(f"{SUBMITTED}/paid-elsewhere", AGENT, PAID_THERE, forbidden=OTHERS),
    step(f"{SUBMITTED}/refused-elsewhere", AGENT, REFUSED_THERE, forbidden=OTHERS),
    step(f"{THERE}/clawed-back-elsewhere", AGENT, BACK_THERE, forbidden=OTHERS),
    step(f"{SUBMITTED}/review", NO_ONE, {"version": "{submitted_version}"}, forbidden=READING),
    Line(f"POST /api/v1{REFUSED}/outcome-papers", AGENT, ok=201, form={}, files={"files": FILE}, forbidden=OTHERS),
    page("/redemptions", PEOPLE),
    page("/redemptions/queue", PEOPLE),
    page("/redemptions/notices"),
    page("/redemptions/new?organisation={firm_id}", AGENT, other=403),
    page("/redemptions/captured?organisation={firm_id}", AGENT, other=403),
    sent("/redemptions/new?organisation={firm_id}", AGENT, TICKED, other=403),
    page(ONE, READING),
    page(PAID, READING),
    page(f"{ONE}/pack.zip", READING),
    page(f"{ONE}/files/{{redemption_file}}", READING),
    sent(f"{ONE}/documents", AGENT, {"document": "invoice"}, files={"files": FILE}, forbidden=SAMPLING),
    sent(f"{ONE}/documents/{{redemption_file}}/remove", AGENT, forbidden=SAMPLING),
    sent(f"{ONE}/withdraw", AGENT, forbidden=SAMPLING),
    sent(f"{ONE}/review", OFFICER, READ, forbidden=READING - OFFICER),
    sent(f"{ONE}/reject", OFFICER, WHY, forbidden=READING - OFFICER),
    sent(f"{NOTICED}/pay", OFFICER, BANK, forbidden=READING - OFFICER),
    sent(f"{PAID}/claw-back", OFFICER, BACK | {"amount_fen": "0.01"}, forbidden=READING - OFFICER),
    sent(f"{PAID}/bank-papers", OFFICER, files={"files": FILE}, forbidden=READING - OFFICER),
    page(SAMPLES, SAMPLING, other=403),
    page(THEIR_SAMPLES, frozenset({"auditor"}), other=403),
    sent(SAMPLES, OFFICER, SAMPLE, other=403),
    page("/redemptions/samples", SAMPLING, other=403),
    sent(f"{SAMPLES}/findings", OFFICER, FOUND, other=403),
    sent(f"{THEIR_SAMPLES}/findings", NO_ONE, FOUND, other=403),
    read("/redemptions"),
    read("/redemptions/queue"),
    read("/redemptions/claimable?organisation={firm_id}", AGENT, other=403),
    read("/redemption-notices", EVERYBODY),
    post("/redemptions", AGENT, ASKED, other=403),
    read(ONE, READING),
    read(f"{ONE}/pack.zip", READING),
    read(f"{ONE}/files/{{redemption_file}}", READING),
    Line(
        f"POST /api/v1{ONE}/documents",
        AGENT,
        ok=201,
        form={"document": "invoice"},
        files={"files": FILE},
        forbidden=SAMPLING,
    ),
    drop(f"{ONE}/documents/{{redemption_file}}", AGENT, ok=200, forbidden=SAMPLING),
    step(f"{ONE}/review", OFFICER, READ, forbidden=READING - OFFICER),
    step(f"{ONE}/publish", OFFICER, READ, ok=409, forbidden=READING - OFFICER),
    step(f"{ONE}/reject", OFFICER, WHY, forbidden=READING - OFFICER),
    step(f"{ONE}/withdraw", AGENT, {}, forbidden=SAMPLING),
    step(f"{NOTICED}/pay", OFFICER, BANK, forbidden=READING - OFFICER),
    step(f"{PAID}/claw-back", OFFICER, BACK, forbidden=READING - OFFICER),
    Line(
        f"POST /api/v1{PAID}/bank-papers", OFFICER, ok=201, form={}, files={"files": FILE}, forbidden=READING - OFFICER
    ),
    read("/redemption-samples?programme={programme}", SAMPLING, other=403),
    read("/redemption-samples?programme={their_programme}", frozenset({"auditor"}), other=403),
    read("/redemption-samples", SAMPLING, other=403),
    post("/redemption-samples", OFFICER, SAMPLE, other=403),
    post("/redemption-samples/{sample}/findings", OFFICER, FINDING, other=403),
    post("/redemption-samples", NO_ONE, SAMPLE | {"programme_id": "{their_programme}"}, other=403),
)
