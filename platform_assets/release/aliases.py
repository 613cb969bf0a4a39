"""What MLflow's aliases say of an environment, once it is proven; they steer nothing."""

from collections.abc import Mapping, Sequence

from gitops.conditions import Settled
from gitops.forge import Forge
from gitops.holds import Hold, held, read_holds
from gitops.reconcile import Report
from gitops.record import DeploymentRecord
from resources.registry import Registry

CHAMPION, PREVIOUS = "champion", "previous"


def mirror_aliases(registry: Registry, forge: Forge, report: Report) -> None:
    """Let MLflow's aliases say what git says, as far as that is proven."""
    environment, model = report.environment, report.model
    record = forge.read_record(environment, model)
    holds = read_holds(forge, environment, model, forge.head())
    _let_say(registry, model, wanted_aliases(report, record, holds))


def restore_aliases(
    registry: Registry, forge: Forge, model: str, environments: Sequence[str]
) -> list[str]:
    """Let aliases that somebody else moved say again what is proven; returns their names.

    RegistryError if MLflow cannot be asked.
    """
    wanted: dict[str, str | None] = {}
    for environment in environments:
        record = forge.read_record(environment, model)
        if record and isinstance(record.outcome, Settled):
            holds = read_holds(forge, environment, model, forge.head())
            version = record.version or None
            wanted |= _wanted(environment, version, record.digest, record, holds)
    return _let_say(registry, model, wanted)


def wanted_aliases(
    report: Report, record: DeploymentRecord | None, holds: Sequence[Hold]
) -> dict[str, str | None]:
    """The version that each alias of an environment should name, None for no version.

    The live one is called after its environment, in production `champion`; there `previous` is
    what a rollback would restore. Empty while nothing is settled.
    """
    if not isinstance(report.outcome, Settled):
        return {}
    live = report.manifest
    version, digest = (live.model_version, live.bundle_digest) if live else (None, "")
    return _wanted(report.environment, version, digest, record, holds)


def _wanted(
    environment: str,
    version: str | None,
    digest: str,
    record: DeploymentRecord | None,
    holds: Sequence[Hold],
) -> dict[str, str | None]:
    if environment != "production":
        return {environment: version}
    return {CHAMPION: version, PREVIOUS: _before(record, digest, holds)}


def _let_say(registry: Registry, model: str, wanted: Mapping[str, str | None]) -> list[str]:
    present = registry.aliases(model)
    moved = [alias for alias, version in wanted.items() if version != present.get(alias)]
    for alias in moved:
        version = wanted[alias]
        if version is None:
            registry.drop_alias(model, alias)
        else:
            registry.set_alias(model, alias, version)
    return moved


def _before(record: DeploymentRecord | None, digest: str, holds: Sequence[Hold]) -> str | None:
    """The version last proven that is another, and that nobody holds."""
    for proof in reversed(record.proofs if record else ()):
        if proof.digest not in ("", digest) and held(tuple(holds), proof.digest) is None:
            return proof.version
    return None
