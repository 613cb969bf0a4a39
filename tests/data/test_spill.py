import pyarrow as pa
import pytest

from platform_assets.data.spill import Spill

SCHEMA = pa.schema([("rule", pa.string()), ("row", pa.int64())])


def table(*rows):
    return pa.table({"rule": ["null:id"] * len(rows), "row": list(rows)}, SCHEMA)


def test_what_was_set_aside_comes_back_in_order():
    with Spill(SCHEMA) as spill:
        for part in (table(0, 1), table(), table(2)):
            spill.add(part)
        assert pa.Table.from_batches(spill.batches(), SCHEMA) == table(0, 1, 2).combine_chunks()


def test_nothing_set_aside_is_no_row():
    with Spill(SCHEMA) as spill:
        assert pa.Table.from_batches(spill.batches(), SCHEMA).num_rows == 0


def test_the_file_is_gone_afterwards_whatever_happens():
    spill = Spill(SCHEMA)
    with pytest.raises(pa.ArrowInvalid, match="schema"), spill:
        spill.add(pa.table({"rule": ["null:id"]}))
    with pytest.raises(ValueError, match="closed file"):
        list(spill.batches())
