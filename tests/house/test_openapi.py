"""The OpenAPI document and the routes are the same."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").get_json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def test_every_route_is_in_the_document_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }

    assert set(operations(document)) == routes


def test_the_document_says_version_and_every_operation_a_summary_and_answers(document: dict[str, Any]) -> None:
    unnamed = [key for key, operation in operations(document).items() if not operation.get("summary")]
    unanswered = [key for key, operation in operations(document).items() if not operation.get("responses")]

    assert document["openapi"].startswith("3.1")
    assert unnamed == []
    assert unanswered == []


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = set(document["components"]["schemas"])

    assert {reference.rsplit("/", 1)[1] for reference in _references(document)} <= schemas


def test_refusals_are_described_as_problems(document: dict[str, Any]) -> None:
    for key, operation in operations(document).items():
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert list(answer["content"]) == ["application/problem+json"], (key, status)


@pytest.mark.parametrize(
    ("call", "names"),
    [
        ("GET /api/v1/charges", {"mine", "state", "limit", "cursor"}),
        ("GET /api/v1/payer-accounts", {"mine", "limit", "cursor"}),
        ("POST /api/v1/charges/{charge_id}/accept", set()),
        ("POST /api/v1/charges/{charge_id}/dispute", {"reason"}),
        ("POST /api/v1/charges/{charge_id}/resolve", {"reason"}),
        ("POST /api/v1/charges/{charge_id}/waive", {"reason"}),
        ("GET /api/v1/statements/{statement_id}", set()),
        ("GET /api/v1/statements/{statement_id}.{kind}", set()),
        ("POST /api/v1/voucher-applications", {"programme_id", "amount_fen"}),
        ("POST /api/v1/voucher-applications/{application_id}/submit", set()),
        ("POST /api/v1/voucher-applications/{application_id}/review", set()),
        ("POST /api/v1/voucher-applications/{application_id}/refuse", {"reason"}),
        ("POST /api/v1/voucher-applications/{application_id}/issue", set()),
        ("POST /api/v1/voucher-applications/{application_id}/documents", set()),
        ("GET /api/v1/vouchers", {"mine"}),
        ("POST /api/v1/redemptions", {"charge_ids"}),
        ("POST /api/v1/redemptions/{redemption_id}/review", set()),
        ("POST /api/v1/redemptions/{redemption_id}/publish", set()),
        ("POST /api/v1/redemptions/{redemption_id}/pay", set()),
        ("POST /api/v1/redemptions/{redemption_id}/reject", {"reason"}),
        ("POST /api/v1/redemptions/{redemption_id}/claw-back", {"reason"}),
        ("GET /api/v1/redemptions/{redemption_id}/pack.zip", set()),
        ("GET /api/v1/clearing", {"month"}),
        ("POST /api/v1/quotes", {"instrument_id", "starts_at", "ends_at"}),
        ("POST /api/v1/reservations", {"instrument_id", "starts_at", "ends_at", "purpose", "mode", "payer_account_id"}),
    ],
)
def test_calls_about_money_keep_the_names_that_the_contract_fixed(
    document: dict[str, Any], call: str, names: set[str]
) -> None:
    method, path = call.split()
    operation = operations(document)[method, path]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    asked = {one["name"] for one in operation.get("parameters", [])}

    assert names <= asked | set(_properties(document, body))


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("ChargeAnswer", {"id", "reservation_id", "state", "estimated_fen", "gross_fen", "voucher_fen", "own_fen"}),
        ("ChargeAnswer", {"lines"}),
        ("ChargeAnswer.PriceLine", {"label", "quantity", "unit_fen", "amount_fen"}),
        ("VoucherAnswer", {"id", "number", "state", "issued_fen", "held_fen", "captured_fen", "available_fen"}),
        ("VoucherAnswer", {"use_by", "redeem_by", "entries"}),
        ("ApplicationAnswer", {"id", "state", "amount_fen", "history"}),
        ("ClearingMonthAnswer.ClearingFiguresAnswer", {"issuer", "provider", "gross_fen", "voucher_fen", "owed_fen"}),
        ("QuoteAnswer", {"allowed", "refusals", "price"}),
        ("QuoteAnswer.BookingPrice", {"gross_fen", "voucher_fen", "own_fen", "lines", "decided_by"}),
        ("QuoteAnswer.PriceLine", {"label", "quantity", "unit_fen", "amount_fen"}),
    ],
)
def test_answers_about_money_keep_the_names_that_the_contract_fixed(
    document: dict[str, Any], schema: str, names: set[str]
) -> None:
    assert names <= set(_properties(document, document["components"]["schemas"][schema]))


def _properties(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _properties(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    found: dict[str, Any] = schema.get("properties", {})
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) and "schemas" in value["$ref"] else []
        return own + [found for inner in value.values() for found in _references(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in _references(inner)]
    return []
