"""From a judged candidate to a change in git: committed at once, or proposed for review."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gitops.admission import check_earlier, check_holds, check_time
from gitops.errors import (
    EvidenceMismatch,
    GateNotPassed,
    HeadMoved,
    ManifestInvalid,
)
from gitops.evidence import Evidence
from gitops.forge import Forge, Promotion, Proposal
from gitops.holds import Clock, now
from gitops.manifest import ReleaseManifest, parse, render
from gitops.policy import Environment, load_policy
from gitops.retry import until_won
from gitops.signed import check_signs
from gitops.trailers import compose

TEST_SCORE = "test_score"


@dataclass(frozen=True)
class Release:
    """What became of a release.

    `committed` to main as `revision`; `proposed` as `promotion`; or `unchanged`, main having
    named this bundle before, last touched by `revision`.
    """

    kind: Literal["committed", "proposed", "unchanged"]
    manifest: ReleaseManifest
    revision: str | None = None
    promotion: Promotion | None = None


def release(
    forge: Forge,
    manifest: ReleaseManifest,
    evidence: Evidence,
    author: str = "",
    clock: Clock = now,
) -> Release:
    """Bring a bundle into an environment as its policy says; twice gives the same as once.

    `previous_digest` is filled in from main. Under `auto` the manifest and the evidence are
    committed, under `review` they become a promotion with one status per gate. `author` is the
    person who wants it. A promotion may be opened at any time; a commit keeps to freezes and to
    the time in earlier environments.

    Raises
    ------
    EvidenceMismatch, GateNotPassed
        The evidence is of another bundle, has no gates, or one that did not pass.
    DigestHeld, EarlierNotHealthy
        The digest was rolled back here, or an earlier environment has not proven it.
    EnvironmentFrozen, StillSoaking
        It is too early for a commit.
    CommitUnsigned
        The environment wants signed commits, and Slipway cannot sign.
    PolicyInvalid
        The environment is unknown, or the model's name collides with one.
    """
    check_evidence(manifest, evidence)
    what = f"release of {manifest.model} to {manifest.environment}"
    return until_won(what, lambda: _release(forge, manifest, evidence, author, clock), HeadMoved)


def check(forge: Forge, manifest: ReleaseManifest, evidence: Evidence, clock: Clock = now) -> None:
    """Return if `release` would write or find this at this moment; else raise what it raises."""
    check_evidence(manifest, evidence)
    head = forge.head()
    environment = _environment(forge, manifest, head)
    check_score(environment, manifest, evidence)
    _check(forge, environment, manifest, head, clock)


def check_evidence(manifest: ReleaseManifest, evidence: Evidence) -> None:
    """EvidenceMismatch or GateNotPassed unless the evidence speaks for exactly this manifest."""
    for field in ("model", "environment", "bundle_digest", "model_version"):
        got, expected = getattr(evidence, field), getattr(manifest, field)
        if got != expected:
            raise EvidenceMismatch(field, got, expected)
    if not evidence.gates:
        raise GateNotPassed(
            manifest.model, manifest.bundle_digest, "any", "is missing: the evidence has no gates"
        )
    for verdict in evidence.failing():
        raise GateNotPassed(
            manifest.model, manifest.bundle_digest, verdict.check, f"failed: {verdict.sentence()}"
        )


def check_score(environment: Environment, manifest: ReleaseManifest, evidence: Evidence) -> None:
    """GateNotPassed unless the evidence holds the test score that the environment asks for."""
    asked = environment.test_score
    if asked is None:
        return
    found = next((one for one in evidence.gates if one.check == TEST_SCORE), None)
    observed = found.observed if found else None
    problem = ""
    if not isinstance(observed, int | float):
        problem = f"is missing: {environment.name} asks for at least {asked:g}"
    elif observed < asked:
        problem = f"failed: {observed:g}, {environment.name} asks for at least {asked:g}"
    if problem:
        raise GateNotPassed(manifest.model, manifest.bundle_digest, TEST_SCORE, problem)


def _release(
    forge: Forge, manifest: ReleaseManifest, evidence: Evidence, author: str, clock: Clock
) -> Release:
    head = forge.head()
    environment = _environment(forge, manifest, head)
    present = _present(forge, manifest, head)
    wanted = _with_previous(manifest, present)
    if present is not None and replace(present, form=wanted.form) == wanted:
        last = forge.last_change(manifest.path, head)
        return Release("unchanged", wanted, revision=last.revision if last else None)
    check_score(environment, wanted, evidence)
    _check(forge, environment, wanted, head, clock)
    evidence = replace(evidence, previous_digest=wanted.previous_digest)
    changes = {manifest.path: render(wanted), evidence.path: evidence.to_json()}
    if environment.approval == "auto":
        revision = forge.commit(head, changes, _message(wanted, evidence))
        return Release("committed", wanted, revision=revision)
    promotion = _propose(forge, wanted, evidence, changes, environment, author)
    return Release("proposed", wanted, promotion=promotion)


def _environment(forge: Forge, manifest: ReleaseManifest, head: str) -> Environment:
    policy = load_policy(forge, head)
    policy.admit(manifest.model)
    return policy.environment(manifest.environment)


def _check(
    forge: Forge, environment: Environment, manifest: ReleaseManifest, head: str, clock: Clock
) -> None:
    model, digest = manifest.model, manifest.bundle_digest
    check_signs(forge, environment)
    check_holds(forge, environment, model, digest, head)
    check_earlier(forge, environment, model, digest)
    if environment.approval == "auto":
        check_time(forge, environment, model, digest, clock())


def _present(forge: Forge, manifest: ReleaseManifest, head: str) -> ReleaseManifest | None:
    text = forge.read(manifest.path, head)
    try:
        return parse(text, manifest.path) if text is not None else None
    except ManifestInvalid:
        return None


def _with_previous(manifest: ReleaseManifest, present: ReleaseManifest | None) -> ReleaseManifest:
    if present is None:
        return replace(manifest, previous_digest=None)
    same = present.bundle_digest == manifest.bundle_digest
    return replace(
        manifest, previous_digest=present.previous_digest if same else present.bundle_digest
    )


def _propose(
    forge: Forge,
    manifest: ReleaseManifest,
    evidence: Evidence,
    changes: Mapping[str, str | None],
    environment: Environment,
    author: str,
) -> Promotion:
    gates = {verdict.check: verdict for verdict in evidence.gates}
    promotion = forge.open_promotion(
        Proposal(
            environment=manifest.environment,
            model=manifest.model,
            bundle_digest=manifest.bundle_digest,
            title=_subject(manifest),
            body=evidence.markdown(),
            message=_message(manifest, evidence),
            changes=changes,
            required=tuple(dict.fromkeys((*gates, *environment.checks))),
            author=author,
        )
    )
    if promotion.state != "open":
        return promotion
    for context, verdict in gates.items():
        if promotion.status(context) is None:
            forge.set_status(
                promotion.number, promotion.commit, context, "success", verdict.sentence()
            )
    return forge.promotion(promotion.number)


def _subject(manifest: ReleaseManifest) -> str:
    digest12 = manifest.bundle_digest[7:19]
    return (
        f"Promote {manifest.model} {manifest.model_version} ({digest12}) to {manifest.environment}"
    )


def _message(manifest: ReleaseManifest, evidence: Evidence) -> str:
    gates = "\n".join(f"- {verdict.sentence()}" for verdict in evidence.gates)
    trailers = {
        "Model": manifest.model,
        "Environment": manifest.environment,
        "Bundle-Digest": manifest.bundle_digest,
        "Model-Version": manifest.model_version,
        "Evaluation-Run": manifest.evaluation_run,
        "Data-Version": manifest.data_version,
        "Previous-Digest": manifest.previous_digest or "none",
    }
    return compose(_subject(manifest), gates, trailers)
