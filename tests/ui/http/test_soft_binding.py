"""Credentials over HTTP: by stamp, and in the shape of C2PA's Soft Binding Resolution API."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from io import BytesIO

import c2pa
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from safety.generation import Stamp
from safety.marks.invisible.embed import embed
from safety.marks.manifest_store import embedded_store
from tests.fakes_marks import file_of, flat_art, photograph
from tests.ui.http.test_routes import Served

ALG = "safelight.tilemark"
BASE = "/v1/c2pa"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("soft"))
    yield served
    served.studio.audit.close()


@pytest.fixture(scope="module")
def api(served: Served) -> TestClient:
    return served.client()


@pytest.fixture(scope="module")
def made(api: TestClient) -> tuple[str, bytes]:
    """Stamp and bytes of a file that was marked here."""
    answer = api.post("/v1/safety/mark", content=file_of(photograph(7)))
    return answer.headers["x-safelight-stamp"], answer.content


def in_a_chat(picture: Image.Image) -> bytes:
    """A picture as a chat hands it on: cut to 80 % of each side, JPEG 70, without metadata."""
    left, top = picture.width // 8, picture.height // 12
    part = picture.crop((left, top, left + round(0.8 * picture.width), top + round(0.8 * picture.height)))
    return file_of(part.convert("RGB"), "JPEG", quality=70)


def test_a_stamp_leads_to_the_manifest_that_the_file_had(api: TestClient, made: tuple[str, bytes]) -> None:
    row = api.get(f"/v1/safety/manifests/{made[0]}").json()

    assert base64.b64decode(row["store"]) == embedded_store(made[1])
    assert row["signed"] and row["trusted"] and row["compared"] is False
    assert row["alg"] == ALG and row["stamp"] == made[0]


def test_a_stamp_may_be_written_in_capitals(api: TestClient, made: tuple[str, bytes]) -> None:
    stamp = made[0].upper()
    row = api.get(f"/v1/safety/manifests/{stamp}").json()

    assert row["stamp"] == made[0]
    for value in (stamp, base64.b64encode(stamp.encode()).decode()):
        query = {"alg": ALG, "value": value}
        assert (
            api.get(f"{BASE}/matches/byBinding", params=query).json()["matches"][0]["manifestId"] == row["manifest_id"]
        )


def test_nothing_about_the_case_or_the_person_is_told_by_a_stamp(api: TestClient, made: tuple[str, bytes]) -> None:
    verified = api.post("/v1/safety/verify", content=made[1]).json()
    answer = api.get(f"/v1/safety/manifests/{made[0]}").text

    assert verified["layers"]["registry"]["case"] not in answer
    assert set(json.loads(answer)) == {
        "compared", "stamp", "alg", "manifest_id", "signed", "trusted", "claims", "store",
        "says_of_ai", "signals", "training",
    }  # fmt: skip


@pytest.mark.parametrize("stamp", ["0123456789abcdef", "no stamp", "f" * 400], ids=["unknown", "none", "long"])
def test_of_an_unknown_stamp_nothing_is_kept(api: TestClient, stamp: str) -> None:
    answer = api.get(f"/v1/safety/manifests/{stamp}")

    assert answer.status_code == 404 and answer.json()["type"].endswith("not_kept")


def test_verify_gives_a_stripped_part_of_the_picture_its_credentials_back(
    api: TestClient, made: tuple[str, bytes]
) -> None:
    row = api.post("/v1/safety/verify", content=in_a_chat(Image.open(BytesIO(made[1])))).json()

    assert not row["layers"]["credentials"]["found"] and row["layers"]["registry"]["match"] == "excerpt"
    assert base64.b64decode(row["given_back"]["store"]) == embedded_store(made[1])


def test_another_picture_under_the_same_stamp_gets_none(
    api: TestClient, served: Served, made: tuple[str, bytes]
) -> None:
    key = served.studio.exporter.marks.reading_keys().marks[0]
    forged = embed(flat_art(5), Stamp(int(made[0], 16)), key)
    for file in (file_of(forged, "JPEG", quality=70), in_a_chat(forged)):
        row = api.post("/v1/safety/verify", content=file).json()
        assert row["layers"]["invisible"]["stamp"] == row["layers"]["registry"]["stamp"] == made[0]
        assert row["given_back"] is None
        assert api.post(f"{BASE}/matches/byContent", content=file).json() == {"matches": []}


@pytest.mark.parametrize(
    "encode", [str, lambda stamp: base64.b64encode(stamp.encode()).decode()], ids=["hex", "base64"]
)
def test_a_binding_leads_to_a_manifest_that_another_reader_takes(
    api: TestClient, made: tuple[str, bytes], encode: type[str]
) -> None:
    query = {"alg": ALG, "value": encode(made[0])}
    matches = api.get(f"{BASE}/matches/byBinding", params=query).json()["matches"]
    assert api.post(f"{BASE}/matches/byBinding", json=query).json()["matches"] == matches
    fetched = api.get(f"{BASE}/manifests/{matches[0]['manifestId']}")

    assert fetched.headers["content-type"] == "application/c2pa" and fetched.content == embedded_store(made[1])
    with c2pa.Reader("application/c2pa", BytesIO(fetched.content)) as reader:
        assert json.loads(reader.json())["active_manifest"] == matches[0]["manifestId"]


def test_a_picture_leads_to_its_manifest_with_how_well_it_fits(api: TestClient, made: tuple[str, bytes]) -> None:
    whole = api.post(f"{BASE}/matches/byContent", content=made[1]).json()["matches"]
    part = in_a_chat(Image.open(BytesIO(made[1])))
    matches = api.post(f"{BASE}/matches/byContent", params={"alg": ALG, "maxResults": 3}, content=part).json()[
        "matches"
    ]

    assert [match["manifestId"] for match in matches] == [match["manifestId"] for match in whole]
    assert whole[0]["similarityScore"] == 100 and 65 <= matches[0]["similarityScore"] <= 100
    assert api.post(f"{BASE}/matches/byContent", content=file_of(flat_art(4))).json() == {"matches": []}


def test_a_picture_with_another_one_pasted_into_it_matches_nothing(api: TestClient, made: tuple[str, bytes]) -> None:
    mixed = Image.open(BytesIO(made[1])).convert("RGB")
    mixed.paste(photograph(44, mixed.width, round(0.4 * mixed.height)), (0, 0))
    file = file_of(mixed, "JPEG", quality=70)
    row = api.post("/v1/safety/verify", content=file).json()

    assert row["layers"]["invisible"]["stamp"] == made[0] and row["given_back"] is None
    assert api.post(f"{BASE}/matches/byContent", content=file).json() == {"matches": []}


def test_the_algorithm_is_named_and_no_other_is_resolved(api: TestClient, made: tuple[str, bytes]) -> None:
    named = api.get(f"{BASE}/services/supportedAlgorithms").json()
    answer = api.get(f"{BASE}/matches/byBinding", params={"alg": "com.example.mark", "value": made[0]})

    assert named["watermarks"] == [{"alg": ALG}]
    assert answer.status_code == 400 and ALG in answer.json()["error"]["message"]


def test_what_is_not_kept_has_no_matches_and_no_manifest(api: TestClient) -> None:
    for value in ("0123456789abcdef", "???", ""):
        assert api.get(f"{BASE}/matches/byBinding", params={"alg": ALG, "value": value}).json() == {"matches": []}
    assert api.get(f"{BASE}/manifests/urn:c2pa:none").status_code == 404


def test_an_erased_case_keeps_no_credentials(api: TestClient, served: Served) -> None:
    answer = api.post("/v1/safety/mark", content=file_of(flat_art(6)))
    stamp = answer.headers["x-safelight-stamp"]
    case = api.post("/v1/safety/verify", content=answer.content).json()["layers"]["registry"]["case"]

    assert "credentials" in served.studio.erase(case)
    assert api.get(f"/v1/safety/manifests/{stamp}").status_code == 404
    assert served.studio.verify_audit() == []


def test_from_elsewhere_a_key_is_needed(served: Served, made: tuple[str, bytes]) -> None:
    away = TestClient(served.app, client=("203.0.113.9", 5000))

    assert away.get(f"/v1/safety/manifests/{made[0]}").status_code == 401
    assert away.get(f"{BASE}/services/supportedAlgorithms").status_code == 401
