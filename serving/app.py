"""Ray Serve's side of the door; the only module that imports Ray."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.serve.config import BackpressureConfig
from ray.util.metrics import Gauge

from serving.access.guard import Guard
from serving.door import Door, Unnamed
from serving.exporter import Exporter, MakeGauge
from serving.heap import settle
from serving.ingress import Ingress
from serving.prediction_log import PredictionLog, environment_of
from serving.rollout import Rollout
from serving.settings import load_settings


class BuildArgs(BaseModel):
    """`args` of the application in `serveConfigV2`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")


# What Serve holds back beside the requests under way; a request that finds this full is refused.
MOST_QUEUED = 256


@serve.deployment(
    name="ModelServer",
    max_queued_requests=MOST_QUEUED,
    backpressure_config=BackpressureConfig(retry_after_s=1),
)
@serve.ingress()
class ModelServer:
    """One model in one process: answers HTTP itself and changes versions by `user_config`."""

    def __init__(self, model: str) -> None:
        self._settings = load_settings()
        given = self._settings
        self._rollout = Rollout(model, given.trusted, given.keys, given.cache)
        self._guard = Guard(model, self._settings.callers)
        settle()

    def __serve_build_asgi_app__(self) -> Unnamed:
        model = self._rollout.model
        context = serve.get_replica_context()
        environment = environment_of(context.app_name, model)
        inside = Ingress(
            self._rollout,
            self._settings,
            self._log(environment),
            place=(environment, context.replica_id.unique_id),
        )
        self._exporter = Exporter(inside.exposition.collect, cast("MakeGauge", Gauge))
        # Serve's RequestIdMiddleware adds x-request-id to every answer, ours would be a second.
        return Unnamed(Door(inside, self._rollout, self._guard, meter=inside.meter))

    def _log(self, environment: str) -> PredictionLog | None:
        folder, model = self._settings.predictions, self._rollout.model
        if folder is None:
            return None
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
