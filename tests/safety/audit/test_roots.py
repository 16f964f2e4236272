"""Signed roots find what the chain alone cannot, and prove a case to whoever has only the certificate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.audit import AuditLog
from safety.audit.proof import check_proof
from safety.errors import AuditError, RequestError
from safety.marks.signed_record import RecordSigner, is_signed_by
from tests.safety.audit.test_log import SECRET, by_hand, make_case

Open = Callable[[], AuditLog]


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> RecordSigner:
    return RecordSigner(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def open_log(place: str | Path, signer: RecordSigner) -> Iterator[Open]:
    logs: list[AuditLog] = []

    def make() -> AuditLog:
        logs.append(AuditLog(place, SECRET, signer=signer))
        return logs[-1]

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def log(open_log: Open) -> AuditLog:
    return open_log()


def with_roots(log: AuditLog, count: int = 3) -> AuditLog:
    for _ in range(count):
        make_case(log)
        assert log.sign_root()
    return log


def test_a_root_is_over_all_rows_and_names_the_one_before(log: AuditLog) -> None:
    with_roots(log, 2)
    with log.read_transaction() as reader:
        first, second = reader.roots.all()
    assert (first.number, second.number) == (1, 2)
    assert second.facts()["rows"] == 6 + 1 + 6 and second.facts()["partitions"] == 1
    assert second.facts()["previous"] != first.facts()["previous"]
    assert log.verify() == []


def test_no_root_is_signed_where_nothing_has_come_or_the_last_one_is_young(log: AuditLog) -> None:
    assert log.sign_root() is None
    with_roots(log, 1)
    assert log.sign_root() is None
    make_case(log)
    assert log.sign_root(timedelta(hours=1)) is None
    assert log.sign_root() is not None


def test_a_root_from_the_future_holds_up_no_other(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    make_case(log)
    monkeypatch.setattr("safety.audit.roots.utc_now", lambda: "2999-01-01T00:00:00.000000+00:00")
    assert log.sign_root()
    monkeypatch.undo()
    make_case(log)
    assert log.sign_root(timedelta(hours=1)) is not None
    assert log.verify() == []


def test_a_record_without_a_key_has_no_roots(place: str | Path) -> None:
    log = AuditLog(place, SECRET)
    make_case(log)
    with pytest.raises(AuditError, match="without a key"):
        log.sign_root()
    log.close()


EARLIER = "(SELECT {} FROM signed_root WHERE number = 1)"
TAMPERING = [
    pytest.param(["DELETE FROM signed_root WHERE number = 3"], "Root 3 is missing", id="newest root deleted"),
    pytest.param(["DELETE FROM signed_root WHERE number = 2"], "Root 2 is missing", id="middle root deleted"),
    pytest.param(["DELETE FROM signed_root"], "Root 1 is missing", id="all roots deleted"),
    pytest.param(
        [f"UPDATE signed_root SET body = {EARLIER.format('body')} WHERE number = 2"],
        "Root 2 was edited",
        id="root put in another's place",
    ),
    pytest.param(
        [f"UPDATE signed_root SET number = {to} WHERE number = {at}" for at, to in ((2, 9), (3, 2), (9, 3))],
        "Root 2 was edited",
        id="roots in another order",
    ),
    pytest.param(
        [f"UPDATE signed_root SET signature = {EARLIER.format('signature')} WHERE number = 2"],
        "Root 2 is not signed",
        id="signature of another root",
    ),
    pytest.param(["UPDATE signed_root SET certificate = 'x' WHERE number = 2"], "Root 2 is not signed", id="no key"),
    pytest.param(["UPDATE signed_root SET ends = '[]' WHERE number = 2"], "Root 2 is not over the", id="ends emptied"),
    *(
        pytest.param([f"UPDATE signed_root SET ends = '{ends}' WHERE number = 2"], "Root 2 is not over the", id=name)
        for name, ends in {
            "an endless partition": '[[0,Infinity,"x"]]',
            "more rows than numbers": f'[[0,{10**30},"x"]]',
            "ends nested without end": "[" * 100_000,
        }.items()
    ),
    pytest.param([f"UPDATE signed_root SET body = '{'[' * 100_000}' WHERE number = 2"], "Root 2 was edited", id="deep"),
    pytest.param(["UPDATE signed_root SET body = 'x' WHERE number = 2"], "Root 2 was edited", id="body unreadable"),
    pytest.param(["UPDATE signed_root SET body = '{}' WHERE number = 3"], "Root 3 was edited", id="body emptied"),
]


@pytest.mark.parametrize(("statements", "named"), TAMPERING)
def test_roots_that_were_changed_are_found(log: AuditLog, statements: list[str], named: str) -> None:
    with_roots(log)
    by_hand(log, *statements)
    assert any(problem.startswith(named) for problem in log.verify()), log.verify()


def test_a_root_that_somebody_else_has_signed_anew_is_found(log: AuditLog, tmp_path: Path) -> None:
    with_roots(log)
    with log.read_transaction() as reader:
        body = next(root.body for root in reader.roots.all() if root.number == 2)
    signature, certificate = RecordSigner(tmp_path / "other").sign(body.encode())
    by_hand(log, f"UPDATE signed_root SET signature = '{signature}', certificate = '{certificate}' WHERE number = 2")
    assert log.verify() == ["Root 2 has another certificate than it was signed by."]


def test_rows_cut_off_with_an_older_end_put_back_are_found(log: AuditLog) -> None:
    make_case(log)
    with log.read_transaction() as reader:
        end = reader.chain_head()
    assert end
    with_roots(log, 1)
    put_back = f"UPDATE head SET seq = {end.seq}, hash = '{end.hash}', seal = '{end.seal}'"
    by_hand(log, f"DELETE FROM entry WHERE seq > {end.seq}", put_back)
    assert "Root 1 is over 12 rows of the chain, of which 6 are left." in log.verify()


def test_roots_can_only_be_added(log: AuditLog) -> None:
    from tests.safety.audit.test_log import refuses

    with_roots(log, 1)
    for statement in ("UPDATE signed_root SET body = 'x'", "DELETE FROM signed_root"):
        assert refuses(log, statement)


def test_peaks_changed_by_hand_stop_the_next_root(log: AuditLog) -> None:
    with_roots(log, 1)
    by_hand(log, "UPDATE signed_root SET peaks = '{}'")
    make_case(log)
    with pytest.raises(AuditError, match="root was changed by hand"):
        log.sign_root()


# ---- proofs ----


def test_a_case_is_proved_with_nothing_but_the_certificate(log: AuditLog) -> None:
    cases = [make_case(log) for _ in range(4)]
    root = log.sign_root()
    assert root
    for case in cases:
        found = check_proof(log.prove(case), is_signed_by, root.certificate)
        assert (found.case, len(found.rows), found.number) == (case, 6, 1)
        assert [row[3] for row in found.rows] == [row["event"] for row in log.show(case)]


def test_rows_since_the_root_are_counted_and_not_shown(log: AuditLog) -> None:
    case = make_case(log)
    log.sign_root()
    log.append(case, "noted", {})
    assert json.loads(log.prove(case))["rows_since"] == 1
    assert len(check_proof(log.prove(case), is_signed_by).rows) == 6


def test_what_no_root_is_over_is_not_proved(log: AuditLog) -> None:
    case = make_case(log)
    with pytest.raises(RequestError, match="No signed root"):
        log.prove(case)
    log.sign_root()
    with pytest.raises(RequestError, match="No signed root"):
        log.prove("000000000000")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param(
            "UPDATE entry SET event = 'x' WHERE seq = 2", "not the one that the root is over", id="the record"
        ),
        pytest.param("UPDATE signed_root SET body = '{}'", "root was changed by hand", id="the root"),
    ],
)
def test_no_proof_is_made_of_what_was_changed(log: AuditLog, statement: str, said: str) -> None:
    case = make_case(log)
    log.sign_root()
    by_hand(log, statement)
    with pytest.raises(AuditError, match=said):
        log.prove(case)


@pytest.mark.parametrize("missing", [7, 8, 13], ids=["the root's own", "one", "the last"])
def test_no_root_is_signed_over_a_record_whose_newer_rows_are_missing(log: AuditLog, missing: int) -> None:
    with_roots(log, 1)
    make_case(log)
    by_hand(log, f"DELETE FROM entry WHERE seq = {missing}")
    with pytest.raises(AuditError, match="Rows are missing"):
        log.sign_root()


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        pytest.param("UPDATE entry SET facts = x'ff00' WHERE seq = 3", "Row 3 was edited", id="row"),
        pytest.param("UPDATE entry SET hash = CAST(hash AS BLOB) WHERE seq = 3", "Row 3 was edited", id="hash"),
        pytest.param("UPDATE signed_root SET body = x'ff00'", "Root 1 was edited", id="root"),
        pytest.param("UPDATE signed_root SET signature = x'00'", "Root 1 is not signed", id="signature"),
    ],
)
def test_bytes_where_sqlite_keeps_text_are_named(
    tmp_path: Path, signer: RecordSigner, statement: str, named: str
) -> None:
    log = with_roots(AuditLog(tmp_path / "audit.sqlite3", SECRET, signer=signer), 1)
    by_hand(log, statement)
    assert any(problem.startswith(named) for problem in log.verify()), log.verify()
    log.close()


def test_another_installations_certificate_does_not_hold(log: AuditLog, tmp_path: Path) -> None:
    case = make_case(log)
    log.sign_root()
    _, other = RecordSigner(tmp_path / "other").sign(b"")
    with pytest.raises(RequestError, match="not signed by this certificate"):
        check_proof(log.prove(case), is_signed_by, other)


NO_PROOFS = ["", "{}", "[]", "null", '{"body": "{}", "format": "x"}', '{"body": 3}', "\ud800", "[" * 200_000]


@pytest.mark.parametrize("text", NO_PROOFS, ids=lambda text: text[:20] or "nothing")
def test_what_is_no_proof_gets_a_sentence(text: str) -> None:
    with pytest.raises(RequestError):
        check_proof(text, is_signed_by)


def test_numbers_and_brackets_that_no_machine_holds_get_a_sentence(log: AuditLog) -> None:
    case = make_case(log)
    log.sign_root()
    proof = json.loads(log.prove(case))
    proof["ends"][0]["end"][1] = float("inf")
    for text in (json.dumps(proof), "[" * 100_000):
        with pytest.raises(RequestError, match="no proof, or it is damaged"):
            check_proof(text, is_signed_by)


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory, signer: RecordSigner) -> tuple[str, str]:
    log = AuditLog(tmp_path_factory.mktemp("proof") / "audit.sqlite3", SECRET, signer=signer)
    cases = [make_case(log) for _ in range(3)]
    root = log.sign_root()
    assert root
    text = log.prove(cases[1])
    log.close()
    return text, root.certificate


def leaves_of(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yields the way to each value in a proof."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from leaves_of(part, (*way, key))
    if not isinstance(value, (dict, list)):
        yield way


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"rows": [{"row": [], "path": []}]}, id="a row without columns"),
        pytest.param({"rows": [{"row": [float("inf")], "path": []}]}, id="a number without end"),
        pytest.param({"ends": [{"end": [0, float("inf"), ""], "index": 0, "path": []}]}, id="a size without end"),
    ],
)
def test_a_proof_with_impossible_numbers_gets_a_sentence(proof: tuple[str, str], changes: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        check_proof(json.dumps({**json.loads(proof[0]), **changes}), is_signed_by, proof[1])


def test_another_record_that_the_same_key_signed_is_no_root(proof: tuple[str, str], signer: RecordSigner) -> None:
    body = json.dumps({**json.loads(json.loads(proof[0])["body"]), "format": "safelight-other/1"})
    signature, certificate = signer.sign(body.encode())
    with pytest.raises(RequestError, match="no root"):
        check_proof(
            json.dumps({**json.loads(proof[0]), "body": body, "signature": signature}), is_signed_by, certificate
        )


@settings(max_examples=60)
@given(st.data())
def test_whatever_is_changed_in_a_proof_it_no_longer_holds(proof: tuple[str, str], data: st.DataObject) -> None:
    changed = json.loads(proof[0])
    # What is told beside the proof, and the certificate that nobody has to believe, prove nothing.
    ways = [way for way in leaves_of(changed) if way[0] not in ("rows_since", "certificate")]
    *way, last = data.draw(st.sampled_from(ways))
    part = changed
    for key in way:
        part = part[key]
    old = part[last]
    if isinstance(old, str) and old:
        # The last digits of base64 hold bits that mean nothing.
        at = data.draw(st.integers(0, len(old) - (5 if last == "signature" else 1)))
        part[last] = old[:at] + ("0" if old[at] != "0" else "1") + old[at + 1 :]
    else:
        part[last] = (old or 0) + 1 if not isinstance(old, str) else "x"
    with pytest.raises(RequestError):
        check_proof(json.dumps(changed), is_signed_by, proof[1])
