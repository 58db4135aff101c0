"""Files of diffusion models that do not go together, found before a run, by their headers.

Nodes that choose files are called as in a run, which costs nothing: what they refuse is told at
once. Of the others only what flows through them is followed: which model, VAE, text encoder,
ControlNet and sampler have to do with each prompt and each latent.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from paintgraph.engine.graph.coercion import Misfit
from paintgraph.engine.graph.graph import Graph, Link
from paintgraph.engine.graph.spec import InputSpec, NodeSpec
from paintgraph.engine.graph.structure import topological_order
from paintgraph.engine.node.context import ALONE, Services
from paintgraph.engine.node.declaration import Declaration, declaration_of
from paintgraph.models.catalogue.family import Kind
from paintgraph.models.catalogue.names import ModelNames
from paintgraph.models.denoising.flow_schedulers import check_flow_sampler
from paintgraph.models.errors import ModelError
from paintgraph.models.networks import choosing
from paintgraph.models.networks.encoders import encoders_of
from paintgraph.models.networks.facts import FLOW, LATENTS
from paintgraph.models.networks.headers import Headers
from paintgraph.models.networks.loaded import LatentFormat
from paintgraph.models.prompts.weighting import embedding_names
from paintgraph.models.sampling.values import (
    Autoencoder,
    ControlNet,
    Denoiser,
    SamplerChoice,
    TextEncoder,
)
from paintgraph.nodes.resource_names import EMBEDDINGS, NETWORKS, as_bind_error
from paintgraph.nodes.sampling import custom, loaders, patches

Choice: TypeAlias = Denoiser | TextEncoder | Autoencoder | ControlNet | SamplerChoice
Place: TypeAlias = tuple[str, int]

_CHOOSING: Mapping[str, Declaration] = {
    declaration.spec.id: declaration
    for each in (*vars(loaders).values(), *vars(patches).values(), custom.k_sampler_select)
    if hasattr(each, "declaration") and (declaration := declaration_of(each))
}
_SAMPLING = f"{__package__}.sampling."
_SAMPLER_NAME = "sampler_name"
_PASSING = ("conditioning", "latent", "guider")
"""Types of what is made with networks, and brings them along."""


def misfits(
    names: ModelNames,
    graph: Graph,
    specs: Mapping[str, NodeSpec | None],
    faulty: Collection[str | None],
) -> Iterable[Misfit]:
    """What does not go together in a graph in canonical form without cycles.

    Nodes in `faulty` have other faults, which are told already.
    """
    return _Following(names, graph, specs, faulty).all()


@dataclass
class _Following:
    """Follows networks through one graph; `known` is what each output chooses or comes with."""

    names: ModelNames
    graph: Graph
    specs: Mapping[str, NodeSpec | None]
    faulty: Collection[str | None]
    known: dict[Place, tuple[Choice, ...]] = field(default_factory=dict)
    asked: set[tuple[str, Choice]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.headers = Headers(self.names)
        self.context = replace(ALONE, services=Services(self.headers))

    def all(self) -> Iterator[Misfit]:
        for id_ in topological_order(self.graph):
            spec = self.specs.get(id_)
            if spec is None or id_ in self.faulty:
                continue
            if spec.id in _CHOOSING:
                yield from self._chosen(id_, _CHOOSING[spec.id])
            elif spec.module.startswith(_SAMPLING):
                yield from self._unknown_words(id_, spec)
                yield from self._met(id_, spec)
            else:
                self._passed(id_, spec)

    def _chosen(self, id_: str, declaration: Declaration) -> Iterator[Misfit]:
        """What a node chooses, or refuses; nothing where some of its inputs are not known yet."""
        inputs = {}
        for declared in declaration.spec.inputs:
            value = self._input(declared, self.graph.nodes[id_].inputs.get(declared.name))
            if value is None:
                return
            inputs[declared.name] = value
        try:
            found = declaration.call(self.context, inputs)
        except ModelError as error:
            yield Misfit(id_, "", error.code, error.message)
            given = {each.type: inputs[each.name] for each in declaration.spec.inputs}
            found = tuple(given.get(output.type) for output in declaration.spec.outputs)
        outputs = found if isinstance(found, tuple) else (found,)
        for place, value in enumerate(outputs):
            self.known[id_, place] = () if value is None else (value,)

    def _input(self, declared: InputSpec, value: object) -> Any:
        """What a node is given at an input, or None if that is known in a run alone."""
        if isinstance(value, Link):
            found = self._linked(value)
            return found[0] if len(found) == 1 else None
        if isinstance(value, str) and declared.resource in NETWORKS:
            try:
                return self.names.placed(value, *NETWORKS[declared.resource]).entry.name
            except ModelError:
                return None
        return value

    def _linked(self, link: object) -> tuple[Choice, ...]:
        if not isinstance(link, Link) or not isinstance(link.output, int):
            return ()
        return self.known.get((link.node, link.output), ())

    def _brought(self, declared: InputSpec, value: object) -> tuple[Choice, ...]:
        """What comes by a link, or the sampler that is named at an input."""
        if declared.name == _SAMPLER_NAME and isinstance(value, str):
            return (SamplerChoice(value),)
        return self._linked(value)

    def _unknown_words(self, id_: str, spec: NodeSpec) -> Iterator[Misfit]:
        """Learnt words in texts whose files cannot be used."""
        for declared in spec.inputs:
            if declared.resource != EMBEDDINGS:
                continue
            given = self.graph.nodes[id_].inputs
            texts = {name: given.get(name) for name in declared.found_by}
            for name, text in texts.items():
                for word in embedding_names([text] if isinstance(text, str) else []):
                    if fault := self.names.fault(word, Kind.EMBEDDING):
                        error = as_bind_error(fault)
                        yield Misfit(id_, name, error.code, str(error))

    def _met(self, id_: str, spec: NodeSpec) -> Iterator[Misfit]:
        """What a node is given that does not go with its model, or else its VAE."""
        given = self.graph.nodes[id_].inputs
        linked = [(each, self._brought(each, given.get(each.name))) for each in spec.inputs]
        base = _first(linked, "model", "guider") or _first(linked, "vae")
        for declared, values in linked:
            faults = (self._lack(declared, value) or self._misfit(base, value) for value in values)
            fault = next(filter(None, faults), None)
            if fault is not None:
                yield Misfit(id_, declared.name, fault.code, fault.message)
        every = tuple(dict.fromkeys(value for _, values in linked for value in values))
        for place, output in enumerate(spec.outputs):
            if output.type in _PASSING:
                alone = None if output.type == "conditioning" else base
                self.known[id_, place] = every if alone is None else (alone,)

    def _lack(self, declared: InputSpec, value: Choice) -> ModelError | None:
        """What a checkpoint has not that a node takes of it, told once."""
        if (declared.type, value) in self.asked:
            return None
        self.asked.add((declared.type, value))
        try:
            if declared.type == "clip" and isinstance(value, TextEncoder):
                files = [(source, self.headers.described(source)) for source in value.sources]
                encoders_of(files, value.family)
            elif declared.type == "vae" and isinstance(value, Autoencoder):
                self.headers.described(value.source).check("autoencoder")
        except ModelError as error:
            return error
        return None

    def _misfit(self, base: Choice | None, value: Choice) -> ModelError | None:
        """Why something does not go with a model or VAE."""
        if isinstance(value, Denoiser | Autoencoder):
            return self._other_latents(base, value)
        if not isinstance(base, Denoiser):
            return None
        if isinstance(value, ControlNet | SamplerChoice):
            try:
                if isinstance(value, ControlNet):
                    choosing.check_control(base, value, self.headers.described(value.source))
                elif base.family in FLOW:
                    check_flow_sampler(value.name)
            except ModelError as error:
                return error
            return None
        if value.family == base.family:
            return None
        return choosing.unfit("text encoder", value.sources[0], value.family, base)

    def _other_latents(
        self, base: Choice | None, value: Denoiser | Autoencoder
    ) -> ModelError | None:
        if not isinstance(base, Denoiser | Autoencoder):
            return None
        ours, theirs = self._latents(base), self._latents(value)
        alike = (
            ours.form == theirs.form
            if ours.is_said and theirs.is_said
            else (ours.form.channels == theirs.form.channels)
        )
        if alike:
            return None
        return ModelError(
            f"the latents of {_named(value)} are those of {theirs.whose}, and {_named(base)} has "
            f"those of {ours.whose}. Use a VAE of the model's family; between two models, decode "
            "with the VAE of the one and encode with that of the other.",
            code="wrong_latents",
        )

    def _latents(self, value: Denoiser | Autoencoder) -> "_Latents":
        if isinstance(value, Autoencoder):
            described = self.headers.described(value.source)
            if described.family is None:  # several families have such a VAE
                form = LATENTS[value.family]
                whose = f"a family whose latents have {form.channels} channels"
                return _Latents(form, whose, is_said=False)
        return _Latents(LATENTS[value.family], choosing.IN_WORDS[value.family])

    def _passed(self, id_: str, spec: NodeSpec) -> None:
        """Outputs bring along what comes to the one input that they follow."""
        for place, output in enumerate(spec.outputs):
            given = [self.graph.nodes[id_].inputs.get(name) for name in output.follows]
            links = [each for each in given if isinstance(each, Link)]
            if len(links) == 1:
                self.known[id_, place] = self._linked(links[0])


class _Latents(NamedTuple):
    """How latents are laid out, and whose they are; not `is_said`: their channels alone count."""

    form: LatentFormat
    whose: str
    is_said: bool = True


def _first(linked: Sequence[tuple[InputSpec, tuple[Choice, ...]]], *types: str) -> Choice | None:
    """What comes first to inputs of some types."""
    return next((values[0] for each, values in linked if each.type in types and values), None)


def _named(value: Denoiser | Autoencoder) -> str:
    kind = "model" if isinstance(value, Denoiser) else "VAE"
    return f"{kind} '{value.source}'"
