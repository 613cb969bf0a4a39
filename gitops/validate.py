"""Every file under `gitops/` of one tree, checked without a running system."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gitops.errors import FileInvalid, PolicyInvalid
from gitops.evidence import Evidence
from gitops.facts import Target, target_of
from gitops.forge import Tree
from gitops.holds import held, holds_path, parse_holds
from gitops.manifest import FOLDER, evidence_path, parse
from gitops.policy import POLICY_PATH, Policy, parse_policy

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
    targets = [target for path in files.paths if (target := _manifest(path))]
    found = [_first_problem(files, policy, target) for target in targets]
    return [problem for problem in found if problem]


def _manifest(path: str) -> Target | None:
    return target_of(path) if path.startswith(f"{FOLDER}/") else None


def _first_problem(files: Files, policy: Policy, target: Target) -> str | None:
    try:
        _check(files, policy, target)
    except FileInvalid as error:
        return str(error)
    return None


def _check(files: Files, policy: Policy, target: Target) -> None:
    environment, model = target
    path = f"{FOLDER}/{environment}/{model}.yaml"
    manifest = parse(files.read(path) or "", path)
    policy.environment(environment)
    policy.admit(model)
    hold_path = holds_path(environment, model)
    hold = held(parse_holds(files.read(hold_path), hold_path), manifest.bundle_digest)
    if hold:
        raise FileInvalid(path, "bundle-digest", manifest.bundle_digest, f"not held: {hold.reason}")
    evidence = evidence_path(environment, model)
    text = files.read(evidence)
    if text is not None:
        digest = Evidence.from_json(text, evidence).bundle_digest
        if digest != manifest.bundle_digest:
            raise FileInvalid(evidence, "bundle_digest", digest, repr(manifest.bundle_digest))
