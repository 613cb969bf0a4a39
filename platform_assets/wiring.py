"""From settings to working parts; every process of the platform is wired here and nowhere else."""

from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from gitops.choose import Access, kind_of, make_forge, open_forge
from gitops.errors import RepositoryMissing
from gitops.forge import Forge
from gitops.git_tree import GitTree
from gitops.github_access import account_of
from gitops.local_forge import LocalForge
from gitops.lock import lock_beside
from gitops.notifier import build_tell
from gitops.plumbing import Git
from gitops.policy import POLICY_PATH, Policy, newest_policy, parse_policy
from gitops.readiness import Patience
from gitops.reconcile import Reconciler
from gitops.runtime import Runtime, Verifier
from gitops.serve_runtime import ServeRuntime
from gitops.signing import Signing
from platform_assets.release.replaying import LoggedRows
from resources.artifacts import Artifacts
from resources.checkout import Checkout
from resources.endpoint import EndpointVerifier
from resources.keys import accepted_keys
from resources.lake import Lake
from resources.object_store import lake_options
from resources.registry import Registry
from resources.settings import CHECKOUT, Settings, load_aws_settings, ray_token
from resources.tokens import own_token
from resources.trust import endpoint_context

SEED = Path("gitops") / "environments"


def build_resources(settings: Settings) -> dict[str, Any]:
    """What the assets and sensors ask for, by the name they ask for it."""
    return {
        "settings": settings,
        "lake": build_lake(settings),
        "registry": build_registry(settings),
        "artifacts": Artifacts(settings.artifacts),
        "checkout": Checkout(CHECKOUT),
        "forge": build_forge(settings),
        "reconciler": build_reconciler(settings, build_verifier(settings)),
    }


def build_lake(settings: Settings) -> Lake:
    return Lake(settings.lake, lake_options(settings.lake, load_aws_settings()))


def build_registry(settings: Settings) -> Registry:
    return Registry(settings.mlflow_tracking, settings.home / "mlflow" / "artifacts")


def build_forge(settings: Settings) -> Forge:
    """The GitOps repository; a local one is made if there is none, a host is not asked yet."""
    if kind_of(settings.gitops_repo) == "local":
        return begin_gitops(settings)
    return open_forge(settings.gitops_repo, settings.home, _access(settings))


def begin_gitops(settings: Settings) -> Forge:
    """The GitOps repository; if there is nothing in it, it is seeded from this checkout.

    Raises
    ------
    ForgeError
        If it cannot be reached, or is no repository for us.
    """
    seed = {
        file.relative_to(CHECKOUT).as_posix(): file.read_text()
        for file in sorted((CHECKOUT / SEED).rglob("*"))
        if file.is_file()
    }
    return make_forge(settings.gitops_repo, settings.home, _access(settings), seed)


def cloned(settings: Settings, scratch: Path) -> Forge:
    """The GitOps repository as a machine sees it that has nothing but its address."""
    if kind_of(settings.gitops_repo) != "local":
        return open_forge(settings.gitops_repo, scratch, _access(settings))
    Git(scratch).run("clone", "--quiet", "--mirror", str(settings.gitops_path), str(scratch))
    return LocalForge(scratch)


def followed_policy(settings: Settings) -> Policy:
    """The policy whose environments the asset graph has.

    That of the GitOps repository as this machine knows it, and of this checkout before there is
    one. A policy that cannot be used is passed over: the reconciler says so, and data and training
    go on.
    """
    place = settings.gitops_path
    try:
        found = newest_policy(GitTree(Git(place)))
    except RepositoryMissing:
        found = None
    return found or parse_policy((CHECKOUT / POLICY_PATH).read_text())


def build_runtime(settings: Settings) -> Runtime:
    tls = endpoint_context(settings)
    return ServeRuntime(settings.serve_api, settings.serve_url, ray_token(settings), tls=tls)


def build_verifier(settings: Settings) -> EndpointVerifier:
    return EndpointVerifier(
        settings.serve_url,
        Artifacts(settings.artifacts),
        keys=accepted_keys(settings),
        token=partial(own_token, settings),
        tls=endpoint_context(settings),
    )


def build_reconciler(settings: Settings, verifier: Verifier | None) -> Reconciler:
    """The reconciler of this machine; without a verifier it calls nothing healthy."""
    return Reconciler(
        build_forge(settings),
        build_runtime(settings),
        verifier,
        lock_beside(settings.gitops_path),
        patience=Patience(timeout=settings.health_timeout),
        tell=build_tell(settings.home, settings.notify_addresses),
        replayer=LoggedRows(
            build_lake(settings),
            Artifacts(settings.artifacts),
            accepted_keys(settings),
            settings.trusted,
        ),
    )


def _access(settings: Settings) -> Access:
    github = account_of(
        _secret(settings.github_token),
        settings.github_app_id,
        _secret(settings.github_app_key),
        settings.github_app_installation,
    )
    return Access(
        settings.gitops_token,
        settings.gitops_user,
        settings.gitops_auth,
        github,
        settings.github_api,
        Signing(
            settings.gitops_signing_key,
            settings.gitops_signing_key_file,
            settings.gitops_signers_file,
        ),
    )


def _secret(value: SecretStr | None) -> str:
    return value.get_secret_value() if value else ""
