"""From class scores at each time step to labels: connectionist temporal classification, backwards."""

import numpy as np

from nbkeras.backends.abstract import AbstractArray
from nbkeras.ops.activations import log_softmax
from nbkeras.ops.core import convert_to_numpy, has_no_numbers
from nbkeras.ops.creation import arange, full_like
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_dtype, as_tensor, name_of, result_type
from nbkeras.ops.elementwise import equal, greater_equal, logical_or, where
from nbkeras.ops.indexing import take_along_axis
from nbkeras.ops.reductions import argmax, argsort, max, sum
from nbkeras.ops.shaping import concatenate, expand_dims

__all__ = ["ctc_decode"]

NOTHING = -1  # fills the rest of a row of labels


@op
def ctc_decode(
    inputs,
    sequence_lengths,
    strategy="greedy",
    beam_width=100,
    top_paths=1,
    merge_repeated=True,
    mask_index=0,
):
    """The most likely sequences of labels.

    Args:
        inputs: scores of shape (batch, time, classes): logits, or log-probabilities.
        sequence_lengths: how many time steps count, shape (batch,).
        strategy: `"greedy"`, the best class at each step, or `"beam_search"`, the best label sequences over all their
            alignments (Graves, 2012, "Sequence transduction", with two scores for each prefix).
        beam_width: how many sequences a beam search keeps at each step.
        top_paths: how many of them it returns, best first.
        merge_repeated: whether a class that follows itself counts once; for `"greedy"`. A beam search always does so.
        mask_index: the class that stands for "nothing new"; `None` for the last one.

    Returns:
        The labels, int32 of shape (top_paths, batch, time), filled with -1, and their scores of shape (batch,
        top_paths): log-probabilities, or for `"greedy"` minus the sum of the best scores. A beam search reads numbers,
        so it has no gradient and is not for a compiled function.
    """
    inputs = as_tensor(inputs)
    inputs = as_dtype(inputs, result_type(inputs.dtype, "float32"))
    mask_index = inputs.shape[-1] - 1 if mask_index is None else mask_index
    if strategy == "greedy":
        return _greedy(inputs, as_tensor(sequence_lengths), merge_repeated, mask_index)
    if strategy != "beam_search":
        raise ValueError(f"strategy must be 'greedy' or 'beam_search', got {strategy!r}")
    if has_no_numbers(inputs):
        batch, time, _ = inputs.shape
        return AbstractArray((top_paths, batch, time), "int32"), AbstractArray((batch, top_paths), inputs.dtype)
    return _beam_search(inputs, sequence_lengths, beam_width, top_paths, mask_index)


def _greedy(inputs, lengths, merge_repeated, blank):
    time = inputs.shape[1]
    steps = expand_dims(arange(time, dtype="int32"), 0)
    beyond = greater_equal(steps, expand_dims(lengths, 1))
    labels = where(beyond, blank, argmax(inputs, axis=-1))
    score = -sum(where(beyond, 0.0, max(inputs, axis=-1)), axis=1, keepdims=True)
    nothing = equal(labels, blank)
    if merge_repeated:
        first = full_like(labels[:, :1], NOTHING)
        nothing = logical_or(nothing, equal(labels, concatenate([first, labels[:, :-1]], axis=1)))
    order = argsort(where(nothing, time, steps), axis=-1)
    labels = take_along_axis(where(nothing, NOTHING, labels), order, axis=-1)
    return expand_dims(labels, 0), score


def _beam_search(inputs, lengths, width, top_paths, blank):
    log_p = np.asarray(convert_to_numpy(log_softmax(inputs)), "float64")
    batch, time, _ = log_p.shape
    labels = np.full((top_paths, batch, time), NOTHING, np.int32)
    scores = np.full((batch, top_paths), -np.inf)
    for row, (steps, length) in enumerate(zip(log_p, np.asarray(convert_to_numpy(lengths)).tolist())):
        for place, (path, score) in enumerate(_best_paths(steps[:length], width, blank)[:top_paths]):
            labels[place, row, : len(path)] = path
            scores[row, place] = score
    return labels, scores.astype(name_of(inputs.dtype))


def _best_paths(steps, width, blank):
    """The `width` best label sequences of one row with their log-probabilities, best first."""
    paths, ends_blank, ends_label = [()], np.zeros(1), np.full(1, -np.inf)
    for log_p in steps:
        paths, ends_blank, ends_label = _extended(paths, ends_blank, ends_label, log_p, width, blank)
    totals = np.logaddexp(ends_blank, ends_label)
    return sorted(zip(paths, totals.tolist()), key=lambda pair: (-pair[1], _order(pair[0])))


def _extended(paths, ends_blank, ends_label, log_p, width, blank):
    """The best paths one step on, with the log-probabilities of ending in the blank and in their last label."""
    total = np.logaddexp(ends_blank, ends_label)
    last = np.array([path[-1] if path else blank for path in paths])
    stay_blank = total + log_p[blank]
    stay_label = np.where(last == blank, -np.inf, ends_label + log_p[last])
    grown = total[:, None] + log_p
    rows = np.arange(len(paths))
    grown[rows, last] = ends_blank + log_p[last]  # a label that repeats the last one needs a blank between
    grown[:, blank] = -np.inf
    place = {path: row for row, path in enumerate(paths)}
    for row, path in enumerate(paths):
        parent = place.get(path[:-1]) if path else None
        if parent is not None:  # two ways to one path
            stay_label[row] = np.logaddexp(stay_label[row], grown[parent, path[-1]])
            grown[parent, path[-1]] = -np.inf
    return _kept(paths, stay_blank, stay_label, grown, width)


def _kept(paths, stay_blank, stay_label, grown, width):
    """The `width` best of the paths that stayed and of those that have grown by a label."""
    scores = np.concatenate([np.logaddexp(stay_blank, stay_label), grown.ravel()])
    count = min(width, np.count_nonzero(scores > -np.inf))
    bound = np.partition(scores, -count)[-count]
    found = []
    for index in np.flatnonzero(scores >= bound).tolist():
        row, label = divmod(index - len(paths), grown.shape[1])
        if index < len(paths):
            found.append((-scores[index], paths[index], stay_blank[index], stay_label[index]))
        else:
            found.append((-scores[index], (*paths[row], label), -np.inf, scores[index]))
    found.sort(key=lambda entry: (entry[0], _order(entry[1])))
    _, paths, blank, label = zip(*found[:count])
    return list(paths), np.array(blank), np.array(label)


def _order(path):
    """Among equal scores, smaller labels come first, and a longer path before its beginning, as in Keras."""
    return (*path, np.inf)
