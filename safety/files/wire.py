"""What goes between a worker and its parent: one message and one block of bytes at a time, each of bounded length.

A worker may have been taken over by the file that it read. So its messages are unpickled with nothing but Safelight's
own records, errors and enumerations: nothing in them can call anything else.
"""

from __future__ import annotations

import enum
import io
import pickle
import struct
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any, BinaryIO

_HEAD = struct.Struct(">QQ")
_STEP = 1 << 20


class BrokenMessage(Exception):
    """What came is no message, or longer than it may be."""


def send(stream: BinaryIO, message: bytes, block_size: int = 0, block: Iterable[bytes | memoryview] = ()) -> None:
    """Writes a pickled message, then a block of `block_size` bytes that may come in parts."""
    stream.write(_HEAD.pack(len(message), block_size))
    stream.write(message)
    for part in block:
        stream.write(part)
    stream.flush()


def receive(stream: BinaryIO, max_message: int, max_block: int) -> tuple[bytes, bytearray]:
    """Returns the next message and its block. Raises BrokenMessage; EOFError where nothing more comes."""
    head = _read(stream, _HEAD.size)
    message_size, block_size = _HEAD.unpack(head)
    if message_size > max_message or block_size > max_block:
        raise BrokenMessage(f"{message_size} and {block_size} bytes")
    return bytes(_read(stream, message_size)), _read(stream, block_size)


def _read(stream: BinaryIO, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    done = 0
    while done < size:
        count = stream.readinto(view[done : done + _STEP])  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        done += count
    return data


def load_records(message: bytes) -> Any:
    """Returns what a worker's message holds. Raises BrokenMessage for anything but plain values and our records."""
    try:
        return _RecordsOnly(io.BytesIO(message)).load()
    # Unpickling raises anything.
    except Exception as error:
        raise BrokenMessage(str(error)) from error


class _RecordsOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if module.startswith("safety.") and "." not in name else None
        if not isinstance(found, type) or found.__module__ != module:
            raise BrokenMessage(f"{module}.{name}")
        if not (is_dataclass(found) or issubclass(found, (enum.Enum, Exception))):
            raise BrokenMessage(f"{module}.{name}")
        return found
