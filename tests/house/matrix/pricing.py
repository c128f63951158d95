"""Who may call what: prices, read by everybody and set by few."""

from tests.house.asking import Line
from tests.house.matrix.writing import ADMINS, READERS, STEWARDS, page, post, read, sent, step
from tests.house.worlds import EVERYBODY, FINANCE

ONLY_READ = READERS - STEWARDS
PRICERS = STEWARDS | FINANCE
UNIT_PRICERS = ADMINS | FINANCE
PRICE = {"user_group": "其他", "valid_from": "{later_day}", "hourly_fen": 30_000}
FORM = {"user_group": "其他", "valid_from": "{later_day}", "hourly_fen": "300"}
USE = {"starts_at": "{free_start}", "ends_at": "{free_end}", "samples": 2}
OWN_TERMS = USE | {"terms": {"hourly_fen": 30_000}}
TYPED = {"starts_at": "{free_start_local}", "ends_at": "{free_end_local}", "hourly_fen": "300"}


def tried(path: str, let_in: frozenset[str], **more: object) -> Line:
    """A use that is tried out on a page: the page again, with the result."""
    return sent(path, let_in, TYPED, ok=200, **more)


BULK = {"id": ["{published}", "{draft}", "{withheld}"], "percent": "5", "valid_from": "{later_day}"}
CHANGE = {"instrument_ids": ["{published}", "{draft}", "{withheld}"], "change": 500, "valid_from": "{later_day}"}
SETTERS = PRICERS | {"their_steward", "their_admin"}

PRICING = (
    page("/instruments/{published}/prices"),
    page("/instruments/{published}/prices?try=1&starts_at={free_start_local}&ends_at={free_end_local}"),
    page("/instruments/{draft}/prices", READERS, nobody=404),
    page("/instruments/{published}/prices/edit", PRICERS, other=403),
    page("/instruments/{draft}/prices/edit", STEWARDS, forbidden=ONLY_READ),
    sent("/instruments/{published}/prices/edit", PRICERS, FORM, other=403),
    sent("/instruments/{draft}/prices/edit", STEWARDS, FORM, forbidden=ONLY_READ),
    tried("/instruments/{published}/prices/try", PRICERS, other=403),
    page("/units/{unit}/prices", UNIT_PRICERS, other=403),
    page("/units/{unit}/prices/edit", UNIT_PRICERS, other=403),
    sent("/units/{unit}/prices/edit", UNIT_PRICERS, FORM, other=403),
    tried("/units/{unit}/prices/try", UNIT_PRICERS, other=403),
    read("/instruments/{published}/prices", EVERYBODY),
    read("/instruments/{draft}/prices", READERS, nobody=404),
    post("/instruments/{published}/prices", PRICERS, PRICE, other=403),
    post("/instruments/{draft}/prices", STEWARDS, PRICE, forbidden=ONLY_READ),
    step("/instruments/{published}/prices/try", EVERYBODY - {"reader"}, USE),
    step("/instruments/{draft}/prices/try", READERS, USE, nobody=404),
    step("/instruments/{published}/prices/try", PRICERS, OWN_TERMS, other=403),
    read("/units/{unit}/prices", UNIT_PRICERS, other=403),
    read("/units/{their_unit}/prices", frozenset({"their_admin", "platform"}), other=403),
    post("/units/{unit}/prices", UNIT_PRICERS, PRICE, other=403),
    step("/units/{unit}/prices/try", UNIT_PRICERS, USE, other=403),
    page("/prices/bulk?id={published}&id={draft}&id={withheld}", SETTERS, other=403),
    sent("/prices/bulk/preview", SETTERS, BULK, ok=200, other=403),
    sent("/prices/bulk", SETTERS, BULK, ok=200, other=403),
    step("/prices/bulk", SETTERS, CHANGE, other=403),
)
