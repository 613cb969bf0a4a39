"""Which ports are taken, and how that is said."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from platform_assets.cli.errors import PortTaken
from platform_assets.cli.stack.ports import free_ports, holder, is_free, require_free


@contextmanager
def taken(address: str = "127.0.0.1") -> Iterator[int]:
    with socket.socket() as server:
        server.bind((address, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_is_free_until_somebody_listens():
    with taken() as port:
        assert not is_free(port)
        assert holder(port).pid == os.getpid()
    assert is_free(port)


def test_a_port_taken_on_every_interface_is_taken():
    with taken("") as port:
        assert not is_free(port)


def test_a_taken_port_names_its_holder_and_the_setting():
    with taken() as port, pytest.raises(PortTaken, match="SLIPWAY_DAGSTER_PORT") as error:
        require_free({"SLIPWAY_DAGSTER_PORT": port}, ours=set())
    assert f"port {port} is taken by process {os.getpid()}" in str(error.value)


def test_a_port_that_one_of_ours_holds_is_no_obstacle():
    with taken() as port:
        require_free({"SLIPWAY_DAGSTER_PORT": port}, ours={os.getpid()})


def test_free_ports_are_all_different():
    assert len(set(free_ports(20))) == 20
