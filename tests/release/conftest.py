"""A repository and a running system for each test."""

from tests.gitops.conftest import at, serve

__all__ = ["at", "serve"]
