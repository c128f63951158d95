"""Machines of Hypothesis on both engines: people try things in an emptied database, and some of it must come about."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from hypothesis.strategies import SearchStrategy
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Refused
from booking.web.extensions import db, transaction
from tests import databases
from tests.counting import Statements, counting

MINUTE = timedelta(minutes=1)
picks = st.integers(0, 5)
"""Which of several; counted round where there are fewer."""
Method = TypeVar("Method", bound=Callable[..., None])

OF_A_WALK = "of_a_walk"


def tried(times: int = 1, **arguments: SearchStrategy[Any]) -> Callable[[Method], Method]:
    """A method that is one of the steps of a walk, tried so many times as often as others.

    It is no rule of its own: of those Hypothesis leaves out half in each walk, and here walks are few.
    """

    def marked(method: Method) -> Method:
        setattr(method, OF_A_WALK, (times, st.fixed_dictionaries(arguments)))
        return method

    return marked


@contextmanager
def emptied(app: Flask) -> Iterator[None]:
    databases.empty(app)
    with app.app_context():
        yield
        db.session.remove()


class InEmptyDatabase(RuleBasedStateMachine):
    """A machine that begins in an emptied database each time."""

    app: Flask

    def __init__(self) -> None:
        super().__init__()
        self.context = ExitStack()
        self.context.enter_context(emptied(self.app))

    def teardown(self) -> None:
        self.context.close()


class Proving(RuleBasedStateMachine):
    """A machine whose invariants ask the database alone, which takes far longer than what is done between.

    They are asked wherever something was written, even if it was taken back, or a day went by since they held last;
    else they would read the same again.
    """

    statements: Statements
    held_on: date | None = None

    def check_invariants(self, *given: Any) -> None:
        if self._initialize_rules_to_run or self._is_news():
            super().check_invariants(*given)
            self.statements.texts.clear()
            self.held_on = self._today()

    def _is_news(self) -> bool:
        is_written = any(not text.lstrip().startswith("SELECT") for text in self.statements.texts)
        return is_written or self.held_on != self._today()

    def _today(self) -> date | None:
        now: datetime | None = getattr(self, "now", None)
        return now and now.date()


class Walk(Proving, InEmptyDatabase):
    """People try one step after another; what took effect is counted by its name.

    `initialize` says who they are and when it begins, and leads one life through what must take effect, so that chance
    goes on from there and cannot miss it.
    """

    done: Counter[str]
    who: dict[str, Actor]
    now: datetime

    def __init__(self) -> None:
        super().__init__()
        self.statements = self.context.enter_context(counting())

    @rule(data=st.data())
    def walk_on(self, data: st.DataObject) -> None:
        """One step or another."""
        steps = self._steps()
        name = data.draw(st.sampled_from([name for name, (times, _) in steps.items() for _ in range(times)]))
        getattr(self, name)(**data.draw(steps[name][1], label=name))

    @classmethod
    def _steps(cls) -> dict[str, tuple[int, SearchStrategy[dict[str, Any]]]]:
        """The steps by name, with how often each is tried and what it takes."""
        methods = {name: method for one in reversed(cls.__mro__) for name, method in vars(one).items()}
        return {name: getattr(method, OF_A_WALK) for name, method in methods.items() if hasattr(method, OF_A_WALK)}

    def teardown(self) -> None:
        with self.context:
            if hasattr(self, "who"):
                self.finish()

    def finish(self) -> None:
        """What holds when everything is over."""

    def attempt(self, step: str, work: Callable[..., Any], *given: Any, by: str, **named: Any) -> None:
        """Do it as somebody would; what is refused changes nothing, which the invariants see, and is counted too."""
        self.now += MINUTE
        try:
            transaction(work, *given, actor=self.who[by], now=self.now, **named)
        except Refused as refused:
            self.done[f"{step}: {refused.code}"] += 1
        else:
            self.done[step] += 1

    def attempt_at(
        self, table: Any, pick: int, step: str, work: Callable[..., Any], *given: Any, by: str, **named: Any
    ) -> None:
        """The same with one of the rows, if there are any."""
        if found := self.ids(table):
            self.attempt(step, work, found[pick % len(found)], *given, by=by, **named)

    def ids(self, table: Any) -> list[int]:
        with Session(db.engine) as session:
            return list(session.scalars(select(table.id).order_by(table.id)))


def walk(app: Flask, machine: type[Walk], must: Collection[str], *, walks: int, steps: int) -> None:
    """Lead the machine anywhere so often and so far; proves nothing unless each step that `must` names took effect."""
    took_effect: Counter[str] = Counter()

    run(app, machine, walks=walks, steps=steps, done=took_effect)

    assert set(must) <= set(+took_effect), took_effect


def run(app: Flask, machine: type[InEmptyDatabase], *, walks: int, steps: int, **known: Any) -> None:
    """Run a machine on this engine so often, so many steps each time."""
    bounded = settings(
        max_examples=walks, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_machine(type(machine.__name__, (machine,), {"app": app, **known}), settings=bounded)
