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
│   ├── RecordInvalid           a deployment record that this version does not write
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
│   ├── CommitUnsigned          a commit without the signature that the policy wants
│   ├── StillSoaking            an earlier environment has not run it for long enough
│   └── EnvironmentFrozen       the policy lets nothing new go live at this time
├── RollbackRefused
│   ├── NothingToRestore        no other healthy revision is known
│   └── AlreadyRolledBack       the head is a rollback already
├── NotSuspended                a resume of what is not suspended
├── NothingToPrune              a confirmation where nothing waits for one
├── NotHeld                     a lift of a digest that is not held
├── NotifierUnknown             an address of people that cannot be told
└── RuntimeFault
    ├── RuntimeUnavailable      Serve's REST API does not answer
    ├── Interrupted             this process was told to end
    └── ApplyRefused            Serve refuses the configuration
"""

from gitops.errors.files import (
    EvidenceInvalid,
    FileInvalid,
    HoldsInvalid,
    ManifestInvalid,
    PolicyInvalid,
    PruneInvalid,
    SuspensionInvalid,
)
from gitops.errors.host import (
    AccessDenied,
    AddressRefused,
    AtomicUnsupported,
    ForgeUnavailable,
    HostError,
    PushRefused,
    RateLimited,
    RequestRefused,
)
from gitops.errors.promotions import (
    MergeConflict,
    MergeRefused,
    MergeTakenBack,
    NotApproved,
    PromotionError,
    PromotionNotOpen,
    StatusesNotPassed,
    UnknownPromotion,
)
from gitops.errors.refusals import (
    AlreadyRolledBack,
    CommitUnsigned,
    DigestHeld,
    EarlierNotHealthy,
    EnvironmentFrozen,
    EvidenceMismatch,
    GateNotPassed,
    NotHeld,
    NothingToPrune,
    NothingToRestore,
    NotifierUnknown,
    NotSuspended,
    PromotionRefused,
    RollbackRefused,
    StillSoaking,
    brief,
)
from gitops.errors.repository import (
    Contention,
    ForgeError,
    GitFailed,
    HeadMoved,
    LeaseLost,
    LeaseTaken,
    PathRefused,
    RecordInvalid,
    RecordMoved,
    RepositoryMissing,
    StaleLock,
    UnknownRevision,
)
from gitops.errors.root import GitopsError
from gitops.errors.running import ApplyRefused, Interrupted, RuntimeFault, RuntimeUnavailable

__all__ = [
    "AccessDenied",
    "AddressRefused",
    "AlreadyRolledBack",
    "ApplyRefused",
    "AtomicUnsupported",
    "CommitUnsigned",
    "Contention",
    "DigestHeld",
    "EarlierNotHealthy",
    "EnvironmentFrozen",
    "EvidenceInvalid",
    "EvidenceMismatch",
    "FileInvalid",
    "ForgeError",
    "ForgeUnavailable",
    "GateNotPassed",
    "GitFailed",
    "GitopsError",
    "HeadMoved",
    "HoldsInvalid",
    "HostError",
    "Interrupted",
    "LeaseLost",
    "LeaseTaken",
    "ManifestInvalid",
    "MergeConflict",
    "MergeRefused",
    "MergeTakenBack",
    "NotApproved",
    "NotHeld",
    "NotSuspended",
    "NothingToPrune",
    "NothingToRestore",
    "NotifierUnknown",
    "PathRefused",
    "PolicyInvalid",
    "PromotionError",
    "PromotionNotOpen",
    "PromotionRefused",
    "PruneInvalid",
    "PushRefused",
    "RateLimited",
    "RecordInvalid",
    "RecordMoved",
    "RepositoryMissing",
    "RequestRefused",
    "RollbackRefused",
    "RuntimeFault",
    "RuntimeUnavailable",
    "StaleLock",
    "StatusesNotPassed",
    "StillSoaking",
    "SuspensionInvalid",
    "UnknownPromotion",
    "UnknownRevision",
    "brief",
]
