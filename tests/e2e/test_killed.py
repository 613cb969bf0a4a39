"""kill -9 of each process of the stack; it comes back, and serves what git says."""

import os
import signal

import httpx
import pytest

from platform_assets.runs.launcher import Worker
from tests.support.stack import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
MODELS = ("diabetes", "fraud")
SERVICES = ("daemon", "dagster", "code", "mlflow", "ray", "runs")


def history(stack):
    """What must not grow because something was killed."""
    versions = {model: len(stack.registry.versions(model)) for model in MODELS}
    counts = {model: stack.lake.version(f"{model}/raw") for model in MODELS}
    return stack.forge.head(), len(stack.forge.promotions()), versions, counts


def kill(process):
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not process.is_running() or process.status() == "zombie", "the end of it")


def serves_again(stack):
    until(lambda: all(stack.served(model) for model in MODELS), "both models as git says")


@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_is_started_again_and_models_are_served_as_git_says(live, name):
    before, was = history(live), live.state().services[name]
    kill(was.process())

    def back():
        now = live.state().services[name]
        return live.all_up() and now.pid != was.pid and now.phase == "healthy"

    until(back, f"{name} again", told=lambda: live.state().services[name])
    serves_again(live)
    until(
        lambda: live.dagster.location_errors() == {},
        "the web server to find the code again",
        told=live.dagster.location_errors,
    )
    assert history(live) == before


def test_killed_haproxy_is_started_again_and_the_door_answers(live):
    (proxy,) = [one for one in live.processes("haproxy") if one.name() == "haproxy"][:1]
    kill(proxy)
    serves_again(live)
    assert live.processes("haproxy")


def test_a_killed_replica_is_replaced_and_serves_what_git_says(live):
    replica = live.processes("ray::ServeReplica:diabetes")[0]
    kill(replica)
    serves_again(live)

    def another():
        found = live.processes("ray::ServeReplica:diabetes")
        return found and replica.pid not in [one.pid for one in found]

    until(another, "another replica")
    until(lambda: live.live("diabetes"), "its answer")
    assert live.desired("diabetes").bundle_digest == live.live("diabetes")


def test_without_a_supervisor_models_answer_on_and_up_supervises_again(live):
    pids = {name: one.pid for name, one in live.state().services.items() if one.process()}
    kill(live.state().supervisor())
    assert all(live.served(model) for model in MODELS)
    live.slipway("up", "--detach")
    assert live.all_up()
    assert {name: live.state().services[name].pid for name in pids} == pids


def test_a_run_killed_at_work_is_repeated_and_nothing_is_done_twice(live):
    versions = {one.digest for one in live.registry.versions("diabetes")}
    raw = live.lake.count("diabetes/raw")
    clean = live.lake.count("diabetes/cleaned")
    seen = {run.run_id for run in live.runs("diabetes")}
    live.deliver_patients(rows=40)
    (run, worker) = until(lambda: at_work(live, seen), "a run at work")
    kill(worker.process)
    until(
        lambda: successor(live, run), "the run that repeats it", told=lambda: live.runs("diabetes")
    )
    assert live.finished(successor(live, run).run_id, "diabetes").status == "SUCCESS"
    assert live.lake.count("diabetes/raw") == raw + 1
    assert live.lake.count("diabetes/cleaned") == clean + 40
    digests = [one.digest for one in live.registry.versions("diabetes")]
    assert len(digests) == len(set(digests)) == len(versions) + 1
    open_ones = [one for one in live.forge.promotions("open") if one.model == "diabetes"]
    assert [one.bundle_digest for one in open_ones] == digests[:1]


def at_work(stack, seen):
    for run in stack.runs("diabetes"):
        worker = Worker.from_tags(run.tags)
        began = run.status == "STARTED" and run.steps
        if run.run_id not in seen and worker and worker.process and began:
            return run, worker
    return None


def successor(stack, run):
    return next(
        (r for r in stack.runs("diabetes") if r.tags.get("dagster/parent_run_id") == run.run_id),
        None,
    )


def test_a_client_asks_the_other_pages_while_everything_was_killed(live):
    pages = [live.settings.dagster_url, live.settings.mlflow_url]
    assert [httpx.get(page, timeout=30).status_code for page in pages] == [200, 200]
