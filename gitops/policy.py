"""The environments in their order, and what each asks before it changes."""

import contextlib
import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Protocol, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from gitops import yaml_text
from gitops.errors import PolicyInvalid
from gitops.forge import Tree
from gitops.manifest import application_name
from gitops.manifest_rules import LONGEST_APPLICATION, NAME
from gitops.pace import Pace
from gitops.windows import Window

POLICY_PATH = "gitops/environments/policy.yaml"
LOOKED_AT = 20
RESERVED = {
    "lease": "git's refs need that name",
    "promotions": "git's refs need that name",
    "champion": "an alias of production's versions has that name",
    "previous": "an alias of production's versions has that name",
}

_DURATION = re.compile(r"([1-9]\d{0,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
Approval: TypeAlias = Literal["auto", "review"]
_PERSON = r"^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,98}[A-Za-z0-9])?$"


def _duration(text: Any) -> timedelta:
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("expected a whole number with s, m, h or d, e.g. 2h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Approvers(_Strict):
    """Who may approve a promotion, and how many of them it takes."""

    names: list[Annotated[str, Field(pattern=_PERSON)]] = Field(
        min_length=1, description="As the git host knows them."
    )
    count: int = Field(default=1, ge=1, description="How many of them must approve.")
    author: Literal["refused", "allowed"] = Field(
        default="refused", description="May approve who opened the promotion?"
    )

    @model_validator(mode="after")
    def _enough(self) -> "Approvers":
        if self.count > len(set(self.names)):
            raise ValueError(f"{self.count} of {len(set(self.names))} people can never approve")
        return self


class Environment(_Strict):
    """One environment."""

    name: str = Field(pattern=f"^{NAME.pattern}$", description="Folder of its manifests.")
    approval: Approval = Field(
        description="`auto` commits a release directly, `review` opens a promotion."
    )
    requires: list[str] = Field(
        default_factory=list,
        description="Earlier environments that must have proven the digest healthy.",
    )
    checks: list[str] = Field(
        default_factory=list,
        description="Statuses a promotion needs besides the gates in its evidence.",
    )
    reconcile: Pace = Field(
        default_factory=Pace, description="How the reconciler treats the environment."
    )
    freeze: list[Window] = Field(
        default_factory=list, description="When nothing new goes live; rollbacks do."
    )
    soak: dict[str, Duration] = Field(
        default_factory=dict,
        description="How long the digest must have been live and healthy in each of these.",
    )
    signed_commits: bool = Field(
        default=False, description="Must commits that change its manifests be signed?"
    )
    test_score: float | None = Field(
        default=None, gt=0, le=7, description="ML Test Score that the model must have at least."
    )
    approvers: Approvers | None = Field(
        default=None, description="Who may approve; without it anyone who may merge."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Environment":
        for name in self.soak:
            if name not in self.requires:
                raise ValueError(f"soak names {name!r}, which is not in requires")
        if self.approvers and self.approval == "auto":
            raise ValueError("approvers have nothing to approve where approval is auto")
        return self


class Policy(_Strict):
    """All environments, the earliest first."""

    environments: list[Environment] = Field(min_length=1, description="Earliest first.")

    @model_validator(mode="after")
    def _ordered(self) -> "Policy":
        seen: list[str] = []
        for environment in self.environments:
            if environment.name in RESERVED:
                raise ValueError(f"environment {environment.name!r}: {RESERVED[environment.name]}")
            if environment.name in seen:
                raise ValueError(f"environment {environment.name!r} stands there twice")
            close = [name for name in seen if _overlap(name, environment.name)]
            if close:
                raise ValueError(
                    f"{environment.name!r} and {close[0]!r} could name one application alike"
                )
            later = [name for name in environment.requires if name not in seen]
            if later:
                raise ValueError(
                    f"{environment.name!r} requires {later[0]!r}, which is no earlier environment"
                )
            seen.append(environment.name)
        return self

    @property
    def names(self) -> list[str]:
        return [environment.name for environment in self.environments]

    def environment(self, name: str) -> Environment:
        """PolicyInvalid if there is none of that name."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        raise PolicyInvalid(POLICY_PATH, "environments", name, f"one of {', '.join(self.names)}")

    def admit(self, model: str) -> None:
        """PolicyInvalid if a model's name would collide with that of an environment.

        A model `staging-x` in production and `x` in staging would be one Serve application.
        """
        for name in self.names:
            if model == name or model.startswith(f"{name}-"):
                raise PolicyInvalid(
                    POLICY_PATH, "environments", model, f"a model name that does not begin {name!r}"
                )

    def require_name(self, model: str) -> None:
        """PolicyInvalid if an environment could not serve a new model of that name."""
        self.admit(model)
        longest = max(self.names, key=lambda name: len(application_name(name, model)))
        left = LONGEST_APPLICATION - len(application_name(longest, ""))
        expected = ""
        if not NAME.fullmatch(model):
            expected = "a model name of at most 41 of a-z, 0-9 and '-'"
        elif len(model) > left:
            expected = f"a model name of at most {left} characters, as {longest!r} goes before it"
        if expected:
            raise PolicyInvalid(POLICY_PATH, "environments", model, expected)


def _overlap(one: str, other: str) -> bool:
    """`x` in an environment `a-b` and `b-x` in `a` would be one Serve application."""
    return one.startswith(f"{other}-") or other.startswith(f"{one}-")


class _Reads(Protocol):
    def read(self, path: str, revision: str) -> str | None: ...


def parse_policy(text: str, path: str = POLICY_PATH) -> Policy:
    """Read a policy; PolicyInvalid names the first key that cannot be used."""
    try:
        return Policy.model_validate(yaml_text.load(text))
    except yaml_text.Refused as error:
        raise PolicyInvalid(path, "", str(error), "a policy in plain YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise PolicyInvalid(path, key, first["input"], first["msg"]) from None


def newest_policy(tree: Tree) -> Policy | None:
    """The newest policy on main that can be used, among its last changes; None without one."""
    for change in tree.history(POLICY_PATH, tree.head(), LOOKED_AT):
        text = tree.read(POLICY_PATH, change.revision)
        with contextlib.suppress(PolicyInvalid):
            return parse_policy(text or "")
    return None


def load_policy(tree: _Reads, revision: str) -> Policy:
    """The policy as of a revision; PolicyInvalid if it is missing or cannot be used."""
    text = tree.read(POLICY_PATH, revision)
    if text is None:
        raise PolicyInvalid(POLICY_PATH, "", None, f"a file, at revision {revision[:12]}")
    return parse_policy(text)
