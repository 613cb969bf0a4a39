"""What MLflow's aliases say of an environment, once it is proven; they steer nothing."""

from collections.abc import Sequence

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
    present = registry.aliases(model)
    for alias, version in wanted_aliases(report, record, holds).items():
        if version is None and alias in present:
            registry.drop_alias(model, alias)
        elif version is not None and version != present.get(alias):
            registry.set_alias(model, alias, version)


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
    version = live.model_version if live else None
    if report.environment != "production":
        return {report.environment: version}
    digest = live.bundle_digest if live else ""
    return {CHAMPION: version, PREVIOUS: _before(record, digest, holds)}


def _before(record: DeploymentRecord | None, digest: str, holds: Sequence[Hold]) -> str | None:
    """The version last proven that is another, and that nobody holds."""
    for proof in reversed(record.proofs if record else ()):
        if proof.digest not in ("", digest) and held(tuple(holds), proof.digest) is None:
            return proof.version
    return None
