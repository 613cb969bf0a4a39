import gzip

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from platform_assets.data.deliveries import deliveries, read_delivery
from platform_assets.errors import BatchRefused


def only(folder, pattern="*.csv"):
    (delivery,) = deliveries(folder, pattern)
    return delivery


def test_every_value_is_read_as_text_and_an_empty_field_as_null(tmp_path):
    (tmp_path / "a.csv").write_text("id,amount\n007,1.50\n8,\n")
    table = read_delivery(only(tmp_path), ["id", "amount"], "csv")
    assert table.column("id").to_pylist() == ["007", "8"]
    assert table.column("amount").to_pylist() == ["1.50", None]


def test_each_row_names_its_delivery_file_and_line(tmp_path):
    (tmp_path / "a.csv").write_text("id\n1\n2\n")
    delivery = only(tmp_path)
    last = read_delivery(delivery, ["id"], "csv").to_pylist()[-1]
    assert last == {"id": "2", "_delivery": delivery.digest, "_file": "a.csv", "_row": 1}


def test_numbers_in_parquet_keep_every_digit_as_text(tmp_path):
    values = [0.1, 1e-300, 123456789.123456789]
    parquet.write_table(pa.table({"x": values}), tmp_path / "a.parquet")
    table = read_delivery(only(tmp_path, "*.parquet"), ["x"], "parquet")
    assert [float(text) for text in table.column("x").to_pylist()] == values


def test_two_files_with_the_same_bytes_are_one_delivery(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text("id\n1\n")
    assert only(tmp_path).path.name == "a.csv"


@pytest.mark.parametrize("name", [".hidden.csv", "a.csv.tmp", "a.part"])
def test_a_file_still_being_written_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("id\n1\n")
    assert deliveries(tmp_path, "*") == []


def test_columns_outside_the_contract_are_dropped(tmp_path):
    (tmp_path / "a.csv").write_text("id,surprise\n1,x\n")
    assert "surprise" not in read_delivery(only(tmp_path), ["id"], "csv").column_names


def test_a_file_without_a_column_of_the_contract_is_refused_by_name(tmp_path):
    (tmp_path / "a.csv").write_text("id\n1\n")
    with pytest.raises(BatchRefused, match=r"a\.csv: misses the columns amount; it has id"):
        read_delivery(only(tmp_path), ["id", "amount"], "csv")


@pytest.mark.parametrize("content", [b"", b"id,amount\n1,2,3\n", gzip.compress(b"id\n1\n")])
def test_a_file_that_is_no_csv_is_refused_by_name(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(BatchRefused, match=r"a\.csv"):
        read_delivery(only(tmp_path), ["id", "amount"], "csv")


def test_a_file_that_is_no_parquet_is_refused_by_name(tmp_path):
    (tmp_path / "a.parquet").write_text("id\n1\n")
    with pytest.raises(BatchRefused, match="is no readable parquet"):
        read_delivery(only(tmp_path, "*.parquet"), ["id"], "parquet")
