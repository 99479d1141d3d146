"""What a reader and a writer of HDF5 must agree on: the part of the format, of 1998, that Keras' files are in.

The specification is at https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html. Numbers are little-endian;
addresses are bytes from the beginning of the file.
"""

import struct

import numpy as np

__all__ = [
    "ATTRIBUTE",
    "CONTINUATION",
    "DATASPACE",
    "DATATYPE",
    "DTYPES",
    "EXTERNAL",
    "FILL_VALUE",
    "FILTERS",
    "GROUP_HEADER",
    "LAYOUT",
    "LINK",
    "LINK_INFO",
    "SIGNATURE",
    "SUPERBLOCK",
    "SYMBOL",
    "UNDEFINED",
    "datatype",
]

SIGNATURE = b"\x89HDF\r\n\x1a\n"
UNDEFINED = 2**64 - 1  # an address that leads nowhere

# Signature; versions of the superblock, free space, root entry; of shared headers; sizes of addresses and lengths; half
# the number of entries in a leaf and in a node of a group; flags; base, free space, end of file, driver.
SUPERBLOCK = struct.Struct("<8s3BxBBBxHHI4Q")
# An entry of a group: offset of the name in the heap, address of the header, kind of cache, the cache.
SYMBOL = struct.Struct("<QQI4x16s")

# Kinds of messages in the header of an object.
DATASPACE, LINK_INFO, DATATYPE, FILL_VALUE, LINK, EXTERNAL, LAYOUT = 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08
FILTERS, ATTRIBUTE, CONTINUATION, GROUP_HEADER = 0x0B, 0x0C, 0x10, 0x11

_FLOATS = {  # bits of: all, exponent, mantissa
    "f2": (16, 5, 10),
    "f4": (32, 8, 23),
    "f8": (64, 11, 52),
}


def datatype(dtype: np.dtype) -> bytes:
    """How a dtype is written: a class, bits that say more of it, its size, and where its parts lie."""
    dtype = np.dtype(dtype)
    order = int(dtype.str[0] == ">")
    if dtype.kind == "f":
        bits, exponent, mantissa = _FLOATS[dtype.str[1:]]
        head = struct.pack("<BBBBI", 0x11, 0x20 | order, bits - 1, 0, dtype.itemsize)
        bias = 2 ** (exponent - 1) - 1
        return head + struct.pack("<HHBBBBI", 0, bits, mantissa, exponent, 0, mantissa, bias)
    if dtype.kind == "b":  # h5py's way: an enumeration of two bytes
        names = b"FALSE\0\0\0TRUE\0\0\0\0"
        return struct.pack("<BHBI", 0x18, 2, 0, 1) + datatype(np.dtype("i1")) + names + b"\0\1"
    signed = 0x08 if dtype.kind == "i" else 0
    return struct.pack("<BBHIHH", 0x10, signed | order, 0, dtype.itemsize, 0, 8 * dtype.itemsize)


DTYPES = {
    datatype(np.dtype(order + name)): np.dtype(order + name)
    for order in "<>"
    for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
}
