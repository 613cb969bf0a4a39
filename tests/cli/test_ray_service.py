"""Ray with Serve: on loopback alone, and with nothing in common with another stack."""

import stat
import subprocess

import pytest

from platform_assets.cli.stack import ray_service
from platform_assets.cli.stack.layout import Layout
from platform_assets.cli.stack.loopback import middlewares, on_loopback
from resources.settings import Settings, load_settings
from serving.express import express

PORTS = {name: 50_000 + number for number, name in enumerate(ray_service.PORTS)}
BOUND = """frontend prometheus
    bind :9101
frontend http_frontend
    bind 127.0.0.1:8000
listen stats
  bind *:8404
"""


def test_every_address_in_the_command_is_loopback(layout):
    words = ray_service.command(layout, PORTS)
    for flag in ("--node-ip-address", "--dashboard-host"):
        assert words[words.index(flag) + 1] == "127.0.0.1"


def test_ray_asks_for_a_token_that_only_its_owner_can_read(layout):
    ray_service.prepare(layout)
    token = layout.settings.ray_token_file
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    assert len(token.read_text()) == 64
    environment = ray_service.environment(layout, PORTS)
    assert environment["RAY_AUTH_MODE"] == "token"
    assert environment["RAY_AUTH_TOKEN_PATH"] == str(token)


def test_the_token_stays_the_same(layout):
    ray_service.prepare(layout)
    before = layout.settings.ray_token_file.read_text()
    ray_service.prepare(layout)
    assert layout.settings.ray_token_file.read_text() == before


def test_a_token_of_the_settings_is_the_one_ray_asks_for(layout, monkeypatch):
    ray_service.prepare(layout)
    monkeypatch.setenv("SLIPWAY_RAY_TOKEN", "given")
    ray_service.prepare(Layout(load_settings()))
    assert layout.settings.ray_token_file.read_text() == "given"


def test_the_wrapper_has_haproxy_log_what_fails_alone(tmp_path):
    config, path = tmp_path / "haproxy.cfg", tmp_path / "wrapper"
    config.write_text("defaults\n    option httplog\n    option abortonclose\n")
    path.write_text(ray_service.wrapper_script("/bin/true"))
    subprocess.run(("/bin/sh", str(path), "-f", str(config)), check=True)
    assert config.read_text().splitlines()[1:] == [
        "    option httplog",
        "    option dontlog-normal",
        "    option abortonclose",
    ]


def test_the_wrapper_turns_every_interface_into_loopback(layout, tmp_path):
    config = tmp_path / "haproxy.cfg"
    config.write_text(BOUND)
    path = tmp_path / "wrapper"
    path.write_text(ray_service.wrapper_script("/bin/echo"))
    path.chmod(0o700)
    command = (str(path), "-db", "-f", str(config), "-sf", "17")
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout == f"-db -f {config} -sf 17\n"
    assert config.read_text() == BOUND.replace("*:", "127.0.0.1:").replace(
        "bind :", "bind 127.0.0.1:"
    )


def test_the_internal_server_of_a_replica_is_bound_to_loopback():
    seen = []

    def bind(server, address):
        seen.append((server, address))
        return 7

    assert on_loopback(bind)("a server", "[::]:0") == 7
    assert on_loopback(bind)("a server", "127.0.0.1:5") == 7
    assert seen == [("a server", "127.0.0.1:0"), ("a server", "127.0.0.1:5")]


def test_the_hook_for_middlewares_hands_on_the_short_way_into_a_replica():
    assert [one.cls for one in middlewares()] == [express]


def test_two_stacks_share_no_file(tmp_path):
    one, other = (Layout(Settings(home=tmp_path / name)) for name in ("one", "other"))
    ours, theirs = (ray_service.environment(layout, PORTS) for layout in (one, other))
    mine = {key for key in ours if "HAPROXY" in key and "/" in ours[key]}
    assert mine
    assert all(ours[key] != theirs[key] for key in mine)


def test_of_twenty_stacks_most_have_ports_of_replicas_of_their_own(tmp_path):
    layouts = [Layout(Settings(home=tmp_path / str(number))) for number in range(20)]
    found = {
        ray_service.replica_ports(one)["RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT"] for one in layouts
    }
    assert len(found) > 10


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_replica_ports_stay_below_those_the_kernel_gives_away(tmp_path, name):
    ports = ray_service.replica_ports(Layout(Settings(home=tmp_path / name)))
    assert all(20_000 <= int(port) < 30_000 for port in ports.values())


def test_old_sessions_of_ray_are_forgotten(layout):
    for day in range(5):
        (layout.folder / "r" / f"session_2026-01-0{day}").mkdir(parents=True)
    ray_service.prepare(layout)
    left = sorted(path.name[-1] for path in (layout.folder / "r").iterdir())
    assert left == ["2", "3", "4"]


def test_serve_is_started_on_loopback_without_an_application():
    options = ray_service.serve_options(Settings(serve_port=8000))
    assert options["http_options"] == {"host": "127.0.0.1", "port": 8000}
    assert options["applications"] == []
