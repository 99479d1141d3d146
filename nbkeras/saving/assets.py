"""What layers keep in a model file beside configuration and weights, vocabularies say: files under `assets/`."""

from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from nbkeras.layers import Layer
from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.layout import saved_objects

if TYPE_CHECKING:
    import zipfile

    from nbkeras.saving.archive import Archive

__all__ = ["add_assets", "read_assets"]


def add_assets(archive: "zipfile.ZipFile", model: Layer) -> None:
    """Adds the assets of all layers within `model` to an archive, each in a folder named as its weights are."""
    from nbkeras.saving.archive import add_member

    for path, layer in _layers_with_assets(model):
        for name, content in layer.assets().items():
            add_member(archive, f"{_folder(path)}/{name}", partial(_write, content))


def read_assets(archive: "Archive", model: Layer) -> None:
    """Gives the layers within `model` their assets, which are read as they lie in the archive.

    A layer says by `asset_names` what it needs. No name in the archive decides what is read, or where to.

    Raises:
        FileError: for an asset that is missing, too long, or not what the layer expects.
    """
    for path, layer in _layers_with_assets(model):
        assets = {}
        for name in layer.asset_names():
            member = f"{_folder(path)}/{name}"
            if member not in archive:
                raise FileError(f"is not there, and {layer.title} needs it", member)
            assets[name] = archive.read(member, archive.growth(member))
        if assets:
            with refusing(member=_folder(path)):
                layer.take_assets(assets)


def _write(content: bytes, member: BinaryIO) -> None:
    member.write(content)


def _layers_with_assets(model: Layer) -> list[tuple[str, Any]]:
    return [(path, obj) for path, obj in saved_objects(model) if hasattr(obj, "asset_names")]


def _folder(path: str) -> str:
    return f"assets/{path}".rstrip("/")
