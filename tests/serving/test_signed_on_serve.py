"""A replica of real Ray Serve that asks for a signature serves signed bundles and no other."""

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gitops.manifest import serve_application
from serving.bundle import write_bundle
from serving.seal import name_of, seal
from tests.support.bundles import line_contents
from tests.support.ray_head import ray_head
from tests.support.releases import serving
from tests.support.stack import until

BASE_PORT = 8421

pytestmark = pytest.mark.e2e


def ready(head, key):
    found = httpx.get(f"{head.serve}/line/v2/health/ready", timeout=60).json()
    return found.get(key) or {}


def test_a_signed_bundle_is_served_and_an_unsigned_one_refused(tmp_path, monkeypatch):
    mine = Ed25519PrivateKey.generate()
    monkeypatch.setenv("SLIPWAY_BUNDLE_PUBLIC_KEY", name_of(mine.public_key()))
    signed, unsigned, strange = (write_bundle(tmp_path, line_contents(bias)) for bias in (0, 1, 2))
    seal(signed.folder, signed.digest, mine)
    seal(strange.folder, strange.digest, Ed25519PrivateKey.generate())
    with ray_head(BASE_PORT) as head:
        head.deploy(serve_application(serving(signed, "production")))
        head.wait_for("line", "RUNNING")
        assert ready(head, "live")["signature"] == "checked"
        for bundle, reason in ((unsigned, "Unsigned"), (strange, "WronglySigned")):
            head.deploy(serve_application(serving(bundle, "production")))
            until(lambda one=bundle: ready(head, "refused").get("digest") == one.digest, reason)
            assert ready(head, "refused")["reason"].startswith(f"{reason}: ")
            assert ready(head, "live")["digest"] == signed.digest
        row = {"instances": [{"a": 1, "b": 2}]}
        answer = httpx.post(f"{head.serve}/line/invocations", json=row, timeout=60)
    assert (answer.json()["predictions"], answer.headers["x-bundle-digest"]) == (
        [8.0],
        signed.digest,
    )
