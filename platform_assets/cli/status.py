"""`slipway status`: every model and environment, and every service."""

from collections.abc import Iterable, Sequence
from typing import Any

from gitops.conditions import Verdict
from platform_assets.cli.console import out, print_json, print_table
from platform_assets.cli.models import model_folders
from platform_assets.cli.overview import Overview, Place
from platform_assets.cli.stack import ray_service
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.services import services
from platform_assets.cli.stack.state import ServiceState, read_state
from platform_assets.wiring import build_forge, build_runtime
from resources.settings import load_settings


def status(*, as_json: bool) -> None:
    """Print what is wanted, what is live and what runs; works with nothing running."""
    settings = load_settings()
    places = Overview(build_forge(settings), build_runtime(settings), model_folders()).places()
    running = service_documents(Layout(settings))
    if as_json:
        print_json({"home": settings.home, "models": _by_model(places), "services": running})
        return
    print_table("models", MODEL_COLUMNS, [_row(place) for place in places])
    print_table("services", SERVICE_COLUMNS, [_service_row(*item) for item in running.items()])
    out(f"endpoints {settings.serve_url}, state {settings.home}")


MODEL_COLUMNS = (
    "model",
    "environment",
    "health",
    "version",
    "digest",
    "commit",
    "since",
    "checks",
    "waiting",
)
SERVICE_COLUMNS = ("service", "phase", "pid", "address", "remark")


def service_documents(layout: Layout) -> dict[str, dict[str, Any]]:
    """Each service of the stack: whether its process lives, where it answers, how it stands."""
    state = read_state(layout.state)
    supervised = state is not None and state.supervisor() is not None
    published = state.services if state else {}
    ports = dict.fromkeys(ray_service.PORTS, 0)
    return {
        service.name: _service(published.get(service.name), service.address, supervised=supervised)
        for service in services(layout, ports)
    }


def _service(state: ServiceState | None, address: str, *, supervised: bool) -> dict[str, Any]:
    seen = state or ServiceState()
    process = seen.process()
    done = supervised and seen.settled and process is None
    phase = str(seen.phase) if supervised else ("unsupervised" if process else "stopped")
    return {
        "running": process is not None or done,
        "phase": phase,
        "pid": process.pid if process else None,
        "address": address or None,
        "message": seen.message or None,
    }


def _by_model(places: Sequence[Place]) -> dict[str, Any]:
    models: dict[str, dict[str, Any]] = {}
    for place in places:
        models.setdefault(place.model, {})[place.environment] = place.to_dict()
    return models


def _row(place: Place) -> tuple[object, ...]:
    manifest, record, commit = place.manifest, place.record, place.commit
    return (
        place.model,
        place.environment,
        place.health,
        manifest.model_version if manifest else "",
        manifest.bundle_digest[7:19] if manifest else "",
        commit.revision[:12] if commit and manifest else "",
        record.since if record and manifest else "",
        checks_in_short(record.verdicts) if record else "",
        waits(place),
    )


def waits(place: Place) -> str:
    """What stands still until a person decides: a promotion, a suspension, or both."""
    promotion = f"promotion {place.promotion.number}" if place.promotion else ""
    suspended = "suspended" if place.suspension else ""
    return ", ".join(part for part in (promotion, suspended) if part)


def checks_in_short(verdicts: Iterable[Verdict]) -> str:
    """E.g. `7 of 7 passed, p99 3.1 ms`."""
    given = list(verdicts)
    if not given:
        return ""
    passed = sum(verdict.passed for verdict in given)
    tail = [
        f"p99 {verdict.observed:.1f} {verdict.unit}"
        for verdict in given
        if verdict.metric == "p99" and isinstance(verdict.observed, float)
    ]
    return ", ".join([f"{passed} of {len(given)} passed", *tail])


def _service_row(name: str, fields: dict[str, Any]) -> tuple[object, ...]:
    return (name, fields["phase"], fields["pid"], fields["address"], fields["message"])
