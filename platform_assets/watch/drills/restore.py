"""The restore drill: the state folder is lost, and git, lake and artifact store are what is left.

Nothing of this machine's state is read: the repository is cloned anew, and what it names is opened
where the settings say that bundles and tables lie.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gitops.errors import GitopsError
from gitops.forge import Forge
from gitops.manifest import ReleaseManifest, manifest_path, parse
from platform_assets.findings import Findings
from resources.artifacts import Artifacts
from resources.errors import ResourceError
from resources.lake import Lake
from resources.settings import Settings
from serving.bundle import open_bundle
from serving.errors import ServingError
from serving.scorer import load_scorer, verify_golden

_LOCAL = ("file://", "sqlite:///")


@dataclass(frozen=True)
class Part:
    """Something that was there before; `found` says what of it is there, or why it is not."""

    name: str
    back: bool
    found: str


@dataclass(frozen=True)
class Place:
    """Where a kind of state lies, and whether it is lost with the state folder.

    `setting` moves it elsewhere; empty if none does.
    """

    name: str
    uri: str
    inside: bool
    setting: str = ""

    def sentence(self) -> str:
        """Whether it would be lost, and how to keep it."""
        if not self.inside:
            return f"{self.name}: kept ({self.uri})"
        how = self.setting or "copy the folder"
        return f"{self.name}: lost with the state folder ({self.uri}); keep it: {how}"


def comes_back(
    forge: Forge,
    artifacts: Artifacts,
    lake: Lake,
    model: str,
    environments: Sequence[str],
    trusted: tuple[str, ...] = (),
) -> Iterator[Part]:
    """What git names of each environment, and whether all it needs to answer can be opened."""
    for environment in environments:
        text = forge.read(manifest_path(environment, model), forge.head())
        if text is None:
            yield Part(environment, back=True, found="git names nothing to serve")
            continue
        try:
            manifest = parse(text, manifest_path(environment, model))
        except GitopsError as error:
            yield Part(f"{environment}: manifest", back=False, found=str(error))
            continue
        yield _part(f"{environment}: bundle", partial(_answers, artifacts, manifest, trusted))
        yield _part(f"{environment}: rows", partial(_rows, lake, manifest))
        record = forge.read_record(environment, model)
        proven = f"{len(record.proofs)} proofs" if record else "none: it is proven anew"
        yield Part(f"{environment}: record", back=True, found=proven)


def places(settings: Settings) -> list[Place]:
    """Every kind of state; the last ones lie in the state folder whatever the settings say."""
    home = settings.home.resolve()
    repository = settings.gitops_repo or str(settings.gitops_path)
    movable = {
        "git": (repository, "SLIPWAY_GITOPS_REPO"),
        "tables": (settings.lake, "SLIPWAY_LAKE_URI"),
        "bundles and reports": (str(settings.artifacts), "SLIPWAY_ARTIFACTS_URI"),
        "MLflow's runs and versions": (settings.mlflow_tracking, "SLIPWAY_MLFLOW_URI"),
    }
    fixed = {
        "Dagster's history": home / "dagster",
        "predictions that have not landed": settings.predictions,
        "tokens of callers": settings.api_token_file.parent,
    }
    return [
        *(Place(name, uri, _inside(uri, home), how) for name, (uri, how) in movable.items()),
        *(Place(name, str(place), _within(place, home)) for name, place in fixed.items()),
    ]


def judged(parts: Sequence[Part], lost: Sequence[Place]) -> Findings:
    """What does not come back fails; what would be lost though it could lie elsewhere is a warning.

    Parts were opened where they lie now, so one that lies in the state folder proves nothing.
    """
    missing = [f"{one.name}: {one.found}" for one in parts if not one.back]
    inside = [f"{one.name} ({one.setting})" for one in lost if one.inside and one.setting]
    together = f"in the state folder, and lost with it: {', '.join(inside)}"
    opened = () if missing else ("all that git names can be served again",)
    return Findings(missing, [together] if inside else (), opened)


def report(parts: Sequence[Part], lost: Sequence[Place]) -> Mapping[str, list[str]]:
    """For people: what comes back, what does not, and what is lost besides."""
    return {
        "comes_back": [f"{one.name}: {one.found}" for one in parts if one.back],
        "does_not": [f"{one.name}: {one.found}" for one in parts if not one.back],
        "state": [one.sentence() for one in lost],
    }


def _part(name: str, look: Callable[[], str]) -> Part:
    try:
        return Part(name, back=True, found=look())
    except (GitopsError, ResourceError, ServingError, OSError) as error:
        return Part(name, back=False, found=str(error))


def _answers(artifacts: Artifacts, manifest: ReleaseManifest, trusted: tuple[str, ...]) -> str:
    bundle = open_bundle(
        artifacts.bundle_folder(manifest.model, manifest.bundle_digest), manifest.bundle_digest
    )
    verify_golden(bundle, load_scorer(bundle, trusted))
    rows = len(bundle.golden.rows)
    return f"version {manifest.model_version} answers its {rows} golden rows"


def _rows(lake: Lake, manifest: ReleaseManifest) -> str:
    table, _, version = manifest.data_version.partition("@")
    rows = lake.count(f"{manifest.model}/{table}", int(version))
    return f"{rows:,} rows of {manifest.data_version}"


def _inside(uri: str, home: Path) -> bool:
    """Whether a path, or an address of files of this machine, lies in a folder."""
    path = next((uri.removeprefix(one) for one in _LOCAL if uri.startswith(one)), uri)
    return "://" not in path and _within(Path(path), home)


def _within(place: Path, home: Path) -> bool:
    return place.resolve().is_relative_to(home)
