"""A time-stamp authority (RFC 3161): a real one, made of openssl, on this machine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PIL import Image

from safety.errors import ExportError
from safety.generation import Stamp
from safety.marks.credentials import read, sign
from safety.marks.keys import signing_keys
from safety.marks.provenance import Provenance
from tests.fakes_marks import file_of
from tests.http_server import running

OPENSSL = shutil.which("openssl") or ""
SETTINGS = """[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\ncerts=ca.pem\nsigner_key=tsa.key
signer_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256,sha384,sha512\ness_cert_id_alg=sha256\n"""
PICTURE = file_of(Image.new("RGB", (64, 64), "teal"))
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not OPENSSL:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "tsa.cnf").write_text(SETTINGS)
    (folder / "serial").write_text("01\n")
    (folder / "use").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for command in (
        f"req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=clock-root -days 9",
        f"req {key} -keyout tsa.key -out tsa.csr -subj /CN=clock",
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9 -extfile use -out tsa.pem",
    ):
        subprocess.run([OPENSSL, *command.split()], cwd=folder, check=True, capture_output=True)

    class Clock(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (folder / "asked").write_bytes(self.rfile.read(int(self.headers["content-length"])))
            command = [OPENSSL, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "asked"]
            answer = subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Silent."""

    with running(HTTPServer(("127.0.0.1", 0), Clock)) as address:
        yield address


def test_an_authority_attests_the_time_whatever_the_signer_says(authority: str, tmp_path: Path) -> None:
    keys = replace(signing_keys(tmp_path), time_authority=authority)
    credentials = read(sign(PICTURE, "PNG", Provenance(Stamp(1), engine="e"), LONG_AGO, keys), keys)

    assert credentials is not None and credentials.valid
    attested = datetime.fromisoformat(credentials.summary.time_authority)
    assert abs(datetime.now(UTC) - attested) < timedelta(minutes=5)
    assert credentials.summary.time == credentials.summary.time_authority


def test_without_an_authority_the_time_is_the_signers_word(tmp_path: Path) -> None:
    keys = signing_keys(tmp_path)
    credentials = read(sign(PICTURE, "PNG", Provenance(Stamp(1), engine="e"), LONG_AGO, keys), keys)

    assert (
        credentials is not None
        and credentials.summary.time_authority == ""
        and credentials.summary.time.startswith("2001-01-01")
    )


def test_an_authority_that_does_not_answer_is_named_with_what_to_do(tmp_path: Path) -> None:
    keys = replace(signing_keys(tmp_path), time_authority="http://127.0.0.1:9/none")
    with pytest.raises(ExportError, match="127.0.0.1:9") as caught:
        sign(PICTURE, "PNG", Provenance(Stamp(1), engine="e"), datetime.now(UTC), keys)
    assert "SAFELIGHT_TIME_AUTHORITY" in caught.value.advice
