"""SipHash-2-4 (Aumasson & Bernstein, 2012, https://www.aumasson.jp/siphash/siphash.pdf): a hash with a secret key.

It is what TensorFlow's `to_hash_bucket_strong` takes the remainder of.
"""

__all__ = ["siphash"]

MASK = 2**64 - 1


def siphash(text, key):
    """The hash of the bytes `text` under `key`, two integers of 64 bits; from 0 to 2⁶⁴ - 1."""
    k0, k1 = (int(part) & MASK for part in key)
    state = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(text) - len(text) % 8
    words = [int.from_bytes(text[at : at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(text[whole:], "little") | (len(text) & 0xFF) << 56)
    for word in words:
        state[3] ^= word
        state = _round(*_round(*state))
        state[0] ^= word
    state[2] ^= 0xFF
    for _ in range(4):
        state = _round(*state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _round(a, b, c, d):
    a, b = _half(a, b, 13)
    c, d = _half(c, d, 16)
    a = _turned(a, 32)
    a, d = _half(a, d, 21)
    c, b = _half(c, b, 17)
    return [a, b, _turned(c, 32), d]


def _half(x, y, by):
    x = x + y & MASK
    return x, _turned(y, by) ^ x


def _turned(value, by):
    return (value << by | value >> 64 - by) & MASK
