"""Random bits by hashing counters: the same stream on every backend."""

import math

import numpy as np

from nbkeras.backends.numpy.registry import kernel

OFFSETS = np.array([0x9E3779B9, 0x85EBCA6B], np.uint32)  # 0 is a fixed point of the hash
BLOCK = 16384  # counters hashed at once, so that they stay in the cache


def hash32(x):
    """`triple32` of C. Wellons (https://github.com/skeeto/hash-prospector), in place on a uint32 array."""
    t = np.empty_like(x)
    for shift, factor in ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB)):
        np.right_shift(x, shift, out=t)
        np.bitwise_xor(x, t, out=x)
        np.multiply(x, np.uint32(factor), out=x)
    np.right_shift(x, 14, out=t)
    return np.bitwise_xor(x, t, out=x)


def _blocks(key, n):
    """The words 0 … n-1 of the stream of `key` as (position, uint32 array)s: `hash(hash(i ^ a) ^ b)` for position `i`.

    `a` and `b` are hashes of the key; `b` depends on both its words, so that streams whose `a` are close share nothing.
    """
    mixed = hash32(np.asarray(key, np.uint32) + OFFSETS)
    first = mixed[0]
    second = hash32(mixed[:1] ^ mixed[1:])[0]
    for start in range(0, n, BLOCK):
        x = np.arange(start, min(start + BLOCK, n), dtype=np.uint32)
        x ^= first
        hash32(x)
        x ^= second
        yield start, hash32(x)


@kernel
def random_bits(key, *, shape, width=32):
    """Unsigned integers of `width` bits, 32 or 16; a word of the stream gives one, or two, the lower half first."""
    n = math.prod(shape)
    words = n if width == 32 else -(-n // 2)
    bits = np.empty(words, np.uint32)
    for start, block in _blocks(key, words):
        bits[start : start + len(block)] = block
    return (bits if width == 32 else bits.view(np.uint16)[:n]).reshape(shape), None


@kernel
def dropout(x, key, *, rate, shape):
    """`x / (1 - rate)` where 16 bits for each cell of `shape`, broadcast, say so, 0 elsewhere."""
    n = math.prod(shape)
    mask = np.empty(n, x.dtype)
    threshold = np.uint16(rate * 2**16)
    for start, block in _blocks(key, -(-n // 2)):
        part = mask[2 * start : 2 * (start + len(block))]
        keep = block.view(np.uint16)[: len(part)] >= threshold
        np.multiply(keep, 1 / (1 - rate), out=part, dtype=x.dtype)
    mask = mask.reshape(shape)
    return x * mask, lambda d: (d * mask,)
