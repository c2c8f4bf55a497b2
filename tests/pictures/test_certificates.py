"""A certificate that cannot sign is refused before anything is signed, in one sentence that says what to do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from socialbot.nouns import WrongConfiguration
from socialbot.pictures.certificates import PURPOSES, make_chain, read_chain
from socialbot.pictures.credentials import open_signer
from tests.pictures.signed import NOW, chain

KEYS = {
    "es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ps256": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-1024": lambda: rsa.generate_private_key(65537, 1024),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
}
USAGE = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def named(organisation: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation)])


@cache
def authority() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """The key that all these certificates are issued under, and its own certificate."""
    key, name = ec.generate_private_key(ec.SECP256R1()), named("Example CA")
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(NOW - timedelta(days=99)).not_valid_after(NOW + timedelta(days=99))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = made.add_extension(x509.KeyUsage(**{one: one == "key_cert_sign" for one in USAGE}), critical=True)
    return key, made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def certified(
    algorithm: str = "es256",
    *,
    purposes: Sequence[str] | None = PURPOSES[:1],
    usage: Sequence[str] | None = ("digital_signature",),
    issues: bool = False,
    starts: int = -1,
    ends: int = 30,
) -> tuple[str, str]:
    """A certificate and its key as PEM, which is valid from and to so many days from now."""
    issuer, own = authority()[0], KEYS[algorithm]()
    made = x509.CertificateBuilder(named("Example CA"), named("Example"), own.public_key(), x509.random_serial_number())
    made = made.not_valid_before(NOW + timedelta(days=starts)).not_valid_after(NOW + timedelta(days=ends))
    made = made.add_extension(x509.BasicConstraints(issues, None), critical=True)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
    if usage is not None:
        made = made.add_extension(x509.KeyUsage(**{one: one in usage for one in USAGE}), critical=True)
    if purposes is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in purposes]), critical=False)
    signed = made.sign(issuer, hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode(), pem(own)


def pem(key: object, form: PrivateFormat = PrivateFormat.PKCS8, password: bytes | None = None) -> str:
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, locked).decode()  # type: ignore[attr-defined]


def old_form(key: str, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL) -> str:
    return pem(load_pem_private_key(key.encode(), None), form)


OLD = "k.pem: the key is in an old form, and C2PA reads PKCS#8 only (convert it: openssl pkcs8 -topk8 -nocrypt -in OLD.pem"
UNLOCK = "k.pem: the key is locked by a password (unlock it: openssl pkcs8 -topk8 -nocrypt -in OLD.pem -out key.pem)"
GOOD, OTHER = certified(), certified()
RSA = certified("ps256")
WRONG: dict[str, tuple[tuple[str, str], str]] = {
    "no PEM": (("hello", GOOD[1]), "c.pem: it is no certificate in PEM form"),
    "an empty file": (("", GOOD[1]), "c.pem: it is no certificate in PEM form"),
    "damaged PEM": ((GOOD[0].replace("A", "B"), GOOD[1]), "c.pem: it is no certificate in PEM form"),
    "the key in its place": ((GOOD[1], GOOD[1]), "c.pem: it is no certificate in PEM form"),
    "a certificate for a key": ((GOOD[0], GOOD[0]), "k.pem: it is no private key in PEM form"),
    "no key": ((GOOD[0], ""), "k.pem: it is no private key in PEM form"),
    "SEC1": (
        (GOOD[0], old_form(GOOD[1])),
        OLD,
    ),
    "PKCS#1": (
        (RSA[0], old_form(RSA[1])),
        OLD,
    ),
    "OpenSSH": ((GOOD[0], old_form(GOOD[1], PrivateFormat.OpenSSH)), "k.pem: the key is in an old form"),
    "a password": (
        (GOOD[0], pem(load_pem_private_key(GOOD[1].encode(), None), password=b"hush")),
        UNLOCK,
    ),
    "another key": ((GOOD[0], OTHER[1]), "c.pem: the certificate and the key do not belong together"),
    "the issuer first": ((OTHER[0] + GOOD[0], GOOD[1]), "the certificate that the key belongs to is not the first"),
    "ended": (certified(starts=-9, ends=-2), f"c.pem: the certificate ended on {NOW - timedelta(days=2):%Y-%m-%d}"),
    "not begun": (certified(starts=2), f"c.pem: the certificate begins on {NOW + timedelta(days=2):%Y-%m-%d}"),
    "an issuer's": (certified(issues=True), "c.pem: the certificate is for issuing others"),
    "no key usage": (certified(usage=None), "c.pem: the certificate's key usage is not digital signature alone"),
    "usage for issuing": (certified(usage=("digital_signature", "key_cert_sign")), "key usage is not digital signature alone"),
    "another usage": (certified(usage=("key_agreement",)), "key usage is not digital signature alone"),
    "no purpose": (certified(purposes=None), "c.pem: the certificate is not for signing pictures"),
    "code signing": (certified(purposes=["1.3.6.1.5.5.7.3.3"]), "the certificate is not for signing pictures"),
    "a web server's": (certified(purposes=["1.3.6.1.5.5.7.3.1"]), "the certificate is not for signing pictures"),
    "any purpose": (certified(purposes=[PURPOSES[0], "2.5.29.37.0"]), "the certificate is not for signing pictures"),
    "OCSP": (certified(purposes=[PURPOSES[0], "1.3.6.1.5.5.7.3.9"]), "the certificate is not for signing pictures"),
    "a short key": (certified("RSA-1024"), "k.pem: C2PA cannot sign with this kind of key"),
    "another curve": (certified("secp256k1"), "k.pem: C2PA cannot sign with this kind of key"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_sign_is_refused_in_one_sentence_without_a_word_of_the_key(name: str) -> None:
    (certificates, key), said = WRONG[name]
    with pytest.raises(WrongConfiguration) as caught:
        read_chain(certificates.encode(), key.encode(), "c.pem", "k.pem", NOW.date())
    assert said in str(caught.value) and "\n" not in str(caught.value) and caught.value.fix
    assert not [line for line in key.splitlines()[1:-1] if line in str(caught.value)]


def test_signing_without_the_extra_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(WrongConfiguration, match=r'pip install "socialbot\[c2pa\]"'):
        open_signer(tmp_path / "certificate.pem", "key", NOW.date())


@pytest.mark.parametrize("algorithm", ["es256", "es384", "es512", "ed25519", "ps256"])
def test_the_kind_of_key_names_the_algorithm_and_the_key_is_never_shown(algorithm: str) -> None:
    certificates, key = certified(algorithm)
    read = read_chain(certificates.encode(), key.encode(), "c.pem", "k.pem", NOW.date())
    assert read.algorithm == algorithm and key.splitlines()[1] not in repr(read)


def test_a_test_chain_can_sign_until_its_last_day_and_its_issuers_keys_are_nowhere() -> None:
    made = chain()
    read = read_chain(made.certificates.encode(), made.key.encode(), "c.pem", "k.pem", (NOW + timedelta(days=365)).date())
    assert read.certificates == made.certificates and made.key.count("PRIVATE KEY") == 2
    with pytest.raises(WrongConfiguration, match="the certificate ended on"):
        read_chain(made.certificates.encode(), made.key.encode(), "c", "k", (NOW + timedelta(days=366)).date())
    own, issuer = x509.load_pem_x509_certificates(made.certificates.encode())
    (root,) = x509.load_pem_x509_certificates(made.root.encode())
    own.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)


@pytest.mark.parametrize("organisation", ["A", "x" * 64, "Zürcher Nachrichten AG", "日本の新聞"])
def test_an_organisation_is_named_as_it_writes_itself(organisation: str) -> None:
    (own, _) = x509.load_pem_x509_certificates(make_chain(organisation, NOW).certificates.encode())
    assert own.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)[0].value == organisation
