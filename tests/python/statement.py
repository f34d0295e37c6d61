"""A sealed bundle as others read it: zipfile, securesystemslib (DSSE), in-toto-attestation (Statement v1).

    python statement.py BUNDLE PUBLIC_KEY...     prints what was signed, or ends with a fault
"""

import hashlib
import json
import sys
import zipfile

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

bundle = zipfile.ZipFile(sys.argv[1])
assert bundle.testzip() is None
keys = [SSlibKey.from_crypto(load_pem_public_key(open(path, "rb").read())) for path in sys.argv[2:]]
envelope = Envelope.from_dict(json.loads(bundle.read("statement.dsse.json")))
# The library looks for a key by the id in the signature; ids are hints, and other tools give others.
for key, signature in zip(keys, list(envelope.signatures.values())):
    envelope.signatures = {key.keyid: signature}
    signature.keyid = key.keyid
envelope.verify(keys, len(keys))
assert envelope.payload_type == "application/vnd.in-toto+json", envelope.payload_type

message = json_format.Parse(envelope.payload, statement_pb2.Statement())
statement = Statement.copy_from_pb(message)
statement.validate()
named = {subject.name: subject.digest["sha256"] for subject in message.subject}
there = {name: hashlib.sha256(bundle.read(name)).hexdigest() for name in bundle.namelist()}
for own in ("statement.dsse.json", "timestamp.tsr"):
    there.pop(own, None)
assert named == there, set(named.items()) ^ set(there.items())
print(json.dumps({"type": message.type, "predicate": message.predicate_type, "subjects": len(named)}))
