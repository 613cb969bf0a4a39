"""Databases that a test fills and a source reads: SQLite and Postgres, alike."""

import io
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow.parquet as pq
from pydantic import SecretStr

from platform_assets.data.blocks import content, delivered
from platform_assets.data.intake import Taken, take_in
from platform_assets.data.sources.table import TableSource
from platform_assets.spec.source import SqlSource
from resources.lake import Lake
from resources.sql import Database

SPEC = {"kind": "sql", "connection": "SHOP", "table": "orders", "cursor": "at", "lag": 60}


class Open(Protocol):
    """A transaction that nobody else sees yet."""

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


class Store(Protocol):
    """A database; `mark` stands for a value in its statements, `time` is its type of a time."""

    mark: str
    time: str
    address: str

    def connect(self) -> Any: ...

    def begin(self, statement: str, values: Sequence[Any]) -> Open: ...


@dataclass(frozen=True)
class Sqlite:
    path: Path
    mark: str = "?"
    time: str = "text"

    @property
    def address(self) -> str:
        return f"sqlite:///{self.path}"

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, isolation_level=None)

    def begin(self, statement: str, values: Sequence[Any]) -> Open:
        return _Waiting(self, statement, values)


@dataclass(frozen=True)
class _Waiting:
    """SQLite lets one transaction write at a time: a slow one waits for its turn, then writes."""

    store: Sqlite
    statement: str
    values: Sequence[Any]

    def commit(self) -> None:
        with closing(self.store.connect()) as connection:
            connection.execute(self.statement, self.values)

    def rollback(self) -> None: ...


@dataclass(frozen=True)
class Postgres:
    address: str
    mark: str = "%s"
    time: str = "timestamptz"

    def connect(self) -> Any:
        import psycopg

        return psycopg.connect(self.address, autocommit=True)

    def begin(self, statement: str, values: Sequence[Any]) -> Open:
        connection = self.connect()
        connection.autocommit = False
        connection.execute(statement, values)
        return _Session(connection)


@dataclass(frozen=True)
class _Session:
    connection: Any

    def commit(self) -> None:
        self.connection.commit()
        self.connection.close()

    def rollback(self) -> None:
        self.connection.close()


@dataclass(frozen=True)
class Shop:
    """A store with a table of orders, and a lake that takes them in."""

    store: Store
    lake: Lake

    def do(self, statement: str, *values: Any) -> None:
        with self.session() as session:
            session.execute(statement.replace("?", self.store.mark), *([values] if values else []))

    @contextmanager
    def session(self) -> Iterator[Any]:
        with closing(self.store.connect()) as connection:
            yield connection

    def open_shop(self) -> None:
        self.do(f"create table orders (id integer, at {self.store.time}, amount integer)")

    def begin_order(self, number: int, at: str, amount: int) -> Open:
        statement = "insert into orders values (?, ?, ?)".replace("?", self.store.mark)
        return self.store.begin(statement, (number, at, amount))

    def order(self, number: int, at: str | None, amount: int = 1) -> None:
        self.do("insert into orders values (?, ?, ?)", number, at, amount)

    def source(self, **changes: Any) -> TableSource:
        spec = SqlSource.model_validate(SPEC | changes)
        return TableSource(spec, self.database(), self.lake, "shop/raw")

    def database(self) -> Database:
        return Database(SecretStr(self.store.address))

    def pull(self, **changes: Any) -> Taken:
        return take_in(self.lake, "shop", self.source(**changes), 1, print)

    def pull_all(self, **changes: Any) -> int:
        """Pull until nothing is left; returns how many pulls there were."""
        pulls = 0
        while self.pull(**changes).entries:
            pulls += 1
        return pulls

    def taken(self) -> list[list[tuple[str | None, ...]]]:
        """The rows of each delivery in the raw table."""
        version = self.lake.newest("shop/raw")
        if version is None:
            return []
        found = []
        for delivery in delivered(self.lake, "shop/raw", version):
            with content(self.lake, "shop/raw", version, delivery) as file:
                columns = pq.read_table(io.BytesIO(file.read())).columns
            found.append(list(zip(*(column.to_pylist() for column in columns), strict=True)))
        return found

    def ids(self) -> list[list[int]]:
        return [[int(row[0] or 0) for row in rows] for rows in self.taken()]


def at(second: int) -> str:
    """A time as every store reads it."""
    return f"2026-01-01 00:{second // 60:02d}:{second % 60:02d}+00:00"


def flat(rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [one for some in rows for one in some]
