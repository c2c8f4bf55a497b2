"""Certificates for Content Credentials: read with suspicion, or made for trying out.

What C2PA asks of one: https://spec.c2pa.org/specifications/specifications/2.4/specs/C2PA_Specification.html, "X.509
Certificates"; what c2pa-python 0.38.1 takes and refuses was tried, 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from socialbot.nouns import WrongConfiguration

if TYPE_CHECKING:  # cryptography is imported only where pictures are signed
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

EMAIL, DOCUMENTS, C2PA = "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"
PURPOSES = (EMAIL, DOCUMENTS, C2PA)
"""Extended key usages that may sign: email protection, document signing, and C2PA's own."""
_NEVER = ("2.5.29.37.0", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9")  # any purpose, time stamps, OCSP: refused beside others, too
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_RSA_BITS = 2048
_PKCS8 = b"-----BEGIN PRIVATE KEY-----"
_CONVERT = "openssl pkcs8 -topk8 -nocrypt -in OLD.pem -out key.pem"
_MAKE = "for trying out: socialbot certificate"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chain:
    """A certificate and those it was issued under, and its key: PEM. `algorithm` is C2PA's name of it."""

    certificates: str
    key: str = field(repr=False)
    algorithm: str


def read_chain(certificates: bytes, key: bytes, where: str, where_key: str, today: date) -> Chain:
    """A certificate and its key that can sign. `where` and `where_key` name them in a complaint.

    Raises WrongConfiguration with one sentence.
    """
    from cryptography import x509

    try:
        chain = x509.load_pem_x509_certificates(certificates)
    except ValueError:
        fix = f"a file with -----BEGIN CERTIFICATE-----, your own first, then those it was issued under; {_MAKE}"
        raise WrongConfiguration("it is no certificate in PEM form", where=where, fix=fix) from None
    own, private = chain[0], _private_key(key, where_key)
    wrong = _mismatch(chain, private) or _fault(own, today)
    if wrong:
        what, fix = wrong
        raise WrongConfiguration(what, where=where, fix=fix)
    algorithm = _algorithm(private)
    if algorithm is None:
        fix = "ECDSA on P-256, P-384 or P-521, Ed25519, or RSA from 2048 bits"
        raise WrongConfiguration("C2PA cannot sign with this kind of key", where=where_key, fix=fix)
    return Chain("".join(map(_pem, chain)), key.decode("ascii"), algorithm)


def _private_key(key: bytes, where: str) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"ENCRYPTED" in key:
        raise WrongConfiguration("the key is locked by a password", where=where, fix=f"unlock it: {_CONVERT}")
    if b" PRIVATE KEY-----" in key and _PKCS8 not in key:
        raise WrongConfiguration(
            "the key is in an old form, and C2PA reads PKCS#8 only", where=where, fix=f"convert it: {_CONVERT}"
        )
    try:
        return load_pem_private_key(key, None)
    except (ValueError, TypeError):
        fix = f"a file that begins with {_PKCS8.decode()}; {_MAKE}"
        raise WrongConfiguration("it is no private key in PEM form", where=where, fix=fix) from None


Wrong = tuple[str, str]
"""What is wrong, and what to do."""


def _mismatch(chain: list[x509.Certificate], private: PrivateKeyTypes) -> Wrong | None:
    public = private.public_key()
    matching = [place for place, each in enumerate(chain) if each.public_key() == public]
    if 0 in matching:
        return None
    if matching:
        return "the certificate that the key belongs to is not the first", "put it first, then those it was issued under"
    return "the certificate and the key do not belong together", "name the key that the certificate was made for"


def _fault(own: x509.Certificate, today: date) -> Wrong | None:
    """Why the certificate cannot sign today; None when it can."""
    from cryptography import x509

    if own.not_valid_after_utc.date() < today:
        return f"the certificate ended on {own.not_valid_after_utc:%Y-%m-%d}", "renew it"
    if own.not_valid_before_utc.date() > today:
        return f"the certificate begins on {own.not_valid_before_utc:%Y-%m-%d}", "wait, or set this machine's clock"
    if _has(own, x509.BasicConstraints, lambda basic: basic.ca):
        return "the certificate is for issuing others", "name one that was issued under it"
    if not _has(own, x509.KeyUsage, lambda usage: usage.digital_signature and not usage.key_cert_sign):
        return "the certificate's key usage is not digital signature alone", f"have one issued that is; {_MAKE}"
    if not _has(own, x509.ExtendedKeyUsage, lambda usage: _may_sign([purpose.dotted_string for purpose in usage])):
        fix = f"its extended key usage has to be email protection, document signing or C2PA's ({C2PA}); {_MAKE}"
        return "the certificate is not for signing pictures", fix
    return None


def _has(own: x509.Certificate, kind: type[x509.extensions.ExtensionTypeVar], good: Callable[..., bool]) -> bool:
    from cryptography import x509

    try:
        return good(own.extensions.get_extension_for_class(kind).value)
    except (x509.ExtensionNotFound, ValueError):
        return False


def _may_sign(purposes: list[str]) -> bool:
    return any(one in PURPOSES for one in purposes) and not any(one in _NEVER for one in purposes)


def _algorithm(private: PrivateKeyTypes) -> str | None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(private, ec.EllipticCurvePrivateKey):
        return _CURVES.get(private.curve.name)
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    return "ps256" if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= _RSA_BITS else None


@dataclass(frozen=True, slots=True)
class TrialChain:
    """A certificate with its issuer's, its key, and the root that nobody else knows: PEM."""

    certificates: str
    key: str = field(repr=False)
    root: str


def make_chain(organisation: str, now: datetime, days: int = 365) -> TrialChain:
    """A chain for trying out, root → issuer → certificate, good for `days`. The keys of root and issuer are thrown away.

    Raises ValueError when `organisation` has not 1 to 64 characters.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    root, issuer, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    names = [f"{organisation[:50]} {role}" for role in ("test root", "test issuer", "test")]
    until = now + days * _DAY
    first = _issued(organisation, names[0], root.public_key(), names[0], root, now, until)
    second = _issued(organisation, names[1], issuer.public_key(), names[0], root, now, until)
    third = _issued(organisation, names[2], own.public_key(), names[1], issuer, now, until, purpose=EMAIL)
    key = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return TrialChain(_pem(third) + _pem(second), key, _pem(first))


def _issued(
    organisation: str,
    name: str,
    public: EllipticCurvePublicKey,
    issuer: str,
    issuer_key: EllipticCurvePrivateKey,
    now: datetime,
    until: datetime,
    purpose: str | None = None,
) -> x509.Certificate:
    """A certificate: one that issues others, or with a `purpose` one that signs."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    def named(common: str) -> x509.Name:
        parts = ((x509.NameOID.ORGANIZATION_NAME, organisation), (x509.NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])

    issues = purpose is None
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage |= dict.fromkeys(("encipher_only", "decipher_only"), False) | {"digital_signature": not issues}
    made = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - _DAY)
        .not_valid_after(until.astimezone(UTC))
        .add_extension(x509.BasicConstraints(ca=issues, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage, key_cert_sign=issues, crl_sign=issues), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if purpose:
        made = made.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(purpose)]), critical=False)
    return made.sign(issuer_key, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()
