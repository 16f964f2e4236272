"""What the pocket model learns from, as rows that the studio's filter reads."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from studio.curation.looking import plan
from studio.curation.opening import open_source
from tests.training.pocket_things import things
from training.pocket.filter_rows import rows


@pytest.mark.parametrize(("each", "count"), [(0, 5), (1, 4)])
def test_every_picture_is_a_row_with_its_words(tmp_path: Path, each: int, count: int) -> None:
    made, cutouts = things()
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(made, cutouts, each)))
    source = open_source(str(tmp_path / "rows.jsonl"), 3)
    read = [row for block in plan(source, 0) for row in source.read(block)]
    assert len(read) == count and not any(row.problem for row in read)
    assert {"dog", "red apple", "kite"} < {row.caption for row in read}
    assert "cook with light skin" in {row.caption for row in read}
    for row in read:
        image = Image.open(io.BytesIO(row.picture or b""))
        assert image.getpixel((0, 0)) == (255, 255, 255)
