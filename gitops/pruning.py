"""The last manifests of an environment: gone by intent, or by accident."""

from collections.abc import Mapping

from gitops import yaml_text
from gitops.errors import HeadMoved, NothingToPrune, PruneInvalid
from gitops.forge import Forge, Tree
from gitops.manifest import FOLDER, manifest_path
from gitops.record import DeploymentRecord
from gitops.retry import until_won
from gitops.trailers import compose

PRUNES = "gitops/prunes"


def prune_path(environment: str) -> str:
    return f"{PRUNES}/{environment}.yaml"


def parse_prune(text: str | None, path: str) -> dict[str, str]:
    """What may go though nothing is left, as model to revision; PruneInvalid if it is none."""
    try:
        confirmed = yaml_text.load(text) if text is not None else {}
    except yaml_text.Refused as error:
        raise PruneInvalid(path, "", str(error), "models and revisions in plain YAML") from None
    pairs = confirmed.items() if isinstance(confirmed, dict) else [(confirmed, None)]
    for key, value in pairs:
        if not (isinstance(key, str) and isinstance(value, str)):
            raise PruneInvalid(path, str(key), value, "a model, and the revision that was live")
    return dict(pairs)


def emptied(tree: Tree, environment: str, revision: str) -> bool:
    """Does a revision name no manifest at all in an environment?"""
    paths = tree.paths(f"{FOLDER}/{environment}", revision)
    return not any(path.endswith(".yaml") for path in paths)


def confirmed(tree: Tree, record: DeploymentRecord, revision: str) -> bool:
    """Has a person confirmed that exactly what the record says is live may go?"""
    path = prune_path(record.environment)
    return parse_prune(tree.read(path, revision), path).get(record.model) == _live(record)


def confirm_prune(forge: Forge, environment: str, by: str) -> tuple[str, list[str]]:
    """Confirm by a commit that what git no longer names may go, though nothing is left.

    Returns main's head and the models. It counts for what is live now and for nothing later.
    NothingToPrune if the environment has manifests, or nothing that git does not name.
    """

    def attempt() -> tuple[str, list[str]]:
        head = forge.head()
        gone = waiting(forge, environment, head)
        if not gone:
            raise NothingToPrune(environment)
        subject = f"Confirm that {environment} is emptied"
        trailers = {"Environment": environment, "By": by}
        message = compose(subject, "\n".join(f"- {model}" for model in gone), trailers)
        return forge.commit(head, {prune_path(environment): yaml_text.dump(gone)}, message), [*gone]

    return until_won(f"prune of {environment}", attempt, HeadMoved)


def waiting(forge: Forge, environment: str, head: str) -> Mapping[str, str]:
    """The models that are served in an environment which git names no manifest of any more."""
    if not emptied(forge, environment, head):
        return {}
    return {
        record.model: _live(record)
        for record in forge.records()
        if record.environment == environment
        and forge.read(manifest_path(environment, record.model), head) is None
        and _live(record)
    }


def _live(record: DeploymentRecord) -> str:
    removed = record.healthy is not None and not record.digest
    return "" if removed else record.healthy or record.attempted or ""
