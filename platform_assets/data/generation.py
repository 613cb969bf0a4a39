"""A number for everything that decides how delivered bytes are judged."""

from collections.abc import Mapping, Sequence

from platform_assets.data.casting import EDITION
from platform_assets.data.contract import Contract
from platform_assets.folder import ModelFolder
from platform_assets.identity import digest_of_files, fingerprint

# What changes nothing about a delivery that is in the raw table already.
_FILES = {"location", "pattern", "batch_files"}
_ROWS = {"connection", "table", "query", "cursor", "lag", "batch_rows"}
_ELSEWHERE = {"warn_quarantined"} | _FILES | _ROWS


def generation(folder: ModelFolder, contract: Contract, edits: Sequence[int] = ()) -> int:
    """63 bits that change with the contract (values it imports too) and with how files are read.

    `edits` counts what was changed by hand since: rows mended, rows taken out for good.
    """
    module = folder.spec.contract.partition(":")[0]
    files = [file for file in (folder.path / f"{module}.py",) if file.is_file()]
    mark = fingerprint(
        casting=EDITION,
        code=digest_of_files(files),
        columns=[[repr(part) for part in described(contract, name)] for name in contract.names],
        row_checks=[str(check.error or check.name) for check in contract.row_checks],
        key=contract.key,
        edits=list(edits),
        source=folder.spec.source.model_dump(mode="json", exclude=_ELSEWHERE),
    )
    return int(mark[:16], 16) >> 1


def described(contract: Contract, name: str) -> list[object]:
    """What a column asks for, in plain values."""
    column = next(one for one in contract.columns if one.name == name)
    checks = [
        (check.name, _plain(check.statistics or {}) or check.error) for check in column.checks
    ]
    written = [column.form, column.comma, *([column.notation] if column.notation else [])]
    return [name, column.kind, column.nullable, *written, checks]


def _plain(statistics: Mapping[str, object]) -> list[tuple[str, object]]:
    """What a check was told; a set is put in order, since each process has it in another one."""
    return [
        (name, sorted(map(repr, value)) if isinstance(value, set | frozenset) else value)
        for name, value in statistics.items()
    ]
