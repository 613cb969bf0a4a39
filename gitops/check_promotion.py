"""Is a pull request a promotion, whole and allowed? Told from two commits and the time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gitops.admission import check_holds, missing_approval
from gitops.errors import CommitUnsigned, DigestHeld, FileInvalid, PromotionRefused
from gitops.evidence import Evidence
from gitops.facts import target_of
from gitops.forge import Tree
from gitops.manifest import FOLDER, ReleaseManifest, evidence_path, manifest_path, parse
from gitops.markdown import escape, table
from gitops.policy import Environment, load_policy
from gitops.promotion import check_evidence, check_score
from gitops.signed import check_written
from gitops.stored_bundle import digest_again
from gitops.validate import files_of_revision, problems
from gitops.windows import frozen


@dataclass(frozen=True)
class Asked:
    """Two commits, the paths that differ between them, and who has approved so far.

    `base` is where the change grew from. `author` opened it; `approvers` None: nobody was asked.
    """

    base: str
    head: str
    changed: tuple[str, ...]
    author: str = ""
    approvers: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Finding:
    """What was looked at: `problems` stand in the way, `remarks` do not."""

    manifest: ReleaseManifest | None
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    def markdown(self) -> str:
        """The comment on the pull request; nothing in it is obeyed, whatever files are called."""
        head = "### Checked: " + ("not to be merged" if self.problems else "may be merged")
        facts = table(("what", "is"), _facts(self.manifest)) if self.manifest else ""
        lines = [f"- {escape(one)}" for one in (*self.problems, *self.remarks)]
        return "\n".join((head, "", facts, *lines)) + "\n"


def check_promotion(tree: Tree, asked: Asked, now: datetime) -> Finding:
    """Everything that stands against merging, as sentences; none of it is guessed.

    A change without a manifest is no promotion; its files are checked all the same.
    """
    wrong = [*problems(files_of_revision(tree, asked.head)), *_signature_objections(tree, asked)]
    below = [path for path in asked.changed if path.startswith(f"{FOLDER}/")]
    targets = sorted({target for path in below if (target := target_of(path))})
    if not targets:
        return Finding(None, tuple(wrong), ("no manifest changes: this is no promotion",))
    environment, model = targets[0]
    pair = (manifest_path(environment, model), evidence_path(environment, model))
    wrong += [
        f"{path}: changed beside {pair[0]}; a promotion changes one manifest and its evidence alone"
        for path in asked.changed
        if path not in pair
    ]
    text = tree.read(pair[0], asked.head)
    if text is None:
        return Finding(None, tuple(wrong), (f"{pair[0]} is removed",))
    try:
        manifest = parse(text, pair[0])
        wrong += _objections(tree, asked, manifest, now)
    except FileInvalid as error:
        return Finding(None, tuple(dict.fromkeys([*wrong, str(error)])))
    stored = digest_again(manifest.bundle_uri, manifest.bundle_digest)
    return Finding(manifest, (*wrong, *stored.problems), (stored.remark,))


def _signature_objections(tree: Tree, asked: Asked) -> Iterator[str]:
    """A removal and a change of the policy need a signature as much as a new manifest does."""
    try:
        check_written(tree, asked.base, asked.changed, asked.head)
    except CommitUnsigned as error:
        yield str(error)


def _objections(
    tree: Tree, asked: Asked, manifest: ReleaseManifest, now: datetime
) -> Iterator[str]:
    policy = load_policy(tree, asked.base)
    environment = policy.environment(manifest.environment)
    policy.admit(manifest.model)
    yield from _evidence_objections(tree, asked, manifest, environment)
    yield from _previous_objections(tree, asked, manifest)
    try:
        check_holds(tree, environment, manifest.model, manifest.bundle_digest, asked.base)
    except DigestHeld as error:
        yield str(error)
    freeze = frozen(environment.freeze, now)
    if freeze:
        until = freeze.until.isoformat(timespec="minutes")
        yield f"{environment.name} is frozen until {until} ({freeze.reason})"
    yield from _approval_objections(environment, asked)


def _evidence_objections(
    tree: Tree, asked: Asked, manifest: ReleaseManifest, environment: Environment
) -> Iterator[str]:
    path = evidence_path(manifest.environment, manifest.model)
    text = tree.read(path, asked.head)
    if text is None:
        yield f"{path}: is missing; nothing speaks for {manifest.bundle_digest}"
        return
    evidence = Evidence.from_json(text, path)
    try:
        check_evidence(manifest, evidence)
        check_score(environment, manifest, evidence)
    except PromotionRefused as error:
        yield str(error)
    for field in ("evaluation_run", "data_version", "previous_digest"):
        got, expected = getattr(evidence, field), getattr(manifest, field)
        if got != expected:
            yield f"{path}: {field}: got {got!r}, the manifest has {expected!r}"
    for verdict in evidence.endpoint:
        if not verdict.passed:
            yield f"{path}: endpoint: {verdict.sentence()}"


def _previous_objections(tree: Tree, asked: Asked, manifest: ReleaseManifest) -> Iterator[str]:
    before = tree.read(manifest.path, asked.base)
    if before is None:
        if manifest.previous_digest is not None:
            yield f"{manifest.path}: replaces {manifest.previous_digest}, but nothing is there"
        return
    present = parse(before, manifest.path)
    replaces = (
        present.previous_digest
        if present.bundle_digest == manifest.bundle_digest
        else present.bundle_digest
    )
    if manifest.previous_digest != replaces:
        yield (
            f"{manifest.path}: replaces {manifest.previous_digest}, expected {replaces}; "
            "promote again from the present main"
        )


def _approval_objections(environment: Environment, asked: Asked) -> Iterator[str]:
    if asked.approvers is not None:
        lacking = missing_approval(environment, asked.author, set(asked.approvers))
        if lacking:
            yield lacking


def _facts(manifest: ReleaseManifest) -> Sequence[tuple[str, str]]:
    facts: Mapping[str, str] = {
        "environment": manifest.environment,
        "model": manifest.model,
        "version": manifest.model_version,
        "bundle digest": manifest.bundle_digest,
        "replaces": manifest.previous_digest or "nothing",
        "evaluation run": manifest.evaluation_run,
        "data version": manifest.data_version,
    }
    return tuple(facts.items())
