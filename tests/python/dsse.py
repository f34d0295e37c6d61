"""Verifies an envelope (DSSE) with securesystemslib, and prints its type and payload.

usage: dsse.py PUBLIC.pem ENVELOPE.json
"""

import json
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def main(key_file, envelope_file):
    text = json.loads(pathlib.Path(envelope_file).read_text())
    public = load_pem_public_key(pathlib.Path(key_file).read_bytes())
    key = SSlibKey.from_crypto(public, keyid=text["signatures"][0]["keyid"])
    envelope = Envelope.from_dict(text)
    envelope.verify([key], 1)
    print(json.dumps({"type": envelope.payload_type, "payload": json.loads(envelope.payload)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
