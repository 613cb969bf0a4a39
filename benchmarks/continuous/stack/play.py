"""The days, one after the other: asked first, delivered with their labels a week later."""

import time
from contextlib import closing
from pathlib import Path

from benchmarks.continuous.stack.caller import Caller
from benchmarks.continuous.stack.journal import Begun, Journal
from benchmarks.continuous.stack.place import MODEL, Pace
from benchmarks.continuous.year import LABEL_DAYS, SPEC, Year
from benchmarks.telling import say
from gitops.policy import POLICY_PATH
from platform_assets.defs.fraud.dirt import write_csv
from platform_assets.defs.fraud.simulator import deliveries
from resources.inference import infer_path
from serving.signature import Signature
from tests.support.stack import Stack, until

FIRST = 60
TRAINING_SECONDS = 1800.0
CALLER = "payments"


class Play:
    """One play in a folder, whose stack is up."""

    def __init__(self, stack: Stack, year: Year, pace: Pace, folder: Path) -> None:
        self._stack, self._year, self._pace = stack, year, pace
        self._made = folder / "made"
        self._journal = Journal(folder / "journal")
        self._delivered = 0

    def run(self) -> None:
        self._make()
        self._first_version()
        begun = self._begun()
        self._journal.begin(begun)
        try:
            with closing(self._caller()) as caller:
                for day in range(FIRST, self._year.days):
                    self._day(caller, begun, day)
        finally:
            self._journal.ran(self._stack.runs(MODEL))

    def _make(self) -> None:
        """Write every day's file beside the landing folder, of the customers looked at."""
        self._made.mkdir()
        for name, rows in deliveries(self._year.days):
            number = rows["customer_id"].str[1:].astype(int)
            write_csv(self._made / name, rows[number % self._year.customers == 0])

    def _first_version(self) -> None:
        """Let production take what passes its gates, and bring a first version there."""
        forge, head = self._stack.forge, self._stack.forge.head()
        policy = forge.read(POLICY_PATH, head) or ""
        changes = {POLICY_PATH: policy.replace("approval: review", "approval: auto")}
        forge.commit(head, changes, "Let production take what passes its gates\n")
        self._deliver(FIRST - LABEL_DAYS)
        what = "the first version in production"
        until(lambda: self._stack.live(MODEL), what, TRAINING_SECONDS, told=self._standing)
        until(lambda: self._stack.idle(MODEL), "the end of its runs", told=self._standing)
        say("the first version is live")

    def _begun(self) -> Begun:
        """From the next whole window on, so that windows hold whole days."""
        length = 60 * self._pace.window_minutes
        began = (time.time() // length + 1) * length
        year, pace = self._year, self._pace
        return Begun(began, pace.seconds, pace.days, FIRST, year.days, year.customers)

    def _caller(self) -> Caller:
        shown = self._stack.slipway("tokens", "add", CALLER, "--model", MODEL)
        url = f"{self._stack.url(MODEL)}{infer_path(MODEL)}"
        return Caller(url, shown.split()[0], self._signature(), str(SPEC.id))

    def _signature(self) -> Signature:
        return self._stack.bundle(MODEL, self._stack.live(MODEL)).signature

    def _day(self, caller: Caller, begun: Begun, day: int) -> None:
        rows = self._year.rows(day, day + 1)
        begin = begun.began + (day - FIRST) * begun.seconds
        late = time.time() - begin
        answers = caller.day(rows, max(begin, time.time()), begun.seconds - max(late, 0.0))
        self._journal.answered(day, answers)
        if (day + 1 - FIRST) % self._pace.days == 0:
            self._deliver(day + 1 - LABEL_DAYS)
        versions = ", ".join(f"{one or 'none'}" for one in sorted(set(answers["version"])))
        failed = int((answers["status"] != 200).sum())
        asked = f"day {day}: {len(rows)} asked, {failed} failed"
        say(f"{asked}, by version {versions}, {late:.0f} s late")

    def _deliver(self, until_day: int) -> None:
        """Let the files of the days before this one appear in the landing folder."""
        place = self._stack.settings.landing / MODEL
        place.mkdir(parents=True, exist_ok=True)
        for file in sorted(self._made.iterdir())[: max(until_day - self._delivered, 0)]:
            file.replace(place / file.name)
            self._delivered += 1

    def _standing(self) -> str:
        """What a person would look at."""
        runs = "\n".join(str(run) for run in self._stack.runs(MODEL)[:5])
        return f"{self._stack.slipway('status')}\n{runs}"
