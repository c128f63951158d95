"""`/api/openapi.json` and the page that shows it, both from the one description of the API views."""

from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, render_template

from booking.web.openapi import document_of

bp = Blueprint("api_document", __name__)

PROBLEM = "application/problem+json"
DESCRIPTION = (
    "Times are RFC 3339 with an offset, money is in integer fen, lists answer items and next_cursor. "
    "Every refusal is application/problem+json (RFC 9457). Search and published instruments need no sign-in. "
    "Registering, confirming an address and resetting a password are pages only: they need a mailbox and a person."
)
SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal access token, made on the account page or by `flask token EMAIL`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "The browser's session; whatever changes something also sends the header X-CSRFToken.",
    },
}
SIGNED_IN: list[dict[str, list[str]]] = [{"bearer": []}, {"session": []}]
ANYBODY: list[dict[str, list[str]]] = [{}, *SIGNED_IN]
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is done once; kept for 24 hours.",
    "schema": {"type": "string", "maxLength": 200},
}
METHODS = ("get", "post", "put", "patch", "delete")


@bp.get("/api/openapi.json")
def openapi() -> Response:
    """The document, OpenAPI 3.1."""
    return jsonify(_document())


@bp.get("/api/docs")
def docs() -> str:
    """The same for people: every operation in a line, by group."""
    return render_template("operations/api_docs.html", groups=_groups())


@bp.get("/api/docs/<group>")
def group(group: str) -> str:
    """The operations of a group and the schemas they speak of; 404 for a group that is not."""
    operations = _groups().get(group)
    if operations is None:
        abort(404)
    schemas = _document()["components"]["schemas"]
    return render_template(
        "operations/api_group.html",
        group=group,
        operations=operations,
        schemas={name: schemas[name] for name in sorted(_spoken_of(operations, schemas))},
        words=type_words,
        problem=PROBLEM,
    )


def _groups() -> dict[str, list[dict[str, Any]]]:
    """The operations by the name of their group, each with its method and path."""
    document = _document()
    found: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in sorted(document["paths"].items()):
        for method, operation in sorted(methods.items(), key=lambda item: METHODS.index(item[0])):
            for tag in operation["tags"]:
                found[tag].append({"method": method.upper(), "path": path, **operation})
    return found


def _spoken_of(described: object, schemas: dict[str, Any]) -> set[str]:
    """The names of all schemas that a description leads to, through others too."""
    found: set[str] = set()
    waiting = _references(described)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= _references(schemas[name]) - found
    return found


def _references(described: object) -> set[str]:
    """The names of the schemas that a description itself refers to."""
    if isinstance(described, dict):
        own = {_name_of(described["$ref"])} if "$ref" in described else set()
        return own.union(*map(_references, described.values()))
    return set().union(*map(_references, described)) if isinstance(described, list) else set()


def _name_of(reference: str) -> str:
    """`#/components/schemas/X` names X."""
    return reference.rsplit("/", 1)[1]


def _document() -> dict[str, Any]:
    """What the views say, completed with what they all share; made once per application."""
    document: dict[str, Any] | None = current_app.extensions.get("api_document")
    if document is None:
        document = current_app.extensions["api_document"] = _completed(document_of(_application()))
    return document


def _application() -> Flask:
    """The application itself, not the proxy of it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def _completed(described: dict[str, Any]) -> dict[str, Any]:
    """A copy with server, security, the media type of refusals, and the header of safe repeats."""
    paths = {
        path: {method: _operation(operation) for method, operation in methods.items()}
        for path, methods in described["paths"].items()
    }
    return {
        **described,
        "openapi": "3.1.0",
        "info": {**described["info"], "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "security": ANYBODY,
        "components": {**described["components"], "securitySchemes": SCHEMES},
    }


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    """One operation; whoever may be refused with 401 must sign in."""
    responses = {status: _response(status, response) for status, response in operation["responses"].items()}
    parameters = list(operation["parameters"])
    if "201" in responses:
        parameters.append(IDEMPOTENCY_KEY)
    return {
        **operation,
        "parameters": parameters,
        "responses": responses,
        "security": SIGNED_IN if "401" in responses else ANYBODY,
    }


def _response(status: str, response: dict[str, Any]) -> dict[str, Any]:
    """Refusals have their own media type."""
    if status < "400" or "content" not in response:
        return response
    return {**response, "content": {PROBLEM: response["content"]["application/json"]}}


def type_words(schema: dict[str, Any]) -> str:
    """A schema in a few words: `string`, `list of X`, `X or null`."""
    if "$ref" in schema:
        return _name_of(schema["$ref"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(type_words(part) for part in schema[several]))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {type_words(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type", "any"))
