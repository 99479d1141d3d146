"""A file of events: records with checksums, each written whole, that TensorBoard reads while it grows."""

import os
import socket
import struct
import time
from itertools import count
from pathlib import Path

from nbkeras.callbacks.tensorboard.checksum import masked_crc32c
from nbkeras.callbacks.tensorboard.wire import bytes_field, double_field, int_field

__all__ = ["EventFile"]

VERSION = b"brain.Event:2"
_numbers = count()  # of the files of this process


class EventFile:
    """A new file of events in `folder`, which is made if it is not there.

    Attributes:
        path: of the file.

    A record that cannot be written whole, because the disk is full, say, is taken back.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        now = time.time()
        name = f"events.out.tfevents.{int(now):010d}.{socket.gethostname()}.{os.getpid()}.{next(_numbers)}.v2"
        self.path = Path(folder) / name
        self._size = 0
        self._write(double_field(1, now) + bytes_field(3, VERSION))

    def add(self, step: int, *values: bytes) -> None:
        """Writes an event.

        Args:
            step: where on the axis of time.
            values: messages of `summaries`.
        """
        summary = b"".join(bytes_field(1, value) for value in values)
        self._write(double_field(1, time.time()) + int_field(2, step) + bytes_field(5, summary))

    def sync(self) -> None:
        """Brings the file to the disk."""
        with open(self.path, "rb+") as file:
            os.fsync(file.fileno())

    def _write(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        record = b"".join([length, _checksum(length), event, _checksum(event)])
        with open(self.path, "ab", 0) as file:  # open no longer than that: nobody says when the last one is written
            try:
                written = 0
                while written < len(record):
                    written += file.write(record[written:])
            except BaseException:
                os.truncate(self.path, self._size)
                raise
        self._size += len(record)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))
