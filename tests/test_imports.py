"""Heavy libraries stay behind their fence: importing a package must not bring them in."""

import subprocess
import sys

import pytest

ASK = "import sys, importlib; importlib.import_module({module!r}); print(*sys.modules)"


def brought_in(module):
    answer = subprocess.run(
        [sys.executable, "-c", ASK.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(answer.stdout.split())


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("gitops.reconcile", {"dagster", "ray", "mlflow", "deltalake", "pandas", "numpy"}),
        ("gitops.__main__", {"dagster", "ray", "mlflow", "deltalake", "pandas"}),
        ("serving.ingress", {"ray", "dagster", "mlflow", "deltalake", "sklearn", "pandas"}),
        ("serving.app", {"dagster", "mlflow", "deltalake", "sklearn"}),
        ("resources.registry", {"mlflow", "ray", "dagster", "deltalake"}),
        ("resources.object_store", {"dagster", "boto3", "deltalake"}),
        ("resources.lake", {"mlflow", "ray", "dagster"}),
        (
            "platform_assets.cli.main",
            {"dagster", "ray", "mlflow", "deltalake", "pandas", "sklearn"},
        ),
        ("platform_assets.definitions", {"ray", "mlflow", "boto3"}),
    ],
)
def test_importing_a_module_leaves_the_heavy_libraries_alone(module, absent):
    assert brought_in(module) & absent == set()


def test_importing_the_definitions_prints_nothing_and_makes_nothing(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", "import platform_assets.definitions"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "SLIPWAY_HOME": str(tmp_path / "home")},
    )
    assert (answer.stdout, answer.stderr) == ("", "")
    assert not (tmp_path / "home").exists()
