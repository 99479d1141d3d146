"""Optimizers: several weights after several steps, for each rule and each option."""

from tests.cases.case import OptimizerCase as Case

ALL = ("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "Nadam", "Lion")
LATER = ("Adafactor", "Ftrl", "Lamb", "Muon", "ScheduleFreeAdamW")
SHARED = {
    "weight decay": {"weight_decay": 0.05},
    "clipnorm": {"clipnorm": 0.5},
    "global clipnorm": {"global_clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.3},
    "average": {"use_ema": True, "ema_momentum": 0.8},
    "average overwrites": {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2},
    "accumulates": {"gradient_accumulation_steps": 3},
}


def build(name, **options):
    return lambda k: getattr(k.optimizers, name)(**options)


def case(name, label, steps=6, **options):
    return Case(f"{name} {label}".strip(), build(name, **options), steps)


def scheduled(name):
    def make(k):
        return getattr(k.optimizers, name)(k.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5, staircase=True))

    return Case(f"{name} schedule", make)


def by_path(k):
    optimizers = k.optimizers
    return optimizers.MultiOptimizer(
        optimizers.OptimizerMap(
            optimizers.SGD(0.1),
            {"weight_0": optimizers.Adam(0.05, weight_decay=0.1), "weight_[12]": optimizers.Lamb(0.02)},
        )
    )


CASES = [
    *(case(name, "") for name in ALL),
    *(case(name, "rate", learning_rate=0.1) for name in ALL),
    *(case(name, label, learning_rate=0.05, **options) for name in ALL for label, options in SHARED.items()),
    *(scheduled(name) for name in ALL),
    *(case(name, "") for name in LATER),
    *(
        case(name, label, learning_rate=0.05, **SHARED[label])
        for name in LATER
        for label in ("weight decay", "global clipnorm", "average overwrites", "accumulates")
    ),
    *(scheduled(name) for name in LATER),
    case("SGD", "momentum", learning_rate=0.1, momentum=0.9),
    case("SGD", "nesterov", learning_rate=0.1, momentum=0.9, nesterov=True),
    case("SGD", "momentum and decay", learning_rate=0.1, momentum=0.5, weight_decay=0.1, clipnorm=1.0),
    case(
        "SGD",
        "average and accumulates",
        steps=8,
        learning_rate=0.1,
        use_ema=True,
        ema_momentum=0.5,
        gradient_accumulation_steps=2,
    ),
    case("SGD", "momentum accumulates", steps=7, learning_rate=0.1, momentum=0.9, gradient_accumulation_steps=2),
    case("SGD", "average overwrites every step", learning_rate=0.1, use_ema=True, ema_overwrite_frequency=1),
    case("RMSprop", "momentum", learning_rate=0.05, momentum=0.8),
    case("RMSprop", "centered", learning_rate=0.05, centered=True),
    case("RMSprop", "centered momentum", learning_rate=0.05, centered=True, momentum=0.8, rho=0.7, epsilon=1e-3),
    case("Adam", "amsgrad", learning_rate=0.05, amsgrad=True),
    case("Adam", "betas", learning_rate=0.05, beta_1=0.5, beta_2=0.8, epsilon=1e-2),
    case("Adam", "long", steps=60, learning_rate=0.01),
    case("Adam", "clip and decay", learning_rate=0.05, weight_decay=0.1, global_clipnorm=1.0),
    case("AdamW", "amsgrad", learning_rate=0.05, amsgrad=True),
    case("AdamW", "decay", learning_rate=0.05, weight_decay=0.2),
    case("Adagrad", "accumulator", learning_rate=0.05, initial_accumulator_value=0.5, epsilon=1e-2),
    case("Adadelta", "rho", learning_rate=1.0, rho=0.8, epsilon=1e-3),
    case("Adamax", "betas", learning_rate=0.05, beta_1=0.5, beta_2=0.8, epsilon=1e-2),
    case("Nadam", "betas", learning_rate=0.05, beta_1=0.5, beta_2=0.8, epsilon=1e-2),
    case("Lion", "betas", learning_rate=0.05, beta_1=0.5, beta_2=0.8),
    case("Adafactor", "bounds", learning_rate=0.5, beta_2_decay=-0.5, epsilon_2=0.1, clip_threshold=0.5),
    case("Adafactor", "relative", learning_rate=0.5, relative_step=False),
    Case("Adafactor three axes", build("Adafactor", learning_rate=0.1), shapes=((2, 3, 4), (5, 2))),
    case("Ftrl", "rate", learning_rate=0.5),
    case(
        "Ftrl",
        "regularized",
        learning_rate=0.5,
        learning_rate_power=-0.7,
        initial_accumulator_value=0.3,
        l1_regularization_strength=0.4,
        l2_regularization_strength=0.2,
        l2_shrinkage_regularization_strength=0.1,
        beta=0.3,
    ),
    case("Ftrl", "constant rate", learning_rate=0.1, learning_rate_power=0.0, l1_regularization_strength=0.05),
    case("Lamb", "betas", learning_rate=0.05, beta_1=0.5, beta_2=0.8, epsilon=1e-2),
    Case("Muon tall and wide", build("Muon", learning_rate=0.05), shapes=((3, 7), (7, 3), (2, 3, 4))),
    case("Muon", "excluded", learning_rate=0.05, exclude_layers=["weight_0"], adam_lr_ratio=0.5, adam_weight_decay=0.2),
    case(
        "Muon", "plain", learning_rate=0.05, nesterov=False, rms_rate=None, momentum=0.8, ns_steps=3, weight_decay=None
    ),
    case("Muon", "polynomial", learning_rate=0.05, muon_a=2.0, muon_b=-1.5, muon_c=0.5, weight_decay=0.1),
    case("ScheduleFreeAdamW", "warmup", learning_rate=0.05, warmup_steps=4, beta_1=0.8, epsilon=1e-3),
    Case("MultiOptimizer by path", by_path),
    Case(
        "MultiOptimizer average",
        lambda k: k.optimizers.MultiOptimizer(
            k.optimizers.OptimizerMap(
                k.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), {"weight_1": k.optimizers.SGD(1.0)}
            )
        ),
    ),
    Case(
        "AdamW excluded from decay",
        build("AdamW", learning_rate=0.05, weight_decay=0.2),
        prepare=lambda optimizer: optimizer.exclude_from_weight_decay(var_names=["weight_1"]),
    ),
    Case("Adam small gradients", build("Adam", learning_rate=0.01), gradient_scale=1e-6),
    Case("SGD clipnorm of large gradients", build("SGD", clipnorm=1.0), gradient_scale=1e6),
    Case("SGD one weight", build("SGD", learning_rate=0.1), shapes=((2, 2),)),
    *(
        Case(f"name {name}", lambda k, name=name: k.optimizers.get(name))
        for name in (*ALL, *map(str.lower, ALL), "adafactor", "ftrl")
    ),
    Case(
        "name in a configuration", lambda k: k.optimizers.get({"class_name": "SGD", "config": {"learning_rate": 0.3}})
    ),
]
