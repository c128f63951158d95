"""Every page of the service in a real browser at both widths, by turns in Chinese and light or English and dark."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import local_date, utcnow
from models.directory import Organisation
from models.vocabulary.directory import OrganisationKind
from tests.factories.instruments import make_instrument
from tests.house.test_authorisation import MATRIX
from tests.house.worlds import World, build
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, WIDE, OpenContext
from tests.journeys.houses import House, serving

NOBODY = ""


@dataclass(frozen=True)
class Visit:
    """Who opens what, and with which status it answers."""

    path: str
    who: str = NOBODY
    status: int = 200


@dataclass(frozen=True)
class Manner:
    """How the pages are looked at: a language, a colour scheme, and two sizes of the window."""

    language: str
    scheme: str
    first: dict[str, int]
    then: dict[str, int]


MANNERS = (Manner("zh", "light", WIDE, PHONE), Manner("en", "dark", PHONE, WIDE))
WIDTHS = "[d.clientWidth, d.scrollWidth - d.clientWidth]".replace("d.", "document.documentElement.")
BESIDE = (
    Visit("/?q=our", "holder"),
    Visit("/?q=nothing+has+this+name&province=500000"),
    Visit("/?class=010000&mode=here"),
    Visit("/?free_from=soon", status=422),
    Visit("/instruments/{published}?starts_at={taken_start_local}&ends_at={taken_end_local}", "holder"),
    Visit("/instruments/{published}?starts_at={free_start_local}&ends_at={free_end_local}", "platform"),
    Visit("/instruments/{long}"),
    Visit("/organisations?q=nothing"),
    Visit("/organisations/{long_organisation}", "platform"),
    Visit("/catalogue?q=nothing", "steward"),
    Visit("/catalogue/{long}/edit", "platform"),
    Visit("/reservations", "suspended"),
    Visit("/reservations?state=wrong", "holder", 422),
    Visit("/reservations?past=1", "researcher"),
    Visit("/board?day={day}&view=week", "platform"),
    Visit("/sample-orders/{asked_order}", "steward"),
    Visit("/sample-orders/{accepted_order}", "steward"),
    Visit("/sample-orders/{disputed_order}", "admin"),
    Visit("/sample-orders/{reported_order}", "holder"),
    Visit("/confirm/unknown", status=410),
    Visit("/operations/jobs", "holder", 403),
    Visit("/no-such-page", status=404),
)
"""Empty lists, refusals and long names: what the matrix does not ask for."""

NO_PAGE = re.compile(
    r"^/api/v1/|\.(csv|ico|ics|json|txt|xlsx|xml|zip)(\?|$)|^/instruments/export|^/(healthz|metrics|readyz)$"
    r"|^/(instruments|enquiries|sample-orders)/\{\w+\}/attachments/|/progress$"
)
"""What is no page: data, or a file that a browser shows in a page of its own making or saves."""

PEOPLE = ("holder", "steward", "admin", "platform", "their_admin", "auditor")


def visits() -> list[Visit]:
    """Every kind of page that the authorisation matrix knows, as somebody who may read it, and those beside."""
    found: dict[str, Visit] = {}
    for line in MATRIX:
        if line.method == "GET" and line.let_in and line.ok == 200 and not NO_PAGE.search(line.path):
            who = next((who for who in PEOPLE if who in line.let_in), NOBODY)
            found.setdefault(kind_of(line.path), Visit(line.path, who))
    return [*found.values(), *BESIDE]


def kind_of(path: str) -> str:
    """Pages of one kind are made from the same template: the path without its numbers and its query."""
    return re.sub(r"\{\w+\}", "", path.partition("?")[0])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service of its own: a whole world comes into it."""
    with serving(tmp_path_factory.mktemp("every_page")) as running:
        yield running


@pytest.fixture(scope="module")
def world(house: House) -> World:
    """Two institutions with everything in them, and one whose names are as long as they may be."""
    with Session(house.engine, expire_on_commit=False) as session:
        world = build(session)
        owner = Organisation(
            name_zh="国家" + "超长名称联合研究院" * 22,
            name_en=("Institute" * 9 + " of long names ") * 2,
            kind=OrganisationKind.RESEARCH_INSTITUTE,
            adcode="500109",
            website="https://example.org/" + "a" * 170,
            created_at=utcnow(),
        )
        session.add(owner)
        session.flush()
        names: dict[str, Any] = {
            "name_zh": "our超" * 75,
            "name_en": "our" + "Spectrometer" * 8,
            "model": "JSM-7800F" * 30,
        }
        long = make_instrument(session, owner, street="天生路" * 60, fees_zh="每小时" * 200, **names)
        listing.refresh(session, [long.id])
        session.commit()
        day = (local_date(utcnow()) + timedelta(days=3)).isoformat()
        world.names |= {"long": long.id, "long_organisation": owner.id, "day": day}
        return world


def test_every_page_is_free_of_violations_and_never_scrolls_sideways(
    open_context: OpenContext, house: House, world: World
) -> None:
    tabs: dict[tuple[str, str], Page] = {}
    found: dict[str, list[str]] = {}

    for number, visit in enumerate(visits()):
        manner = MANNERS[number % len(MANNERS)]
        if (visit.who, manner.language) not in tabs:
            context = open_context(world.users.get(visit.who), color_scheme=manner.scheme)
            context.add_cookies([{"name": "language", "value": manner.language, "url": house.address}])
            context.set_default_timeout(60_000)
            tabs[visit.who, manner.language] = context.new_page()
        faults = faults_of(tabs[visit.who, manner.language], str(world.filled(visit.path)), visit.status, manner)
        if faults:
            found[f"{visit.who} {visit.path} {manner.language}"] = faults

    assert found == {}, "\n".join(f"{where}: {one}" for where, faults in found.items() for one in faults)


def faults_of(page: Page, path: str, status: int, manner: Manner) -> list[str]:
    """What is wrong with a page: axe looks at it in the first width, sideways scrolling is measured in both."""
    page.set_viewport_size(ViewportSize(width=manner.first["width"], height=manner.first["height"]))
    answer = page.goto(path)
    assert answer is not None
    found = [] if answer.status == status else [f"answered {answer.status}"]
    if not str(page.locator("html").get_attribute("lang")).startswith(manner.language):
        found.append("another language")
    if page.locator("[data-calendar]").count():
        expect(page.locator(".calendar .ec-main")).to_be_visible()
    found += [*violations(page), *sideways(page)]
    page.set_viewport_size(ViewportSize(width=manner.then["width"], height=manner.then["height"]))
    return [*found, *sideways(page)]


def sideways(page: Page) -> list[str]:
    """By how many pixels the page is wider than its window, if it is."""
    width, wider = page.evaluate(WIDTHS)
    return [f"{wider} px wider than {width} px"] if wider else []
