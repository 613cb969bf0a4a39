"""What can go wrong in the asset graph.

SlipwayError
├── SpecError               a model's folder that contradicts itself
├── NotScaffolded           a file from which no model's folder can be written
├── DataError
│   ├── NothingDelivered    no file has ever arrived for a model
│   ├── ContractUnusable    a contract that asks for what cannot be judged row by row
│   ├── FileUnreadable      a delivery that cannot be taken apart; goes to quarantine whole
│   ├── ArrivalChanged      an arrival whose content changed while it was read
│   ├── MendRefused         a file of mended rows that names what is not there to mend
│   ├── ForgetRefused       rows that cannot be taken out so that the others stay the same
│   ├── WithdrawalRefused   a delivery that is not there to be taken out
│   └── SourceUnavailable   a source that cannot be reached
├── NotMaterialized         an asset that something downstream needs first
├── TrainingError           an estimator that raised, or answered with no number
├── ExportError             a model that neither runtime can carry
├── GateError               a check without a passing result for the exact candidate
├── ChampionReplaced        a candidate judged against a champion that is live no more
├── BatchRefused            a batch for which git has no proven version
├── CodeNotCommitted        a bundle for production whose code nobody could find again
├── DrillFailed             a drill that found what would not have worked
└── ReproductionError
    ├── NotReproducible     an input of a registered version that is gone or was never known
    └── Differs             what was trained again answers otherwise
"""

from pathlib import Path


class SlipwayError(Exception):
    """The root: everything the graph raises on purpose."""


class SpecError(SlipwayError, ValueError):
    """A model's folder contradicts itself; the message names key, value and allowed values.

    Also a `ValueError`, so that pydantic adds the place in `defs.yaml` to it.
    """


class NotScaffolded(SlipwayError):
    """No folder can be written for a new model, and none was."""

    def __init__(self, what: object, problem: str, advice: str) -> None:
        super().__init__(f"{what}: {problem}; {advice}")


class DataError(SlipwayError):
    """Data that cannot be used."""


class NothingDelivered(DataError):
    def __init__(self, model: str, landing: str) -> None:
        super().__init__(
            f"{model}: no file has arrived yet; put one that matches into {landing!r}, "
            f"or run: slipway run {model} FILE"
        )


class ContractUnusable(DataError):
    def __init__(self, column: str, got: str, expected: str) -> None:
        super().__init__(f"contract.py: {column!r}: got {got}, expected {expected}")


class FileUnreadable(DataError):
    """Caught where deliveries are sorted: the delivery is quarantined under `rule`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"file:{code}: {detail}")
        self.rule, self.detail = f"file:{code}", detail


class ArrivalChanged(DataError):
    def __init__(self, place: str, name: str, was: str, now: str) -> None:
        super().__init__(
            f"{place}: {name!r} changed while it was read (was {was}, now {now}); "
            "deliver under a name that does not match the pattern, and rename when it is whole"
        )
        self.name = name


class MendRefused(DataError):
    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(
            f"{str(file)!r} is not taken in: {reason}; "
            "export the rows anew: slipway quarantine show MODEL --csv FILE"
        )


class ForgetRefused(DataError):
    def __init__(self, model: str, reason: str) -> None:
        super().__init__(f"{model}: nothing is taken out: {reason}")


class WithdrawalRefused(DataError):
    def __init__(self, model: str, named: str, reason: str) -> None:
        super().__init__(
            f"{model}: {named!r} is not withdrawn: {reason}; "
            f"show deliveries with bad rows: slipway quarantine show {model}"
        )


class SourceUnavailable(DataError):
    def __init__(self, place: str, reason: str) -> None:
        super().__init__(
            f"{place}: cannot be reached ({reason}); show what is wrong: slipway doctor"
        )


class NotMaterialized(SlipwayError):
    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key} was never materialized, and what comes after it needs it; "
            f"run: slipway run {key.split('/', maxsplit=1)[0]}"
        )


class BatchRefused(SlipwayError):
    def __init__(self, model: str, environment: str, reason: str) -> None:
        super().__init__(
            f"nothing scores a batch of {model} in {environment}: {reason}; "
            f"see: slipway status {model}"
        )


class TrainingError(SlipwayError):
    """An estimator raised, or answered with something that is not a number."""


class ExportError(SlipwayError):
    """A model that neither runtime can carry."""


class GateError(SlipwayError):
    def __init__(self, model: str, digest: str, reasons: list[str]) -> None:
        super().__init__(
            f"{model}: bundle {digest} is not released: {'; '.join(reasons)}. "
            "The assets' checks in Dagster show the figures; "
            f"to judge what is missing or changed anew: slipway run {model}"
        )


class ChampionReplaced(SlipwayError):
    def __init__(self, model: str, digest: str, judged: str | None, now: str | None) -> None:
        super().__init__(
            f"{model}: bundle {digest} is not released: it was judged against the champion "
            f"{judged or 'none'}, and what production serves now is {now or 'none'}; "
            f"to judge it against that: slipway run {model}"
        )


class CodeNotCommitted(SlipwayError):
    def __init__(self, model: str, digest: str, problem: str) -> None:
        super().__init__(f"{model}: bundle {digest} is not proposed for production: {problem}")


class DrillFailed(SlipwayError):
    def __init__(self, model: str, drill: str, found: str) -> None:
        super().__init__(
            f"{model}: the {drill} drill failed: {found}; try again: slipway drill {drill} {model}"
        )


class ReproductionError(SlipwayError):
    """A registered version that was not made again."""


class NotReproducible(ReproductionError):
    def __init__(self, version: str, reason: str) -> None:
        super().__init__(f"{version} cannot be reproduced: {reason}")


class Differs(ReproductionError):
    def __init__(self, version: str, difference: str) -> None:
        model = version.partition("@")[0]
        super().__init__(
            f"{version} is not reproduced, what was trained again is {difference}. "
            f"What it was made from: slipway models show {version}; others: "
            f"slipway models list {model}"
        )
