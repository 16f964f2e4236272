"""`trust`: lists of whom to trust are put in from files, and nothing is fetched by itself."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPMessage
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
from typer.testing import CliRunner, Result

from safety.errors import RequestError
from safety.marks import Marks
from safety.marks.export import Exporter
from safety.marks.keys import signing_keys
from tests.fakes import fake_studio
from tests.safety.marks.test_revocations import House
from ui.cli import main as command_line
from ui.cli import trust_commands


class Program:
    def __init__(self, home: Path) -> None:
        self.studio = fake_studio(home, exporter=Exporter(Marks(home / "keys")))
        self.cli = command_line.build(lambda: self.studio, "127.0.0.1", 7860)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(self.cli, ["trust", *words])

    def rows(self, *words: str) -> list[dict[str, Any]]:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path / "home")
    yield program
    program.studio.audit.close()


class Opener:
    """Answers every address with one file, and keeps what it was asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[str] = []

    def open(self, address: str, timeout: float) -> Any:
        self.asked.append(address)
        return self.path.open("rb")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "root.pem"
    path.write_text(signing_keys(tmp_path / "other").root)
    return path


def test_lists_are_shown_with_date_and_source(program: Program) -> None:
    rows = program.rows("list")

    assert [row["list"] for row in rows] == ["c2pa", "tsa", "interim"]
    assert rows[0]["as_of"] == "2026-09-24" and rows[0]["certificates"] == 30
    assert rows[2] == {"list": "interim", "title": "interim trust list", "as_of": "", "source": "", "certificates": 0}


def test_a_list_from_a_file_counts_instead_of_the_shipped_one(program: Program, root: Path) -> None:
    (row,) = program.rows("update", "--list", "interim", "--from", str(root), "--as-of", "2026-01-01")

    assert row["certificates"] == 1 and row["source"] == str(root)
    assert program.rows("list")[2]["as_of"] == "2026-01-01" and program.rows("list")[0]["certificates"] == 30


@pytest.mark.parametrize("address", ["http://example.org/list.pem", "ftp://example.org/list.pem"])
def test_no_redirect_leaves_https(address: str) -> None:
    asked = Request("https://example.org/list.pem")
    with pytest.raises(RequestError, match="by https alone"):
        trust_commands.HttpsAlone().redirect_request(asked, io.BytesIO(), 302, "Found", HTTPMessage(), address)


def test_a_redirect_within_https_is_followed() -> None:
    asked, headers = Request("https://example.org/a.pem"), HTTPMessage()
    then = trust_commands.HttpsAlone().redirect_request(asked, io.BytesIO(), 302, "Found", headers, "https://b.org/c")
    assert then is not None and then.full_url == "https://b.org/c"


def test_without_a_file_the_published_lists_are_fetched_and_no_other(
    program: Program, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener = Opener(root)
    monkeypatch.setattr(trust_commands, "OPENER", opener)
    assert [row["list"] for row in program.rows("update")] == ["c2pa", "tsa"]
    assert {row["as_of"] for row in program.rows("list")[:2]} == {f"{datetime.now(UTC):%Y-%m-%d}"}
    names = [address.rpartition("/")[2] for address in opener.asked]
    assert names == ["C2PA-TRUST-LIST.json", "C2PA-TSA-TRUST-LIST.json"]
    assert all(address.startswith("https://") for address in opener.asked)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("update", "--from", "nowhere.pem"), "cannot be read"),
        (("update", "--from", "http://example.org/a.pem"), "https"),
        (("update", "--list", "mine"), "no list"),
        (("update", "--from", "presets/trust/c2pa.pem"), "--as-of"),
        (("update", "--from", "ftp://example.org/a.pem"), "https"),
        (("update", "--from", "HTTPS://exa mple.org/a.pem"), "cannot be read"),
        (("update", "--from", "https://example.org:port/a.pem"), "cannot be read"),
        (("update", "--from", "a\0b"), "cannot be read"),
        (("update", "--from", "."), "cannot be read"),
        (("update", "--from", "/dev/zero"), "far too long"),
        (("update", "--from", "presets/trust/c2pa.pem", "--as-of", "2026-99-99"), "no date"),
        (("update", "--from", "presets/trust/c2pa.pem", "--as-of", "9999-12-31"), "still to come"),
        (("update", "--from", "presets/trust/c2pa.pem", "--as-of", "2020-01-01"), "older than the one in use"),
        (("revoked", "pyproject.toml"), "no certificate revocation list"),
        (("revoked", "nowhere.crl"), "cannot be read"),
        (("revoked", "/dev/zero"), "far too long"),
    ],
    ids=lambda value: " ".join(value).replace("\0", "NUL") if isinstance(value, tuple) else "",
)
def test_what_cannot_be_used_is_said_in_one_sentence(program: Program, words: tuple[str, ...], named: str) -> None:
    result = program.run(*words)

    assert result.exit_code == 2 and named in result.stderr and len(result.stderr.splitlines()) == 1
    assert program.rows("list")[0]["certificates"] == 30


def test_an_older_list_is_taken_where_that_is_said(program: Program, root: Path) -> None:
    (row,) = program.rows("update", "--from", str(root), "--as-of", "2020-01-01", "--force")
    assert row["as_of"] == "2020-01-01" and program.rows("list")[0]["certificates"] == 1


def test_a_list_of_revoked_certificates_is_kept_with_who_issued_it(program: Program, tmp_path: Path) -> None:
    house = House()
    crl, issuer = tmp_path / "a.crl", tmp_path / "issuer.pem"
    crl.write_bytes(house.crl(house.leaf.serial_number))
    issuer.write_text(house.keys.root)
    refused = program.run("revoked", str(crl))
    assert refused.exit_code == 2 and "not known here" in refused.stderr
    (row,) = program.rows("revoked", str(crl), "--issuer", str(issuer))
    assert (program.studio.exporter.marks.trust_folder / "revoked" / row["kept"]).read_bytes() == crl.read_bytes()
