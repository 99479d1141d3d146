"""The wire format of protocol buffers: https://protobuf.dev/programming-guides/encoding."""

import struct
from collections.abc import Sequence

__all__ = ["bytes_field", "double_field", "int_field", "ints_field"]

VARINT, FIXED_64, LENGTH = 0, 1, 2  # kinds of fields


def int_field(number: int, value: int) -> bytes:
    """The field `number` with an integer; nothing for 0, which is what a missing one means."""
    return _varint(number << 3 | VARINT) + _varint(value) if value else b""


def ints_field(number: int, values: Sequence[int]) -> bytes:
    """The field `number` with a list of integers."""
    return bytes_field(number, b"".join(map(_varint, values)))


def double_field(number: int, value: float) -> bytes:
    """The field `number` with a float of 64 bits."""
    return _varint(number << 3 | FIXED_64) + struct.pack("<d", value)


def bytes_field(number: int, value: bytes) -> bytes:
    """The field `number` with bytes, an encoded text, or a message in itself."""
    return _varint(number << 3 | LENGTH) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits to a byte, the lowest first; a negative number as one of 64 bits."""
    value &= 2**64 - 1
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
