"""Every page of the service in a real browser, narrow and wide, by turns in every manner, and its form sent empty."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, product, starmap
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, Response, ViewportSize, expect
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import local_date, utcnow
from models.directory import Organisation
from models.vocabulary.directory import OrganisationKind
from tests.factories.instruments import make_instrument
from tests.house.asking import Line
from tests.house.test_authorisation import MATRIX
from tests.house.worlds import World, build
from tests.journeys.axe import violations
from tests.journeys.browsers import axe_source
from tests.journeys.conftest import PHONE, WIDE, WIDEST, OpenContext
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
    """How a page is looked at: a language, a colour scheme, and the size of the window."""

    language: str
    scheme: Literal["light", "dark"]
    is_wide: bool


MANNERS = tuple(starmap(Manner, product(("zh", "en"), ("light", "dark"), (True, False))))
NUMBERS = re.compile(r"(?<=/)[^/]*\d[^/]*")
EMPTIED = """() => {
  const asks = (form) => form.querySelector("[required]:not([type=radio])");
  const form = [...document.querySelectorAll("main form[method=post]")].find(asks);
  if (!form) return "";
  form.id = "sent-empty";
  for (const one of form.querySelectorAll("input:not([type=hidden]):not([type=submit]), textarea, select")) {
    if (one.type === "checkbox" || one.type === "radio") one.checked = false;
    else one.value = "";
  }
  return new URL(form.action).pathname;
}"""
"""Empties the first form of the page that asks for something; where it goes to."""

SEND = "HTMLFormElement.prototype.submit.call(document.getElementById('sent-empty'))"
"""As a browser without script would, past what the browser itself checks."""

WIDTHS = "[d.clientWidth, d.scrollWidth - d.clientWidth]".replace("d.", "document.documentElement.")
BESIDE = (
    Visit("/vouchers", "agent"),
    Visit("/vouchers/register", "agent"),
    Visit("/vouchers/{elsewhere_voucher}", "agent"),
    Visit("/redemptions/{gathered_redemption}", "agent"),
    Visit("/redemptions/{submitted_redemption}", "agent"),
    Visit("/redemptions/{refused_redemption}", "agent"),
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
    Visit("/home", "agent"),
    Visit("/instruments/{their_published}", "agent"),
    Visit("/applications", "agent"),
    Visit("/applications/new", "agent"),
    Visit("/applications/{draft_application}", "agent"),
    Visit("/applications/{returned_application}", "agent"),
    Visit("/applications/{issued_application}", "agent"),
    Visit("/applications/{issued_application}/voucher", "agent"),
    Visit("/vouchers/{voucher}", "agent"),
    Visit("/vouchers/{elsewhere_voucher}/return", "agent"),
    Visit("/verified-documents", "agent"),
    Visit("/redemptions", "agent"),
    Visit("/redemptions/new?organisation={firm_id}", "agent"),
    Visit("/redemptions/captured?organisation={firm_id}", "agent"),
    Visit("/redemptions/{redemption}", "agent"),
    Visit("/redemptions/{paid_redemption}", "agent"),
    Visit("/charges", "agent"),
    Visit("/teams/invitations/{invited_secret}", "agent"),
    Visit("/registrations/{registration}/edit", "researcher"),
)
"""Empty lists, refusals and long names, which the matrix does not ask for; and what a firm's agent sees of vouchers."""

NO_PAGE = re.compile(
    r"^/api/v1/|\.(csv|ico|ics|json|pdf|txt|xlsx|xml|zip)(\?|$)|^/instruments/export|^/(healthz|metrics|readyz)$"
    r"|/statements/export(\?|$)"
    r"|^/(instruments|enquiries|sample-orders|invoices|contracts)/\{\w+\}/attachments/|/progress$"
    r"|^/applications/\{\w+\}/documents/|^/verified-documents/\{\w+\}/file$"
    r"|^/redemptions/\{\w+\}/(pack|files/)|^/vouchers/\{\w+\}/files/"
)
"""What is no page: data, or a file that a browser shows in a page of its own making or saves."""

PEOPLE = ("holder", "steward", "admin", "platform", "their_admin", "auditor", "officer")


def visits() -> list[Visit]:
    """Every kind of page that the authorisation matrix knows, as somebody who may read it, and those beside."""
    found: dict[str, Visit] = {}
    strangers = cycle((True, False))
    for line in MATRIX:
        kind = kind_of(line.path)
        if is_page(line) and kind not in found:
            people = [who for who in PEOPLE if who in line.let_in]
            is_stranger = not people or ("nobody" in line.let_in and next(strangers))
            found[kind] = Visit(line.path, NOBODY if is_stranger else people[0])
    return [*found.values(), *BESIDE]


def is_page(line: Line) -> bool:
    """Whether a line of the matrix opens a page for somebody."""
    return line.method == "GET" and bool(line.let_in) and line.ok == 200 and not NO_PAGE.search(line.path)


def looks() -> list[tuple[Visit, Manner]]:
    """Every visit with its manner: the manners take turns, among strangers and among people who are signed in."""
    turns: defaultdict[bool, Iterator[Manner]] = defaultdict(lambda: cycle(MANNERS))
    return [(visit, next(turns[visit.who == NOBODY])) for visit in visits()]


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


def test_every_manner_is_met_by_many_pages() -> None:
    met = Counter((manner, visit.who == NOBODY) for visit, manner in looks())

    assert len(met) == 2 * len(MANNERS)
    assert min(met.values()) >= 2


def test_every_page_is_opened_by_somebody_who_may_read_it() -> None:
    opened: defaultdict[str, set[str]] = defaultdict(set)
    for visit in visits():
        opened[kind_of(visit.path)].add(visit.who or "nobody")
    let_in: defaultdict[str, set[str]] = defaultdict(set)
    for line in filter(is_page, MATRIX):
        let_in[kind_of(line.path)] |= line.let_in

    assert [kind for kind, who in let_in.items() if not who & opened[kind]] == []


def test_pages_on_a_wide_screen_are_free_of_violations_and_never_scroll_sideways(
    open_context: OpenContext, house: House, world: World
) -> None:
    faults = faults_of(looks(), Tabs(open_context, house, world), is_wide=True)

    assert faults == []


def test_pages_on_a_phone_are_free_of_violations_and_never_scroll_sideways(
    open_context: OpenContext, house: House, world: World
) -> None:
    faults = faults_of(looks(), Tabs(open_context, house, world), is_wide=False)

    assert faults == []


@dataclass(frozen=True)
class Tabs:
    """One window for each person, turned to the manner that is wanted."""

    open_context: OpenContext
    house: House
    world: World
    opened: dict[str, Page] = field(default_factory=dict)

    def of(self, who: str, manner: Manner) -> Page:
        """The person's window, in this manner."""
        if who not in self.opened:
            context = self.open_context(self.world.users.get(who))
            context.set_default_timeout(60_000)
            context.add_init_script(axe_source())
            self.opened[who] = context.new_page()
        page = self.opened[who]
        page.context.add_cookies([{"name": "language", "value": manner.language, "url": self.house.address}])
        page.emulate_media(color_scheme=manner.scheme)
        resize(page, is_wide=manner.is_wide)
        return page


def faults_of(all_looks: Iterable[tuple[Visit, Manner]], tabs: Tabs, *, is_wide: bool) -> list[str]:
    """What is wrong with the pages that are first seen in this width, and with their forms sent empty."""
    found: list[str] = []
    sent: set[str] = set()
    for visit, manner in all_looks:
        if manner.is_wide != is_wide:
            continue
        page = tabs.of(visit.who, manner)
        answer = page.goto(str(tabs.world.filled(visit.path)), wait_until="domcontentloaded")
        faults = faults_in(page, answer, visit.status, manner)
        action = page.evaluate(EMPTIED)
        if action and kind_of(NUMBERS.sub("{}", action)) not in sent:
            sent.add(kind_of(NUMBERS.sub("{}", action)))
            resize(page, is_wide=is_wide)
            with page.expect_navigation(wait_until="domcontentloaded") as navigation:
                page.evaluate(SEND)
            faults += [f"sent empty: {one}" for one in faults_in(page, navigation.value, 422, manner)]
        found += [f"{visit.who or 'a stranger'} {visit.path} {manner}: {fault}" for fault in faults]
    return found


def faults_in(page: Page, answer: Response | None, status: int, manner: Manner) -> list[str]:
    """What is wrong with a page that has its manner's width: axe looks at it so, sideways scrolling in every width."""
    found = [] if answer and answer.status == status else [f"answered {answer and answer.status}"]
    if not str(page.locator("html").get_attribute("lang")).startswith(manner.language):
        found.append("another language")
    if page.locator("[data-calendar]").count():
        expect(page.locator(".calendar .ec-main")).to_be_visible()
    found += violations(page)
    found += sideways(page)
    for size in (PHONE if manner.is_wide else WIDE, WIDEST):
        page.set_viewport_size(ViewportSize(width=size["width"], height=size["height"]))
        found += sideways(page)
    return found


def resize(page: Page, *, is_wide: bool) -> None:
    """Give the window one of the two sizes."""
    size = WIDE if is_wide else PHONE
    page.set_viewport_size(ViewportSize(width=size["width"], height=size["height"]))


def sideways(page: Page) -> list[str]:
    """By how many pixels the page is wider than its window, if it is."""
    width, wider = page.evaluate(WIDTHS)
    return [f"{wider} px wider than {width} px"] if wider else []
