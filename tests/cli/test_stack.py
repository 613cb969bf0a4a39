"""The real stack with a small code location: kill -9 where it hurts, and nothing left behind."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import dagster as dg
import httpx
import pytest

from platform_assets.cli.dagster_api import DagsterApi, Run
from platform_assets.cli.errors import PortTaken
from platform_assets.cli.stack import control
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.ports import free_ports
from platform_assets.cli.stack.processes import marked
from platform_assets.cli.stack.services import PUBLIC
from platform_assets.cli.stack.state import StackState
from platform_assets.runs.launcher import WORKER_TAG, Worker
from platform_assets.wiring import build_forge
from resources.artifacts import Artifacts
from resources.settings import Settings, load_settings
from resources.tokens import own_token
from serving.bundle import write_bundle
from tests.support.bundles import fraud_contents
from tests.support.listening import listening, off_loopback
from tests.support.releases import bring, serving

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
MODULE = "tests.support.toy_definitions"
SECONDS = 240.0


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Layout]:
    """A stack that is up, with a model in git's staging."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_HOME", str(tmp_path_factory.mktemp("home")))
        for setting, port in zip(PUBLIC, free_ports(len(PUBLIC)), strict=True):
            patch.setenv(setting, str(port))
        made = Layout(load_settings())
        release(made.settings)
        try:
            up(made)
            yield made
        finally:
            control.stop(made)


def release(settings: Settings) -> None:
    bundle = write_bundle(Artifacts(settings.artifacts).bundles("fraud"), fraud_contents())
    bring(build_forge(settings), serving(bundle))


def up(layout: Layout) -> StackState:
    control.start(layout, MODULE)
    return control.wait_until_up(layout, lambda _: None)


Found = TypeVar("Found")


def until(look: Callable[[], Found | None]) -> Found:
    deadline = time.monotonic() + SECONDS
    while (found := look()) is None:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)
    return found


def served(layout: Layout) -> str | None:
    """The digest that staging answers with, if it answers."""
    try:
        url = f"{layout.settings.serve_url}/staging/fraud/v2/health/ready"
        answer = httpx.get(url, timeout=30, trust_env=False)
    except httpx.TransportError:
        return None
    return answer.headers.get("x-bundle-digest") if answer.is_success else None


def test_what_git_names_is_served_when_the_stack_is_up(layout):
    assert served(layout) is not None


def test_nothing_listens_beyond_loopback(layout):
    assert served(layout)
    addresses = listening(marked(layout.mark))
    assert len(addresses) > 5
    assert off_loopback(addresses) == set()


def test_every_process_below_a_service_carries_the_mark(layout):
    services = control.running(layout).services.values()
    roots = [process for one in services if (process := one.process())]
    below = {child for root in roots for child in root.children(recursive=True)}
    assert "ray::RuntimeEnvAgent" in {child.cmdline()[0].rstrip() for child in below}
    assert below <= set(marked(layout.mark))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/serve/applications/"),
        ("PUT", "/api/serve/applications/"),
        ("DELETE", "/api/serve/applications/"),
        ("GET", "/api/jobs/"),
        ("POST", "/api/jobs/"),
        ("GET", "/nodes?view=summary"),
        ("GET", "/api/v0/tasks"),
    ],
)
def test_ray_does_not_answer_without_its_token(method, path, layout):
    url = f"{layout.settings.serve_api}{path}"
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = httpx.request(method, url, headers=headers, timeout=60, trust_env=False)
        assert answer.status_code in (401, 403)


def test_an_endpoint_asks_for_a_token_and_takes_the_one_that_the_stack_made(layout):
    path = "/staging/fraud/v2/models/fraud"
    shown = {"Authorization": f"Bearer {own_token(layout.settings)}"}
    with httpx.Client(base_url=layout.settings.serve_url, timeout=60, trust_env=False) as client:
        assert client.post(f"{path}/infer", json={}).status_code == 401
        assert client.get(path, headers=shown).status_code == 200
        assert client.post(f"{path}/infer", json={}, headers=shown).status_code == 400


def test_up_twice_is_harmless(layout):
    before = control.running(layout)
    assert up(layout).services == before.services


def test_another_stack_on_the_same_ports_is_told_which_setting_to_change(layout, tmp_path):
    other = Layout(Settings(**{**layout.settings.model_dump(), "home": tmp_path}))
    try:
        with pytest.raises(PortTaken, match="SLIPWAY_SERVE_PORT"):
            control.start(other, MODULE)
        assert marked(other.mark) == []
    finally:
        other.short.unlink(missing_ok=True)


def test_a_run_that_is_killed_is_ended_and_repeated(layout):
    api, home = DagsterApi(layout.settings.dagster_url), layout.settings.home
    wait = home / "wait"
    wait.touch()
    run_id = api.launch("toy_pipeline", {})
    begun = until(lambda: read(home / "begun"))
    os.kill(int(begun), signal.SIGKILL)
    wait.unlink()
    repeated = until(lambda: repetition(api, run_id))
    assert (repeated.status, repeated.tags["dagster/retry_number"]) == ("SUCCESS", "1")
    assert repeated.tags[WORKER_TAG] != begun


def test_a_run_that_never_ends_is_ended_killed_and_not_repeated(layout):
    api = DagsterApi(layout.settings.dagster_url)
    run_id = api.launch("endless_pipeline", {})
    failed = until(lambda: ended(api, run_id))
    assert failed.status == "FAILURE"
    worker = Worker.from_tags(failed.tags)
    until(lambda: worker.process is None or None)
    (only,) = api.runs({"slipway/model": "endless"})
    assert only.tags["dagster/will_retry"] == "false"
    with dg.DagsterInstance.from_config(str(layout.settings.dagster_home)) as instance:
        told = [one.message for one in instance.all_logs(run_id)]
    assert any("Exceeded maximum runtime of 3 seconds" in one for one in told), told


def ended(api: DagsterApi, run_id: str) -> Run | None:
    (run,) = [one for one in api.runs({"slipway/model": "endless"}) if one.run_id == run_id]
    return None if run.unfinished else run


def read(path: Path) -> str | None:
    return path.read_text() or None if path.exists() else None


def repetition(api: DagsterApi, run_id: str) -> Run | None:
    for run in api.runs({"slipway/model": "toy"}):
        if run.tags.get("dagster/parent_run_id") == run_id and not run.unfinished:
            return run
    return None


def test_a_killed_ray_comes_back_and_serves_what_git_names(layout):
    digest, pid = served(layout), control.running(layout).services["ray"].pid
    os.kill(pid, signal.SIGKILL)
    state = until(lambda: settled_without(layout, "ray", pid))
    assert state.services["restore"].phase == "done"
    assert until(lambda: served(layout)) == digest


def settled_without(layout: Layout, service: str, pid: int) -> StackState | None:
    state = control.running(layout)
    return state if state and state.settled and state.services[service].pid != pid else None


def test_a_killed_supervisor_is_replaced_while_the_endpoint_answers(layout):
    before = control.running(layout)
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: control.running(layout) is None or None)
    assert served(layout)
    after = up(layout)
    same = ("ray", "mlflow", "code", "dagster", "daemon")
    assert {name: after.services[name].pid for name in same} == {
        name: before.services[name].pid for name in same
    }


def test_down_leaves_nothing_behind_even_without_a_supervisor(layout):
    state = control.running(layout)
    os.kill(state.pid, signal.SIGKILL)
    assert control.stop(layout) > 10
    assert marked(layout.mark) == []
    assert not layout.short.exists()
    assert control.stop(layout) == 0
