"""Keys, envelopes and letters as others write and read them: cryptography (PKCS #8), securesystemslib (DSSE), pyrage (age).

    python envelopes.py make FOLDER RECIPIENT     writes keys, envelopes and a letter to RECIPIENT
    python envelopes.py check FOLDER              reads what was written there in answer
"""

import copy
import json
import pathlib
import sys

import pyrage
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key, load_pem_public_key)
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

PASSPHRASE = "関所の合言葉".encode()
PAYLOAD_TYPE = "application/vnd.sekisho.test+json"
ALGORITHMS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ecdsa-p256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


def make(folder, recipient):
    signers = []
    for name, generate in ALGORITHMS.items():
        key = generate()
        for suffix, lock in [("locked", BestAvailableEncryption(PASSPHRASE)), ("plain", NoEncryption())]:
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
            (folder / f"{name}.{suffix}.pem").write_bytes(pem)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pub.pem").write_bytes(public)
        signers.append(CryptoSigner(key, SSlibKey.from_crypto(key.public_key())))
        envelope = Envelope(name.encode(), PAYLOAD_TYPE, {})
        envelope.sign(signers[-1])
        (folder / f"{name}.json").write_text(json.dumps(envelope.to_dict()))
    both = Envelope(b"both", PAYLOAD_TYPE, {})
    for signer in signers:
        both.sign(signer)
    (folder / "both.json").write_text(json.dumps(both.to_dict(), indent=2))

    identity = pyrage.x25519.Identity.generate()
    (folder / "theirs.txt").write_text(f"# created for a test\n# public key: {identity.to_public()}\n{identity}\n")
    print(identity.to_public())
    letter = pyrage.encrypt(b"a letter " * 20_000, [pyrage.x25519.Recipient.from_str(recipient), identity.to_public()])
    (folder / "theirs.age").write_bytes(letter)


def check(folder):
    for name in ALGORITHMS:
        public = (folder / f"ours.{name}.pub.pem").read_text()
        envelope = json.loads((folder / f"ours.{name}.json").read_text())
        key = SSlibKey.from_crypto(load_pem_public_key(public.encode()), keyid=envelope["signatures"][0]["keyid"])
        read = Envelope.from_dict(copy.deepcopy(envelope))
        read.verify([key], 1)
        assert (read.payload, read.payload_type) == (name.encode(), PAYLOAD_TYPE)
        read.payload += b"."
        try:
            read.verify([key], 1)
        except VerificationError:
            pass
        else:
            raise AssertionError(f"{name}: verified though it was changed")

        private = load_pem_private_key((folder / f"ours.{name}.pem").read_bytes(), PASSPHRASE)
        written = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        assert written == public.encode(), name
        assert load_pem_public_key(public.encode()) == private.public_key()

    secret = [line for line in (folder / "theirs.txt").read_text().splitlines() if line.startswith("AGE-SECRET-KEY-1")]
    plain = pyrage.decrypt((folder / "ours.age").read_bytes(), [pyrage.x25519.Identity.from_str(secret[0])])
    assert plain == b"an answer " * 20_000


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[2])
    make(folder, sys.argv[3]) if sys.argv[1] == "make" else check(folder)
