"""Changes of bytes, as a file may be damaged or forged: made by a seeded generator, the same at every run."""

NUMBERS = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63, 2**64 - 1]


def mutated(data, rng, others):
    """`data` with 1 to 4 changes.

    Args:
        data: bytes.
        rng: a `random.Random`.
        others: further inputs, pieces of which may come in.
    """
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        rng.choice(CHANGES)(changed, rng.randrange(len(changed) + 1), rng, others)
    return bytes(changed)


def flip(data, place, rng, others):
    if place < len(data):
        data[place] ^= 1 << rng.randrange(8)


def number(data, place, rng, others):
    """A number of 1 to 8 bytes over what is there: none, the largest, one that points outside."""
    size = rng.choice((1, 2, 4, 8))
    data[place : place + size] = (rng.choice(NUMBERS) % 256**size).to_bytes(size, "little")


def cut(data, place, rng, others):
    del data[place:]


def remove(data, place, rng, others):
    del data[place : place + rng.randint(1, 64)]


def repeat(data, place, rng, others):
    data[place:place] = data[place : place + rng.randint(1, 64)] * rng.randint(1, 4)


def put_piece(data, place, rng, others):
    """A piece of another input."""
    other = rng.choice(others)
    start = rng.randrange(len(other) + 1)
    piece = other[start : start + rng.randint(1, 256)]
    data[place : place + len(piece)] = piece


CHANGES = [flip, flip, flip, number, number, number, cut, remove, repeat, put_piece]
