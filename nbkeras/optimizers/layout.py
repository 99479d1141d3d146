"""Where an optimizer's values lie in the lists that a step takes and returns."""

from dataclasses import dataclass


@dataclass
class Group:
    """Weights that one formula updates together: of one dtype, decaying alike (`None`: not at all)."""

    dtype: str
    decay: float | None
    places: list


class Layout:
    """Places in the list of an optimizer's variables, by role; those of weights are counted apart.

    Attributes:
        iteration, learning_rate: one place each (`None`: the rate is no variable).
        averages, accumulators: one place per weight, or empty.
        slots: for each slot, one place per weight; `None` where a weight has no such slot.
        shared: one place each.
        groups: the weights that are updated together.
    """

    def __init__(self, optimizer):
        place = {id(variable): i for i, variable in enumerate(optimizer._variables)}

        def places(variables):
            return [None if variable is None else place[id(variable)] for variable in variables]

        self.iteration = place[id(optimizer._iterations)]
        self.learning_rate = place.get(id(optimizer._learning_rate))
        self.averages = places(optimizer._averages)
        self.accumulators = places(optimizer._accumulators)
        self.slots = [places(variables) for variables in optimizer._slots.values()]
        self.shared = places(optimizer._shared)
        self.groups = _groups(optimizer)


def _groups(optimizer):
    groups = {}
    for i, variable in enumerate(optimizer._trainable_variables):
        key = (variable.dtype, optimizer.decay_of(variable))
        groups.setdefault(key, Group(*key, [])).places.append(i)
    return list(groups.values())
