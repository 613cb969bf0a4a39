"""Is what runs what git says? Told from facts alone."""

from gitops.known import Facts
from gitops.manifest import IMPORT_PATH, ReleaseManifest
from gitops.runtime import ObservedApplication
from gitops.walk import wanted
from gitops.yaml_text import difference


def difference_to_git(facts: Facts) -> str:
    """What is not as git says, by the first key that differs; empty if nothing is."""
    observed, manifest = facts.observed, facts.desired.manifest
    if manifest is None:
        return "an application that git does not name" if is_ours(observed) else ""
    if observed is None or observed.config is None:
        return f"there is no application {manifest.application}"
    if observed.status == "DEPLOY_FAILED":
        return f"Serve has given it up: {observed.message}"
    found = difference(wanted(manifest, facts.walk), observed.config)
    return f"{found[0]}: got {found[1]!r}, expected {found[2]}" if found else ""


def serves_step(facts: Facts) -> bool:
    """Has the candidate been seen at this step's share, since it was told last?"""
    revision, record, manifest = facts.desired.revision, facts.record, facts.desired.manifest
    told = record.applied == revision and manifest is not None and as_told(facts, manifest)
    return told and record.attempted == revision and bool(record.step_since)


def is_ours(observed: ObservedApplication | None) -> bool:
    """Is it declared, and of the one kind that Slipway declares?"""
    config = observed.config if observed else None
    return config is not None and config.get("import_path") == IMPORT_PATH


def as_told(facts: Facts, manifest: ReleaseManifest) -> bool:
    """Is the application declared just as git wants it, at the present step?"""
    return facts.observed is not None and facts.observed.config == wanted(manifest, facts.walk)


def answers(facts: Facts, manifest: ReleaseManifest) -> bool:
    """Does the endpoint say that it is ready, with the bundle that git names?"""
    running = facts.observed is not None and facts.observed.status == "RUNNING"
    live = facts.live
    return bool(running and live and live.ready and live.digest == manifest.bundle_digest)
