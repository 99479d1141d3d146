"""Models in `.keras` files, in the layout of Keras 3: a zip archive of a configuration, weights and some facts."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbkeras.layers import Layer
from nbkeras.layers.unfilled import unfilled
from nbkeras.saving.assets import add_assets, read_assets
from nbkeras.saving.atomic import replacing
from nbkeras.saving.checks import check_config
from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.hdf5_write import Group, write
from nbkeras.saving.json_text import parse
from nbkeras.saving.state import expected_bytes, fill_rest, restore, state_of
from nbkeras.saving.weights import checked_path, is_legacy
from nbkeras.serialization import deserialize_keras_object, serialize_shared, sharing_objects
from nbkeras.training.trainer import Trainer

if TYPE_CHECKING:
    import zipfile

__all__ = ["load_model", "model_from_json", "save_model"]

SUFFIX = ".keras"
CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
LAYOUT_OF = "3.15.1"  # the version of Keras whose layout this is
LARGEST_TEXT = 2**24  # bytes of the configuration
SLACK = 2**20  # bytes of weights that need not be in the file: a layer may store its own in another form


def save_model(
    model: Trainer, filepath: str | os.PathLike[str], overwrite: bool = True, zipped: bool | None = None
) -> None:
    """Writes `model` to a `.keras` file, which Keras opens too: architecture, weights, optimizer, how it is compiled.

    The old file or the new one is there, whole, whatever happens in between. Equal models give equal bytes, and
    `metadata.json` has a sha256 of the weights, by which a file that was changed later is recognised.

    Args:
        model: any model whose layers can be written.
        filepath: ends in `.keras`.
        overwrite: whether an existing file is replaced; if not, FileExistsError.
        zipped: accepted for Keras' sake; the file is always an archive.

    Raises:
        ValueError: for another ending, and for weights that are not finite.
        TypeError: for a layer that cannot be written.
    """
    if zipped is False:
        raise ValueError("zipped=False, a folder instead of a file, is not there; leave it out")
    path = checked_path(filepath, SUFFIX, overwrite)
    write_model(model, path, state_of(model))


def write_model(model: Trainer, path: Path, state: Group) -> None:
    """Writes a `.keras` file of `model`, whose weights, and whatever groups there are besides, are `state`."""
    import zipfile  # 8 ms, which every start would pay

    from nbkeras.saving.archive import add_member

    config = _written(model)
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        add_member(archive, CONFIG, lambda member: member.write(config))
        digest = _add_weights(archive, state)
        add_assets(archive, model)
        facts = json.dumps({"keras_version": LAYOUT_OF, "written_by": "nbkeras", "weights_sha256": digest}).encode()
        add_member(archive, METADATA, lambda member: member.write(facts))


def _written(model: Trainer) -> bytes:
    text = json.dumps(serialize_shared(model)).encode()
    if b'"config": "<lambda>"' in text:
        raise TypeError(
            f"{model.title} holds a lambda, which is code, and no file can hold code: give the function a name, and "
            "decorate it with @register_keras_serializable()"
        )
    return text


def _add_weights(archive: "zipfile.ZipFile", state: Group) -> str:
    """Adds the weights to an archive and returns their sha256."""
    import hashlib

    from nbkeras.saving.archive import add_member

    digest = hashlib.sha256()

    def add(member: Any) -> None:
        def put(piece: bytes) -> None:
            digest.update(piece)
            member.write(piece)

        write(state, put)

    add_member(archive, WEIGHTS, add)
    return digest.hexdigest()


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """A model from a `.keras` file that this library or Keras wrote.

    A file cannot run code, reach other files or take more memory than its weights do: classes and functions are looked
    up in a table of the library's own and of those you registered, and sizes are compared before any memory is taken.

    Args:
        filepath: ends in `.keras`; a legacy `.h5` file of a whole model is read too, with a warning.
        custom_objects: your classes and functions by name, if they are not registered.
        compile: whether to compile it as it was, with the state of the optimizer.
        safe_mode: accepted for Keras' sake; it makes no difference, since code in a file is never run.

    Raises:
        FileError: for a file that is damaged, that needs a class or function that is not known, or that holds code.

    Example:
        >>> model.save("net.keras")
        >>> again = load_model("net.keras")
    """
    from nbkeras.saving.archive import Archive

    if is_legacy(Path(filepath)):
        from nbkeras.saving.legacy import load_legacy_model

        return load_legacy_model(Path(filepath), custom_objects, compile)
    path = checked_path(filepath, SUFFIX)
    with open(path, "rb") as file, refusing(path.name):
        archive = Archive(file, needed=(CONFIG, WEIGHTS))
        config = parse(archive.read(CONFIG, LARGEST_TEXT), CONFIG)
        with refusing(member=CONFIG), unfilled(archive.size(WEIGHTS) + SLACK), sharing_objects():
            model = _model(config, custom_objects, compile)
        content = archive.read(WEIGHTS, max(archive.growth(WEIGHTS), expected_bytes(model)))
        if METADATA in archive:
            _check_digest(parse(archive.read(METADATA, 2**20), METADATA), content)
        with refusing(member=WEIGHTS):
            restore(model, content, whole=True)
        fill_rest(model)
        read_assets(archive, model)
    return model


def _model(config: Any, custom_objects: Mapping[str, Any] | None, compile: bool) -> Any:
    check_config(config)
    if not compile:
        config = {**config, "compile_config": None}
    model = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(model, Layer):  # a FeatureSpace is no model, and has a file all the same
        raise FileError(f"describes a {type(model).__name__}, not a model")
    return model


def _check_digest(facts: Any, content: bytes) -> None:
    import hashlib

    digest = facts.get("weights_sha256") if isinstance(facts, dict) else None
    if digest is not None and digest != hashlib.sha256(content).hexdigest():
        raise FileError(f"was changed after it was written: its sha256 is not the one in {METADATA}", WEIGHTS)


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A new model of the architecture that `to_json` wrote, here or in Keras; with new weights.

    Args:
        json_string: the text.
        custom_objects: your classes and functions by name, if they are not registered.

    Raises:
        FileError: for a text that is damaged, that needs a class or function that is not known, or that holds code.
    """
    config = parse(json_string.encode(), "the JSON text")
    with refusing(member="the JSON text"):
        return _model(config, custom_objects, compile=True)
