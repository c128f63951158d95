"""The operator's own text on personal data: read at start, shown safely, agreed to by its version."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.operator_text import operator_text
from booking.core.plain_markdown import rendered
from booking.settings import BadSettings, read_settings
from models.privacy import Consent
from tests.factories.looking import look_again
from tests.factories.passwords import PASSWORD
from tests.factories.people import make_user, sign_in

WRITTEN = """version: 2027-01-15
--- zh
# 谁处理信息
- 运行者：**某研究院**
- [来信](mailto:dpo@example.cn)

<script>alert(1)</script>
--- en
# Who processes data
Some institute
"""


@pytest.fixture
def own_text(app: Flask) -> Iterator[None]:
    app.config["PRIVACY_TEXT"] = operator_text(WRITTEN)
    yield
    app.config["PRIVACY_TEXT"] = None


def test_a_few_marks_become_html_and_everything_else_is_text() -> None:
    text = "## 标题 <b>\n第一行\n第二行\n\n1. **甲**\n2. [乙](https://x.cn/?a=1&b=2)\n- [坏](javascript:alert(1))"

    assert rendered(text) == (
        "<h3>标题 &lt;b&gt;</h3>\n<p>第一行<br>第二行</p>\n"
        '<ol><li><strong>甲</strong></li><li><a href="https://x.cn/?a=1&amp;b=2">乙</a></li></ol>\n'
        "<ul><li>[坏](javascript:alert(1))</li></ul>"
    )


@given(st.text(alphabet="<>\"'&[]()*#- \nahttps:/", max_size=60))
def test_no_text_opens_a_tag_of_its_own(text: str) -> None:
    allowed = {"h2", "h3", "h4", "p", "br", "ul", "ol", "li", "strong", "a"}

    tags = {piece.split(">")[0].split(" ")[0].strip("/") for piece in str(rendered(text)).split("<")[1:]}

    assert tags <= allowed


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param("--- zh\n甲\n--- en\nA", "must begin with a line such as version", id="no version"),
        pytest.param("version: 2027-02-30\n--- zh\n甲\n--- en\nA", "2027-02-30 is no day", id="no such day"),
        pytest.param("version: 2027-01-15\n--- zh\n甲", "has no words under --- en", id="one language"),
    ],
)
def test_a_file_that_says_too_little_is_refused_at_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, said: str
) -> None:
    file = tmp_path / "privacy.md"
    monkeypatch.setenv("BOOKING_PRIVACY_FILE", str(file))
    with pytest.raises(BadSettings, match=r"BOOKING_PRIVACY_FILE: .*cannot be read"):
        read_settings()
    file.write_text(written, "utf-8")

    with pytest.raises(BadSettings, match=said):
        read_settings()


@pytest.mark.usefixtures("own_text")
def test_the_own_text_is_shown_and_agreed_to_by_its_version(client: FlaskClient, session: Session) -> None:
    form = {"name": "Lin", "email": "lin@example.org", "password": PASSWORD, "agrees": "1"}
    client.post("/register", data=form)
    asked = make_user(session, "asked")
    before = session.scalars(select(Consent.version).where(Consent.user_id == asked.id)).all()
    sign_in(client, asked)

    page = client.get("/privacy").get_data(as_text=True)
    home = client.get("/account").get_data(as_text=True)
    client.post("/privacy/agree", data={"next": "/account"})
    after = client.get("/account").get_data(as_text=True)

    look_again(session)
    assert ("<strong>某研究院</strong>" in page, "保存什么，为什么" in page) == (True, False)
    assert "&lt;script&gt;alert(1)" in page
    assert ("有了新版本" in home, "有了新版本" in after) == (True, False)
    versions = session.scalars(select(Consent.version).where(Consent.user_id == asked.id).order_by(Consent.id)).all()
    assert versions == [*before, date(2027, 1, 15)]
    assert session.scalars(select(Consent.version).where(Consent.user_id != asked.id)).all() == [date(2027, 1, 15)]
    assert client.get("/api/v1/me/consent").get_json() == {"version": "2027-01-15", "has_agreed": True}
