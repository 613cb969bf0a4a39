"""What git says of an environment and of how one of its models is treated."""

from gitops.dependencies import Dependency, refuse_ring
from gitops.forge import Forge
from gitops.known import Around, Desired
from gitops.manifest import ReleaseManifest, manifest_path, parse
from gitops.pace import Pace
from gitops.policy import Policy
from gitops.pruning import confirmed, emptied
from gitops.record import DeploymentRecord
from gitops.suspension import read_suspension


def around(
    forge: Forge,
    policy: Policy,
    desired: Desired,
    record: DeploymentRecord,
    head: str,
    default: Pace,
) -> Around:
    """Look around a target; FileInvalid if a file cannot be used, or dependencies go in a ring."""
    environment, model = desired.environment, desired.model
    gone = desired.manifest is None and record.attempted is not None
    return Around(
        pace=pace(policy, environment, default),
        suspension=read_suspension(forge, environment, model, head),
        emptied=gone and emptied(forge, environment, head) and not confirmed(forge, record, head),
        dependencies=_dependencies(forge, desired.manifest, head) if desired.manifest else (),
    )


def pace(policy: Policy, environment: str, default: Pace) -> Pace:
    """How an environment is reconciled: what the policy says, the default where it is silent."""
    if environment not in policy.names:
        return default
    return policy.environment(environment).reconcile.over(default)


def _dependencies(forge: Forge, manifest: ReleaseManifest, head: str) -> tuple[Dependency, ...]:
    environment = manifest.environment

    def depends_on(model: str) -> tuple[str, ...]:
        path = manifest_path(environment, model)
        text = forge.read(path, head)
        return () if text is None else parse(text, path).depends_on

    if manifest.depends_on:
        refuse_ring(manifest, depends_on)
    return tuple(
        Dependency(model, _healthy(forge, environment, model, head))
        for model in manifest.depends_on
    )


def _healthy(forge: Forge, environment: str, model: str, head: str) -> bool:
    record = forge.read_record(environment, model)
    last = forge.last_change(manifest_path(environment, model), head)
    proven = record is not None and last is not None and record.healthy == last.revision
    return proven and record is not None and bool(record.digest)
