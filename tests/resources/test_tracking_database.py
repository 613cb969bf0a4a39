import sqlite3
import threading
from pathlib import Path

import pytest

from resources.tracking_database import alone, database_file, make_database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mlflow" / "mlflow.db"


def tables(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    try:
        found = connection.execute("select name from sqlite_master where type = 'table'")
        return {name for (name,) in found}
    finally:
        connection.close()


def test_a_new_database_has_its_tables_its_folder_and_nothing_beside_it(file, tmp_path):
    make_database(file, tmp_path / "artifacts")
    assert {"runs", "experiments", "model_versions", "alembic_version"} <= tables(file)
    assert {path.name for path in file.parent.iterdir()} == {"mlflow.db", ".database.lock"}


def test_a_database_that_is_there_stays_as_it_is(file, tmp_path):
    file.parent.mkdir()
    file.write_bytes(b"someone's")
    make_database(file, tmp_path / "artifacts")
    assert file.read_bytes() == b"someone's"


def test_what_a_killed_process_left_behind_is_not_built_upon(file, tmp_path):
    file.parent.mkdir()
    for left in (".mlflow.db.new", ".mlflow.db.new-journal"):
        (file.parent / left).write_bytes(b"half a database")
    make_database(file, tmp_path / "artifacts")
    assert "runs" in tables(file)
    assert list(file.parent.glob(".mlflow.db.new*")) == []


def test_a_database_that_a_server_makes_meanwhile_is_not_replaced(file, tmp_path):
    def serve() -> None:
        while not file.with_name(".mlflow.db.new").exists():
            assert making.is_alive()
        with file.open("xb") as made:
            made.write(b"the server's")

    making = threading.Thread(target=make_database, args=(file, tmp_path / "artifacts"))
    making.start()
    serve()
    making.join()
    assert file.read_bytes() == b"the server's"
    assert not file.with_name(".mlflow.db.new").exists()


def test_only_one_at_a_time_holds_a_lock(tmp_path):
    lock, entered = tmp_path / "new" / "lock", threading.Event()

    def second() -> None:
        with alone(lock):
            entered.set()

    waiting = threading.Thread(target=second)
    with alone(lock):
        waiting.start()
        assert not entered.wait(0.2)
    waiting.join()
    assert entered.is_set()


def test_a_lock_is_free_again_after_a_failure(tmp_path):
    with pytest.raises(ValueError, match="inside"), alone(tmp_path / "lock"):
        raise ValueError("inside")
    with alone(tmp_path / "lock"):
        pass


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000", "postgresql://db/mlflow", "sqlite://"])
def test_an_address_of_another_kind_names_no_file(uri):
    assert database_file(uri) is None


def test_an_address_of_sqlite_names_its_file(tmp_path, monkeypatch):
    assert database_file("sqlite:////srv/mlflow.db") == Path("/srv/mlflow.db")
    monkeypatch.chdir(tmp_path)
    assert database_file("sqlite:///mlflow.db") == tmp_path / "mlflow.db"
