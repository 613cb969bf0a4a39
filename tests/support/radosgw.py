"""A throw-away Ceph cluster on loopback with its S3 server: one monitor, one store in memory."""

import json
import shutil
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from platform_assets.cli.stack.ports import free_ports
from tests.support.object_stores import ObjectStore

PROGRAMS = (
    "ceph",
    "ceph-authtool",
    "ceph-mon",
    "ceph-osd",
    "monmaptool",
    "radosgw",
    "radosgw-admin",
)
COMMAND_SECONDS = 90
ANSWER_SECONDS = 60.0
STOP_SECONDS = 10
RIGHTS = ("mon", "allow *", "osd", "allow *", "mgr", "allow *")
CONFIGURATION = """
[global]
fsid = {fsid}
mon initial members = a
mon host = {monitors}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = {folder}/keyring
admin socket =
log file = {folder}/$name.log
run dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
mon allow pool size one = true
mon data avail crit = 0
paxos propose interval = 0.05
paxos min wait = 0.01
# With Nagle's algorithm on, each answer of two segments waits 40 ms for a delayed ACK.
rgw frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
"""


def missing_programs() -> list[str]:
    return [program for program in PROGRAMS if shutil.which(program) is None]


@contextmanager
def radosgw_server() -> Iterator[ObjectStore]:
    """Make a cluster, start it, make a user; everything ends and goes with the block."""
    # Not under pytest's own folder: paths of Ceph's sockets must be short.
    with tempfile.TemporaryDirectory(prefix="ceph-") as folder, ExitStack() as stack:
        cluster = Cluster(Path(folder), *free_ports(3))
        cluster.prepare()
        for daemon in cluster.daemons():
            stack.enter_context(_running(daemon, Path(folder)))
        store = cluster.user()
        _wait_until_up(store.endpoint)
        yield store


@dataclass(frozen=True)
class Cluster:
    """A folder with everything of one cluster, and the ports it listens on."""

    folder: Path
    monitor: int
    old_monitor: int
    port: int

    def run(self, *words: str) -> str:
        """One of Ceph's commands; returns what it printed."""
        command = [*words, "--conf", str(self.folder / "ceph.conf")]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
        return done.stdout

    def prepare(self) -> None:
        """Write the configuration, the keys and the monitor's first map."""
        fsid = str(uuid.uuid4())
        monitors = f"[v2:127.0.0.1:{self.monitor},v1:127.0.0.1:{self.old_monitor}]"
        (self.folder / "ceph.conf").write_text(
            CONFIGURATION.format(fsid=fsid, monitors=monitors, folder=self.folder, port=self.port)
        )
        keyring, monmap = str(self.folder / "keyring"), str(self.folder / "monmap")
        rights = [
            word
            for kind in zip(RIGHTS[::2], RIGHTS[1::2], strict=True)
            for word in ("--cap", *kind)
        ]
        for number, name in enumerate(("mon.", "client.admin", "osd.0", "client.rgw")):
            create = () if number else ("--create-keyring",)
            self.run("ceph-authtool", keyring, *create, "--gen-key", "-n", name, *rights)
        self.run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", monitors, monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)

    def daemons(self) -> Iterator[list[str]]:
        """The command of each daemon, made when the one before has been started."""
        configuration = ["--conf", str(self.folder / "ceph.conf"), "-f"]
        yield ["ceph-mon", *configuration, "-i", "a"]
        disk = str(uuid.uuid4())
        self.run("ceph", "osd", "new", disk)
        (self.folder / "osd").mkdir()
        self.run("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", disk)
        yield ["ceph-osd", *configuration, "-i", "0"]
        yield ["radosgw", *configuration, "-n", "client.rgw"]

    def user(self) -> ObjectStore:
        words = ("user", "create", "--uid", "tests", "--display-name", "tests")
        made = json.loads(self.run("radosgw-admin", "-n", "client.rgw", *words))
        (keys,) = made["keys"]
        endpoint = f"http://127.0.0.1:{self.port}"
        return ObjectStore(endpoint, keys["access_key"], keys["secret_key"])


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    with (folder / f"{command[0]}.out").open("wb") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _wait_until_up(endpoint: str) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            httpx.get(endpoint, trust_env=False)
        except httpx.HTTPError as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no radosgw at {endpoint}") from error
            time.sleep(0.1)
        else:
            return
