"""The environments in their order, and what each asks before it changes."""

from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gitops import yaml_text
from gitops.errors import PolicyInvalid
from gitops.manifest import NAME
from gitops.pace import Pace

POLICY_PATH = "gitops/environments/policy.yaml"
RESERVED = ("lease", "promotions")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Environment(_Strict):
    """One environment."""

    name: str = Field(pattern=f"^{NAME.pattern}$", description="Folder of its manifests.")
    approval: Literal["auto", "review"] = Field(
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


class Policy(_Strict):
    """All environments, the earliest first."""

    environments: list[Environment] = Field(min_length=1, description="Earliest first.")

    @model_validator(mode="after")
    def _ordered(self) -> "Policy":
        seen: list[str] = []
        for environment in self.environments:
            if environment.name in RESERVED:
                raise ValueError(f"environment {environment.name!r}: git's refs need that name")
            if environment.name in seen:
                raise ValueError(f"environment {environment.name!r} stands there twice")
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


def load_policy(tree: _Reads, revision: str) -> Policy:
    """The policy as of a revision; PolicyInvalid if it is missing or cannot be used."""
    text = tree.read(POLICY_PATH, revision)
    if text is None:
        raise PolicyInvalid(POLICY_PATH, "", None, f"a file, at revision {revision[:12]}")
    return parse_policy(text)
