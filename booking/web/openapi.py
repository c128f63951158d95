"""Describing API views: what they read and answer, collected into one OpenAPI document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from pydantic import BaseModel
from spectree import Response, SpecTree
from spectree.model_adapter.protocol import SchemaMode
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter

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
    changed: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a view reads and answers."""

    tag: str
    answers: Mapping[int, type[BaseModel] | None]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    form: type[BaseModel] | None
    refusals: tuple[int, ...]


_described: dict[Callable[..., Any], Description] = {}


def documented(
    *,
    tag: str,
    answers: Mapping[int, type[BaseModel] | None],
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    form: type[BaseModel] | None = None,
    refusals: tuple[int, ...] = (),
) -> Callable[[ViewT], ViewT]:
    """Say for the OpenAPI document what an API view reads and answers; reading and checking stay with `web.reading`."""

    def describe(view: ViewT) -> ViewT:
        _described[view] = Description(tag, answers, query, body, form, refusals)
        return view

    return describe


class _OnceEach(PydanticModelAdapter):
    """Makes the schema of a model once, however many views name it."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[tuple[type[Any], str, str], dict[str, Any]] = {}

    def json_schema(self, model: type[Any], *, ref_template: str, mode: SchemaMode = "validation") -> dict[str, Any]:
        """The schema, which spectree copies before it changes it."""
        key = (model, ref_template, mode)
        if key not in self._made:
            self._made[key] = super().json_schema(model, ref_template=ref_template, mode=mode)
        return self._made[key]


def document_of(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of the application's described views, as spectree writes it.

    Schemas take long to make, so nothing of it happens before somebody asks.
    """
    spec = SpecTree(
        "flask",
        title="川渝仪器共享 · Chuanyu Instruments",
        version="1",
        path="api/docs-raw",
        mode="strict",
        annotations=False,
        naming_strategy=schema_name,
        validation_error_model=ProblemDocument,
        model_adapter=_OnceEach(),  # type: ignore[arg-type]
    )
    shown = Flask("api")
    shown.url_map.converters.update(app.url_map.converters)
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if view in _described:
            methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
            shown.add_url_rule(rule.rule, rule.endpoint, _for_spectree(spec, view), methods=methods)
    with shown.app_context():
        document: dict[str, Any] = spec.spec
    return document


def _for_spectree(spec: SpecTree, view: Callable[..., Any]) -> Callable[..., Any]:
    """The view as spectree wants it; never called."""
    one = _described[view]
    found: dict[str, Any] = {f"HTTP_{status}": model for status, model in one.answers.items()}
    found |= {f"HTTP_{status}": ProblemDocument for status in one.refusals}
    decorate = spec.validate(
        query=one.query,
        json=one.body,
        form=one.form,
        resp=Response(**found),
        tags=[one.tag],
        skip_validation=True,
    )
    decorated: Callable[..., Any] = decorate(view)
    return decorated
