"""Start Serve on a Ray that runs, without an application; what runs already stays as it is."""

import sys
import time

import httpx

from platform_assets.cli.stack.ray_service import serve_options
from resources.settings import Settings, load_settings
from resources.trust import endpoint_context

SECONDS = 120.0
ASK_SECONDS = 60.0


def main() -> int:
    """Exit code 0 once Serve's door answers, 1 if it does not in time."""
    settings = load_settings()
    deadline = time.monotonic() + SECONDS
    start(settings)
    while time.monotonic() < deadline:
        if answers(settings):
            return 0
        time.sleep(0.25)
    print(f"Serve did not answer at {settings.serve_url} within {SECONDS:g} s", file=sys.stderr)  # noqa: T201  its log
    return 1


def start(settings: Settings) -> None:
    """Declare no application, unless some are declared: doing so would stop them."""
    token = settings.ray_token_file.read_text().strip()
    url = f"{settings.serve_api}/api/serve/applications/"
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(headers=headers, timeout=ASK_SECONDS, trust_env=False) as client:
        seen = client.get(url).raise_for_status().json()
        if not seen.get("applications"):
            client.put(url, json=serve_options(settings)).raise_for_status()


def answers(settings: Settings) -> bool:
    """Does the door answer at all? Without an application it answers 503."""
    try:
        httpx.get(
            f"{settings.serve_url}/-/routes",
            timeout=2,
            trust_env=False,
            verify=endpoint_context(settings) or True,
        )
    except httpx.TransportError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
