"""What can go wrong between Slipway and the outside.

ResourceError
├── SettingsError           an environment variable that cannot be used
├── LakeError
│   ├── TableMissing        a table that was never written
│   ├── PartlyLanded        an append of which a part is in the table already
│   ├── LakeRefused         columns that do not fit, a version that is not there, a damaged log
│   └── ConcurrentWrite     another writer kept winning
├── ObjectStoreRefused      a store that the lake cannot use safely, or not at all
├── SqlRefused              a database that cannot be reached, or will not answer
├── RayUnavailable          a Ray cluster that cannot be trained on
├── RegistryError           MLflow refused, or does not know what was asked for
├── ArtifactError           a bundle or report that cannot be stored or found
│   └── RecordUnreadable    a record of a latency test that this version does not read
├── TokenError
│   ├── TokenTaken          a name that a token has already
│   ├── NoSuchToken         a name that no token has
│   └── OwnToken            the token that Slipway shows itself
└── EndpointError           an endpoint that cannot be asked at all
    └── UnusableAnswer      an answer that is not what its protocol promises
"""

from collections.abc import Sequence
from pathlib import Path


class ResourceError(Exception):
    """The root: everything an adapter in `resources` raises on purpose."""


class SettingsError(ResourceError):
    """An environment variable holds a value that cannot be used."""


class LakeError(ResourceError):
    """The lake refused a read or a write."""


class TableMissing(LakeError):
    def __init__(self, uri: str) -> None:
        super().__init__(f"no Delta table at {uri!r}; materialize the asset that writes it first")
        self.uri = uri


class PartlyLanded(LakeError):
    def __init__(self, uri: str, landed: list[str]) -> None:
        super().__init__(
            f"{uri!r} has {len(landed)} of these deliveries already: {', '.join(landed[:5])}; "
            "append the others alone"
        )


class LakeRefused(LakeError):
    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"{uri!r} refused: {reason.partition(chr(10))[0]}")
        self.uri = uri


class ConcurrentWrite(LakeError):
    def __init__(self, uri: str, attempts: int) -> None:
        super().__init__(
            f"{attempts} commits to {uri!r} lost against other writers; run the asset again"
        )


class ObjectStoreRefused(ResourceError):
    def __init__(self, uri: str, reason: str, remedy: str) -> None:
        super().__init__(f"{uri}: {reason}; {remedy}")
        self.reason, self.remedy = reason, remedy


class SqlRefused(ResourceError):
    """A database that cannot be reached, or will not answer; the text holds no address."""


class RayUnavailable(ResourceError):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"Ray at {address!r} cannot be trained on: {reason.strip().partition(chr(10))[0]}; "
            "look at SLIPWAY_TRAIN_RAY_ADDRESS and SLIPWAY_RAY_TOKEN, or unset the address to "
            "train on this machine"
        )


class RegistryError(ResourceError):
    """MLflow refused, or does not know what was asked for."""


class ArtifactError(ResourceError):
    """A bundle, model or report that cannot be stored or found."""


class RecordUnreadable(ArtifactError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is no record of a latency test that this version reads: {reason}; "
            "the next deployment that is measured writes one"
        )


class TokenError(ResourceError):
    """A change of the file of tokens that cannot be made."""


class TokenTaken(TokenError):
    def __init__(self, name: str, path: Path) -> None:
        super().__init__(
            f"{path} has a token {name!r} already; take another name, or first: "
            f"slipway tokens revoke {name}"
        )


class NoSuchToken(TokenError):
    def __init__(self, name: str, known: Sequence[str], path: Path) -> None:
        super().__init__(f"{path} has no token {name!r}; it has: {', '.join(known) or 'none'}")


class OwnToken(TokenError):
    def __init__(self, name: str, shown: Path) -> None:
        super().__init__(
            f"the checks of deployments show {name!r} themselves, and without it each release "
            f"would be taken back; for a new one: slipway down, delete {shown}, slipway up --detach"
        )


class EndpointError(ResourceError):
    """An endpoint that cannot be asked at all."""


class UnusableAnswer(EndpointError):
    def __init__(self, got: str, expected: str) -> None:
        super().__init__(f"got {got[:200]!r}, expected {expected}")
