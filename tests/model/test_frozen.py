"""The table and the record of its holdout, in a lake."""

import pandas as pd
import pyarrow as pa
import pytest

from platform_assets.data.contract import DELIVERY, ROW
from platform_assets.model.frozen import settle, standing
from platform_assets.model.rows import PART
from resources.lake import Lake
from tests.support.tiny import orders, tiny
from tests.support.yard import Died, DyingLake

CHAMPION = "sha256:" + "a" * 64
NAME = "tiny/training_set"


class Bench:
    """Rows of `cleaned` that grow, and the training set made of them."""

    def __init__(self, root):
        self.root, self.rows = str(root), 0

    @property
    def lake(self):
        return Lake(self.root)

    def grow(self, rows):
        """Returns the version of `cleaned` that holds so many rows more."""
        self.rows += rows
        frame = orders(3000, seed=1)[: self.rows].assign(**{DELIVERY: 1, ROW: 0})
        table = pa.Table.from_pandas(frame, preserve_index=False)
        return self.lake.overwrite("tiny/cleaned", table, f"rows {self.rows}")

    def settle(self, cleaned, champion=CHAMPION, **kept):
        return settle(self.lake, kept.pop("folder", tiny()), cleaned, champion, **kept)

    def held(self, part="holdout"):
        table = self.lake.read(NAME, where=[(PART, "=", part)])
        return set(table.column("order").to_pylist())


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    made.settle(made.grow(1000), champion=None)
    return made


def test_the_holdout_stays_while_a_champion_stands(bench):
    before = bench.held()
    bench.settle(bench.grow(50))
    assert bench.held() == before
    assert bench.held("waiting")
    assert standing(bench.lake, tiny()).since == 0
    assert standing(bench.lake, tiny()).record.champion is None


def test_the_same_inputs_give_the_same_version(bench):
    cleaned = bench.grow(50)
    version = bench.settle(cleaned)
    assert bench.settle(cleaned) == version
    assert bench.settle(cleaned, champion="sha256:" + "b" * 64) == version


def test_a_champion_that_appears_changes_nothing_until_rows_do(bench):
    assert bench.settle(0) == 0


def test_without_a_champion_each_set_is_cut_anew(bench):
    bench.settle(bench.grow(500), champion=None)
    assert not bench.held("waiting")
    assert standing(bench.lake, tiny()).record.reason == "no champion stands"
    assert standing(bench.lake, tiny()).since == 1


def test_enough_waiting_rows_renew_it_on_record(bench):
    before = bench.held()
    bench.settle(bench.grow(50))
    waiting = bench.held("waiting")
    bench.settle(bench.grow(200))
    assert bench.held() > before | waiting
    found = standing(bench.lake, tiny())
    assert (found.since, found.record.number, found.record.champion) == (2, 1, CHAMPION)
    assert "rows waited" in found.record.reason


def test_a_person_renews_it_with_a_reason_and_the_next_run_leaves_it(bench):
    cleaned = bench.grow(30)
    bench.settle(cleaned)
    version = bench.settle(cleaned, asked="prices changed")
    assert not bench.held("waiting")
    assert standing(bench.lake, tiny()).record.reason == "prices changed"
    assert bench.settle(cleaned) == version


@pytest.mark.parametrize("split", [{"seed": 5}, {"holdout": 0.3}])
def test_another_split_is_cut_anew_at_once(bench, split):
    changed = tiny(split={"kind": "random", **split})
    bench.settle(0, folder=changed)
    assert standing(bench.lake, changed).record.reason.endswith("how rows are split, changed")


@pytest.mark.parametrize("split", [{"validation": 0.3}, {"renew_at": 0.5}])
def test_what_does_not_divide_rows_renews_nothing(bench, split):
    assert bench.settle(0, folder=tiny(split={"kind": "random", **split})) == 0


def test_a_row_that_was_forgotten_leaves_and_the_record_stays(bench):
    table = bench.lake.read(NAME).to_pandas()
    gone = table[table[PART] == "holdout"]["order"].iat[0]
    left = pa.Table.from_pandas(table[table["order"] != gone], preserve_index=False)
    bench.lake.overwrite(NAME, left, "forgotten")
    before = bench.held()
    assert gone not in before
    bench.settle(bench.grow(10))
    assert bench.held() >= before
    assert standing(bench.lake, tiny()).record.number == 0


def test_killed_before_the_commit_it_is_made_again_to_the_same_end(bench, tmp_path):
    cleaned = bench.grow(200)
    with pytest.raises(Died):
        settle(DyingLake(bench.root, 0), tiny(), cleaned, CHAMPION)
    assert bench.lake.version(NAME) == 0
    assert bench.settle(cleaned) == 1
    assert pd.Series(list(bench.held())).is_unique
