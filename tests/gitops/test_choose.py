"""What the name of a repository asks for."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from gitops.choose import Access, kind_of, make_forge, open_forge, place_of
from gitops.errors import AddressRefused
from gitops.github_access import App, Issued, repository_at
from gitops.github_forge import GitHubForge
from gitops.local_forge import LocalForge
from gitops.push_forge import PushForge
from tests.support.releases import SEED

ADDRESS = "https://git.example.com/team/gitops.git"


@pytest.mark.parametrize(
    ("repository", "kind"),
    [
        ("", "local"),
        ("/srv/gitops.git", "local"),
        ("work/gitops.git", "local"),
        (ADDRESS, "push"),
        ("git@git.example.com:team/gitops.git", "push"),
        ("file:///srv/gitops.git", "push"),
    ],
)
def test_a_path_is_local_and_an_address_is_pushed_to(repository, kind, tmp_path):
    assert kind_of(repository) == kind
    opened = open_forge(repository, tmp_path, Access())
    assert isinstance(opened, PushForge if kind == "push" else LocalForge)


def test_opening_asks_nobody_and_makes_nothing(tmp_path):
    open_forge(ADDRESS, tmp_path, Access(SecretStr("x")))
    open_forge("", tmp_path, Access())
    assert list(tmp_path.iterdir()) == []


def test_each_address_has_a_mirror_of_its_own(tmp_path):
    assert place_of("", tmp_path) == tmp_path / "gitops.git"
    assert place_of("/srv/x.git", tmp_path) == Path("/srv/x.git")
    assert place_of(ADDRESS, tmp_path).parent == tmp_path / "mirrors"
    assert place_of(ADDRESS, tmp_path) != place_of(f"{ADDRESS}x", tmp_path)


def test_making_a_local_one_twice_is_making_it_once(tmp_path):
    head = make_forge("", tmp_path, Access(), SEED).head()
    assert make_forge("", tmp_path, Access(), {}).head() == head


@pytest.mark.parametrize("address", ["ext::sh -c id", "git://host/x.git", "https://a:b@host/x"])
def test_an_address_that_is_refused_is_refused_before_it_is_used(address, tmp_path):
    with pytest.raises(AddressRefused, match="SLIPWAY_GITOPS_REPO"):
        open_forge(address, tmp_path, Access())


def test_access_is_read_from_the_same_variables_as_the_settings():
    given = {
        "SLIPWAY_GITOPS_TOKEN": "t",
        "SLIPWAY_GITOPS_USER": "",
        "SLIPWAY_GITOPS_AUTH": "bearer",
    }
    assert Access.from_environment(given) == Access(SecretStr("t"), "x-access-token", "bearer")
    assert Access.from_environment({}) == Access()
    with pytest.raises(AddressRefused, match="basic or bearer"):
        Access.from_environment({"SLIPWAY_GITOPS_AUTH": "digest"})


def test_an_account_on_github_makes_an_address_a_repository_there(tmp_path):
    access = Access.from_environment({"SLIPWAY_GITHUB_TOKEN": "t"})
    assert isinstance(open_forge("https://github.com/acme/fleet", tmp_path, access), GitHubForge)
    assert isinstance(open_forge("", tmp_path, access), LocalForge)
    with pytest.raises(AddressRefused, match="SLIPWAY_GITHUB_API beside it"):
        open_forge(ADDRESS, tmp_path, access)
    with pytest.raises(AddressRefused, match=r"expected https://github\.com/OWNER/NAME"):
        open_forge("git@github.com:acme/fleet.git", tmp_path, access)


def test_an_enterprise_server_has_its_api_elsewhere():
    found = repository_at("https://git.example.com/team/x.git", "https://git.example.com/api/v3/")
    assert found.clone_url == "https://git.example.com/team/x.git"
    assert found.graphql == "https://git.example.com/api/graphql"


def test_a_token_is_shown_by_nothing_that_is_printed():
    given = Access.from_environment({"SLIPWAY_GITOPS_TOKEN": "a-secret"})
    assert given.token is not None
    assert "a-secret" not in repr((given, Issued(given.token, datetime.now(UTC))))


def test_an_app_is_named_whole_or_not_at_all():
    with pytest.raises(AddressRefused, match="SLIPWAY_GITHUB_APP_KEY"):
        Access.from_environment({"SLIPWAY_GITHUB_APP_ID": "7"})
    given = {"APP_ID": "7", "APP_KEY": "a\\nb", "APP_INSTALLATION": "70"}
    access = Access.from_environment({f"SLIPWAY_GITHUB_{key}": text for key, text in given.items()})
    assert access.github == App(7, SecretStr("a\nb"), 70)
    assert "a\\nb" not in repr(access)
