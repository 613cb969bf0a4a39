"""What leaves the prediction log: by age, and by whose it is."""

from datetime import UTC, datetime, timedelta

import pandera.pandas as pandera

from platform_assets.data.contract import Contract
from platform_assets.data.subject import subject
from platform_assets.watch.keeping import expire, forget_logged
from platform_assets.watch.landing_log import land
from serving.bundle import write_bundle
from tests.support.bundles import fraud_contents, line_contents
from tests.support.lakes import stored
from tests.support.logged import serve

ROW = {"amount": 3.5, "hour": 4, "night": True, "country": "de"}


def ids(lake, name):
    return sorted(lake.read(name).column("_request_id").to_pylist())


def test_rows_older_than_a_time_leave_and_the_others_stay(lake, root, tmp_path):
    line = write_bundle(tmp_path / "store", line_contents())
    serve(root, line, {"old": [{"a": 1, "b": 2}] * 2})
    land(lake, root, "line")
    between = datetime.now(UTC)
    serve(root, line, {"new": [{"a": 1, "b": 2}]})
    land(lake, root, "line")
    assert expire(lake, "line", between - timedelta(days=1)) == 0
    assert expire(lake, "line", between) == 2
    assert ids(lake, "line/predictions") == ["new"]
    assert expire(lake, "nothing", between) == 0


def whose(name, value, kind=str):
    """Whoever has this value in a column."""
    schema = pandera.DataFrameSchema({name: pandera.Column(kind)})
    return subject("any", Contract.of(schema, name), None, (value,))


def test_a_persons_rows_leave_the_table_and_the_files_that_have_not_landed(lake, root, tmp_path):
    fraud = write_bundle(tmp_path / "store", fraud_contents())
    serve(root, fraud, {"q-1": [ROW, {**ROW, "country": "person-7"}]})
    land(lake, root, "fraud")
    serve(root, fraud, {"q-2": [{**ROW, "country": "person-7"}], "q-3": [ROW]})
    done = forget_logged(lake, root, "fraud", whose("country", "person-7"))
    assert done.rows == 2
    assert lake.read("fraud/predictions").column("country").to_pylist() == ["de", "de"]
    kept = stored(lake, "fraud/predictions")
    assert not any(b"person-7" in content for content in kept.values())
    assert forget_logged(lake, root, "fraud", whose("country", "person-7")).rows == 0


def test_a_number_is_found_as_it_is_written(lake, root, tmp_path):
    fraud = write_bundle(tmp_path / "store", fraud_contents())
    serve(root, fraud, {"q-1": [ROW], "q-2": [{**ROW, "hour": 7}]})
    assert forget_logged(lake, root, "fraud", whose("hour", "7", int)).rows == 1
    assert ids(lake, "fraud/predictions") == ["q-1"]


def test_where_no_column_tells_whose_a_row_is_nothing_is_taken_out(lake, root, tmp_path):
    line = write_bundle(tmp_path / "store", line_contents())
    serve(root, line, {"q-1": [{"a": 1, "b": 2}]})
    assert forget_logged(lake, root, "line", whose("order", "o1")).rows is None
    assert ids(lake, "line/predictions") == ["q-1"]


def test_a_file_that_cannot_be_read_is_named(lake, root):
    place = root / "production" / "line"
    place.mkdir(parents=True)
    (place / f"{'0' * 16}-00000001.jsonl.gz").write_bytes(b"damaged")
    done = forget_logged(lake, root, "line", whose("order", "o1"))
    assert (done.rows, len(done.unsearched)) == (0, 1)


def test_what_was_taken_out_does_not_land_again(lake, root, tmp_path):
    line = write_bundle(tmp_path / "store", line_contents())
    serve(root, line, {"q-1": [{"a": 1, "b": 2}]})
    files = {path: path.read_bytes() for path in (root / "production" / "line").iterdir()}
    land(lake, root, "line")
    expire(lake, "line", datetime.now(UTC))
    for path, content in files.items():
        path.write_bytes(content)
    land(lake, root, "line")
    assert lake.count("line/predictions") == 0
