"""CRC-32C, the checksum of Castagnoli (1993, https://doi.org/10.1109/26.231911), which zlib does not have."""

__all__ = ["masked_crc32c"]

POLYNOMIAL = 0x82F63B78  # of the lowest bit first
TURN, ADDED = 15, 0xA282EAD8  # a checksum of data that holds checksums is masked, as TFRecord files have it


def _remainder(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
    return byte


TABLE = [_remainder(byte) for byte in range(256)]


def crc32c(data: bytes) -> int:
    """The checksum of `data`."""
    table, crc = TABLE, 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """The checksum of `data` as TFRecord files have it."""
    crc = crc32c(data)
    return ((crc >> TURN | crc << 32 - TURN) + ADDED) & 0xFFFFFFFF
