"""What can go wrong between a release and the running system.

GitopsError
├── FileInvalid                 a file in git that is not what Slipway writes
│   ├── ManifestInvalid         gitops/environments/<env>/<model>.yaml
│   ├── PolicyInvalid           gitops/environments/policy.yaml
│   ├── HoldsInvalid            gitops/holds/<env>/<model>.yaml
│   ├── SuspensionInvalid       gitops/suspensions/<env>/<model>.yaml
│   ├── PruneInvalid            gitops/prunes/<env>.yaml
│   └── EvidenceInvalid         gitops/evidence/<env>/<model>.json
├── ForgeError
│   ├── RepositoryMissing       no repository, or one without a main branch
│   ├── GitFailed               git said no for a reason of its own
│   ├── StaleLock               a dead process left a *.lock file behind
│   ├── Contention              other writers kept winning
│   ├── HeadMoved               compare-and-swap on main lost
│   ├── RecordMoved             compare-and-swap on a deployment record lost
│   ├── LeaseLost               another reconciler has taken the lease
│   ├── LeaseTaken              another reconciler holds the lease
│   ├── UnknownRevision         no commit of that name
│   ├── PathRefused             a path that does not belong into the tree
│   ├── HostError               a git host behind an address
│   │   ├── ForgeUnavailable    it does not answer; later it may
│   │   ├── AccessDenied        it does not let this account in
│   │   ├── PushRefused         its rules do not let this account move a ref
│   │   ├── AtomicUnsupported   it cannot move several refs at once
│   │   ├── RateLimited         it was asked too often; it says until when
│   │   ├── RequestRefused      it takes a request for wrong
│   │   └── AddressRefused      an address that git is not given
│   └── PromotionError
│       ├── UnknownPromotion    no promotion of that number
│       ├── PromotionNotOpen    closed or superseded
│       ├── StatusesNotPassed   a required status is missing or not a success
│       ├── NotApproved         people who may approve have not, or not enough of them
│       ├── MergeConflict       main changed under the manifest meanwhile
│       ├── MergeRefused        the host's rules do not let it be merged
│       └── MergeTakenBack      it was merged over a change of the same moment
├── PromotionRefused
│   ├── EvidenceMismatch        evidence of another bundle, model or environment
│   ├── GateNotPassed           a gate failed, or its result is missing
│   ├── DigestHeld              the digest was rolled back and is held
│   ├── EarlierNotHealthy       an earlier environment has not proven the digest
│   ├── StillSoaking            an earlier environment has not run it for long enough
│   └── EnvironmentFrozen       the policy lets nothing new go live at this time
├── RollbackRefused
│   ├── NothingToRestore        no other healthy revision is known
│   └── AlreadyRolledBack       the head is a rollback already
├── NotSuspended                a resume of what is not suspended
├── NothingToPrune              a confirmation where nothing waits for one
├── NotHeld                     a lift of a digest that is not held
└── RuntimeFault
    ├── RuntimeUnavailable      Serve's REST API does not answer
    └── ApplyRefused            Serve refuses the configuration
"""

import math
from datetime import datetime, timedelta
from pathlib import Path


class GitopsError(Exception):
    """The root: everything `gitops` raises on purpose."""


class FileInvalid(GitopsError):
    """A file of the GitOps repository holds something else than Slipway writes."""

    def __init__(self, path: str, key: str, got: object, expected: str) -> None:
        place = f"{path}: {key}" if key else path
        super().__init__(f"{place}: got {_short(got)}, expected {expected}")
        self.path, self.key, self.got, self.expected = path, key, got, expected


class ManifestInvalid(FileInvalid):
    """A RayService manifest that Slipway did not render, or that names something not allowed."""


class PolicyInvalid(FileInvalid):
    """The policy of the environments cannot be used."""


class HoldsInvalid(FileInvalid):
    """A list of held digests cannot be used."""


class SuspensionInvalid(FileInvalid):
    """A suspension cannot be used."""


class PruneInvalid(FileInvalid):
    """A confirmation that an environment is emptied cannot be used."""


class EvidenceInvalid(FileInvalid):
    """A machine-readable evidence file cannot be used."""


class ForgeError(GitopsError):
    """The repository that says what is live cannot be read or written."""


class RepositoryMissing(ForgeError):
    def __init__(self, place: str, why: str) -> None:
        super().__init__(
            f"{place!r} is no GitOps repository ({why}); `slipway up` makes the local one, "
            "SLIPWAY_GITOPS_REPO names another"
        )
        self.place = place


class GitFailed(ForgeError):
    def __init__(self, arguments: list[str], code: int, stderr: str) -> None:
        super().__init__(f"`git {' '.join(arguments)}` ended with {code}: {stderr.strip()}")
        self.arguments, self.code, self.stderr = arguments, code, stderr


class StaleLock(ForgeError):
    def __init__(self, path: Path, age: float) -> None:
        super().__init__(
            f"{str(path)!r} has been there for {age:.0f} s, so the process that took it is dead "
            f"or hangs; if no git process is at work in the repository, remove it: rm '{path}'"
        )
        self.path, self.age = path, age


class Contention(ForgeError):
    def __init__(self, what: str, attempts: int) -> None:
        super().__init__(f"{what}: {attempts} attempts lost against other writers; run it again")
        self.what, self.attempts = what, attempts


class HeadMoved(ForgeError):
    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            f"main is at {found[:12]}, expected {expected[:12]}; read the head again and repeat"
        )
        self.expected, self.found = expected, found


class RecordMoved(ForgeError):
    def __init__(self, environment: str, model: str) -> None:
        super().__init__(
            f"the deployment record of {model} in {environment} was written by another process; "
            f"show it: slipway status"
        )
        self.environment, self.model = environment, model


class LeaseLost(ForgeError):
    def __init__(self, number: int) -> None:
        super().__init__(
            f"lease {number} was taken over by another reconciler, which goes on with the work"
        )
        self.number = number


class LeaseTaken(ForgeError):
    def __init__(self, holder: str, number: int, expires: str) -> None:
        super().__init__(
            f"{holder or 'another reconciler'} holds lease {number} until {expires}, "
            "unless it renews it"
        )
        self.holder, self.number, self.expires = holder, number, expires


class UnknownRevision(ForgeError):
    def __init__(self, revision: str) -> None:
        super().__init__(f"no commit {revision!r} in the GitOps repository, expected a commit id")
        self.revision = revision


class PathRefused(ForgeError):
    def __init__(self, path: str) -> None:
        super().__init__(
            f"path {path!r} refused, expected a relative path without '..', '.git' "
            "or control characters"
        )
        self.path = path


class HostError(ForgeError):
    """A git host behind an address does not do what was asked of it."""


class ForgeUnavailable(HostError):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(
            f"{url} does not answer: {reason}; if a change was on its way, it shows at the next "
            "look whether it arrived; look now: slipway doctor"
        )
        self.url, self.reason = url, reason


class AccessDenied(HostError):
    def __init__(self, url: str, reason: str, holder: str = "SLIPWAY_GITOPS_TOKEN") -> None:
        super().__init__(
            f"{url} does not let us in: {reason}; expected an account that may read and push, "
            f"{holder} holds its token"
        )
        self.url, self.reason = url, reason


class PushRefused(HostError):
    def __init__(self, url: str, ref: str, reason: str) -> None:
        super().__init__(
            f"{url} refuses to change {ref}: {reason}; let the account push there "
            "(branch protection, hooks), or name a repository where it may"
        )
        self.url, self.ref, self.reason = url, ref, reason


class AtomicUnsupported(HostError):
    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url} cannot change several refs in one push (git push --atomic), so a crash could "
            "leave half a promotion behind; name a repository on a host that can"
        )
        self.url = url


class AddressRefused(HostError):
    def __init__(self, url: str, expected: str) -> None:
        super().__init__(f"SLIPWAY_GITOPS_REPO: got {url!r}, expected {expected}")
        self.url, self.expected = url, expected


class RateLimited(HostError):
    def __init__(self, url: str, seconds: float, reason: str) -> None:
        super().__init__(
            f"{url} was asked too often and wants {seconds:.0f} s of rest: {reason}; "
            "run it again afterwards"
        )
        self.url, self.seconds = url, seconds


class RequestRefused(HostError):
    def __init__(self, url: str, request: str, status: int, reason: str) -> None:
        super().__init__(f"{url} refused {request} with {status}: {reason[:2000]}")
        self.url, self.request, self.status, self.reason = url, request, status, reason


class PromotionError(ForgeError):
    """A promotion cannot do what was asked of it."""


class UnknownPromotion(PromotionError):
    def __init__(self, number: int) -> None:
        super().__init__(f"no promotion {number}; show all: slipway promotions list")
        self.number = number


class PromotionNotOpen(PromotionError):
    def __init__(self, number: int, state: str, reason: str) -> None:
        super().__init__(
            f"promotion {number} is {state} ({reason or 'no reason given'}), expected open; "
            f"show it: slipway promotions show {number}"
        )
        self.number, self.state, self.reason = number, state, reason


class StatusesNotPassed(PromotionError):
    def __init__(self, number: int, commit: str, missing: dict[str, str]) -> None:
        listed = ", ".join(f"{context} is {state}" for context, state in sorted(missing.items()))
        super().__init__(
            f"promotion {number} at {commit[:12]}: {listed}, expected success; "
            f"show it: slipway promotions show {number}"
        )
        self.number, self.commit, self.missing = number, commit, missing


class NotApproved(PromotionError):
    def __init__(self, number: int, problem: str) -> None:
        super().__init__(
            f"promotion {number}: {problem}; show it: slipway promotions show {number}"
        )
        self.number, self.problem = number, problem


class MergeConflict(PromotionError):
    def __init__(self, number: int, path: str) -> None:
        super().__init__(
            f"promotion {number}: {path} changed on main since it was opened; reject it "
            f"(slipway promotions reject {number}) and promote again"
        )
        self.number, self.path = number, path


class MergeRefused(PromotionError):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(
            f"promotion {number} is not merged, the host's rules do not allow it: {reason}; "
            f"show it: slipway promotions show {number}"
        )
        self.number, self.reason = number, reason


class MergeTakenBack(PromotionError):
    def __init__(self, number: int, why: str, revision: str) -> None:
        super().__init__(
            f"promotion {number} was merged and taken back by {revision[:12]}, since main had "
            f"changed at that moment: {why}"
        )
        self.number, self.revision = number, revision


class PromotionRefused(GitopsError):
    """A release that may not be written to git."""


class EvidenceMismatch(PromotionRefused):
    def __init__(self, field: str, got: str, expected: str) -> None:
        super().__init__(
            f"the evidence has {field} {got!r}, the manifest {expected!r}; "
            "evaluate the candidate again"
        )
        self.field, self.got, self.expected = field, got, expected


class GateNotPassed(PromotionRefused):
    def __init__(self, model: str, digest: str, check: str, message: str) -> None:
        super().__init__(f"{model} {digest[:19]} is not promoted: gate {check!r} {message}")
        self.model, self.digest, self.check = model, digest, check


class DigestHeld(PromotionRefused):
    def __init__(self, environment: str, model: str, digest: str, reason: str) -> None:
        super().__init__(
            f"{model} {digest[:19]} is held in {environment}: {reason}; "
            f"let it go: slipway hold {model} --env {environment} --digest {digest} --lift"
        )
        self.environment, self.model, self.digest, self.reason = environment, model, digest, reason


class EarlierNotHealthy(PromotionRefused):
    def __init__(self, environment: str, model: str, digest: str, earlier: str) -> None:
        super().__init__(
            f"{model} {digest[:19]} may not go to {environment} before it was healthy in "
            f"{earlier}; show both: slipway status"
        )
        self.environment, self.model, self.digest, self.earlier = (
            environment,
            model,
            digest,
            earlier,
        )


class StillSoaking(PromotionRefused):
    def __init__(
        self, environment: str, model: str, digest: str, earlier: str, left: timedelta
    ) -> None:
        super().__init__(
            f"{model} {digest[:19]} may not go to {environment} yet: it must stay healthy in "
            f"{earlier} for another {brief(left)}; show both: slipway status"
        )
        self.environment, self.model, self.digest = environment, model, digest
        self.earlier, self.left = earlier, left


class EnvironmentFrozen(PromotionRefused):
    def __init__(self, environment: str, model: str, reason: str, until: datetime) -> None:
        super().__init__(
            f"{environment} is frozen until {until.isoformat(timespec='minutes')} ({reason}); "
            f"try again then; what is live can be taken back at any time: "
            f"slipway rollback {model} --env {environment}"
        )
        self.environment, self.model, self.reason, self.until = environment, model, reason, until


class RollbackRefused(GitopsError):
    """Nothing that could or should be restored."""


class NothingToRestore(RollbackRefused):
    def __init__(self, environment: str, model: str, wanted: str) -> None:
        super().__init__(
            f"{model} in {environment}: {wanted}; "
            f"name a revision: slipway rollback {model} --env {environment} --to REVISION"
        )
        self.environment, self.model = environment, model


class AlreadyRolledBack(RollbackRefused):
    def __init__(self, environment: str, model: str, revision: str) -> None:
        super().__init__(
            f"{model} in {environment}: {revision[:12]} is a rollback itself; to go further back "
            f"name the revision: slipway rollback {model} --env {environment} --to REVISION"
        )
        self.environment, self.model, self.revision = environment, model, revision


class NotHeld(GitopsError):
    def __init__(self, environment: str, model: str, digest: str) -> None:
        super().__init__(f"{model} {digest[:19]} is not held in {environment}; nothing to lift")
        self.environment, self.model, self.digest = environment, model, digest


class NotSuspended(GitopsError):
    def __init__(self, environment: str, model: str) -> None:
        super().__init__(f"{model} is not suspended in {environment}; nothing to resume")
        self.environment, self.model = environment, model


class NothingToPrune(GitopsError):
    def __init__(self, environment: str) -> None:
        super().__init__(
            f"{environment} waits for no confirmation: git names a manifest there, or nothing "
            "is served that it does not name; show both: slipway status"
        )
        self.environment = environment


class RuntimeFault(GitopsError):
    """The running system cannot be asked or changed."""


class RuntimeUnavailable(RuntimeFault):
    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} does not answer: {reason}; show the services: slipway status")
        self.url, self.reason = url, reason


class ApplyRefused(RuntimeFault):
    def __init__(self, url: str, status: int, answer: str) -> None:
        super().__init__(f"{url} refused the configuration with {status}: {answer[:2000]}")
        self.url, self.status, self.answer = url, status, answer


def brief(length: timedelta) -> str:
    """A length of time in its two largest units, rounded up to seconds, e.g. `1 h 30 min`."""
    seconds = max(1, math.ceil(length.total_seconds()))
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2])


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
