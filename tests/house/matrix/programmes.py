"""Who may call what: voucher programmes, read and tried out by everybody, written by officers of the authority."""

from tests.factories.programmes import TERMS, TYPED
from tests.house.asking import NO_ONE
from tests.house.matrix.writing import page, post, read, sent, step
from tests.house.worlds import EVERYBODY

OFFICER = frozenset({"officer"})
NAMED = {"organisation_id": "{authority}", "year": 2027, "name_zh": "创新券 2027"}
THEIRS = NAMED | {"organisation_id": "{their_authority}"}
VERSION = TERMS | {"valid_from": "{later_day}"}
FORM = TYPED | {"valid_from": "{later_day}"}
CASE = {"service_type": "testing", "fee_fen": 200_000, "used_on": "2026-06-12"}
TRIED = "try=1&service_type=testing&fee_fen=2000&used_on=2026-06-12&is_recognised=1"
TYPED_CASE = CASE | {"fee_fen": "2000", "is_recognised": "1"}

PROGRAMMES = (
    page("/voucher-programmes"),
    page("/voucher-programmes/{programme}"),
    page(f"/voucher-programmes/{{programme}}?{TRIED}"),
    page("/voucher-programmes/{programme}/versions/1"),
    page("/voucher-programmes/new", OFFICER, other=403),
    page("/voucher-programmes/new?like={their_programme}", OFFICER, other=403),
    sent("/voucher-programmes/new", OFFICER, FORM | NAMED, other=403),
    sent("/voucher-programmes/new", NO_ONE, FORM | THEIRS, other=403),
    sent("/voucher-programmes/try", OFFICER, FORM | TYPED_CASE, ok=200, other=403),
    page("/voucher-programmes/{programme}/edit", OFFICER, other=403),
    page("/voucher-programmes/{their_programme}/edit", NO_ONE, other=403),
    sent("/voucher-programmes/{programme}/edit", OFFICER, FORM, other=403),
    sent("/voucher-programmes/{their_programme}/edit", NO_ONE, FORM, other=403),
    sent("/voucher-programmes/{programme}/try", OFFICER, FORM | TYPED_CASE, ok=200, other=403),
    read("/voucher-programmes", EVERYBODY),
    read("/voucher-programmes/{programme}", EVERYBODY),
    read("/voucher-programmes/{programme}/versions", EVERYBODY),
    post("/voucher-programmes", OFFICER, VERSION | NAMED, other=403),
    post("/voucher-programmes", NO_ONE, VERSION | THEIRS, other=403),
    post("/voucher-programmes/{programme}/versions", OFFICER, VERSION, other=403),
    post("/voucher-programmes/{their_programme}/versions", NO_ONE, VERSION, other=403),
    step("/voucher-programmes/{programme}/try", EVERYBODY - {"reader"}, CASE),
    step("/voucher-programmes/try", OFFICER, {"terms": TERMS, "case": CASE}, other=403),
)
