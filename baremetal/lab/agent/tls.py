"""An agent's certificate: self-signed, for its own address, new at each boot; one key serves the whole fleet."""

import datetime
import functools
import ipaddress
import pathlib
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from baremetal import clock

SKEW, LIFE = datetime.timedelta(hours=1), datetime.timedelta(days=90)


@functools.cache
def _key() -> ec.EllipticCurvePrivateKey:
    """Return the fleet's key. Agents share it because two hundred of them shall start at once on a laptop."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate(name: str, address: str) -> tuple[str, ssl.SSLContext]:
    """Return a new certificate as PEM, and what a server needs to serve with it."""
    now, subject = clock.REAL.now(), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(_key().public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - SKEW).not_valid_after(now + LIFE)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=True)
            .sign(_key(), hashes.SHA256()))
    pem = made.public_bytes(serialization.Encoding.PEM)
    key = _key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                               serialization.NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory() as folder:   # OpenSSL reads files only
        path = pathlib.Path(folder) / "agent.pem"
        path.touch(mode=0o600)
        path.write_bytes(key + pem)
        context.load_cert_chain(path)
    return pem.decode(), context
