"""What is recorded of each kind of case; the same functions measure real Keras and nbkeras."""

import json
import re
from functools import partial

import numpy as np

from tests.cases import case as cases
from tests.cases.case import is_plain
from tests.cases.numbers import drawn, stream, weight_value
from tests.references.libraries import flatten

SUMMARY_SIZE = 300  # larger arrays are kept as their first numbers and projections
PROJECTIONS = 8


def built_layer(library, case):
    """The layer of `case`, built by one call, with the weights that the rule gives."""
    library.fresh()
    layer = case.build(library.k)
    if case.prepare:
        case.prepare(layer)
    invoke(library, case, layer, case.arrays())
    if not case.prepare:
        set_ruled_weights(layer)
    return layer


def invoke(library, case, layer, arrays, training=False, salt=0):
    keywords = {
        name: value if is_plain(value) else _converted(library, value) for name, value in case.extra(salt).items()
    }
    return case.call(layer, [library.array(array) for array in arrays], training=training, **keywords)


def _converted(library, value):
    return [library.array(item) for item in value] if isinstance(value, list) else library.array(value)


def set_ruled_weights(model):
    values = model.get_weights()
    trainable = [bool(weight.trainable) for weight in model.weights]
    model.set_weights(
        [weight_value(i, value.shape, value.dtype, free) for i, (value, free) in enumerate(zip(values, trainable))]
    )


def layer_runs(library, case, layer, salt=0):
    """The `Run` of each mode that can be compared."""
    runs = {}
    for mode in ["inference"] if case.random else ["inference", "training"]:
        before = layer.get_weights()
        call = partial(invoke, library, case, layer, training=mode == "training", salt=salt)
        run = library.differentiate(call, case.arrays(salt), layer)
        layer.set_weights(before)
        runs[mode] = vars(run)
    return runs


def measure_layer(library, case, salt=0):
    layer = built_layer(library, case)
    result = {"class": type(layer).__name__, "weights": weight_facts(layer), **layer_runs(library, case, layer, salt)}
    if same(result.get("training"), result["inference"]):
        result["training"] = "inference"
    result["symbolic"] = symbolic_shapes(library, case)
    if case.masks:
        result["mask"] = output_mask(library, case, layer, salt)
    if case.config:
        library.fresh()
        result["config"] = plain_config(case.build(library.k).get_config())
    return result


def weight_facts(layer):
    return [[weight.name, list(weight.shape), bool(weight.trainable)] for weight in layer.weights]


def symbolic_shapes(library, case):
    library.fresh()
    layer = case.build(library.k)
    if case.prepare:
        case.prepare(layer)
    plain = {name: value for name, value in case.keywords.items() if is_plain(value)}
    outputs = case.call(layer, symbolic_inputs(library, case), **plain)
    return [list(output.shape) for output in flatten(outputs)]


def symbolic_inputs(library, case):
    return [
        library.k.Input(batch_shape=tuple(shape), dtype=str(array.dtype))
        for shape, array in zip(case.symbolic_shapes(), case.arrays())
    ]


def output_mask(library, case, layer, salt=0):
    arrays = [library.array(array) for array in case.arrays(salt)]
    mask = case.extra(salt).get("mask")
    return [library.numpy(item) for item in flatten(layer.compute_mask(arrays if len(arrays) > 1 else arrays[0], mask))]


def plain_config(config):
    """A configuration as JSON gives it back; serialised objects are written shortly, counters of names left out."""

    def shorten(item):
        if isinstance(item, list):
            return [shorten(value) for value in item]
        if not isinstance(item, dict):
            return item
        if {"class_name", "config", "module"} <= set(item):
            if item["class_name"] == "DTypePolicy":
                return item["config"]["name"]
            return {f"{item['module']}.{item['class_name']}": shorten(item["config"])}
        return {
            key: re.sub(r"_\d+$", "", value) if key == "name" and isinstance(value, str) else shorten(value)
            for key, value in item.items()
        }

    return shorten(json.loads(json.dumps(config)))


def same(a, b):
    if isinstance(a, dict):
        return isinstance(b, dict) and set(a) == set(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and np.array_equal(a, b)
    return a == b


def measure_loss(library, case, salt=0):
    library.fresh()
    loss = case.build(library.k)
    y_true, y_pred, weight = case.arrays(salt)
    weighting = {} if weight is None else {"sample_weight": library.array(weight)}
    run = library.differentiate(lambda arrays: loss(library.array(y_true), arrays[0], **weighting), [y_pred])
    result = {"value": run.outputs[0], "gradient": run.input_gradients[0]}
    if case.config:
        result["config"] = plain_config(loss.get_config())
    return result


def measure_metric(library, case, salt=0):
    library.fresh()
    metric = case.build(library.k)
    results = []
    for batch in case.arrays(salt):
        arguments = [library.array(array) for array in batch]
        if case.function:
            results.append(flatten(metric(*arguments)))
        else:
            metric.update_state(*arguments)
            results.append(flatten(metric.result()))
    result = {"results": [[library.numpy(item) for item in items] for items in results]}
    if not case.function:
        metric.reset_state()
        result["after_reset"] = [library.numpy(item) for item in flatten(metric.result())]
        result["state"] = [list(variable.shape) for variable in metric.variables]
        if case.config:
            result["config"] = plain_config(metric.get_config())
    return result


def measure_optimizer(library, case, salt=0):
    library.fresh()
    optimizer = case.build(library.k)
    variables = [library.k.Variable(value, name=f"weight_{i}") for i, value in enumerate(case.weights(salt))]
    if case.prepare:
        case.prepare(optimizer)
    optimizer.build(variables)
    steps = []
    for gradients in case.gradients(salt):
        optimizer.apply([library.array(gradient) for gradient in gradients], variables)
        steps.append([library.numpy(variable.value) for variable in variables])
    optimizer.finalize_variable_values(variables)
    finalized = [library.numpy(variable.value) for variable in variables]
    rate = getattr(optimizer, "learning_rate", None)  # several optimizers have several
    return {
        "steps": [steps[0], steps[1], steps[-1]],
        "finalized": finalized,
        "iterations": int(library.numpy(optimizer.iterations)),
        "learning_rate": [] if rate is None else float(library.numpy(rate)),
        "config": plain_config(optimizer.get_config()),
        "slots": [list(variable.shape) for variable in optimizer.variables],
    }


def measure_function(library, case, salt=0):
    library.fresh()
    function = case.build(library.k)
    arrays = case.arrays(salt)
    if case.gradients:
        run = library.differentiate(lambda inputs: function(*inputs), arrays)
        result = {"outputs": run.outputs, "gradients": run.input_gradients}
    else:
        outputs = flatten(function(*[library.array(array) for array in arrays]))
        result = {"outputs": [library.numpy(output) for output in outputs]}
    if case.config:
        result["config"] = plain_config(function.get_config())
    return result


def measure_initializer(library, case, salt=0):
    library.fresh()
    initializer = case.build(library.k)
    values = np.asarray(library.numpy(initializer(case.shape, dtype="float32")))
    result = {"config": plain_config(initializer.get_config())}
    if case.exact:
        return {"values": values, **result}
    moments = [values.mean(), values.std(), values.min(), values.max(), np.abs(values).mean()]
    return {"moments": np.array(moments), **result}


def measure_training(library, case, salt=0):
    library.fresh()
    model = case.build(library.k)
    x, y = (drawn(item, case.name, salt, name) for item, name in ((case.x, "x"), (case.y, "y")))
    first = first_rows(x)
    model.predict(first, verbose=0)
    set_ruled_weights(model)
    history = model.fit(x, y, shuffle=False, verbose=0, **fit_arguments(case, salt)).history
    return {
        "history": {name: np.array(values) for name, values in history.items() if name not in case.unlike},
        "weights": [summary(value) for value in model.get_weights()],
        "prediction": [summary(np.asarray(item)) for item in flatten(model.predict(first, verbose=0))],
        "evaluation": {name: float(v) for name, v in model.evaluate(x, y, verbose=0, return_dict=True).items()},
    }


def measure_program(library, case, salt=0):
    library.fresh()
    found = {name: _plain(library, value) for name, value in case.found(library.k, salt).items()}
    numbers = {name: value for name, value in found.items() if not is_text(value)}
    return {"outputs": numbers, "facts": {name: value for name, value in found.items() if name not in numbers}}


def _plain(library, item):
    """`item` with arrays in the place of tensors and numbers, and of nests of small whole numbers lists."""
    if isinstance(item, dict):
        return {str(name): _plain(library, value) for name, value in item.items()}
    if isinstance(item, (list, tuple)):
        return [_plain(library, value) for value in item]
    return item if isinstance(item, (bool, int, str)) or item is None else np.asarray(library.numpy(item))


def is_text(item):
    """Whether there are no arrays in a nest."""
    if isinstance(item, (dict, list)):
        return all(map(is_text, item.values() if isinstance(item, dict) else item))
    return not isinstance(item, np.ndarray)


def measure_op(library, case, salt=0):
    with np.errstate(all="ignore"):
        outputs = flatten(case.call(library.k.ops, case.arguments(salt)))
    values = [np.asarray(library.numpy(output)) for output in outputs]
    return {"values": values, "dtypes": [value.dtype.name for value in values]}


def first_rows(x, count=2):
    if isinstance(x, dict):
        return {name: array[:count] for name, array in x.items()}
    return [array[:count] for array in x] if isinstance(x, list) else x[:count]


def fit_arguments(case, salt=0):
    arguments = {}
    for name, value in case.fit.items():
        if is_plain(value) or name == "class_weight":
            arguments[name] = value
        elif isinstance(value, tuple) and name == "validation_data":
            arguments[name] = tuple(drawn(item, case.name, salt, name, i) for i, item in enumerate(value))
        else:
            arguments[name] = drawn(value, case.name, salt, name)
    return arguments


def summary(array):
    """A small array as it is; of a large one the first numbers and projections along random directions."""
    if array.size <= SUMMARY_SIZE:
        return array
    directions = stream("summary", array.shape).standard_normal((PROJECTIONS, array.size))
    projections = directions @ array.ravel().astype("float64") / np.sqrt(array.size)
    return np.concatenate([array.ravel()[:32], projections]).astype("float32")


MEASURES = {
    cases.LayerCase: measure_layer,
    cases.LossCase: measure_loss,
    cases.MetricCase: measure_metric,
    cases.OptimizerCase: measure_optimizer,
    cases.FunctionCase: measure_function,
    cases.InitializerCase: measure_initializer,
    cases.TrainingCase: measure_training,
    cases.ProgramCase: measure_program,
    cases.OpCase: measure_op,
}


def measure(library, case, salt=0):
    """Everything that is recorded of `case` on `library`: a nest of arrays and JSON values."""
    return MEASURES[type(case)](library, case, salt)
