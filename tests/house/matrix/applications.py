"""Who may call what: applications for vouchers, written by who acts for the firm, reviewed by officers."""

from tests.factories.pictures import PDF
from tests.house.asking import Line
from tests.house.matrix.programmes import OFFICER
from tests.house.matrix.writing import AUDITOR, page, post, put, read, sent, step
from tests.house.worlds import PEOPLE

AGENT = frozenset({"agent"})
SEERS = AGENT | OFFICER | AUDITOR
NOT_FIRM, NOT_OFFICER = OFFICER | AUDITOR, AGENT | AUDITOR
DRAFT, READY, WAITING, PASSED, RETURNED, REFUSED, ISSUED, THEIRS = (
    f"applications/{{{name}_application}}"
    for name in ("draft", "ready", "waiting", "passed", "returned", "refused", "issued", "their")
)
WANTED = {"programme_id": "{open_programme}", "organisation_id": "{voucher_firm}", "statement": "做研发"}
NEW, TYPED = WANTED | {"amount_fen": 100_000}, WANTED | {"amount_fen": "1000"}
CHANGED = {"amount_fen": 200_000, "statement": "改了"}
FILES, AS_LICENCE = {"files": PDF}, {"document": "business_licence"}
READ, READ_PASSED = {"version": "{waiting_version}"}, {"version": "{passed_version}"}
LASTING = {"expires_on": {"business_licence": "{paper_lasts}"}}
LASTING_TYPED = {"expires_on.business_licence": "{paper_lasts}"}
WRONG = {"reason": "执照已注销"}
ELIGIBILITY = "programme={open_programme}&organisation={voucher_firm}&amount_fen=100000"
PAPER = "documents/business_licence"

APPLICATIONS = (
    page("/applications", PEOPLE),
    page("/applications/new", PEOPLE),
    sent("/applications/new", AGENT, TYPED, other=403),
    page(f"/{WAITING}", SEERS),
    page(f"/{DRAFT}", AGENT),
    page(f"/{PASSED}", SEERS),
    page(f"/{RETURNED}", SEERS),
    page(f"/{ISSUED}", SEERS),
    page(f"/{THEIRS}", AUDITOR),
    sent(f"/{DRAFT}/edit", AGENT, {"amount_fen": "2000", "statement": "改了"}),
    sent(f"/{RETURNED}/edit", AGENT, {"amount_fen": "2000", "statement": "改了"}, forbidden=NOT_FIRM),
    Line(f"POST /{DRAFT}/documents", AGENT, ok=303, form=AS_LICENCE, files=FILES),
    page(f"/{WAITING}/{PAPER}", SEERS),
    page(f"/{DRAFT}/{PAPER}", AGENT),
    page(f"/{THEIRS}/{PAPER}", AUDITOR),
    sent(f"/{DRAFT}/{PAPER}/remove", AGENT),
    sent(f"/{READY}/submit", AGENT),
    sent(f"/{RETURNED}/submit", AGENT, forbidden=NOT_FIRM),
    sent(f"/{WAITING}/withdraw", AGENT, forbidden=NOT_FIRM),
    sent(f"/{REFUSED}/again", AGENT, forbidden=NOT_FIRM),
    sent(f"/{WAITING}/review", OFFICER, READ | LASTING_TYPED, forbidden=NOT_OFFICER),
    sent(f"/{WAITING}/return", OFFICER, READ | {"return_reason": "缺章"}, forbidden=NOT_OFFICER),
    sent(f"/{WAITING}/refuse", OFFICER, READ | {"refuse_reason": "不符"}, forbidden=NOT_OFFICER),
    sent(f"/{PASSED}/issue", OFFICER, READ_PASSED, forbidden=NOT_OFFICER),
    page(f"/{ISSUED}/voucher", SEERS),
    page(f"/{ISSUED}/voucher.pdf", SEERS),
    page("/verified-documents", PEOPLE),
    page("/verified-documents/{verified_document}/file", SEERS),
    page("/verified-documents/{their_verified_document}/file", AUDITOR),
    page("/verified-documents/{verified_document}/withdraw", OFFICER, forbidden=NOT_OFFICER),
    sent("/verified-documents/{verified_document}/withdraw", OFFICER, WRONG, forbidden=NOT_OFFICER),
    step("/verified-documents/{verified_document}/withdraw", OFFICER, WRONG, forbidden=NOT_OFFICER),
    read("/voucher-applications", PEOPLE),
    read("/voucher-applications?to_review=1", PEOPLE),
    read(f"/voucher-applications/eligibility?{ELIGIBILITY}", AGENT, other=403),
    post("/voucher-applications", AGENT, NEW, other=403),
    read(f"/voucher-{DRAFT}", AGENT),
    read(f"/voucher-{WAITING}", SEERS),
    read(f"/voucher-{THEIRS}", AUDITOR),
    put(f"/voucher-{DRAFT}", AGENT, CHANGED),
    put(f"/voucher-{RETURNED}", AGENT, CHANGED, forbidden=NOT_FIRM),
    Line(f"POST /api/v1/voucher-{DRAFT}/documents", AGENT, form=AS_LICENCE, files=FILES),
    read(f"/voucher-{WAITING}/{PAPER}", SEERS),
    Line(f"DELETE /api/v1/voucher-{DRAFT}/{PAPER}", AGENT),
    step(f"/voucher-{READY}/submit", AGENT, {}),
    step(f"/voucher-{WAITING}/withdraw", AGENT, {}, forbidden=NOT_FIRM),
    step(f"/voucher-{WAITING}/review", OFFICER, READ | LASTING, forbidden=NOT_OFFICER),
    step(f"/voucher-{WAITING}/return", OFFICER, READ | {"reason": "缺章"}, forbidden=NOT_OFFICER),
    step(f"/voucher-{WAITING}/refuse", OFFICER, READ | {"reason": "不符"}, forbidden=NOT_OFFICER),
    step(f"/voucher-{PASSED}/issue", OFFICER, READ_PASSED, forbidden=NOT_OFFICER),
    post(f"/voucher-{REFUSED}/again", AGENT, {}, forbidden=NOT_FIRM),
    read(f"/voucher-{ISSUED}/voucher.pdf", SEERS),
    read("/verified-documents", PEOPLE),
    read("/verified-documents/{verified_document}/file", SEERS),
)
