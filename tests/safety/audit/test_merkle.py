"""Merkle trees are those of RFC 9162: hashes worked out by hand, every leaf proved, no other thing proved."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.audit.merkle import Frontier, Tree, leaf_hash, root_by_path

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


# The seven leaves of the example in RFC 9162, 2.1.5: its letters a to j, k and l.
D = [bytes([number]) for number in range(7)]
A, B, C, E, F, H, J = (sha(b"\0", d) for d in D)  # a, b, c, d, e, f and j of the RFC
G, HH, I = sha(b"\1", A, B), sha(b"\1", C, E), sha(b"\1", F, H)  # noqa: E741  the RFC's letters g, h and i
K, L = sha(b"\1", G, HH), sha(b"\1", I, J)
ROOT = sha(b"\1", K, L)


def test_the_root_is_that_of_the_rfc() -> None:
    assert Tree(map(leaf_hash, D)).root() == ROOT
    assert (
        Frontier().root() == sha() == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    )
    # From the test vectors of certificate-transparency-go: an empty leaf.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize(
    ("index", "path"),
    [
        pytest.param(0, [B, HH, L], id="d0"),
        pytest.param(3, [C, G, L], id="d3"),
        pytest.param(4, [H, J, K], id="d4"),
        pytest.param(6, [I, K], id="d6"),
    ],
)
def test_the_paths_are_those_of_the_rfc(index: int, path: list[bytes]) -> None:
    assert Tree(map(leaf_hash, D)).path(index) == path
    assert root_by_path(leaf_hash(D[index]), index, 7, path) == ROOT


@given(LEAVES)
def test_a_frontier_knows_the_root_at_every_size_and_after_a_pause(data: list[bytes]) -> None:
    frontier = Frontier()
    for count, leaf in enumerate(map(leaf_hash, data), 1):
        frontier = Frontier(frontier.size, frontier.peaks)
        frontier.push(leaf)
        assert frontier.root() == Tree(map(leaf_hash, data[:count])).root()


@given(LEAVES)
def test_every_leaf_is_proved(data: list[bytes]) -> None:
    tree = Tree(map(leaf_hash, data))
    for index, leaf in enumerate(data):
        assert root_by_path(leaf_hash(leaf), index, len(data), tree.path(index)) == tree.root()


@given(LEAVES, st.data())
def test_no_changed_bit_is_proved(data: list[bytes], draw: st.DataObject) -> None:
    tree = Tree(map(leaf_hash, data))
    index = draw.draw(st.integers(0, len(data) - 1))
    whole = [leaf_hash(data[index]), *tree.path(index)]
    at = draw.draw(st.integers(0, len(whole) * 256 - 1))
    node = bytearray(whole[at // 256])
    node[at % 256 // 8] ^= 1 << at % 8
    whole[at // 256] = bytes(node)
    assert root_by_path(whole[0], index, len(data), whole[1:]) != tree.root()


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=40, unique=True), st.data())
def test_no_leaf_is_proved_at_another_place(data: list[bytes], draw: st.DataObject) -> None:
    tree = Tree(map(leaf_hash, data))
    index, other = draw.draw(st.lists(st.integers(0, len(data) - 1), min_size=2, max_size=2, unique=True))
    assert root_by_path(leaf_hash(data[index]), other, len(data), tree.path(index)) != tree.root()


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        pytest.param(7, 7, [B, HH, L], id="behind the last leaf"),
        pytest.param(-1, 7, [B, HH, L], id="before the first"),
        pytest.param(0, 7, [B, HH], id="too short"),
        pytest.param(0, 7, [B, HH, L, L], id="too long"),
        pytest.param(0, 0, [], id="of an empty tree"),
    ],
)
def test_a_path_of_another_length_leads_nowhere(index: int, size: int, path: list[bytes]) -> None:
    assert root_by_path(A, index, size, path) is None


def test_an_inner_node_passes_for_no_leaf() -> None:
    assert Tree([leaf_hash(G + HH)]).root() != K


@pytest.mark.parametrize("peaks", [[], [A], [A, B, C], [A, b"short"]])
def test_peaks_of_another_size_are_refused(peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="peaks"):
        Frontier(3, peaks)
