"""Where a stack keeps its files."""

import stat

import pytest

from platform_assets.cli.errors import ShortPathTaken
from platform_assets.cli.stack.layout import Layout
from resources.settings import Settings

LONGEST_SOCKET = 107


def test_two_homes_share_no_path(tmp_path):
    one, other = (Layout(Settings(home=tmp_path / name)) for name in ("one", "other"))
    assert one.mark != other.mark
    assert one.short != other.short


def test_sockets_of_a_deep_home_have_short_paths(tmp_path):
    deep = Layout(Settings(home=tmp_path / ("d" * 90) / ("e" * 90)))
    haproxy = deep.short / "h" / ("f" * 56) / "metrics.sock"
    assert len(str(haproxy)) <= LONGEST_SOCKET


def test_the_short_path_leads_into_home(layout):
    (layout.short / "seen").touch()
    assert (layout.settings.home / "stack" / "seen").is_file()


def test_folders_with_sockets_and_secrets_are_private(layout):
    for folder in (layout.folder, layout.settings.ray_token_file.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_preparing_twice_changes_nothing(layout):
    layout.prepare()
    assert layout.short.readlink() == layout.folder


def test_a_link_of_ours_to_elsewhere_is_set_right(layout, tmp_path):
    layout.short.unlink()
    layout.short.symlink_to(tmp_path)
    layout.prepare()
    assert layout.short.readlink() == layout.folder


def test_a_short_path_that_is_no_link_is_refused(layout):
    layout.short.unlink()
    layout.short.mkdir()
    try:
        with pytest.raises(ShortPathTaken, match="no link, of user"):
            layout.prepare()
    finally:
        layout.short.rmdir()
