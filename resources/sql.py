"""Tables of a database, read and never written, a few rows in memory at a time.

What a driver says is told with the address and its password left out; the values of rows are in no
message. Postgres and SQLite refuse to write by themselves: a transaction that is read only there,
a file that is opened read only here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.exc import ArgumentError, NoSuchTableError, SQLAlchemyError

from resources.errors import SqlRefused

FETCH = 10_000
CONNECT_SECONDS = 10
HIDDEN = "***"


@dataclass(frozen=True)
class Relation:
    """What rows are read from: a table or view (`name` or `schema.name`), or a SELECT."""

    table: str = ""
    query: str = ""

    def __str__(self) -> str:
        return f"table {self.table}" if self.table else "query"


class Database:
    """One database at an address that stays secret."""

    def __init__(self, address: SecretStr) -> None:
        self._address = address

    @contextmanager
    def reading(self, relation: Relation, cursor: str) -> Iterator["Rows"]:
        """The rows of a relation as of one moment, where the database can give that.

        Raises
        ------
        SqlRefused
            If the server, the relation or the column `cursor` cannot be used; also later, while
            rows are read.
        """
        with self._refusals(), self._engine().connect() as plain:
            connection = _read_only(plain)
            columns = _columns(connection, relation)
            if cursor not in columns:
                has = ", ".join(list(columns)[:20])
                raise SqlRefused(f"{relation} has no column {cursor!r}; it has {has}")
            yield Rows(connection, relation, columns, cursor)

    def _engine(self) -> sa.Engine:
        try:
            return _engine(sa.make_url(self._address.get_secret_value()))
        except ImportError as error:
            raise SqlRefused(f"its driver is not installed: {error}") from None
        except (ArgumentError, ValueError):
            # SQLAlchemy and `int` repeat what they were given.
            expected = "expected dialect://user:password@host/database"
            raise SqlRefused(f"its address cannot be understood; {expected}") from None

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except NoSuchTableError as error:
            raise SqlRefused(f"there is no table {error}") from None
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip()
            raise SqlRefused(self._masked(reason.partition("\n")[0])) from None

    def _masked(self, reason: str) -> str:
        address = self._address.get_secret_value()
        password = str(sa.make_url(address).password or "")
        for secret in filter(None, (address, password, quote(password, safe=""))):
            reason = reason.replace(secret, HIDDEN)
        return reason


class Rows:
    """The rows of a relation, in order of a column that grows."""

    def __init__(
        self, connection: sa.Connection, relation: Relation, nullable: Mapping[str, bool], at: str
    ) -> None:
        self.columns = list(nullable)
        self._connection = connection
        self._rows = _selectable(relation, self.columns)
        self._cursor = self._rows.c[at]
        self._nullable = nullable[at]

    def end_of(self, most: int, above: Any | None) -> Any | None:
        """The cursor value with which the next `most` rows above a value end; None without rows."""
        beyond = self._beyond(above)
        nth = beyond.order_by(self._cursor).offset(most - 1).limit(1)
        last = beyond.order_by(self._cursor.desc()).limit(1)
        found = self._connection.execute(nth).first() or self._connection.execute(last).first()
        return found[0] if found else None

    def between(self, low: Any | None, high: Any) -> Iterator[Sequence[Any]]:
        """Rows with a cursor from `low` to `high`, both among them, the same rows in one order.

        What is equal in the cursor is put in order by its text: Postgres cannot compare `json`.
        """
        others = [sa.cast(column, sa.Text) for column in self._rows.c if column is not self._cursor]
        wanted = sa.select(self._rows).where(self._cursor <= high)
        if low is not None:
            wanted = wanted.where(self._cursor >= low)
        streamed = self._connection.execution_options(yield_per=FETCH)
        with streamed.execute(wanted.order_by(self._cursor, *others)) as found:
            yield from found

    def values(self, low: Any, high: Any) -> set[Any]:
        """The cursor values from `low` to `high`, both among them."""
        between = self._cursor.between(low, high)
        found = self._connection.execute(sa.select(self._cursor).where(between).distinct())
        return set(found.scalars())

    def without_cursor(self) -> bool:
        """Whether there are rows whose cursor is null."""
        if not self._nullable:
            return False
        wanted = sa.select(self._cursor).where(self._cursor.is_(None)).limit(1)
        return self._connection.execute(wanted).first() is not None

    def _beyond(self, above: Any | None) -> sa.Select[Any]:
        wanted = sa.select(self._cursor)
        return wanted.where(self._cursor.is_not(None) if above is None else self._cursor > above)


def _engine(url: sa.URL) -> sa.Engine:
    options: dict[str, Any] = {"poolclass": sa.NullPool, "hide_parameters": True}
    if url.get_backend_name() == "postgresql":
        # Numbers in JSON would lose digits as floats, so the text stays as it is.
        options["json_deserializer"] = _verbatim
        options["connect_args"] = {"connect_timeout": CONNECT_SECONDS}
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(_unwritable(url), **options)
        sa.event.listen(engine, "connect", _lenient)
        return engine
    return sa.create_engine(url, **options)


def _unwritable(url: sa.URL) -> sa.URL:
    file = quote(str(url.database or ""))
    return url.set(database=f"file:{file}", query={**url.query, "mode": "ro", "uri": "true"})


def _read_only(connection: sa.Connection) -> sa.Connection:
    if connection.dialect.name != "postgresql":
        return connection
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _columns(connection: sa.Connection, relation: Relation) -> dict[str, bool]:
    """Each column, and whether it may be null."""
    if relation.query:
        none: sa.Select[Any] = (
            sa.select(sa.literal_column("*")).select_from(_query(relation, [])).limit(0)
        )
        return dict.fromkeys(connection.execute(none).keys(), True)
    schema, _, name = relation.table.rpartition(".")
    found = sa.inspect(connection).get_columns(name, schema=schema or None)
    return {column["name"]: column["nullable"] for column in found}


def _selectable(relation: Relation, columns: Sequence[str]) -> sa.FromClause:
    """Columns without types, so that values come as the driver gives them."""
    if relation.query:
        return _query(relation, columns)
    schema, _, name = relation.table.rpartition(".")
    return sa.table(name, *[sa.column(column) for column in columns], schema=schema or None)


def _query(relation: Relation, columns: Sequence[str]) -> sa.Subquery:
    # A colon would begin a parameter.
    text = sa.text(relation.query.strip().rstrip(";").replace(":", r"\:"))
    return text.columns(*[sa.column(column) for column in columns]).subquery("given")


def _verbatim(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode()


def _lenient(connection: Any, _record: Any) -> None:
    """SQLite keeps text of any encoding; one value that is no UTF-8 must not stop the others."""
    connection.text_factory = lambda raw: raw.decode(errors="backslashreplace")
