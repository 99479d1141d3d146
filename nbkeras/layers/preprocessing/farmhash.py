"""FarmHash's Fingerprint64 (Geoff Pike, https://github.com/google/farmhash): the number of a text, the same everywhere.

It is what TensorFlow's `to_hash_bucket_fast` takes the remainder of, so that a text falls into the same bin here. All
arithmetic is that of unsigned 64-bit integers.
"""

__all__ = ["fingerprint64"]

MASK = 2**64 - 1
K0 = 0xC3A5C85C97CB3127
K1 = 0xB492B66FBE98F273
K2 = 0x9AE16A3B2F90404F


def fingerprint64(text):
    """The fingerprint of the bytes `text`, from 0 to 2⁶⁴ - 1.

    Example:
        >>> fingerprint64(b"")
        11160318154034397263
    """
    length = len(text)
    if length <= 16:
        return _to_16(text, length)
    if length <= 32:
        return _to_32(text, length)
    if length <= 64:
        return _to_64(text, length)
    return _longer(text, length)


def _word(text, at, size=8):
    return int.from_bytes(text[at : at + size], "little")


def _rotated(value, by):
    value &= MASK
    return (value >> by | value << 64 - by) & MASK


def _mixed(value):
    value &= MASK
    return value ^ value >> 47


def _joined(u, v, factor):
    a = _mixed((u ^ v) * factor)
    b = _mixed((v ^ a) * factor)
    return b * factor & MASK


def _to_16(text, length):
    factor = K2 + length * 2
    if length >= 8:
        a, b = _word(text, 0) + K2, _word(text, length - 8)
        c = _rotated(b, 37) * factor + a
        d = (_rotated(a, 25) + b) * factor
        return _joined(c & MASK, d & MASK, factor)
    if length >= 4:
        return _joined(length + (_word(text, 0, 4) << 3), _word(text, length - 4, 4), factor)
    if length > 0:
        y = text[0] + (text[length >> 1] << 8)
        z = length + (text[length - 1] << 2)
        return _mixed(y * K2 ^ z * K0) * K2 & MASK
    return K2


def _to_32(text, length):
    factor = K2 + length * 2
    a, b = _word(text, 0) * K1, _word(text, 8)
    c, d = _word(text, length - 8) * factor, _word(text, length - 16) * K2
    u = _rotated(a + b, 43) + _rotated(c, 30) + d
    v = a + _rotated(b + K2, 18) + c
    return _joined(u & MASK, v & MASK, factor)


def _to_64(text, length):
    factor = K2 + length * 2
    a, b = _word(text, 0) * K2, _word(text, 8)
    c, d = _word(text, length - 8) * factor, _word(text, length - 16) * K2
    y = _rotated(a + b, 43) + _rotated(c, 30) + d & MASK
    z = _joined(y, a + _rotated(b + K2, 18) + c & MASK, factor)
    e, f = _word(text, 16) * factor, _word(text, 24)
    g = (y + _word(text, length - 32)) * factor
    h = (z + _word(text, length - 24)) * factor
    u = _rotated(e + f, 43) + _rotated(g, 30) + h
    v = e + _rotated(f + a, 18) + g
    return _joined(u & MASK, v & MASK, factor)


def _longer(text, length):
    """Blocks of 64 bytes one after the other, and at last the 64 bytes at the end."""
    x = 81
    y = 81 * K1 + 113 & MASK
    z = _mixed(y * K2 + 113) * K2 & MASK
    v = w = (0, 0)
    x = x * K2 + _word(text, 0) & MASK
    for at in range(0, (length - 1) // 64 * 64, 64):
        x = _rotated(x + y + v[0] + _word(text, at + 8), 37) * K1 & MASK ^ w[1]
        y = _rotated(y + v[1] + _word(text, at + 48), 42) * K1 + v[0] + _word(text, at + 40) & MASK
        z = _rotated(z + w[0], 33) * K1 & MASK
        v = _weak(text, at, v[1] * K1, x + w[0])
        w = _weak(text, at + 32, z + w[1], y + _word(text, at + 16))
        x, z = z, x
    factor = K1 + ((z & 0xFF) << 1)
    at = length - 64
    w = (w[0] + (length - 1 & 63), w[1])
    v = (v[0] + w[0], v[1])
    w = (w[0] + v[0], w[1])
    x = _rotated(x + y + v[0] + _word(text, at + 8), 37) * factor & MASK ^ w[1] * 9 & MASK
    y = _rotated(y + v[1] + _word(text, at + 48), 42) * factor + v[0] * 9 + _word(text, at + 40) & MASK
    z = _rotated(z + w[0], 33) * factor & MASK
    v = _weak(text, at, v[1] * factor, x + w[0])
    w = _weak(text, at + 32, z + w[1], y + _word(text, at + 16))
    x, z = z, x
    first = _joined(v[0], w[0], factor) + _mixed(y) * K0 + z & MASK
    return _joined(first, _joined(v[1], w[1], factor) + x & MASK, factor)


def _weak(text, at, a, b):
    """32 bytes and two seeds as two words."""
    first = _word(text, at)
    a = a + first & MASK
    b = _rotated(b + a + _word(text, at + 24), 21)
    through = a + _word(text, at + 8) + _word(text, at + 16) & MASK
    b += _rotated(through, 44)
    return through + _word(text, at + 24) & MASK, b + a & MASK
