"""What can go wrong at the command line.

CliError
├── UnknownModel            no folder under platform_assets/defs and nothing in git
├── UnknownVersion          no model version of that number, alias or digest, or several
├── DeliveryRefused         a file that cannot be copied into the landing folder
├── RunFailed               the run that was followed failed
├── DrillNotPassed          a drill that was done, and found what would not have worked
├── BatchNotSound           a batch that is written, and of which a check failed
├── NothingStarted          no run began for what was delivered
├── NotSettled              after a pass the running system is not what git says
├── NotWell                 `doctor` found something that has to be mended
├── NotForgotten            a file that cannot be taken apart holds a person's id, or may
├── NotTraced               no prediction log holds a request of that id
├── KeyNotWritten           a file that cannot take a new key
├── NoSigningKey            bundles are to be signed, and no key is set
├── StackError
│   ├── PortTaken           another program listens where a service should
│   ├── ShortPathTaken      the short path for sockets belongs to somebody else
│   ├── ServiceFailed       a service that does not become or stay healthy
│   ├── SupervisorFailed    the supervisor ended before the stack was up
│   └── StackNotUp          what was asked needs the running stack
├── DagsterError            Dagster does not answer, or refuses
└── DemoStopped             the demo cannot go on
"""

from collections.abc import Iterable
from pathlib import Path

from platform_assets.errors import SlipwayError


class CliError(SlipwayError):
    """The root: everything a command raises on purpose."""


class UnknownModel(CliError):
    def __init__(self, model: str, known: Iterable[str]) -> None:
        super().__init__(f"no model {model!r}; known: {', '.join(sorted(known)) or 'none'}")


class UnknownVersion(CliError):
    def __init__(self, model: str, wanted: str, found: int, known: list[str]) -> None:
        named = f"{found} versions begin with" if found else "no version is"
        super().__init__(
            f"{model}: {named} {wanted!r}; expected MODEL@ and a number, an alias or the beginning "
            f"of a digest; known: {', '.join(known) or 'none'}; show them: slipway models list"
        )


class DeliveryRefused(CliError):
    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{str(file)!r} is not delivered: {reason}")


class RunFailed(CliError):
    def __init__(self, run_id: str, reason: str, page: str) -> None:
        advice = "docs/operating.md says what to do"
        super().__init__(f"run {run_id[:8]} failed: {reason}; see {page}; {advice}")


class DrillNotPassed(CliError):
    def __init__(self, kind: str, model: str, found: str, page: str) -> None:
        super().__init__(
            f"the {kind} drill of {model} found what would not have worked: {found}; see {page}"
        )


class BatchNotSound(CliError):
    def __init__(self, model: str, found: str, page: str) -> None:
        super().__init__(
            f"{model}: the batch is written, but do not use it yet: {found}; see {page}"
        )


class NothingStarted(CliError):
    def __init__(self, model: str, seconds: float) -> None:
        super().__init__(
            f"{model}: no run began within {seconds:g} s; Dagster's page of the sensor of this "
            f"model says why, and slipway doctor whether the daemon is at work"
        )


class NotSettled(CliError):
    def __init__(self, open_ends: list[str]) -> None:
        super().__init__(f"not settled: {', '.join(open_ends)}; show why: slipway status")


class NotWell(CliError):
    def __init__(self, failed: list[str]) -> None:
        super().__init__(f"to be mended: {', '.join(failed)}")


class NotForgotten(CliError):
    def __init__(self, model: str, holding: list[str], unsearchable: list[str]) -> None:
        kinds = {"still hold the id": holding, "cannot be searched for it": unsearchable}
        said = " and ".join(f"{kind}: {', '.join(files)}" for kind, files in kinds.items() if files)
        super().__init__(
            f"{model}: these deliveries cannot be taken apart and {said}; "
            "mend `source` in defs.yaml so that they can, then ask again, or look into the files "
            "yourself: the raw table keeps these as they were delivered"
        )


class NotTraced(CliError):
    def __init__(self, request_id: str, models: Iterable[str]) -> None:
        super().__init__(
            f"no request {request_id!r} in the prediction log of {', '.join(models)}; an answer is "
            "in a file within seconds, unless it was not in the sample (SLIPWAY_LOG_SAMPLE) or was "
            "dropped; …/v2/health/ready says how many were, under log"
        )


class KeyNotWritten(CliError):
    def __init__(self, file: Path, reason: str | None) -> None:
        super().__init__(
            f"{str(file)!r} is not written: {reason}; name a new file in a folder that is there"
        )


class NoSigningKey(CliError):
    def __init__(self) -> None:
        super().__init__(
            "nothing is signed: set SLIPWAY_SIGNING_KEY or SLIPWAY_SIGNING_KEY_FILE; make a key: "
            "slipway keys new FILE"
        )


class StackError(CliError):
    """The stack cannot be started, asked or stopped."""


class PortTaken(StackError):
    def __init__(self, port: int, holder: str, setting: str) -> None:
        super().__init__(
            f"port {port} is taken by {holder}; stop that, or choose another port: "
            f"{setting}={port + 1} slipway up"
        )
        self.port, self.setting = port, setting


class ShortPathTaken(StackError):
    def __init__(self, path: Path, found: str) -> None:
        super().__init__(
            f"{str(path)!r} is {found}, expected a link of yours to this stack's folder; "
            f"remove it, or set SLIPWAY_HOME to another folder"
        )


class ServiceFailed(StackError):
    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(f"{name}: {reason}; its log: {log}")
        self.name = name


class SupervisorFailed(StackError):
    def __init__(self, log: Path, last: str) -> None:
        super().__init__(f"the supervisor ended before the stack was up ({last}); its log: {log}")


class StackNotUp(StackError):
    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; start the stack first: slipway up --detach")


class DagsterError(CliError):
    """Dagster does not answer, or refuses what was asked."""


class DemoStopped(CliError):
    """The demo cannot go on; the message says where it stood."""
