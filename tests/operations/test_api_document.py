import re
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.accounts.tokens import NewToken, make_token
from booking.api_document import type_words
from booking.core.clock import utcnow
from booking.web.extensions import transaction
from tests.factories.people import actor_for, make_user, sign_in


def test_the_document_says_who_must_sign_in_and_how_refusals_look(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()

    me = document["paths"]["/api/v1/me"]["get"]
    assert document["openapi"].startswith("3.1")
    assert set(document["components"]["securitySchemes"]) == {"bearer", "session"}
    assert me["security"] == [{"bearer": []}, {"session": []}]
    assert list(me["responses"]["401"]["content"]) == ["application/problem+json"]
    assert {} in document["paths"]["/api/v1/instruments"]["get"]["security"]


def test_every_operation_stands_on_the_pages_for_people(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]

    index = client.get("/api/docs").get_data(as_text=True)
    pages = {tag["name"]: client.get(f"/api/docs/{tag['name']}").get_data(as_text=True) for tag in document["tags"]}

    links = [f'href="/api/docs/{quote(one["tags"][0])}#{quote(one["operationId"])}"' for one in operations]
    assert [link for link in links if link not in index] == []
    assert [one["operationId"] for one in operations if f'id="{one["operationId"]}"' not in pages[one["tags"][0]]] == []


def test_every_schema_that_a_page_names_stands_on_it(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").get_json()
    pages = [client.get(f"/api/docs/{tag['name']}").get_data(as_text=True) for tag in document["tags"]]

    links = [set(re.findall(r'href="#(schema-[^"]+)"', page)) for page in pages]
    found = [set(re.findall(r'id="(schema-[^"]+)"', page)) for page in pages]

    assert [named - there for named, there in zip(links, found, strict=True)] == [set()] * len(pages)
    assert "schema-ReservationAnswer" in set().union(*links)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"$ref": "#/components/schemas/MeAnswer"}, "MeAnswer"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": {"type": "integer"}}, "list of integer"),
        ({"enum": ["a", "b"]}, "a | b"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({}, "any"),
    ],
)
def test_a_schema_in_words(schema: dict[str, object], words: str) -> None:
    assert type_words(schema) == words


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.mark.usefixtures("strict")
def test_a_browser_session_needs_a_csrf_token(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))

    page, api = client.post("/sign-out"), client.post("/api/v1/feeds", json={"scope": "mine"})

    assert (page.status_code, api.status_code) == (400, 400)
    assert api.get_json()["code"] == "csrf"


@pytest.mark.usefixtures("strict")
def test_a_bearer_token_needs_none_and_no_cookie_counts_beside_it(client: FlaskClient, session: Session) -> None:
    user, other, now = make_user(session), make_user(session, "other"), utcnow()
    _, secret = transaction(
        make_token, NewToken("script", may_write=True, days=1), actor=actor_for(session, user, now=now), now=now
    )
    sign_in(client, other)

    made = client.post("/api/v1/feeds", json={"scope": "mine"}, headers={"Authorization": f"Bearer {secret}"})
    forged = client.post("/api/v1/feeds", json={"scope": "mine"}, headers={"Authorization": "Bearer forged"})
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})

    assert (made.status_code, forged.status_code) == (201, 401)
    assert me.get_json()["email"] == user.email


@pytest.mark.parametrize(("method", "path"), [("GET", "/account"), ("POST", "/operations/jobs/post/run")])
def test_a_forged_token_gets_401_on_a_page_too(client: FlaskClient, method: str, path: str) -> None:
    response = client.open(path, method=method, headers={"Authorization": "Bearer forged"})

    assert response.status_code == 401
