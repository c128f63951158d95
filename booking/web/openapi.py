"""Describing API views: what they read and answer, collected into one OpenAPI document."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel
from spectree import Response, SpecTree

ViewT = TypeVar("ViewT", bound=Callable[..., Any])

_named: dict[str, Any] = {}


def schema_name(model: Any) -> str:
    """The class's own name; two models of one name in one document are refused at start."""
    name: str = model.__name__
    if _named.setdefault(name, model) is not model:
        raise ValueError(f"two API models are called {name}")
    return name


class FieldProblem(BaseModel):
    """One wrong field."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """The body of every refusal (RFC 9457), `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    problems: list[FieldProblem] | None = None
    refusals: list[dict[str, Any]] | None = None


spec = SpecTree(
    "flask",
    title="川渝仪器共享 · Chuanyu Instruments",
    version="1",
    path="api/docs-raw",
    mode="strict",
    annotations=False,
    naming_strategy=schema_name,
    validation_error_model=ProblemDocument,
)


def documented(
    *,
    tag: str,
    answers: Mapping[int, type[BaseModel] | None],
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    form: type[BaseModel] | None = None,
    refusals: tuple[int, ...] = (),
) -> Callable[[ViewT], ViewT]:
    """Put an API view into the OpenAPI document; reading and checking stay with `web.reading`."""
    found: dict[str, Any] = {f"HTTP_{status}": model for status, model in answers.items()}
    found |= {f"HTTP_{status}": ProblemDocument for status in refusals}
    decorate: Callable[[ViewT], ViewT] = spec.validate(
        query=query, json=body, form=form, resp=Response(**found), tags=[tag], skip_validation=True
    )
    return decorate
