"""`slipway why`: what is live now, and everything that led to it."""

from dataclasses import dataclass
from typing import Any

from gitops.evidence import Evidence
from gitops.facts import targets
from gitops.forge import Forge, Promotion
from gitops.history import Change, history
from gitops.holds import Hold, read_holds
from gitops.record import DeploymentRecord
from platform_assets.cli.console import facts, out, print_json
from platform_assets.cli.evidence import print_figures, print_verdicts, read_evidence
from platform_assets.cli.history import Registered, data_words, document, registered
from platform_assets.cli.models import require_model
from platform_assets.cli.places import require_environment
from platform_assets.wiring import build_forge, build_registry
from resources.settings import load_settings

LOOK_BACK = 200


@dataclass(frozen=True)
class Reasons:
    """The change that is live (None: none is), what was before it, and what stands after it.

    `newest` is what git says now, which may not be live yet; `evidence` is that of `live`.
    """

    environment: str
    model: str
    live: Change | None
    newest: Change | None
    record: DeploymentRecord
    evidence: Evidence | None
    waiting: tuple[Promotion, ...]
    holds: tuple[Hold, ...]

    def sentence(self) -> str:
        """What is live and since when, in one line."""
        if self.live is None or not self.live.digest:
            return f"nothing of {self.model} is live in {self.environment}"
        one = self.live
        return (
            f"{self.model} {one.version} ({one.digest[7:19]}) is live in {self.environment} "
            f"since {self.record.since}"
        )

    def lines(self, known: Registered) -> dict[str, object]:
        """Each fact under its name; one that there is not is empty."""
        one, outcome = self.live, self.record.outcome
        said = known.get(one.digest, {}) if one else {}
        return {
            "because": f"{one.kind} by {one.by}: {one.why}" if one else "",
            "commit": f"{one.revision} of {one.committed}" if one else "",
            "replaced": (one.replaced or "nothing") if one else "",
            "data": data_words(one, known) if one else "",
            "code": self.evidence.code_version if self.evidence else said.get("code commit", ""),
            "judged": f"{len(self.evidence.gates)} gates passed" if self.evidence else "",
            "report": self.evidence.report if self.evidence else "",
            "state": f"{outcome.reason}: {outcome.message}" if outcome else "",
            "git says": self._pending(),
            "waits": "; ".join(_waits(promotion) for promotion in self.waiting),
            "held": "; ".join(f"{hold.digest[7:19]}: {hold.reason}" for hold in self.holds),
        }

    def to_dict(self, known: Registered) -> dict[str, Any]:
        """The form of `why --json`."""
        return {
            "sentence": self.sentence(),
            "live": document(self.live, known) if self.live else None,
            "newest": document(self.newest, known) if self.newest else None,
            "checks": [verdict.to_dict() for verdict in self.record.verdicts],
            **self.lines(known),
        }

    def _pending(self) -> str:
        one = self.newest
        if one is None or one == self.live:
            return ""
        ended = f" ({one.ended_by})" if one.ended_by else ""
        return f"{one.version or 'nothing'} by {one.revision[:12]}: {one.fate}{ended}"


def show(model: str, environment: str, *, as_json: bool) -> None:
    """Print why what is live in an environment is live, or why nothing is."""
    settings = load_settings()
    forge = build_forge(settings)
    require_environment(forge, environment)
    require_model(model, (name for _, name in targets(forge)))
    found = reasons(forge, environment, model)
    known = registered(build_registry(settings), model)
    if as_json:
        print_json(found.to_dict(known))
        return
    out(found.sentence())
    facts(found.lines(known))
    if found.evidence:
        print_figures(found.evidence.figures)
    print_verdicts("checks of the endpoint", found.record.verdicts)


def reasons(forge: Forge, environment: str, model: str) -> Reasons:
    """Gather them, changing nothing."""
    past = history(forge, environment, model, LOOK_BACK)
    live = next((one for one in past if one.fate == "live"), None)
    return Reasons(
        environment,
        model,
        live,
        past[0] if past else None,
        forge.read_record(environment, model) or DeploymentRecord(environment, model),
        read_evidence(forge, environment, model, live.revision) if live else None,
        tuple(
            one
            for one in forge.promotions("open")
            if (one.environment, one.model) == (environment, model)
        ),
        read_holds(forge, environment, model, forge.head()),
    )


def _waits(promotion: Promotion) -> str:
    missing = ", ".join(sorted(promotion.not_passed()))
    whom = f"for {missing}" if missing else "for approval"
    return f"promotion {promotion.number} ({promotion.title}) {whom}"
