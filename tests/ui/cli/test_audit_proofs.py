"""`audit root`, `prove` and `check-proof`: a case proved to whoever has the certificate alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio import Studio
from tests.ui.cli import test_main
from tests.ui.cli.test_main import Result
from tests.ui.cli.test_review import refused
from ui.cli import serving

home, studio, run = test_main.home, test_main.studio, test_main.run
Run = Callable[..., Result]


def test_a_case_is_proved_and_the_proof_checked(run: Run, studio: Studio, tmp_path: Path) -> None:
    case = refused(studio)
    first = run("audit", "root")
    assert first.code == 0 and first.out.startswith("Root 1 of ") and "fingerprint" in first.out
    assert run("audit", "root").out == first.out
    assert run("audit", "verify").out.splitlines()[1] == first.out.strip()
    proof, pem = tmp_path / "proof.json", tmp_path / "studio.pem"
    proof.write_text(run("audit", "prove", case).out, "utf-8")
    pem.write_text(json.loads(proof.read_text("utf-8"))["certificate"], "ascii")
    checked = run("audit", "check-proof", proof)
    assert checked.code == 0 and checked.out.startswith(f"The case {case} was on record")
    assert (
        "Compare it" in checked.out and "Compare it" not in run("audit", "check-proof", proof, "--certificate", pem).out
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda proof: proof["rows"][0]["row"].__setitem__(3, "closed"), "row 1", id="row"),
        pytest.param(lambda proof: proof.update(body=proof["body"].replace("1", "2")), "not signed", id="root"),
        pytest.param(lambda proof: proof.pop("rows"), "no proof", id="part of it"),
    ],
)
def test_a_proof_that_does_not_hold_says_why(
    run: Run, studio: Studio, tmp_path: Path, change: Callable[[Any], object], said: str
) -> None:
    case = refused(studio)
    run("audit", "root")
    proof = json.loads(run("audit", "prove", case).out)
    change(proof)
    (tmp_path / "proof.json").write_text(json.dumps(proof), "utf-8")
    result = run("audit", "check-proof", tmp_path / "proof.json")
    assert result.code == 2
    result.says(said)


def test_what_cannot_be_proved_gets_a_sentence(run: Run, studio: Studio, tmp_path: Path) -> None:
    assert run("audit", "root").out == "There is no row yet that a root could be over.\n"
    run("audit", "prove", refused(studio)).says("No signed root is over the case", "audit root")
    (tmp_path / "x.pem").write_text("no certificate", "ascii")
    run("audit", "check-proof", tmp_path / "x.pem", "--certificate", tmp_path / "x.pem").says("no certificate in PEM")
    run("audit", "check-proof", tmp_path / "nothing.json").says("Check its name")


def test_a_root_is_signed_when_a_server_starts_and_every_hour(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    enough = threading.Event()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        refused(studio)
        if len(slept) == 3:
            enough.set()
            raise SystemExit

    monkeypatch.setattr(serving.time, "sleep", sleep)
    monkeypatch.setattr(serving, "ROOT_EVERY", serving.timedelta(0))
    refused(studio)
    with pytest.raises(SystemExit):
        serving._work_regularly(studio)
    assert slept == [3600] * 3 and enough.is_set()
    root = studio.audit.newest_root()
    assert root and root.number == 3 and studio.verify_audit() == []
