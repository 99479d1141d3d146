"""Random bits by hashing counters: the same stream on every backend."""

import math

import numpy as np

from nbkeras.backends.numpy.recordable import asarray, empty
from nbkeras.backends.numpy.registry import kernel

OFFSETS = np.array([0x9E3779B9, 0x85EBCA6B], np.uint32)  # 0 is a fixed point of the hash
BLOCK = 16384  # counters hashed at once, so that they stay in the cache
COUNTERS = np.arange(BLOCK, dtype=np.uint32)
ROUNDS = tuple((shift, np.uint32(factor)) for shift, factor in ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB)))


def hash32(x, scratch):
    """`triple32` of C. Wellons (https://github.com/skeeto/hash-prospector), in place on a uint32 array."""
    for shift, factor in ROUNDS:
        np.right_shift(x, shift, out=scratch)
        np.bitwise_xor(x, scratch, out=x)
        np.multiply(x, factor, out=x)
    np.right_shift(x, 14, out=scratch)
    return np.bitwise_xor(x, scratch, out=x)


def _key_words(key):
    """Two hashes of the key, the second one of both its words: streams whose first ones are close share nothing."""
    mixed = asarray(key).astype(np.uint32, copy=False) + OFFSETS
    hash32(mixed, np.empty_like(mixed))
    first, rest = mixed[:1], mixed[1:]
    both = first ^ rest
    return first, hash32(both, np.empty_like(both))


def _blocks(key, n):
    """The words 0 … n-1 of the stream of `key`, as (position, uint32 array to be read at once) pairs.

    The word at position `i` is `hash(hash(i ^ a) ^ b)`. One pair of buffers serves all blocks: new ones would each be
    fetched from the operating system, which takes longer than the hashing.
    """
    a, b = _key_words(key)
    words, scratch = empty(min(n, BLOCK), np.uint32), empty(min(n, BLOCK), np.uint32)
    for start in range(0, n, BLOCK):
        size = min(BLOCK, n - start)
        x, t = words[:size], scratch[:size]
        np.add(COUNTERS[:size], np.uint32(start), out=x)
        x ^= a
        hash32(x, t)
        x ^= b
        yield start, hash32(x, t)


@kernel
def random_bits(key, *, shape, width=32):
    """Unsigned integers of `width` bits, 32 or 16; a word of the stream gives one, or two, the lower half first."""
    n = math.prod(shape)
    words = n if width == 32 else -(-n // 2)
    bits = empty(words, np.uint32)
    for start, block in _blocks(key, words):
        bits[start : start + len(block)] = block
    return (bits if width == 32 else bits.view(np.uint16)[:n]).reshape(shape), None


@kernel
def dropout(x, key, *, rate, shape):
    """`x / (1 - rate)` where 16 bits for each cell of `shape`, broadcast, say so, 0 elsewhere."""
    n = math.prod(shape)
    mask = empty(n, x.dtype)
    threshold = np.uint16(rate * 2**16)
    kept, factor = empty(min(n, 2 * BLOCK), bool), x.dtype.type(1 / (1 - rate))
    for start, block in _blocks(key, -(-n // 2)):
        part = mask[2 * start : 2 * (start + len(block))]
        keep = np.greater_equal(block.view(np.uint16)[: len(part)], threshold, out=kept[: len(part)])
        np.multiply(keep, factor, out=part)
    mask = mask.reshape(shape)
    return x * mask, lambda d: (d * mask,)
