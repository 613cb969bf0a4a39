"""The registry: one MLflow model version for each bundle; what is live, git decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resources.tracking import ABANDONED, FINGERPRINT, PARENT, Tracking, TrainingRecord
from resources.tracking_database import alone

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion

__all__ = ["ABANDONED", "FINGERPRINT", "PARENT", "Registry", "TrainingRecord", "Version"]

DIGEST = "slipway.digest"
BUNDLE = "slipway.bundle"


@dataclass(frozen=True)
class Version:
    """One model version; its digest is the bundle's."""

    model: str
    version: str
    digest: str
    run_id: str
    bundle_uri: str
    tags: Mapping[str, str]


class Registry(Tracking):
    """Runs and versions of every model, at one tracking address."""

    def find_version(self, model: str, digest: str) -> Version | None:
        """The version of a bundle, if it was registered."""
        return next((one for one in self.versions(model) if one.digest == digest), None)

    def versions(self, model: str) -> list[Version]:
        """Every version of a model, newest first."""
        with self._refusals():
            found = list(self._client.search_model_versions(f"name = '{model}'"))
        return [_version(one) for one in sorted(found, key=lambda one: -int(one.version))]

    def register(
        self, model: str, run_id: str, digest: str, bundle_uri: str, tags: Mapping[str, str]
    ) -> Version:
        """The one version of this bundle, made if there is none; it says what `tags` say now.

        Processes of one machine take turns, so they never make two.
        """
        with alone(self._lock), self._refusals():
            known = self.find_version(model, digest)
            if known:
                return self._told(known, tags)
            if not self._client.search_registered_models(f"name = '{model}'"):
                self._client.create_registered_model(model)
            # MLflow's server takes no folder outside of its own as a source.
            made = self._client.create_model_version(
                model,
                source=f"runs:/{run_id}/bundle",
                run_id=run_id,
                tags={**tags, DIGEST: digest, BUNDLE: bundle_uri},
            )
        return _version(made)

    def tag_version(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        """Let a version say these things as well, in place of what it said before."""
        with self._refusals():
            for name, value in tags.items():
                self._client.set_model_version_tag(model, version, name, value)

    def delete_version(self, model: str, version: str) -> None:
        """Forget a version; its number is not given again."""
        with self._refusals():
            self._client.delete_model_version(model, version)

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Let an alias name a version; it steers nothing."""
        with self._refusals():
            self._client.set_registered_model_alias(model, alias, version)

    def drop_alias(self, model: str, alias: str) -> None:
        """Let an alias name nothing."""
        with self._refusals():
            self._client.delete_registered_model_alias(model, alias)

    def aliases(self, model: str) -> dict[str, str]:
        """Which version each alias names."""
        with self._refusals():
            found = self._client.search_registered_models(f"name = '{model}'")
        named = found[0].aliases if found else {}
        return {alias: str(version) for alias, version in named.items()}

    def _told(self, known: Version, tags: Mapping[str, str]) -> Version:
        fresh = {name: value for name, value in tags.items() if known.tags.get(name) != value}
        self.tag_version(known.model, known.version, fresh)
        return replace(known, tags={**known.tags, **fresh})


def _version(found: "ModelVersion") -> Version:
    return Version(
        model=found.name,
        version=str(found.version),
        digest=found.tags.get(DIGEST, ""),
        run_id=found.run_id or "",
        bundle_uri=found.tags.get(BUNDLE, ""),
        tags=dict(found.tags),
    )
