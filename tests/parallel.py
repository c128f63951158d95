"""Tests on every core: each worker keeps to one engine as long as it can, and storms of two engines end the run."""

import os
from collections.abc import Iterable

import pytest
from hypothesis import Phase, settings
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

STORMS = ("tests/storms/", "tests/operations/test_serving.py")
"""Where tests of many processes stand."""

STORMS_AT_ONCE = 2
TOGETHER = (
    "tests/house/test_authorisation.py",
    "tests/journeys/test_every_page.py",
    "tests/house/test_bad_input.py",
    "tests/demo/test_loading.py",
)
"""Files whose world takes long to make: one worker runs all of each on one engine, and these begin before all others,
the longest first, so that none waits for them."""

ENGINES = ("sqlite", "postgresql")
ORDER = {"sqlite": 0, None: 1, "postgresql": 2}


def wants_everything(config: pytest.Config) -> bool:
    """Whether the whole suite was asked for, by one who did not say how to run it."""
    if hasattr(config, "workerinput") or not config.pluginmanager.hasplugin("xdist"):
        return False
    asked = config.option
    selected = asked.file_or_dir or asked.keyword or asked.collectonly or asked.usepdb
    return asked.numprocesses is None and not selected


def use_every_core(config: pytest.Config) -> None:
    """One worker more than cores, since many tests wait for disks or servers; each keeps what it compiles."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    config.option.numprocesses = len(os.sched_getaffinity(0)) + 1
    config.option.dist = "loadscope"


def report_as_found(config: pytest.Config) -> None:
    """Let a whole run report what a machine found as it found it: making it small takes minutes of every machine.

    The test run by itself makes it small; `@reproduce_failure` is printed with it.
    """
    if hasattr(config, "workerinput") or "CI" in os.environ:
        kept = [phase for phase in Phase if phase not in {Phase.shrink, Phase.explain}]
        settings.register_profile("as_found", phases=kept, print_blob=True)
        settings.load_profile("as_found")


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """SQLite, then what needs no engine, then PostgreSQL, so that an application is built once; storms at the end."""
    return sorted(items, key=lambda item: (item.nodeid.startswith(STORMS), ORDER[_engine(item)]))


def _engine(item: pytest.Item) -> str | None:
    """The engine of the application that a test uses."""
    call = getattr(item, "callspec", None)
    return call.params.get("engine_app") if call else None


def say_less(report: pytest.TestReport) -> None:
    """Keep to itself what a passed test has logged: to hand all of it over takes long, and nobody reads it."""
    if report.passed:
        report.sections = []


class FromBothEnds(LoadScopeScheduling):  # type: ignore[misc]
    """Even workers take from the start, odd ones from the end; when nothing but storms is left, two stay for them."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        """What goes to one worker: a test function on one engine, or all of a file whose tests stay together."""
        function, _, parameters = nodeid.partition("[")
        engine = next((name for name in ENGINES if name in parameters), "")
        return f"{function.partition('::')[0] if nodeid.startswith(TOGETHER) else function} {engine}"

    def _reschedule(self, node: WorkerController) -> None:
        """Give so much that it can go on, or end it where as many as storms can bear are left without it."""
        if node not in self.registered_collections:
            return
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) <= 2:
            if self.workqueue and not self._ordinary() and self._is_one_too_many():
                node.shutdown()
                return
            super()._reschedule(node)

    def _is_one_too_many(self) -> bool:
        """Whether more workers are at work than storms can bear."""
        return sum(not node.shutting_down for node in self.nodes) > STORMS_AT_ONCE

    def _assign_work_unit(self, node: WorkerController) -> None:
        """The longest files first, then the next from this worker's end, storms last."""
        long = [scope for file in TOGETHER for scope in self.workqueue if scope.startswith(file)]
        waiting = self._ordinary() or list(self.workqueue)
        takes_last = int(node.gateway.id.removeprefix("gw")) % 2
        self.workqueue.move_to_end((long or waiting)[-1 if takes_last and not long else 0], last=False)
        super()._assign_work_unit(node)

    def _ordinary(self) -> list[str]:
        """What may run beside any number of other tests."""
        return [scope for scope in self.workqueue if not scope.startswith(STORMS)]
