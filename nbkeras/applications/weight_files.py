"""Where Keras keeps the weights of its architectures, and how they are fetched."""

from dataclasses import dataclass

__all__ = ["KERAS_FILES", "WeightFiles"]

KERAS_FILES = "https://storage.googleapis.com/tensorflow/keras-applications"


@dataclass(frozen=True)
class WeightFiles:
    """Two public files: the weights of a whole model, and those without its classifier.

    Args:
        folder: the address that both are under.
        stem: what the names of both begin with.
        hashes: of the two, by which a download is verified; Keras publishes none for some.
        without_top: what follows in the name of the second.
        saved_as: the stem of the names under which Keras saves them, if it is another one.
    """

    folder: str
    stem: str
    hashes: tuple[str | None, str | None] = (None, None)
    without_top: str = "_notop"
    saved_as: str | None = None

    def fetch(self, include_top: bool) -> str:
        """The path of the file under `~/.keras/models`, downloaded if it is not there yet."""
        from nbkeras.utils import get_file  # brings the network's modules

        ending = ".h5" if include_top else f"{self.without_top}.h5"
        saved_ending = ending.replace("-", "_")
        return get_file(
            f"{self.saved_as or self.stem}{saved_ending if self.saved_as else ending}",
            f"{self.folder}/{self.stem}{ending}",
            cache_subdir="models",
            file_hash=self.hashes[0 if include_top else 1],
        )
