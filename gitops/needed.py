"""Which bundles git may still ask for: what is live, what was, and what waits."""

from collections.abc import Iterable, Iterator

from gitops.forge import Forge
from gitops.holds import Hold, held, read_holds
from gitops.manifest import manifest_path
from gitops.manifest_rules import DIGEST
from gitops.policy import load_policy
from gitops.record import DeploymentRecord


def needed(forge: Forge, model: str, promotions: int) -> dict[str, str]:
    """Each digest of a model that must stay, and one reason for it.

    In every environment: the last `promotions` changes of the manifest with what each replaced,
    what the record names, as many proven digests as a rollback could go back by, the last merged
    promotions, open ones, and held digests, since a hold may be lifted.

    Raises
    ------
    GitopsError
        If the repository cannot be read; then nobody knows, and nothing may be collected.
    """
    head = forge.head()
    found: dict[str, str] = {}
    records = {one.environment: one for one in forge.records() if one.model == model}
    names = [one.name for one in load_policy(forge, head).environments]
    for environment in dict.fromkeys([*names, *records]):
        record = records.get(environment)
        holds = read_holds(forge, environment, model, head)
        for digest, reason in (
            *_changes(forge, environment, model, head, promotions),
            *(_recorded(forge, record, holds, promotions) if record else ()),
            *((one.digest, f"held in {environment}") for one in holds),
        ):
            found.setdefault(digest, reason)
    for digest, reason in _promoted(forge, model, names, promotions):
        found.setdefault(digest, reason)
    return found


def _changes(
    forge: Forge, environment: str, model: str, head: str, count: int
) -> Iterator[tuple[str, str]]:
    """The digests in the last texts of a manifest, the present one first."""
    path = manifest_path(environment, model)
    for commit in forge.history(path, head, count):
        for digest in _named(forge.read(path, commit.revision)):
            yield digest, f"in {environment} since {commit.revision[:12]}, or before that"


def _recorded(
    forge: Forge, record: DeploymentRecord, holds: Iterable[Hold], count: int
) -> Iterator[tuple[str, str]]:
    environment, path = record.environment, manifest_path(record.environment, record.model)
    for name in ("healthy", "applied", "attempted", "failed"):
        revision = getattr(record, name)
        for digest in _named(forge.read(path, revision) if revision else None):
            yield digest, f"{name} in {environment}"
    for digest in _goals(record, tuple(holds), count):
        yield digest, f"was healthy in {environment}"


def _goals(record: DeploymentRecord, holds: tuple[Hold, ...], count: int) -> list[str]:
    """The newest proven digests, until as many of them are free as are asked for."""
    found: list[str] = []
    free = 0
    for proof in reversed(record.proofs):
        if free > count:
            break
        if proof.digest and proof.digest not in found:
            found.append(proof.digest)
            free += held(holds, proof.digest) is None
    return found


def _promoted(
    forge: Forge, model: str, environments: Iterable[str], count: int
) -> Iterator[tuple[str, str]]:
    ours = [one for one in forge.promotions() if one.model == model]
    for one in ours:
        if one.state == "open":
            yield one.bundle_digest, f"waits in promotion {one.number}"
    for environment in environments:
        merged = [p for p in ours if p.state == "merged" and p.environment == environment]
        for one in merged[-count:]:
            yield one.bundle_digest, f"promotion {one.number} to {environment}"


def _named(text: str | None) -> list[str]:
    """Every digest in a text: a manifest of an earlier form names its bundle too."""
    return DIGEST.findall(text or "")
