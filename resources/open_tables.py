"""Tables that were opened before, brought up to date instead of read from their log again."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from deltalake import DeltaTable

from resources.delta_files import reading_store


@dataclass(frozen=True)
class _Open:
    """A table, its version when it was looked at last, that entry of its log, and its marks."""

    table: DeltaTable
    version: int
    entry: tuple[int | None, int | None]
    marks: dict[str, int | None] = field(default_factory=dict)


class OpenTables(threading.local):
    """The tables that one thread has opened, by address.

    On an object store, opening a table asks for every entry of its log since the last checkpoint;
    bringing it up to date asks for the new ones alone. A table that was deleted and made anew under
    the same address is told from the one before by the entry of its log that was read last.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        self._options = dict(options)
        self._newest: dict[str, _Open] = {}

    def newest(self, uri: str) -> DeltaTable:
        """The table as it is now; the next call for it changes what this one returned.

        Raises
        ------
        TableNotFoundError
            If there is no table.
        """
        known = self._newest.pop(uri, None)
        if known is not None and self._entry(uri, known.version) == known.entry:
            table = known.table
            table.update_incremental()
        else:
            table = DeltaTable(uri, storage_options=self._options)
        version = table.version()
        if known is None or known.table is not table or known.version != version:
            known = _Open(table, version, self._entry(uri, version))
        self._newest[uri] = known
        return table

    def at(self, uri: str, version: int) -> DeltaTable:
        """The table as it was at a version; raises as `newest` does, or DeltaError."""
        known = self._newest.get(uri)
        if known is not None and known.table.version() == version:
            return known.table
        return DeltaTable(uri, version=version, storage_options=self._options)

    def mark(self, uri: str, mark: str, version: int | None) -> int | None:
        """The number under a mark of a version, or of the newest; raises as `at` does."""
        table = self.newest(uri) if version is None else self.at(uri, version)
        known = self._newest.get(uri)
        if known is None or known.table is not table or known.version != table.version():
            return table.transaction_version(mark)
        if mark not in known.marks:
            # deltalake reads the whole log for it.
            known.marks[mark] = table.transaction_version(mark)
        return known.marks[mark]

    def _entry(self, uri: str, version: int) -> tuple[int | None, int | None]:
        """When an entry of the log was written, in nanoseconds, and its bytes; None if gone."""
        store = reading_store(uri, self._options)
        found = store.get_file_info(f"_delta_log/{version:020}.json")
        return found.mtime_ns, found.size
