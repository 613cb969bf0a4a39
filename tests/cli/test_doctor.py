"""What stands in the way, and what to do about it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import psutil
import pytest

from platform_assets.cli import doctor
from platform_assets.cli.models import DEFS
from platform_assets.cli.stack.layout import MARK, SERVICE, Layout
from platform_assets.cli.stack.state import Phase, ServiceState, StackState, write_state
from platform_assets.wiring import begin_gitops
from resources.settings import Settings, load_settings
from tests.support.git_host import TOKEN, git_host
from tests.support.object_stores import careless_server


def found(look, layout):
    return {one.what: one for one in look(layout)}


def test_a_taken_port_is_told_with_the_setting(layout):
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 3179))
        server.listen()
        finding = found(doctor.look_at_ports, layout)["port 3179"]
    assert finding.level == "fail"
    assert f"process {os.getpid()}" in finding.seen
    assert "SLIPWAY_DAGSTER_PORT" in finding.todo


def test_free_ports_are_fine(layout):
    assert {one.level for one in found(doctor.look_at_ports, layout).values()} == {"ok"}


def test_a_lock_that_git_left_behind_is_told(layout):
    repository = layout.settings.gitops_path
    repository.mkdir()
    lock = repository / "HEAD.lock"
    lock.touch()
    assert found(doctor.look_at_locks, layout)["locks"].level == "ok"
    long_ago = time.time() - 3600
    os.utime(lock, (long_ago, long_ago))
    finding = found(doctor.look_at_locks, layout)["lock"]
    assert (finding.level, str(lock) in finding.todo) == ("fail", True)


def test_a_service_that_was_given_up_is_told_with_its_log(layout):
    me = psutil.Process()
    services = {"ray": ServiceState(Phase.FAILED, message="ended with 1")}
    write_state(layout.state, StackState(me.pid, me.create_time(), services=services))
    finding = found(doctor.look_at_stack, layout)["ray"]
    assert (finding.level, finding.seen) == ("fail", "failed (ended with 1)")
    assert str(layout.log("ray")) in finding.todo


def test_a_stack_that_does_not_run_is_no_fault(layout):
    assert found(doctor.look_at_stack, layout)["stack"].seen == "not running"


def test_a_repository_on_a_host_is_asked(monkeypatch, layout, tmp_path):
    with git_host(tmp_path / "hosted") as host:
        monkeypatch.setenv("SLIPWAY_GITOPS_REPO", host.make("team.git"))
        assert git_finding().level == "fail"
        monkeypatch.setenv("SLIPWAY_GITOPS_TOKEN", TOKEN)
        assert "no branch main" in git_finding().seen
        begin_gitops(load_settings())
        assert git_finding().seen.endswith(": staging, production")
    assert "does not answer" in git_finding().seen


def git_finding():
    return found(doctor.look_at_gitops, Layout(load_settings()))["git repository"]


def test_a_repository_that_is_not_made_yet_is_no_fault(layout):
    assert found(doctor.look_at_gitops, layout)["git repository"].level == "ok"


def test_a_lake_in_a_folder_is_fine(layout):
    assert found(doctor.look_at_lake, layout)["lake"].level == "ok"


def test_a_lake_whose_server_could_lose_rows_is_told(monkeypatch, layout):
    monkeypatch.setenv("SLIPWAY_LAKE_URI", "s3://bucket/lake")
    with careless_server() as store:
        store.enter(monkeypatch)
        finding = found(doctor.look_at_lake, Layout(load_settings()))["lake"]
    assert finding.level == "fail"
    assert "s3://bucket/lake: its server ignores `If-None-Match: *`" in finding.seen
    assert "SLIPWAY_LAKE_URI" in finding.todo


def test_a_model_that_does_not_load_is_told_with_the_reason(layout, tmp_path):
    shutil.copytree(DEFS / "diabetes", tmp_path / "diabetes")
    place = tmp_path / "diabetes" / "contract.py"
    assert (
        found(lambda one: doctor.look_at_models(one, tmp_path), layout)["model diabetes"].level
        == "ok"
    )
    place.write_text(
        place.read_text().replace("coerce = True", "coerce = True\n        unique = ['age']")
    )
    finding = found(lambda one: doctor.look_at_models(one, tmp_path), layout)["model diabetes"]
    assert (finding.level, finding.seen) == (
        "fail",
        "diabetes/contract.py: 'unique': got ['age'], expected `id` in defs.yaml, one column",
    )


def test_each_source_is_told_with_what_it_holds(layout):
    (layout.settings.landing / "fraud").mkdir(parents=True)
    (layout.settings.landing / "fraud" / "notes.txt").touch()
    finding = found(doctor.look_at_sources, layout)["source of fraud"]
    assert finding.level == "ok"
    assert finding.seen == f"0 arrivals in {layout.settings.landing / 'fraud'}, 1 skipped"


def test_a_source_that_cannot_be_reached_is_told(layout):
    (layout.settings.landing / "fraud").touch()
    finding = found(doctor.look_at_sources, layout)["source of fraud"]
    assert (finding.level, "Not a directory" in finding.seen) == ("fail", True)


def test_this_machine_has_what_it_takes(layout):
    for look in (doctor.look_at_python, doctor.look_at_git):
        assert {one.level for one in found(look, layout).values()} == {"ok"}


@pytest.mark.parametrize(
    ("program", "level"), [("", "fail"), ("#!/bin/sh\necho git version 1.8.3\n", "fail")]
)
def test_a_git_that_is_missing_or_old_is_told(layout, tmp_path, monkeypatch, program, level):
    if program:
        (tmp_path / "git").write_text(program)
        (tmp_path / "git").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = found(doctor.look_at_git, layout)["git"]
    assert (finding.level, finding.todo) == (level, "install git 2.30 or later")


def test_doctor_ends_with_1_when_something_has_to_be_mended(layout, slipway):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 3179))
        server.listen()
        told = slipway("doctor", "--json")
    assert told.code == 1
    assert told.err == "slipway: to be mended: port 3179\n"
    assert {"what", "level", "seen", "todo"} == set(json.loads(told.out)[0])


def test_a_home_that_is_not_made_yet_is_weighed_by_the_folder_above(tmp_path):
    layout = Layout(Settings(home=tmp_path / "not" / "yet"))
    assert str(tmp_path) in found(doctor.look_at_disk, layout)["disk"].seen


def test_processes_without_a_supervisor_are_told_with_both_remedies(layout):
    marks = {**os.environ, MARK: layout.mark, SERVICE: "ray"}
    left = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(300)"), env=marks)
    try:
        finding = found(doctor.look_at_stack, layout)["stack"]
    finally:
        left.kill()
        left.wait()
    assert (finding.level, finding.seen) == ("warn", "1 processes without a supervisor")
    assert "slipway up --detach" in finding.todo
    assert "slipway down" in finding.todo


def test_a_port_that_the_stack_itself_holds_is_its_own(layout):
    program = (
        "import socket, time; server = socket.socket(); "
        f"server.bind(('127.0.0.1', {layout.settings.mlflow_port})); server.listen(); "
        "print(1, flush=True); time.sleep(300)"
    )
    marks = {**os.environ, MARK: layout.mark, SERVICE: "mlflow"}
    with subprocess.Popen(
        (sys.executable, "-c", program), env=marks, stdout=subprocess.PIPE
    ) as server:
        server.stdout.readline()
        port = found(doctor.look_at_ports, layout)[f"port {layout.settings.mlflow_port}"]
        server.kill()
    assert (port.level, port.seen) == ("ok", "ours")


def test_without_a_browser_only_its_tests_are_missed(layout, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(doctor.look_at_chromium, layout)["Chromium"].level == "warn"
    browser = tmp_path / "chromium"
    browser.write_text("")
    browser.chmod(0o700)
    assert found(doctor.look_at_chromium, layout)["Chromium"].seen == str(browser)


def test_a_warning_does_not_fail_the_doctor(layout, slipway, tmp_path, monkeypatch):
    (tmp_path / "git").symlink_to(shutil.which("git"))
    monkeypatch.setenv("PATH", str(tmp_path))
    told = slipway("doctor")
    assert told.code == 0
    assert "warn  Chromium: not found; only tests of the browser need it" in told.out
