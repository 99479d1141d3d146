"""Bidirectional and TimeDistributed."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given

RIGHT = {"mask": given([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]], "bool")}
SCATTERED = {"mask": given([[1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]], "bool")}
X = (3, 4, 2)


CASES = [
    *(
        Case(
            f"bidirectional {family.lower()} {mode}",
            lambda k, family=family, mode=mode: k.layers.Bidirectional(
                getattr(k.layers, family)(3, return_sequences=True), merge_mode=mode
            ),
            [X],
        )
        for family, mode in [
            ("SimpleRNN", "concat"),
            ("LSTM", "concat"),
            ("LSTM", "sum"),
            ("LSTM", "mul"),
            ("LSTM", "ave"),
            ("LSTM", None),
            ("GRU", "concat"),
        ]
    ),
    Case("bidirectional last step", lambda k: k.layers.Bidirectional(k.layers.LSTM(3)), [X]),
    Case("bidirectional last step apart", lambda k: k.layers.Bidirectional(k.layers.GRU(3), merge_mode=None), [X]),
    Case("bidirectional state", lambda k: k.layers.Bidirectional(k.layers.LSTM(3, return_state=True)), [X]),
    Case(
        "bidirectional sequences and state",
        lambda k: k.layers.Bidirectional(k.layers.GRU(3, return_sequences=True, return_state=True)),
        [X],
    ),
    Case(
        "bidirectional initial state",
        lambda k: k.layers.Bidirectional(k.layers.LSTM(3)),
        [X, (3, 3), (3, 3), (3, 3), (3, 3)],
        call=lambda layer, inputs, **keywords: layer(inputs[0], initial_state=list(inputs[1:]), **keywords),
    ),
    Case("bidirectional mask", lambda k: k.layers.Bidirectional(k.layers.LSTM(3)), [X], keywords=RIGHT),
    Case(
        "bidirectional scattered mask",
        lambda k: k.layers.Bidirectional(k.layers.GRU(3, return_sequences=True)),
        [X],
        keywords=SCATTERED,
        masks=True,
    ),
    Case(
        "bidirectional own backward layer",
        lambda k: k.layers.Bidirectional(
            k.layers.LSTM(3, return_sequences=True),
            backward_layer=k.layers.GRU(3, go_backwards=True, return_sequences=True),
        ),
        [X],
    ),
    Case(
        "time distributed dense", lambda k: k.layers.TimeDistributed(k.layers.Dense(2, activation="relu")), [(2, 3, 4)]
    ),
    Case(
        "time distributed unknown length",
        lambda k: k.layers.TimeDistributed(k.layers.Dense(2)),
        [(2, 3, 4)],
        symbolic=[(None, None, 4)],
    ),
    Case("time distributed convolution", lambda k: k.layers.TimeDistributed(k.layers.Conv2D(2, 2)), [(2, 2, 3, 3, 1)]),
    Case("time distributed flatten", lambda k: k.layers.TimeDistributed(k.layers.Flatten()), [(2, 3, 2, 2)]),
    Case(
        "time distributed normalization", lambda k: k.layers.TimeDistributed(k.layers.BatchNormalization()), [(4, 3, 2)]
    ),
    Case(
        "time distributed dropout", lambda k: k.layers.TimeDistributed(k.layers.Dropout(0.5)), [(2, 3, 2)], random=True
    ),
    Case(
        "time distributed model",
        lambda k: k.layers.TimeDistributed(k.Sequential([k.layers.Dense(3, activation="tanh"), k.layers.Dense(2)])),
        [(2, 3, 4)],
        config=False,
    ),
    Case(
        "time distributed lstm",
        lambda k: k.layers.TimeDistributed(k.layers.LSTM(2)),
        [(2, 3, 4, 2)],
    ),
    Case(
        "time distributed mask",
        lambda k: k.layers.TimeDistributed(k.layers.Dense(2)),
        [X],
        keywords=RIGHT,
        masks=True,
    ),
]
