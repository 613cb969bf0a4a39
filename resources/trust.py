"""Whom the platform believes to be its own endpoints, where these speak TLS."""

import ssl

from resources.errors import SettingsError
from resources.settings import Settings

END = "-----END CERTIFICATE-----"


def endpoint_context(settings: Settings) -> ssl.SSLContext | None:
    """A context that accepts the certificate of the settings and no other; None without one.

    Endpoints are asked at an address of this machine, for which a public certificate is not
    made out, so the certificate itself is compared in place of the name in it.

    Raises
    ------
    SettingsError
        If the file holds no certificate.
    """
    if settings.tls_cert_file is None:
        return None
    try:
        # The file may hold those above it too, and who else they vouch for is not our endpoint.
        own, end, _ = settings.tls_cert_file.read_text().partition(END)
        context = ssl.create_default_context(cadata=own + end)
    except (OSError, ValueError, ssl.SSLError) as error:
        raise SettingsError(
            f"SLIPWAY_TLS_CERT_FILE: {settings.tls_cert_file} holds no certificate: {error}"
        ) from error
    context.check_hostname = False
    # One that somebody else has signed is accepted without those above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
