"""Who may call what: sample orders, from the request to what is left of the samples."""

from tests.factories.pictures import photo
from tests.house.asking import NO_ONE, Line
from tests.house.matrix.writing import AUDITOR, HOLDER, INSIDERS, STEWARDS, page, post, read, sent, step
from tests.house.worlds import ALL_SEEING, PEOPLE, PLATFORM, STAFF, THEIR_STAFF

AGENT, TECHNICIAN = frozenset({"agent"}), frozenset({"technician"})
HANDLING = STAFF | PLATFORM
PARTIES = HOLDER | INSIDERS
FIRM = AGENT | INSIDERS
WORKERS = STAFF | THEIR_STAFF | ALL_SEEING
NOT_STAFF = HOLDER | AUDITOR
FILES = {"files": photo()}
SAMPLES_SENT = {"title": "粉末", "sample_count": "2", "other_tests": "成分", "leftover": "dispose", "report": "data"}
ASKED = {**SAMPLES_SENT, "sample_count": 2}
FIRST = {"valid_until": "{later_day}", "reason": "x"}
QUOTED = {"last_quote_id": 0, "lines": [{"kind": "samples", "count": 2, "unit_fen": 100}], **FIRST}
QUOTED_FORM = {"last_quote_id": "0", "lines.0.kind": "samples", "lines.0.unit_fen": "1", **FIRST}
WHY = {"reason": "x"}
RUN = {"order_ids": ["{queued_order}"], "starts_at": "{free_start}", "ends_at": "{free_end}"}
RUN_FORM = {"order_ids": "{queued_order}", "starts_at": "{free_start_local}", "ends_at": "{free_end_local}"}
DISPOSED = {"how": "dispose"}
TEXT = {"text": "好"}
REMOVED = {"attachment_id": "{order_file}", "remove_reason": "x"}
AGREED = {"order_form": "{contract_text}"}

SAMPLES = (
    page("/instruments/{published}/sample-orders", PEOPLE),
    page("/instruments/{draft}/sample-orders", NO_ONE),
    sent("/instruments/{published}/sample-orders", PEOPLE, SAMPLES_SENT),
    sent("/instruments/{draft}/sample-orders", NO_ONE, SAMPLES_SENT),
    page("/instruments/{published}/sample-runs", HANDLING, other=403),
    sent("/instruments/{published}/sample-runs", HANDLING, RUN_FORM, other=403),
    page("/sample-orders", PEOPLE),
    page("/sample-orders/queue", WORKERS, other=403),
    page("/sample-orders/figures", WORKERS, other=403),
    page("/sample-orders/{asked_order}", PARTIES),
    page("/sample-orders/{reported_order}", PARTIES),
    page("/sample-orders/{firm_order}", FIRM),
    page("/sample-orders/{their_order}", THEIR_STAFF | ALL_SEEING),
    page("/sample-orders/stickers?order={queued_order}", PARTIES),
    page("/sample-orders/stickers", PEOPLE),
    page("/sample-orders/stickers?order={asked_order}", NO_ONE),
    page("/sample-orders/stickers.pdf?order={queued_order}", PARTIES),
    page("/sample-orders/stickers.pdf?order={asked_order}", NO_ONE),
    page("/sample-orders/find", PEOPLE),
    page("/sample-orders/find?number={queued_number}", PARTIES, ok=303),
    page("/sample-orders/{queued_order}/form", PARTIES),
    page("/sample-orders/{asked_order}/form", NO_ONE),
    page("/sample-orders/{asked_order}/attachments/{order_file}", PARTIES),
    page("/sample-orders/{asked_order}/attachments/{order_file}/320", PARTIES),
    page("/sample-orders/{their_order}/attachments/{order_file}", NO_ONE),
    sent("/sample-orders/{asked_order}/messages", HOLDER | HANDLING, TEXT, forbidden=AUDITOR),
    sent("/sample-orders/{asked_order}/remove-file", HANDLING, REMOVED, forbidden=NOT_STAFF),
    sent("/sample-orders/{asked_order}/quote", STEWARDS, QUOTED_FORM, forbidden=NOT_STAFF | TECHNICIAN),
    sent("/sample-orders/{asked_order}/refuse", STEWARDS, {"refuse_reason": "x"}, forbidden=NOT_STAFF | TECHNICIAN),
    sent("/sample-orders/{quoted_order}/accept", HOLDER, {"quote_id": "{quote_id}", **AGREED}, forbidden=INSIDERS),
    sent("/sample-orders/{firm_order}/accept", AGENT, {"quote_id": "{firm_quote_id}", **AGREED}, forbidden=INSIDERS),
    sent("/sample-orders/{accepted_order}/send", HOLDER, {"courier": "顺丰"}, forbidden=INSIDERS),
    sent("/sample-orders/{accepted_order}/receive", HANDLING, forbidden=NOT_STAFF),
    sent("/sample-orders/{questioned_order}/settle", HOLDER, {"answer": "go_on"}, forbidden=INSIDERS),
    sent(
        "/sample-orders/{testing_order}/record",
        HANDLING,
        {"position": "1", "sample_state": "lost", "sample_note": "x"},
        forbidden=NOT_STAFF,
    ),
    sent("/sample-orders/{testing_order}/count", STEWARDS, {"counts.0": "3"}, forbidden=NOT_STAFF | TECHNICIAN),
    Line(
        "POST /sample-orders/{testing_order}/results",
        HANDLING,
        ok=303,
        form={"is_final": "1"},
        files=FILES,
        forbidden=NOT_STAFF,
    ),
    sent("/sample-orders/{reported_order}/approve", HOLDER, forbidden=INSIDERS),
    sent("/sample-orders/{reported_order}/dispute", HOLDER, {"dispute_reason": "x"}, forbidden=INSIDERS),
    sent("/sample-orders/{disputed_order}/uphold", HANDLING, {"uphold_reason": "x"}, forbidden=NOT_STAFF),
    sent(
        "/sample-orders/{queued_order}/cancel",
        HOLDER | STEWARDS,
        {"cancel_reason": "x"},
        forbidden=AUDITOR | TECHNICIAN,
    ),
    sent("/sample-orders/{cancelled_order}/give-back", HANDLING, DISPOSED, forbidden=NOT_STAFF),
    post("/instruments/{published}/sample-orders", PEOPLE - {"reader"}, ASKED),
    post("/instruments/{draft}/sample-orders", NO_ONE, ASKED),
    post("/instruments/{published}/sample-runs", HANDLING, RUN, forbidden=NOT_STAFF),
    read("/sample-orders", PEOPLE),
    read("/sample-orders?staffed=1", WORKERS, other=403),
    read("/sample-orders/figures", WORKERS, other=403),
    read("/sample-orders/stickers.pdf?order={queued_order}", PARTIES),
    read("/sample-orders/stickers.pdf?order={asked_order}", NO_ONE),
    read("/sample-orders/{asked_order}", PARTIES),
    read("/sample-orders/{firm_order}", FIRM),
    read("/sample-orders/{their_order}", THEIR_STAFF | ALL_SEEING),
    read("/sample-orders/{quoted_order}/vouchers", HOLDER, forbidden=INSIDERS),
    read("/sample-orders/{firm_order}/vouchers", AGENT, forbidden=INSIDERS),
    read("/sample-orders/{asked_order}/proposal", STEWARDS, forbidden=NOT_STAFF | TECHNICIAN),
    post("/sample-orders/{asked_order}/messages", HOLDER | HANDLING, TEXT, forbidden=AUDITOR),
    Line(
        "POST /api/v1/sample-orders/{asked_order}/attachments",
        HOLDER | HANDLING,
        ok=201,
        form=TEXT,
        files=FILES,
        forbidden=AUDITOR,
    ),
    step("/sample-orders/{asked_order}/attachments/{order_file}/remove", HANDLING, WHY, forbidden=NOT_STAFF),
    step("/sample-orders/{asked_order}/quote", STEWARDS, QUOTED, forbidden=NOT_STAFF | TECHNICIAN),
    step("/sample-orders/{asked_order}/refuse", STEWARDS, WHY, forbidden=NOT_STAFF | TECHNICIAN),
    step("/sample-orders/{quoted_order}/accept", HOLDER, {"quote_id": "{quote_id}", **AGREED}, forbidden=INSIDERS),
    step("/sample-orders/{firm_order}/accept", AGENT, {"quote_id": "{firm_quote_id}", **AGREED}, forbidden=INSIDERS),
    step("/sample-orders/{accepted_order}/send", HOLDER, {"courier": "顺丰"}, forbidden=INSIDERS),
    step("/sample-orders/{accepted_order}/receive", HANDLING, {}, forbidden=NOT_STAFF),
    step("/sample-orders/{questioned_order}/settle", HOLDER, {"answer": "go_on"}, forbidden=INSIDERS),
    step(
        "/sample-orders/{testing_order}/samples/1/record",
        HANDLING,
        {"state": "lost", "note": "x"},
        forbidden=NOT_STAFF,
    ),
    step("/sample-orders/{testing_order}/count", STEWARDS, {"counts": [3]}, forbidden=NOT_STAFF | TECHNICIAN),
    Line(
        "POST /api/v1/sample-orders/{testing_order}/results",
        HANDLING,
        ok=201,
        form={"is_final": "1"},
        files=FILES,
        forbidden=NOT_STAFF,
    ),
    step("/sample-orders/{reported_order}/approve", HOLDER, {}, forbidden=INSIDERS),
    step("/sample-orders/{reported_order}/dispute", HOLDER, WHY, forbidden=INSIDERS),
    step("/sample-orders/{disputed_order}/uphold", HANDLING, WHY, forbidden=NOT_STAFF),
    step("/sample-orders/{queued_order}/cancel", HOLDER | STEWARDS, WHY, forbidden=AUDITOR | TECHNICIAN),
    step("/sample-orders/{cancelled_order}/give-back", HANDLING, DISPOSED, forbidden=NOT_STAFF),
)
