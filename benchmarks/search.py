"""How fast the search answers over 100,000 instruments, with total, facets and a page of twenty.

`uv run python -m benchmarks.search [sqlite] [postgresql] [--instruments 100000] [--rounds 60] [--profile]`

The mix has as many searches of each kind: rare (one model), common (words that a third to all records
have), two-character, mixed Chinese and English, and none (facets and orders without words).
"""

import argparse
import cProfile
import pstats
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks import search_data
from benchmarks.harness import hello_rate, load, report, request_bytes, served
from booking.core.clock import local_date, utcnow
from booking.core.forms import read
from booking.recognitions.offers import offers_on
from booking.search.answers import instruments_found
from booking.search.asked import criteria_of
from booking.search.forms import ApiSearch
from booking.search.queries import select_instruments
from booking.search.reference import reference
from booking.search.results import results_of
from booking.search.shelves import forget_shelves
from booking.search.vouchers import costs_of
from booking.web.extensions import db
from tests.databases import migrated, postgresql_database, settings_for

ENGINES = ("sqlite", "postgresql")
P50_TARGET, P99_TARGET = 15.0, 150.0
NEW_TEXT = "first time a text is asked"

Query = dict[str, str]


def mix(rounds: int) -> dict[str, list[Query]]:
    """So many searches of each kind, the same in every run."""
    chance = random.Random(7)
    pick = chance.choice
    districts = ("500109", "500106", "510703", "510104")
    kinds: dict[str, Callable[[], Query]] = {
        "rare": lambda: {"q": f"{pick(search_data.LETTERS)}-{chance.randrange(1000, 10000)}{pick('ABCFX')}"},
        "common": lambda: {"q": pick(("检测报告", "分析", "大学", "数据处理", "spectrometer", "企业", "nm"))},
        "two-character": lambda: {
            "q": pick(("电镜", "质谱", "色谱", "拉曼", "陶瓷", "合金", "低温", "粒径", "光谱", "天平"))
        },
        "mixed": lambda: {"q": f"{pick(search_data.KINDS)} {pick(search_data.WORDS_EN)} {pick(search_data.ABILITIES)}"},
        "none": lambda: pick(
            (
                {},
                {"province": pick(("500000", "510000")), "sort": "name"},
                {"class": pick(("010000", "010100", "020000"))},
                {"mode": "here", "in_service": "true"},
                {"near_district": pick(districts), "max_km": "100", "sort": "distance"},
            )
        ),
    }
    return {name: [make() for _ in range(rounds)] for name, make in kinds.items()}


def answered(session: Session, query: Query) -> int:
    """One search as the API does it, without HTTP; the size of its answer."""
    now = utcnow()
    offers = offers_on(session, local_date(now))
    selection = select_instruments(session, criteria_of(session, read(ApiSearch, query)), offers)
    results = results_of(session, selection.page(0, 20))
    costs = costs_of(session, results, offers, None, now=now)
    found = instruments_found(session, reference(session), selection, results, costs, next_cursor=None)
    return len(found.model_dump_json(by_alias=True))


def timed(work: Callable[[Query], object], queries: list[Query]) -> list[float]:
    """Milliseconds of each."""
    found = []
    for query in queries:
        started = time.perf_counter()
        work(query)
        found.append((time.perf_counter() - started) * 1000)
    return found


def line(name: str, durations: list[float], *, judged: bool = False) -> None:
    """p50 and p99 of one kind."""
    cuts = statistics.quantiles(durations, n=100, method="inclusive")
    verdict = ""
    if judged:
        verdict = f"   target p50 {P50_TARGET:g}, p99 {P99_TARGET:g}: "
        verdict += "met" if cuts[49] <= P50_TARGET and cuts[98] <= P99_TARGET else "MISSED"
    print(f"  {name:<46} p50 {cuts[49]:7.2f} ms   p99 {cuts[98]:7.2f} ms{verdict}", flush=True)


def table(title: str, work: Callable[[Query], object], queries: dict[str, list[Query]]) -> None:
    """One line per kind, and one for the mix in random order."""
    print(title)
    found: dict[str, list[float]] = {name: [] for name in queries}
    order = [(name, query) for name, asked in queries.items() for query in asked]
    random.Random(1).shuffle(order)
    for name, query in order:
        found[name] += timed(work, [query])
    for name, durations in found.items():
        line(name, durations)
    line("the mix", [duration for durations in found.values() for duration in durations], judged=True)


def measure(app: Flask, rounds: int, *, profiles: bool) -> None:
    """The searches in this process: cold, warm, through the whole application."""
    queries = mix(rounds)
    client = app.test_client()
    with app.app_context(), Session(db.engine) as session:
        forget_shelves()
        line("the first search of a process", timed(lambda query: answered(session, query), [{}]) * 2)
        new = {name: list({str(query): query for query in asked}.values()) for name, asked in queries.items()}
        table(f"the search alone, {NEW_TEXT}", lambda query: answered(session, query), new)
        table("the search alone, texts asked before", lambda query: answered(session, query), queries)
        if profiles:
            profile(lambda query: answered(session, query), [query for asked in queries.values() for query in asked])
    table("API request in process", lambda query: client.get("/api/v1/instruments", query_string=query), queries)
    table("page in process", lambda query: client.get("/", query_string=query), queries)


def profile(work: Callable[[Query], object], queries: list[Query]) -> None:
    """Where the time of the mix goes."""
    profiler = cProfile.Profile()
    profiler.enable()
    timed(work, queries)
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(20)


def over_http(url: str, folder: str, rounds: int) -> None:
    """The mix over HTTP from one client, and from sixteen, beside a hello."""
    hello = hello_rate()
    report("hello", hello, hello)
    asked = [query for queries in mix(rounds).values() for query in queries]
    random.Random(2).shuffle(asked)
    requests = [request_bytes("GET", f"/api/v1/instruments?{urlencode(query)}") for query in asked]
    with served("app:create_app()", BOOKING_DATABASE_URL=url, BOOKING_DATA_DIR=folder, BOOKING_RUNS_JOBS="0") as port:
        load(port, lambda _client: requests, clients=4)
        report("the mix, one client", load(port, lambda _client: requests, clients=1), hello)
        report("the mix, sixteen clients", load(port, lambda _client: requests), hello)


def main() -> None:
    """Measure each engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", choices=[*ENGINES, []], default=[])
    parser.add_argument("--instruments", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--profile", action="store_true")
    wanted = parser.parse_args()
    for engine in wanted.engines or ENGINES:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            url = f"sqlite:///{Path(folder) / 'search.sqlite3'}"
            if engine == "postgresql":
                url = stack.enter_context(postgresql_database("benchmark_search"))
            app = migrated(settings_for(url, Path(folder)))
            prepare(app, engine, wanted.instruments)
            measure(app, wanted.rounds, profiles=wanted.profile)
            with app.app_context():
                db.engine.dispose()
            over_http(url, folder, wanted.rounds)


def prepare(app: Flask, engine: str, count: int) -> None:
    """Fill the database and let the engine look at it."""
    started = time.perf_counter()
    with app.app_context():
        with Session(db.engine.execution_options(writes=True)) as session:
            search_data.fill(session, count)
            session.commit()
        with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE" if engine == "postgresql" else "ANALYZE"))
        db.session.remove()
    print(f"\n{engine}: {count} instruments listed in {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
