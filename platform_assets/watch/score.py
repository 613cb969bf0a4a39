"""The ML Test Score of Breck et al.: 28 tests, each proven by checks that ran within its period.

A check that did not run counts nothing, one in a run that a person started half. The score is the
least of the four sums of what ran and passed; coverage is the same whatever the checks found. The
check `proofs_stand` fails where a check was taken away or proves nothing any more.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import dagster as dg
from dagster._core.storage.tags import (
    AUTOMATION_CONDITION_TAG,
    SCHEDULE_NAME_TAG,
    SENSOR_NAME_TAG,
)

from platform_assets.errors import NotMaterialized
from platform_assets.findings import Findings
from platform_assets.folder import ModelFolder
from platform_assets.lineage import Evaluated, evaluated, latest
from platform_assets.metadata import check_result
from platform_assets.watch import practices
from platform_assets.watch.rubric.level2 import ASSETS, answers
from platform_assets.watch.rubric.losses import Memory
from platform_assets.watch.rubric.scoring import Judged, Ran, Score, score

NAME, STAND, MEMORY = "test_score", "proofs_stand", "memory"
BY_ITSELF = {SCHEDULE_NAME_TAG, SENSOR_NAME_TAG, AUTOMATION_CONDITION_TAG}
# How much a check looked at, where it says so; without anything it proves nothing.
AMOUNTS = ("judged", "looks")


def build(folder: ModelFolder, keys: Sequence[dg.AssetCheckKey]) -> dg.AssetsDefinition:
    """`keys` are all checks of the model."""

    @folder.asset(NAME, __doc__, {"table"}, after=practices.NAME, checks=[STAND], blocking=False)
    def test_score(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        known = [(key.asset_key.path[-1], key.name) for key in keys]
        now, before = datetime.now(UTC), remembered(context.instance, folder)
        found = score(results(context.instance, keys), now, known)
        lost = Findings(warnings=before.lost(found, known))
        return dg.MaterializeResult(
            metadata={
                **told(found, made(context.instance, folder)),
                MEMORY: before.after(found, known, now).to_text(),
            },
            check_results=[check_result(STAND, lost)],
        )

    return test_score


def checks_of(assets: Iterable[dg.AssetsDefinition | dg.AssetSpec]) -> list[dg.AssetCheckKey]:
    """Every check of these assets, by name; what only has a specification has none."""
    made = [one for one in assets if isinstance(one, dg.AssetsDefinition)]
    return sorted((key for one in made for key in one.check_keys), key=str)


def remembered(instance: dg.DagsterInstance, folder: ModelFolder) -> Memory:
    """What the newest score knew; nothing before the first."""
    try:
        text = latest(instance, folder.key(NAME)).get(MEMORY)
    except NotMaterialized:
        return Memory()
    return Memory.parse(text) if text else Memory()


def results(instance: dg.DagsterInstance, keys: Iterable[dg.AssetCheckKey]) -> list[Ran]:
    """The newest result of each check that has one."""

    @cache
    def by_hand(run_id: str) -> bool:
        run = instance.get_run_by_id(run_id)
        return run is None or not BY_ITSELF & set(run.tags)

    newest = [next(iter(evaluated(instance, key)), None) for key in keys]
    return [_ran(one, by_hand(one.run_id)) for one in newest if one is not None]


def made(instance: dg.DagsterInstance, folder: ModelFolder) -> list[str]:
    """Those that are components of level 2 and were ever materialized, by name."""
    events = {name: instance.get_latest_materialization_event(folder.key(name)) for name in ASSETS}
    return sorted(name for name, event in events.items() if event is not None)


def told(found: Score, materialized: Collection[str]) -> dict[str, Any]:
    """What the UI and the board show."""
    return {
        "score": found.value,
        "coverage": found.coverage,
        **{one.section: one.passing for one in found.sums},
        "sections": dg.MetadataValue.md(_sections(found)),
        "tests": dg.MetadataValue.md(_tests(found.tests)),
        "mlops_level_2": dg.MetadataValue.md(_level_2(materialized)),
    }


def _ran(newest: Evaluated, by_hand: bool) -> Ran:
    evaluation = newest.evaluation
    said = evaluation.metadata
    amounts = [said[name].value for name in AMOUNTS if name in said]
    return Ran(
        evaluation.asset_key.path[-1],
        evaluation.check_name,
        datetime.fromtimestamp(newest.at, UTC),
        evaluation.passed,
        by_hand,
        all(amounts),
    )


def _sections(found: Score) -> str:
    rows = [f"| {one.section} | {one.passing:g} | {one.run:g} |" for one in found.sums]
    least = f"| **least** | **{found.value:g}** | **{found.coverage:g}** |"
    head = "| section, of 7 | run and passed | run |\n|---|---|---|\n"
    return head + "\n".join([*rows, least])


def _tests(tests: Iterable[Judged]) -> str:
    rows = [
        f"| {one.test.number} | {one.test.name} | {one.state} "
        f"| {one.points:g} | {', '.join(map(str, one.test.proofs))} | {one.why} |"
        for one in tests
    ]
    head = "| | test | state | points | proven by | remark |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(row.replace("*", "\\*") for row in rows)


def _level_2(materialized: Collection[str]) -> str:
    rows = [f"| {' | '.join(one)} |" for one in answers(materialized)]
    return "| level 2 asks for | is here | remark |\n|---|---|---|\n" + "\n".join(rows)
