"""axe-core on a page: every violation as one line."""

from playwright.sync_api import Page

from tests.journeys.browsers import axe_source

RUN = """axe.run(document, {resultTypes: ["violations"], selectors: false, preload: false}).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`)))"""
"""Finds no selectors and hands over violations alone: both take longer than the looking itself."""


def violations(page: Page) -> list[str]:
    """`rule: element` for everything axe finds wrong on the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    found: list[str] = page.evaluate(RUN)
    return found
