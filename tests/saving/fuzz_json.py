"""Changes of configurations that keep them JSON: values, classes and arguments in the place of others."""

import copy
import inspect
import json
from functools import cache

import nbkeras
from nbkeras import activations, constraints, initializers, layers, losses, metrics, optimizers, regularizers

ROOMS = (layers, initializers, losses, metrics, optimizers, regularizers, constraints)
FUNCTIONS = ("relu", "softmax", "eval", "exec", "open", "load_model", "get_file", "system")
VALUES = [
    None, True, False, -1, 0, 1, 2, 3, 7, 1000, 2**31, 2**63, -(2**63), 1e-9, 0.5, 1e308, float("nan"), float("inf"),
    "", "a", "same", "relu", "channels_first", "a" * 2000, "\0", "\u202e", "__class__", "../x", "/etc/passwd", "object",
    "float16", "http://localhost/", [], [1], [1, 2], [[1, 2], [3]], [None, 4], [2**40] * 2, {}, {"a": 1},
]  # fmt: skip


@cache
def classes():
    """(module, name) of every class that a configuration may name, and of some that it must not."""
    found = []
    for room in ROOMS:
        module = f"keras.{room.__name__.partition('.')[2]}"
        found += [(module, name) for name in dir(room) if inspect.isclass(getattr(room, name)) and name[0].isupper()]
    return [*found, ("keras", "Sequential"), ("keras", "Functional"), ("os", "system"), ("builtins", "object")]


def mutated(data, rng):
    """The text with 1 to 4 changes; None where it is no JSON."""
    try:
        config = json.loads(data)
    except (ValueError, RecursionError):
        return None
    for _ in range(rng.randint(1, 4)):
        places = list(places_in(config))
        if not places:
            return None
        container, key = rng.choice(places)
        rng.choice(CHANGES)(container, key, places, rng)
    return json.dumps(config).encode()


def places_in(config):
    """Every (container, key) in it."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
        for key in keys:
            yield value, key
            waiting.append(value[key])


def replace(container, key, places, rng):
    container[key] = copy.deepcopy(rng.choice(VALUES))


def remove(container, key, places, rng):
    del container[key]


def repeat(container, key, places, rng):
    if isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))


def move(container, key, places, rng):
    other, place = rng.choice(places)
    container[key] = copy.deepcopy(other[place])


def put_object(container, key, places, rng):
    """An object of any class, with arguments of its own and any values."""
    module, name = rng.choice(classes())
    config = {}
    found = getattr(nbkeras, module.rpartition(".")[2], None)
    made = getattr(found, name, None) if found is not None else None
    if made is not None:
        names = [name for name in inspect.signature(made).parameters if name not in ("args", "kwargs", "base")]
        config = {argument: copy.deepcopy(rng.choice(VALUES)) for argument in names if rng.random() < 0.5}
    if module == "keras.layers":
        config.setdefault("name", "body")
    container[key] = {"module": module, "class_name": name, "config": config, "registered_name": None}


def put_function(container, key, places, rng):
    name = rng.choice(FUNCTIONS) if rng.random() < 0.5 else rng.choice(dir(activations))
    container[key] = {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}


CHANGES = [replace, replace, replace, remove, repeat, move, put_object, put_object, put_function]
