"""The models of W6 as ONNX graphs, run by ONNX Runtime."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from tests.benchmarks.workloads import FEATURES, flattened_channels_first

CONVOLUTIONS = ["Conv", "Relu", "MaxPool", "Conv", "Relu", "MaxPool", "Flatten"]
NODES = {
    "tabular": ["Gemm", "Relu", "Gemm", "Relu", "Gemm", "Sigmoid"],
    "images": [*CONVOLUTIONS, "Gemm", "Relu", "Gemm", "Softmax"],
    "digits": ["Gemm", "Relu", "Gemm", "Relu", "Gemm", "Softmax"],
}
ATTRIBUTES = {"MaxPool": {"kernel_shape": [2, 2], "strides": [2, 2]}}


class OnnxRuntime:
    def build(self, model, weights):
        proto = images_proto(weights) if model == "images" else proto_of(model, weights, FEATURES[model])
        self.session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])

    def prepare(self, model, x, y):
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if model == "images" else x, y

    def call(self, x):
        return self.session.run(None, {"x": x})[0]


def images_proto(weights):
    """ONNX convolves channels first, with kernels (output, input, height, width)."""
    weights = flattened_channels_first(weights)
    for place in (0, 2):
        weights[place] = np.ascontiguousarray(weights[place].transpose(3, 2, 0, 1))
    return proto_of("images", weights, (3, 32, 32))


def proto_of(model, weights, shape):
    names = [f"w{i}" for i in range(len(weights))]
    unused = iter(names)
    nodes, last = [], "x"
    for place, kind in enumerate(NODES[model]):
        parameters = [next(unused), next(unused)] if kind in ("Gemm", "Conv") else []
        output = "y" if place == len(NODES[model]) - 1 else f"h{place}"
        nodes.append(helper.make_node(kind, [last, *parameters], [output], **ATTRIBUTES.get(kind, {})))
        last = output
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *sizes])
        for name, sizes in (("x", shape), ("y", weights[-1].shape))
    )
    initial = [numpy_helper.from_array(array, name) for name, array in zip(names, weights)]
    graph = helper.make_graph(nodes, model, [x], [y], initial)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
