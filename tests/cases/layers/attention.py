"""Attention: scores, masks, causality, heads."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given

QUERY, VALUE, KEY = (2, 3, 4), (2, 5, 4), (2, 5, 4)
QUERY_MASK = given([[1, 1, 0], [1, 0, 0]], "bool")
VALUE_MASK = given([[1, 1, 0, 1, 0], [1, 1, 1, 0, 0]], "bool")
MASKS = {"mask": [QUERY_MASK, VALUE_MASK]}


def spread(layer, inputs, **keywords):
    """Multi-head attention takes query and value apart."""
    return layer(*inputs, **keywords)


def luong(k, **options):
    return k.layers.Attention(**options)


def bahdanau(k, **options):
    return k.layers.AdditiveAttention(**options)


def heads(k, *sizes, **options):
    return k.layers.MultiHeadAttention(*sizes, **options)


def groups(k, *sizes, **options):
    return k.layers.GroupQueryAttention(*sizes, **options)


CASES = [
    Case("dot", lambda k: luong(k), [QUERY, VALUE]),
    Case("dot with key", lambda k: luong(k), [QUERY, (2, 5, 3), KEY]),
    Case("dot scaled", lambda k: luong(k, use_scale=True), [QUERY, VALUE]),
    Case("dot of concat", lambda k: luong(k, score_mode="concat"), [QUERY, VALUE]),
    Case("dot of concat scaled", lambda k: luong(k, score_mode="concat", use_scale=True), [QUERY, VALUE]),
    Case("dot scores", lambda k: luong(k), [QUERY, VALUE], keywords={"return_attention_scores": True}),
    Case("dot causal", lambda k: luong(k), [QUERY, QUERY], keywords={"use_causal_mask": True}),
    Case("dot causal oblong", lambda k: luong(k), [QUERY, VALUE], keywords={"use_causal_mask": True}),
    Case("dot masks", lambda k: luong(k), [QUERY, VALUE], keywords=MASKS, masks=True),
    Case("dot value mask", lambda k: luong(k), [QUERY, VALUE], keywords={"mask": [None, VALUE_MASK]}),
    Case("dot masks causal", lambda k: luong(k), [QUERY, VALUE], keywords={**MASKS, "use_causal_mask": True}),
    Case("dot dropout", lambda k: luong(k, dropout=0.5, seed=1), [QUERY, VALUE], random=True),
    Case("additive", lambda k: bahdanau(k), [QUERY, VALUE]),
    Case("additive with key", lambda k: bahdanau(k), [QUERY, (2, 5, 3), KEY]),
    Case("additive unscaled", lambda k: bahdanau(k, use_scale=False), [QUERY, VALUE]),
    Case("additive scores", lambda k: bahdanau(k), [QUERY, VALUE], keywords={"return_attention_scores": True}),
    Case("additive masks", lambda k: bahdanau(k), [QUERY, VALUE], keywords=MASKS),
    Case("additive causal", lambda k: bahdanau(k), [QUERY, QUERY], keywords={"use_causal_mask": True}),
    Case("additive dropout", lambda k: bahdanau(k, dropout=0.5), [QUERY, VALUE], random=True),
    Case("heads", lambda k: heads(k, 2, 3), [QUERY, VALUE], call=spread),
    Case("heads self", lambda k: heads(k, 2, 2), [QUERY], call=lambda layer, x, **more: layer(x[0], x[0], **more)),
    Case("heads with key", lambda k: heads(k, 2, 3), [QUERY, (2, 5, 3), KEY], call=spread),
    Case(
        "heads value width",
        lambda k: heads(k, 2, 3, value_dim=2),
        [QUERY, QUERY],
        call=spread,
        keywords={"return_attention_scores": True},  # without the scores Keras 3.15 on JAX fails on these widths
    ),
    Case("heads output shape", lambda k: heads(k, 2, 3, output_shape=6), [QUERY, VALUE], call=spread),
    Case("heads without bias", lambda k: heads(k, 2, 3, use_bias=False), [QUERY, VALUE], call=spread),
    Case("heads single", lambda k: heads(k, 1, 3), [QUERY, VALUE], call=spread),
    Case(
        "heads scores",
        lambda k: heads(k, 2, 3),
        [QUERY, QUERY],
        call=spread,
        keywords={"return_attention_scores": True},
    ),  # one length: of two, Keras 3.15 gives the scores a wrong symbolic shape
    Case("heads causal", lambda k: heads(k, 2, 3), [QUERY, QUERY], call=spread, keywords={"use_causal_mask": True}),
    Case(
        "heads attention mask",
        lambda k: heads(k, 2, 3),
        [QUERY, VALUE],
        call=spread,
        keywords={"attention_mask": given([[[1, 0, 1, 1, 0], [0, 1, 1, 1, 1], [1, 1, 0, 0, 0]]] * 2, "bool")},
    ),
    Case(
        "heads query and value masks",
        lambda k: heads(k, 2, 3),
        [QUERY, VALUE],
        call=spread,
        keywords={"query_mask": QUERY_MASK, "value_mask": VALUE_MASK},
    ),
    Case(
        "heads all masks",
        lambda k: heads(k, 2, 3),
        [QUERY, VALUE],
        call=spread,
        keywords={"value_mask": VALUE_MASK, "key_mask": VALUE_MASK, "use_causal_mask": True},
    ),
    Case("heads over images", lambda k: heads(k, 2, 2, attention_axes=(1, 2)), [(2, 2, 3, 4)] * 2, call=spread),
    Case("heads over one axis", lambda k: heads(k, 2, 2, attention_axes=(2,)), [(2, 2, 3, 4)] * 2, call=spread),
    Case("heads dropout", lambda k: heads(k, 2, 3, dropout=0.5, seed=2), [QUERY, VALUE], call=spread, random=True),
    Case(
        "heads options",
        lambda k: heads(
            k,
            2,
            3,
            kernel_initializer="he_normal",
            bias_initializer="ones",
            kernel_regularizer="l2",
            bias_regularizer="l1",
            activity_regularizer="l2",
            kernel_constraint="max_norm",
        ),
        [QUERY, VALUE],
        call=spread,
    ),
    Case("groups", lambda k: groups(k, 3, 4, 2), [QUERY, VALUE], call=spread),
    Case("groups with key", lambda k: groups(k, 3, 2, 1), [QUERY, VALUE, KEY], call=spread),
    Case("groups of all heads", lambda k: groups(k, 2, 2, 2, use_bias=False), [QUERY, VALUE], call=spread),
    Case(
        "groups causal", lambda k: groups(k, 2, 4, 2), [QUERY, QUERY], call=spread, keywords={"use_causal_mask": True}
    ),
    Case(
        "groups masks",
        lambda k: groups(k, 3, 2, 1),
        [QUERY, VALUE],
        call=spread,
        keywords={"query_mask": QUERY_MASK, "value_mask": VALUE_MASK},
    ),
    Case(
        "groups scores",
        lambda k: groups(k, 3, 4, 2),
        [QUERY, QUERY],
        call=spread,
        keywords={"return_attention_scores": True},
    ),
    Case("groups dropout", lambda k: groups(k, 3, 2, 2, dropout=0.5), [QUERY, VALUE], call=spread, random=True),
    Case(
        "groups options",
        lambda k: groups(
            k, 2, 2, 1, kernel_initializer="he_normal", kernel_regularizer="l2", bias_constraint="non_neg"
        ),
        [QUERY, VALUE],
        call=spread,
    ),
]
