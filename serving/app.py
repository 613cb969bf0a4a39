"""Ray Serve's side of the door; the only module that imports Ray."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field
from ray import serve

from serving.access.guard import Guard
from serving.door import Door
from serving.ingress import Ingress
from serving.prediction_log import PredictionLog, environment_of
from serving.rollout import Rollout
from serving.settings import load_settings


class BuildArgs(BaseModel):
    """`args` of the application in `serveConfigV2`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")


@serve.deployment(name="ModelServer")
@serve.ingress()
class ModelServer:
    """One model in one process: answers HTTP itself and changes versions by `user_config`."""

    def __init__(self, model: str) -> None:
        self._settings = load_settings()
        self._rollout = Rollout(model, self._settings.trusted, self._settings.keys)
        self._guard = Guard(model, self._settings.callers)

    def __serve_build_asgi_app__(self) -> Door:
        # Serve's RequestIdMiddleware adds x-request-id to every answer, ours would be a second.
        inside = Ingress(self._rollout, self._settings, self._log(), names_requests=False)
        return Door(inside, self._rollout, self._guard, names_requests=False)

    def _log(self) -> PredictionLog | None:
        folder, model = self._settings.predictions, self._rollout.model
        if folder is None:
            return None
        environment = environment_of(serve.get_replica_context().app_name, model)
        return PredictionLog(folder, model, environment, sample=self._settings.log_sample)

    async def reconfigure(self, user_config: Mapping[str, Any]) -> None:
        """Put the configured bundle live; called by Serve at the start and on every change."""
        await self._rollout.apply(user_config)

    async def check_health(self) -> None:
        """Fail, so that Serve replaces the replica, when the golden rows are answered wrongly."""
        await self._rollout.check()


def build(args: BuildArgs) -> serve.Application:
    """Build the application that `import_path: serving.app:build` names."""
    application: serve.Application = cast("serve.Deployment", ModelServer).bind(args.model)
    return application
