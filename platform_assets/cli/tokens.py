"""`slipway tokens`: who may ask the endpoints."""

from datetime import UTC, datetime, timedelta

from platform_assets.cli.console import out, print_json, print_table
from platform_assets.cli.models import require_model
from resources.errors import OwnToken
from resources.settings import load_settings
from resources.tokens import TokenFile
from serving.access.grants import ANY, OWN, Grant, Scope, grant_for, new_token


def add(name: str, models: list[str], scope: Scope, rate: str, days: int | None) -> None:
    """Make a token and print it, this once.

    Raises
    ------
    TokenTaken
        If there is one of this name.
    """
    for model in models:
        require_model(model)
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    token = new_token()
    file = TokenFile(load_settings().tokens)
    file.add(grant_for(token, name, tuple(models) or (ANY,), scope, expires, rate))
    out(token)
    out("It is shown this once; endpoints know it within a second or two.")
    out(f"Send it as: Authorization: Bearer TOKEN ({file.path} keeps its SHA-256 alone)")


def list_all(*, as_json: bool) -> None:
    """Print what is granted to whom; a token itself is kept nowhere."""
    grants = TokenFile(load_settings().tokens).read()
    if as_json:
        print_json([_document(grant) for grant in grants.tokens])
    else:
        rows = [tuple(_document(grant).values()) for grant in grants.tokens]
        print_table("tokens", ("name", "models", "scope", "rate", "created", "expires"), rows)


def revoke(name: str) -> None:
    """Take a token back; NoSuchToken if there is none of this name, OwnToken for Slipway's own."""
    settings = load_settings()
    if name == OWN:
        raise OwnToken(name, settings.api_token_file)
    TokenFile(settings.tokens).revoke(name)
    out(f"{name} is revoked; endpoints refuse it within a second or two")


def _document(grant: Grant) -> dict[str, object]:
    return {
        "name": grant.name,
        "models": ", ".join(grant.models),
        "scope": grant.scope,
        "rate": grant.rate,
        "created": grant.created.isoformat(),
        "expires": grant.expires.isoformat() if grant.expires else "",
    }
