"""Makes PDFs with pyHanko: signed by RSA and by elliptic curves, changed after signing, added to after signing, signed twice,
encrypted and cut off. Prints what each signer is called.

    python signed_pdfs.py FOLDER
"""

import datetime
import io
import json
import pathlib
import sys

from asn1crypto import keys, x509
from cryptography import x509 as certificates
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic, writer
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore


def plain(text, title):
    """A PDF of one page that says this."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Title(%s)>>" % title.encode(),
    ]
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<</Size %d/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def signer(name, key):
    """Somebody with a certificate of their own."""
    subject = certificates.Name([certificates.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        certificates.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(datetime.datetime(2026, 1, 1))
        .not_valid_after(datetime.datetime(2028, 12, 31))
        .add_extension(certificates.KeyUsage(True, True, False, False, False, False, False, False, False), critical=True)
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    own = x509.Certificate.load(certificate.public_bytes(der))
    return signers.SimpleSigner(own, keys.PrivateKeyInfo.load(private), SimpleCertificateStore())


def sign(pdf, who, field, digest="sha256", subfilter=fields.SigSeedSubFilter.PADES):
    out = io.BytesIO()
    meta = signers.PdfSignatureMetadata(field_name=field, md_algorithm=digest, subfilter=subfilter)
    signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=who, output=out)
    return out.getvalue()


def added_to(pdf):
    """Something is put behind what was signed."""
    update = IncrementalPdfFileWriter(io.BytesIO(pdf))
    update.root["/Note"] = generic.pdf_string("added")
    update.update_root()
    out = io.BytesIO()
    update.write(out)
    return out.getvalue()


def encrypted(pdf):
    copy = writer.copy_into_new_writer(PdfFileReader(io.BytesIO(pdf)))
    copy.encrypt("owner", "user")
    out = io.BytesIO()
    copy.write(out)
    return out.getvalue()


def main(folder):
    folder = pathlib.Path(folder)
    page = plain("Certificate number: IS 4711 ", "ISMS certificate")
    body = signer("Example Certification Body", rsa.generate_private_key(65537, 2048))
    second = signer("Example Accreditation", ec.generate_private_key(ec.SECP256R1()))
    signed = sign(page, body, "One")
    made = {
        "plain.pdf": page,
        "signed.pdf": signed,
        "signed-sha512.pdf": sign(page, body, "One", "sha512", fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED),
        "signed-ec.pdf": sign(page, second, "One"),
        "signed-twice.pdf": sign(signed, second, "Two"),
        "changed.pdf": signed.replace(b"IS 4711", b"IS 4712"),
        "added-to.pdf": added_to(signed),
        "encrypted.pdf": encrypted(page),
        "broken.pdf": page[: len(page) // 4],
    }
    assert made["changed.pdf"] != signed and len(made["changed.pdf"]) == len(signed)
    for name, content in made.items():
        (folder / name).write_bytes(content)
    print(json.dumps({"body": body.signing_cert.subject.human_friendly, "second": second.signing_cert.subject.human_friendly}))


main(sys.argv[1])
