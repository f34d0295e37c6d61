"""Signs the token of a time-stamp again, by RSA with PSS.

    python pss_token.py TOKEN KEY OUT SALT
"""

import pathlib
import sys

from asn1crypto import algos, cms
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

token, key, out, salt = sys.argv[1:]
content = cms.ContentInfo.load(pathlib.Path(token).read_bytes())
signer = content["content"]["signer_infos"][0]
signed = signer["signed_attrs"].untag().dump()
private = load_pem_private_key(pathlib.Path(key).read_bytes(), None)
signature = private.sign(signed, padding.PSS(padding.MGF1(SHA256()), int(salt)), SHA256())
sha256 = {"algorithm": "sha256"}
parameters = algos.RSASSAPSSParams({
    "hash_algorithm": sha256,
    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256},
    "salt_length": int(salt),
})
signer["signature_algorithm"] = {"algorithm": "rsassa_pss", "parameters": parameters}
signer["signature"] = signature
pathlib.Path(out).write_bytes(content.dump(force=True))
