"""The workloads as a user of JAX alone writes them: pure functions, Adam by hand, one jitted training step."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


class Jax:
    def build(self, model, weights):
        self.weights = [jnp.asarray(array) for array in weights]
        self.slots = [jax.tree.map(jnp.zeros_like, self.weights) for _ in range(2)]
        self.count = 0
        self.binary = model not in ("images", "digits")
        forward = MODELS[model]
        self.step = training_step(forward, binary_loss if self.binary else class_loss)
        squash = jax.nn.sigmoid if self.binary else jax.nn.softmax
        self.forward = jax.jit(lambda weights, x: squash(forward(weights, x, None)))

    def prepare(self, model, x, y):
        return x, y

    def fit(self, x, y, batch_size, epochs=1, shuffle=True):
        return [self.epoch(x, y, batch_size, shuffle) for _ in range(epochs)]

    def epoch(self, x, y, batch_size, shuffle):
        order = np.random.default_rng(self.count).permutation(len(x)) if shuffle else np.arange(len(x))
        totals = jnp.zeros(2)
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            self.count += 1
            self.weights, self.slots, totals = self.step(self.weights, self.slots, totals, self.count, x[rows], y[rows])
        loss, self.accuracy = (float(total) / len(x) for total in totals)
        return loss

    def call(self, x):
        return np.asarray(self.forward(self.weights, x))


def training_step(forward, loss):
    def objective(weights, key, x, y):
        return loss(forward(weights, x, key), y)

    @jax.jit
    def step(weights, slots, totals, count, x, y):
        key = jax.random.key(count)
        (value, correct), gradients = jax.value_and_grad(objective, has_aux=True)(weights, key, x, y)
        weights, slots = adam(weights, slots, gradients, count)
        return weights, slots, totals + jnp.stack([value * len(x), correct])

    return step


def adam(weights, slots, gradients, count):
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, slots[0], gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, slots[1], gradients)
    rate = 0.001 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second)
    return weights, [first, second]


def binary_loss(logits, y):
    loss = jnp.mean(jnp.logaddexp(0, logits) - logits * y)
    return loss, jnp.sum((logits > 0) == y)


def class_loss(logits, y):
    logits = jax.nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(logits, y[:, None], 1)), jnp.sum(logits.argmax(1) == y)


def tabular(weights, x, key):
    a, b, c, d, e, f = weights
    return (jax.nn.relu(jax.nn.relu(x @ a + b) @ c + d) @ e + f)[:, 0]


def images(weights, x, key):
    for kernel, bias in (weights[0:2], weights[2:4]):
        x = lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = lax.reduce_window(jax.nn.relu(x + bias), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    a, b, c, d = weights[4:]
    return jax.nn.relu(x.reshape(len(x), -1) @ a + b) @ c + d


def lstm(weights, tokens, key):
    embedding, kernel, recurrent, bias, a, b = weights
    projected = embedding[tokens.T] @ kernel + bias

    def step(carry, x):
        hidden, cell = carry
        gates = jnp.split(x + hidden @ recurrent, 4, axis=-1)
        enter, forget, emit = (jax.nn.sigmoid(gates[i]) for i in (0, 1, 3))
        cell = forget * cell + enter * jnp.tanh(gates[2])
        return (emit * jnp.tanh(cell), cell), None

    zeros = jnp.zeros((len(tokens), len(recurrent)))
    (hidden, _), _ = lax.scan(step, (zeros, zeros), projected)
    return (hidden @ a + b)[:, 0]


def gru(weights, tokens, key):
    embedding, *recurrences, a, b = weights
    x = embedding[tokens.T]
    states = [gru_state(x, *recurrences[:3]), gru_state(x[::-1], *recurrences[3:])]
    return (jnp.concatenate(states, axis=-1) @ a + b)[:, 0]


def gru_state(x, kernel, recurrent, biases):
    def step(hidden, x):
        update, reset, entering = jnp.split(x, 3, axis=-1)
        update_by, reset_by, kept = jnp.split(hidden @ recurrent + biases[1], 3, axis=-1)
        update, reset = jax.nn.sigmoid(update + update_by), jax.nn.sigmoid(reset + reset_by)
        return update * hidden + (1 - update) * jnp.tanh(entering + reset * kept), None

    return lax.scan(step, jnp.zeros((x.shape[1], len(recurrent))), x @ kernel + biases[0])[0]


def transformer(weights, tokens, key):
    x = weights[0][tokens]
    for first in (1, 17):
        attention, norm, ffn, last_norm = (
            weights[first + i : first + j] for i, j in ((0, 8), (8, 10), (10, 14), (14, 16))
        )
        x = layer_norm(x + attend(x, *attention), *norm)
        a, b, c, d = ffn
        x = layer_norm(x + jax.nn.relu(x @ a + b) @ c + d, *last_norm)
    a, b = weights[33:]
    return (x.mean(1) @ a + b)[:, 0]


def attend(x, query, query_bias, key, key_bias, value, value_bias, output, output_bias):
    def project(kernel, bias):
        return jnp.einsum("btd,dhk->bthk", x, kernel) + bias

    scores = jnp.einsum("bqhk,bthk->bhqt", project(query, query_bias), project(key, key_bias))
    scores = jax.nn.softmax(scores / jnp.sqrt(query.shape[-1]))
    mixed = jnp.einsum("bhqt,bthk->bqhk", scores, project(value, value_bias))
    return jnp.einsum("bqhk,hkd->bqd", mixed, output) + output_bias


def layer_norm(x, gamma, beta):
    centred = x - x.mean(-1, keepdims=True)
    return gamma * centred * lax.rsqrt(jnp.square(centred).mean(-1, keepdims=True) + 1e-6) + beta


def digits(weights, x, key):
    a, b, c, d, e, f = weights
    keys = (None, None) if key is None else jax.random.split(key)
    x = dropout(jax.nn.relu(x @ a + b), keys[0])
    return dropout(jax.nn.relu(x @ c + d), keys[1]) @ e + f


def dropout(x, key):
    return x if key is None else jnp.where(jax.random.bernoulli(key, 0.8, x.shape), x / 0.8, 0.0)


MODELS = {"tabular": tabular, "images": images, "lstm": lstm, "gru": gru, "transformer": transformer, "digits": digits}
