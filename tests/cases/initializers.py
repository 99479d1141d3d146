"""Initializers: exact values where nothing is drawn, moments and bounds of many draws elsewhere."""

from tests.cases.case import InitializerCase as Case

WIDE, KERNEL = (200, 300), (3, 3, 40, 60)
FAMILIES = ("Glorot", "He", "Lecun")
NAMES = (
    "zeros ones identity glorot_uniform glorot_normal he_uniform he_normal lecun_uniform lecun_normal "
    "random_normal random_uniform truncated_normal orthogonal variance_scaling uniform normal"
).split()
EXACT_NAMES = ("zeros", "ones", "identity")


def scaling(k, **options):
    return k.initializers.VarianceScaling(seed=4, **options)


def stft(k, side, scaling):
    return k.initializers.STFT(side, window="hann", scaling=scaling, periodic=scaling is None)


CASES = [
    Case("zeros", lambda k: k.initializers.Zeros(), (3, 4), exact=True),
    Case("ones", lambda k: k.initializers.Ones(), (3, 4), exact=True),
    Case("constant", lambda k: k.initializers.Constant(0.3), (3, 4), exact=True),
    Case("identity", lambda k: k.initializers.Identity(), (4, 4), exact=True),
    Case("identity gain", lambda k: k.initializers.Identity(gain=0.7), (4, 4), exact=True),
    Case("identity wide", lambda k: k.initializers.IdentityInitializer(), (2, 4), exact=True),
    *(
        Case(f"fourier {side} {scaling}", lambda k, side=side, scaling=scaling: stft(k, side, scaling), (8, 1, 9), True)
        for side, scaling in (("real", "density"), ("imag", "spectrum"), ("real", None))
    ),
    Case("random normal", lambda k: k.initializers.RandomNormal(mean=0.5, stddev=2.0, seed=1), WIDE),
    Case("random normal default", lambda k: k.initializers.RandomNormal(seed=1), WIDE),
    Case("random uniform", lambda k: k.initializers.RandomUniform(minval=-1.0, maxval=3.0, seed=1), WIDE),
    Case("random uniform default", lambda k: k.initializers.RandomUniform(seed=1), WIDE),
    Case("truncated normal", lambda k: k.initializers.TruncatedNormal(mean=0.5, stddev=2.0, seed=1), WIDE),
    Case("truncated normal default", lambda k: k.initializers.TruncatedNormal(seed=1), WIDE),
    *(
        Case(
            f"{family.lower()} {law.lower()}{' of a kernel' if shape is KERNEL else ''}",
            lambda k, name=family + law: getattr(k.initializers, name)(seed=2),
            shape,
        )
        for family in FAMILIES
        for law in ("Normal", "Uniform")
        for shape in (WIDE, KERNEL)
    ),
    *(
        Case(
            f"variance scaling {mode} {law}",
            lambda k, mode=mode, law=law: scaling(k, scale=2.0, mode=mode, distribution=law),
            WIDE,
        )
        for mode in ("fan_in", "fan_out", "fan_avg")
        for law in ("truncated_normal", "untruncated_normal", "uniform")
    ),
    Case("variance scaling default", lambda k: scaling(k), WIDE),
    Case("variance scaling of a vector", lambda k: scaling(k), (20000,)),
    Case("orthogonal", lambda k: k.initializers.Orthogonal(seed=3), WIDE),
    Case("orthogonal gain", lambda k: k.initializers.OrthogonalInitializer(gain=2.0, seed=3), (300, 200)),
    Case("orthogonal of a kernel", lambda k: k.initializers.Orthogonal(seed=3), KERNEL),
    *(
        Case(
            f"name {name}",
            lambda k, name=name: k.initializers.get(name),
            (5, 5) if name in EXACT_NAMES else WIDE,
            exact=name in EXACT_NAMES,
        )
        for name in NAMES
    ),
]
