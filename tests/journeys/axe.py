"""axe-core on a page: every violation as one line."""

from playwright.sync_api import Page

from tests.journeys.browsers import axe_source

RUN = "axe.run(document, {resultTypes: ['violations'], preload: false})"


def violations(page: Page) -> list[str]:
    """`rule: element` for everything axe finds wrong on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    found = page.evaluate(RUN)["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
