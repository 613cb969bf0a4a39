"""The root of everything that `gitops` raises on purpose."""


class GitopsError(Exception):
    """The root: everything `gitops` raises on purpose."""
