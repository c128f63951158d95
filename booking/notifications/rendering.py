"""Letters as text and HTML, in the recipient's language, with links to the public address."""

from flask import current_app, render_template
from flask_babel import force_locale
from jinja2 import TemplateNotFound
from werkzeug.test import EnvironBuilder

from booking.notifications.handling import Composed
from booking.notifications.letters import Letter


def compose(letter: Letter, address: str) -> Composed:
    """The rendered letter; works in jobs and commands, where there is no request."""
    environ = EnvironBuilder(path="/", base_url=address).get_environ()
    with current_app.request_context(environ), force_locale(str(letter.language)):
        rendered = render_template(f"mail/{letter.template}.txt", **letter.values)
        subject, _, body = rendered.strip().partition("\n")
        text = body.strip() + "\n"
        return Composed(subject.strip(), text, _html(letter, subject.strip(), text))


def _html(letter: Letter, subject: str, text: str) -> str:
    """The letter's own HTML, else its text in paragraphs with links that can be followed."""
    try:
        return render_template(f"mail/{letter.template}.html", subject=subject, **letter.values)
    except TemplateNotFound:
        paragraphs = [paragraph.splitlines() for paragraph in text.strip().split("\n\n")]
        return render_template("mail/_from_text.html", subject=subject, paragraphs=paragraphs)
