"""The runtime on the fake system of the fast tests, and on real Ray Serve."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops.serve_runtime import ServeRuntime
from serving.bundle import write_bundle
from tests.contracts.runtime_suite import RuntimeContract, System
from tests.support.bundles import line_contents
from tests.support.fake_serve import FakeServe
from tests.support.ray_head import RayHead, ray_head
from tests.support.releases import digest, manifest, serving

BASE_PORT = 8341


class TestFakeServe(RuntimeContract):
    @pytest.fixture
    def system(self) -> Iterator[System]:
        with (
            FakeServe("secret") as serve,
            ServeRuntime(serve.api, serve.endpoint, "secret") as runtime,
        ):
            serve.refusals[digest("c")] = "DamagedBundle: model.onnx"
            yield System(runtime, manifest("a"), manifest("b"), manifest("c"))


@pytest.fixture(scope="module")
def head() -> Iterator[RayHead]:
    with ray_head(BASE_PORT) as running:
        yield running


@pytest.mark.e2e
class TestRealServe(RuntimeContract):
    @pytest.fixture
    def system(self, head: RayHead, tmp_path: Path) -> Iterator[System]:
        good, better, damaged = (write_bundle(tmp_path, line_contents(n)) for n in (0.0, 1.0, 2.0))
        model = next(file for file in damaged.folder.iterdir() if file.name.startswith("model"))
        model.write_bytes(model.read_bytes() + b"\0")
        with ServeRuntime(head.api, head.serve, head.token) as runtime:
            yield System(runtime, serving(good), serving(better), serving(damaged))
