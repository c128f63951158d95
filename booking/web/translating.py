"""Looking up sentences as Flask-Babel does, without finding the language anew for each: a page says a hundred."""

from typing import Any

from babel.support import NullTranslations
from flask import Flask, current_app, g
from flask_babel import Babel, Domain
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup


class Remembering(Domain):  # type: ignore[misc]
    """The sentences, with those of the request's language kept beside it for as long as it is the language."""

    def get_translations(self) -> NullTranslations:
        """The sentences in the language of the moment."""
        try:
            here = vars(g._get_current_object()).get("_flask_babel")
        except RuntimeError:  # no application at all
            here = None
        language = getattr(here, "babel_locale", None)
        if language is None:
            return self._found()
        kept = getattr(here, "kept_translations", None)
        if kept is None or kept[0] is not language:
            kept = here.kept_translations = (language, self._found())
        return kept[1]

    def _found(self) -> NullTranslations:
        """Flask-Babel's own way."""
        found: NullTranslations = super().get_translations()
        return found


def gettext(sentence: str) -> str:
    """A sentence without values in the reader's language: for menus, which say forty on every page."""
    domain: Domain = current_app.extensions["babel"].instance.domain_instance
    found: str = domain.get_translations().ugettext(sentence)
    return found


def init_translating(app: Flask, babel: Babel) -> None:
    """Let views and templates look sentences up this way; after the extension was bound."""
    domain = babel.domain_instance = Remembering()

    @pass_eval_context
    def said(context: EvalContext, sentence: str, /, **values: Any) -> str:
        """The sentence in the reader's language with its values, escaped where the template escapes."""
        found = domain.get_translations().ugettext(sentence)
        text = Markup(found) if context.autoescape else found  # noqa: S704 - a sentence of ours
        return text % values if "%" in found else text

    app.jinja_env.globals.update(_=said, gettext=said)
