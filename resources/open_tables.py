"""Tables that were opened before, brought up to date instead of read from their log again."""

import threading
from collections.abc import Mapping

from deltalake import DeltaTable


class OpenTables(threading.local):
    """The tables that one thread has opened, by address.

    On an object store, opening a table asks for every entry of its log since the last checkpoint;
    bringing it up to date asks for the new ones alone. A table that is deleted, and made anew
    under the same address, has to be opened by another process.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        self._options = dict(options)
        self._newest: dict[str, DeltaTable] = {}

    def newest(self, uri: str) -> DeltaTable:
        """The table as it is now; the next call for it changes what this one returned.

        Raises
        ------
        TableNotFoundError
            If there is no table.
        """
        known = self._newest.get(uri)
        if known is None:
            known = self._newest[uri] = DeltaTable(uri, storage_options=self._options)
        else:
            known.update_incremental()
        return known

    def at(self, uri: str, version: int) -> DeltaTable:
        """The table as it was at a version; raises as `newest` does, or DeltaError."""
        known = self._newest.get(uri)
        if known is not None and known.version() == version:
            return known
        return DeltaTable(uri, version=version, storage_options=self._options)
