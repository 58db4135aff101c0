"""What a denoiser predicts with all that it is told: weighted where conditions overlap, guided."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from paintgraph.models.denoising.conditions import Part, Told
from paintgraph.models.loading.loaded_work import is_out_of_memory

Side: TypeAlias = tuple[Told, bool]
"""A condition, and whether it is on the negative side."""


class Evaluation(Protocol):
    """One family's way to ask its denoiser."""

    def group_of(self, told: Told, progress: float) -> tuple[object, ...]:
        """Conditions with equal groups can go into one batch."""

    def predict(self, x: Any, timestep: Any, group: Sequence[Side], progress: float) -> list[Any]:
        """What the denoiser says with each condition, float32, of its part."""


class Guidance:
    """The denoiser's answer: away from the negative conditions, by `cfg`.

    `cfg` 1 asks for the positive ones alone.
    """

    def __init__(
        self,
        torch: Any,
        evaluation: Evaluation,
        positive: Sequence[Told],
        negative: Sequence[Told],
        cfg: float,
    ) -> None:
        self._torch = torch
        self._evaluation = evaluation
        self._sides: list[Side] = [(told, False) for told in positive]
        self._cfg = cfg if negative else 1.0
        if self._cfg != 1:
            self._sides += [(told, True) for told in negative]
        self._joins = True

    def predict(self, x: Any, timestep: Any, seen: Any, progress: float) -> Any:
        """What is said of `seen`, which is x as the denoiser sees it, float32."""
        active = [
            (told, is_negative)
            for told, is_negative in self._sides
            if told.told.start <= progress <= told.told.end
        ]
        groups: dict[tuple[object, ...], list[Side]] = defaultdict(list)
        for side in active:
            groups[self._evaluation.group_of(side[0], progress)].append(side)
        answers: dict[bool, list[tuple[Told, Any]]] = {False: [], True: []}
        for group in groups.values():
            predicted = self._ask(seen, timestep, group, progress)
            for (told, is_negative), answer in zip(group, predicted, strict=True):
                answers[is_negative].append((told, answer))
        positive = self._merged(x, answers[False])
        if not answers[True]:
            return positive
        negative = self._merged(x, answers[True])
        return negative + self._cfg * (positive - negative)

    def _ask(self, seen: Any, timestep: Any, group: Sequence[Side], progress: float) -> list[Any]:
        """All of a group at once; one after the other from when memory ran out for that."""
        if self._joins and len(group) > 1:
            try:
                return self._evaluation.predict(seen, timestep, group, progress)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                self._joins = False
        return [self._evaluation.predict(seen, timestep, [side], progress)[0] for side in group]

    def _merged(self, x: Any, answers: Sequence[tuple[Told, Any]]) -> Any:
        """The mean of answers by their weights; 0 where nothing is told."""
        whole = Part(0, 0, *x.shape[-2:])
        if len(answers) == 1 and answers[0][0].weight is None and answers[0][0].part == whole:
            return answers[0][1]
        total, weights = self._torch.zeros_like(x), self._torch.zeros_like(x[:, :1])
        for told, answer in answers:
            weight = 1.0 if told.weight is None else told.weight
            told.part.of(total).add_(weight * answer)
            told.part.of(weights).add_(weight)
        return self._torch.where(weights > 0, total / weights.clamp(min=1e-12), 0)
