"""Every file under `gitops/` of one tree, checked without a running system."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gitops.dependencies import refuse_ring
from gitops.errors import FileInvalid, HoldsInvalid, ManifestInvalid, PolicyInvalid
from gitops.evidence import Evidence
from gitops.facts import target_of
from gitops.forge import Tree
from gitops.holds import Hold, held, holds_path, parse_holds
from gitops.manifest import FOLDER, manifest_path, parse
from gitops.policy import POLICY_PATH, Policy, parse_policy
from gitops.pruning import PRUNES, parse_prune
from gitops.suspension import FOLDER as SUSPENSIONS
from gitops.suspension import parse_suspension

Read = Callable[[str], str | None]


@dataclass(frozen=True)
class Files:
    """The files of one tree: their paths below `gitops/`, and how to read one."""

    paths: tuple[str, ...]
    read: Read


def files_of_folder(folder: Path) -> Files:
    """The files of a checkout."""
    found = (folder / "gitops").rglob("*")
    paths = tuple(sorted(p.relative_to(folder).as_posix() for p in found if p.is_file()))

    def read(path: str) -> str | None:
        file = folder / path
        return file.read_bytes().decode(errors="replace") if file.is_file() else None

    return Files(paths, read)


def files_of_revision(tree: Tree, revision: str) -> Files:
    """The files of a repository at a revision."""
    return Files(tuple(tree.paths("gitops", revision)), lambda path: tree.read(path, revision))


def problems(files: Files) -> list[str]:
    """One sentence for each file that cannot be used; empty if all is well."""
    text = files.read(POLICY_PATH)
    if text is None:
        return [str(PolicyInvalid(POLICY_PATH, "", None, "a file"))]
    try:
        policy = parse_policy(text)
    except PolicyInvalid as error:
        return [str(error)]
    found = [_problem(files, policy, path) for path in files.paths]
    return [problem for problem in found if problem]


def _problem(files: Files, policy: Policy, path: str) -> str | None:
    try:
        if path.startswith(f"{FOLDER}/"):
            _check_environments(files, policy, path)
        elif path.startswith("gitops/holds/"):
            parse_holds(files.read(path), path)
        elif path.startswith(f"{SUSPENSIONS}/"):
            parse_suspension(files.read(path), path)
        elif path.startswith(f"{PRUNES}/"):
            parse_prune(files.read(path), path)
        elif path.startswith("gitops/evidence/"):
            _check_evidence(files, path)
    except FileInvalid as error:
        return str(error)
    return None


def _check_environments(files: Files, policy: Policy, path: str) -> None:
    if path == POLICY_PATH or path.endswith("/.gitkeep"):
        return
    target = target_of(path)
    if target is None:
        raise FileInvalid(path, "", path.removeprefix(f"{FOLDER}/"), "<environment>/<model>.yaml")
    environment, model = target
    manifest = parse(files.read(path) or "", path)
    policy.environment(environment)
    policy.admit(model)
    refuse_ring(manifest, lambda other: _depends_on(files, environment, other))
    hold = held(_holds(files, environment, model), manifest.bundle_digest)
    if hold:
        raise FileInvalid(path, "bundle-digest", manifest.bundle_digest, f"not held: {hold.reason}")


def _depends_on(files: Files, environment: str, model: str) -> tuple[str, ...]:
    path = manifest_path(environment, model)
    text = files.read(path)
    try:
        return () if text is None else parse(text, path).depends_on
    except ManifestInvalid:
        return ()


def _holds(files: Files, environment: str, model: str) -> tuple[Hold, ...]:
    path = holds_path(environment, model)
    try:
        return parse_holds(files.read(path), path)
    except HoldsInvalid:
        return ()


def _check_evidence(files: Files, path: str) -> None:
    evidence = Evidence.from_json(files.read(path) or "", path)
    if evidence.path != path:
        raise FileInvalid(path, "model", evidence.path, "the path of this file")
    manifest_file = manifest_path(evidence.environment, evidence.model)
    text = files.read(manifest_file)
    if text is None:
        return
    try:
        wanted = parse(text, manifest_file).bundle_digest
    except ManifestInvalid:
        return
    if evidence.bundle_digest != wanted:
        raise FileInvalid(path, "bundle_digest", evidence.bundle_digest, repr(wanted))
