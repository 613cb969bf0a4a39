"""Whom the platform believes to be its own endpoints, where these speak TLS."""

import ssl
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

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


def certified_name(settings: Settings) -> str:
    """What a client that compares names is to call the endpoints; without TLS their address.

    That is their address if the certificate is made out for it too, else its first name, in which
    a star stands for any label.

    Raises
    ------
    SettingsError
        If the file holds no certificate, or one without any name.
    """
    address = urlsplit(settings.serve_url).hostname or ""
    if settings.tls_cert_file is None:
        return address
    try:
        found = x509.load_pem_x509_certificate(settings.tls_cert_file.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"SLIPWAY_TLS_CERT_FILE: {settings.tls_cert_file} holds no certificate: {error}"
        ) from error
    names, addresses = _names(found)
    if ip_address(address) in addresses:
        return address
    if not names:
        raise SettingsError(f"SLIPWAY_TLS_CERT_FILE: {settings.tls_cert_file} names no host")
    return names[0].replace("*", "models", 1)


def _names(certificate: x509.Certificate) -> tuple[list[str], list[object]]:
    """DNS names, or where there are none the common name, and IP addresses."""
    try:
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return [str(one.value) for one in common], []
    addresses = known.get_values_for_type(x509.IPAddress)
    return known.get_values_for_type(x509.DNSName), list(addresses)
