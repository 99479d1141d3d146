"""The workloads as a user of PyTorch writes them: modules, Adam, and the usual training loop, eager."""

import numpy as np
import torch
from torch import nn

from tests.benchmarks.workloads import flattened_channels_first


class Torch:
    def build(self, model, weights):
        self.net = MODELS[model]()
        self.binary = model not in ("images", "digits")
        with torch.no_grad():
            load(self.net, iter(flattened_channels_first(weights) if model == "images" else weights))
        self.loss = nn.BCEWithLogitsLoss() if self.binary else nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(self.net.parameters())

    def prepare(self, model, x, y):
        x = np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if model == "images" else x
        return torch.from_numpy(x), torch.from_numpy(y.astype("float32" if self.binary else "int64"))

    def fit(self, x, y, batch_size, epochs=1, shuffle=True):
        self.net.train()
        return [self.epoch(x, y, batch_size, shuffle) for _ in range(epochs)]

    def epoch(self, x, y, batch_size, shuffle):
        """Batches are gathered by index, which costs less than a DataLoader."""
        order = torch.randperm(len(x)) if shuffle else torch.arange(len(x))
        loss_sum, correct = 0.0, 0
        for rows in order.split(batch_size):
            inputs, targets = x[rows], y[rows]
            outputs = self.net(inputs)
            loss = self.loss(outputs, targets)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            loss_sum += loss.item() * len(rows)
            correct += ((outputs > 0) == targets if self.binary else outputs.argmax(1) == targets).sum().item()
        self.accuracy = correct / len(x)
        return loss_sum / len(x)

    def call(self, x):
        self.net.eval()
        with torch.no_grad():
            outputs = self.net(x)
            return (outputs.sigmoid() if self.binary else outputs.softmax(1)).numpy()


class Mean(nn.Module):
    def forward(self, x):
        return x.mean(1)


class LastState(nn.Module):
    """What a recurrent network remembers of a sequence of tokens, both directions side by side."""

    def __init__(self, vocabulary, recurrent):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 64)
        self.recurrent = recurrent

    def forward(self, tokens):
        _, state = self.recurrent(self.embedding(tokens))
        state = state[0] if isinstance(state, tuple) else state
        return torch.cat([*state], 1)


def tabular():
    hidden = [nn.Linear(8, 10), nn.ReLU(), nn.Linear(10, 8), nn.ReLU()]
    return nn.Sequential(*hidden, nn.Linear(8, 1), nn.Flatten(0))


def images():
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(2304, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


def lstm():
    recurrent = nn.LSTM(64, 64, batch_first=True)
    return nn.Sequential(LastState(10_000, recurrent), nn.Linear(64, 1), nn.Flatten(0))


def gru():
    recurrent = nn.GRU(64, 64, batch_first=True, bidirectional=True)
    return nn.Sequential(LastState(10_000, recurrent), nn.Linear(128, 1), nn.Flatten(0))


def transformer():
    options = {"dropout": 0.0, "layer_norm_eps": 1e-6, "batch_first": True}
    blocks = [nn.TransformerEncoderLayer(64, 4, 256, **options) for _ in range(2)]
    return nn.Sequential(nn.Embedding(5_000, 64), *blocks, Mean(), nn.Linear(64, 1), nn.Flatten(0))


def digits():
    first = [nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2)]
    return nn.Sequential(*first, nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 10))


MODELS = {"tabular": tabular, "images": images, "lstm": lstm, "gru": gru, "transformer": transformer, "digits": digits}


def load(module, weights):
    """Fills a module from arrays in Keras' order and layout."""
    if isinstance(module, nn.TransformerEncoderLayer):
        for part in (module.self_attn, module.norm1, module.linear1, module.linear2, module.norm2):
            load(part, weights)
    elif isinstance(module, nn.MultiheadAttention):
        load_attention(module, [next(weights) for _ in range(8)])
    elif isinstance(module, nn.RNNBase):
        for suffix in ("", "_reverse")[: 1 + module.bidirectional]:
            load_recurrent(module, suffix, [next(weights) for _ in range(3)])
    elif isinstance(module, nn.Embedding):
        assign(module.weight, next(weights))
    elif hasattr(module, "weight"):
        kernel = next(weights)
        assign(module.weight, np.moveaxis(kernel, (-1, -2), (0, 1)) if kernel.ndim > 1 else kernel)
        assign(module.bias, next(weights))
    else:
        for child in module.children():
            load(child, weights)


def assign(parameter, array):
    parameter.copy_(torch.from_numpy(np.ascontiguousarray(array)))


def load_attention(module, arrays):
    units = module.embed_dim
    kernels, biases = arrays[0:6:2], arrays[1:6:2]
    assign(module.in_proj_weight, np.concatenate([kernel.reshape(units, units).T for kernel in kernels]))
    assign(module.in_proj_bias, np.concatenate([bias.reshape(units) for bias in biases]))
    assign(module.out_proj.weight, arrays[6].reshape(units, units).T)
    assign(module.out_proj.bias, arrays[7])


def load_recurrent(module, suffix, arrays):
    """Keras orders a GRU's gates update, reset, candidate; PyTorch reset, update, candidate. An LSTM's are alike."""
    if isinstance(module, nn.GRU):
        parts = [np.split(array, 3, axis=-1) for array in arrays]
        arrays = [np.concatenate([reset, update, candidate], -1) for update, reset, candidate in parts]
    kernel, recurrent, bias = arrays
    input_bias, recurrent_bias = bias if bias.ndim == 2 else (bias, np.zeros_like(bias))
    for name, array in (("weight_ih", kernel.T), ("weight_hh", recurrent.T)):
        assign(getattr(module, f"{name}_l0{suffix}"), array)
    assign(getattr(module, f"bias_ih_l0{suffix}"), input_bias)
    assign(getattr(module, f"bias_hh_l0{suffix}"), recurrent_bias)
