"""The node types and sockets of one process, and the fingerprints that result keys hold of them."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import orjson

from paintgraph.base.packages import installed_version
from paintgraph.engine.errors import DeclarationError
from paintgraph.engine.graph.sockets import ANYTHING, PLAIN_SOCKETS, Socket, union
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.declaration import Declaration, declaration_of
from paintgraph.engine.node.sources import OWN, own_digest


def fingerprint(spec: NodeSpec, sources: str) -> str:
    """Declaration, sources and package versions as one text."""
    packages = [(name, installed_version(name)) for name in (OWN, *spec.packages)]
    return orjson.dumps([spec.id, spec.version, sources, packages]).decode()


class Registry:
    """Declarations by node id, sockets by type name. A duplicate id is an error.

    `replacements` maps ids that other tools have and this one has not to what to use instead;
    `choices` gives the names that there are of each kind of resource, now.
    """

    def __init__(
        self,
        functions: Iterable[object] = (),
        replacements: Mapping[str, str] | None = None,
        choices: Callable[[], Mapping[str, Sequence[str]]] = dict,
    ) -> None:
        self._find_choices = choices
        self._choices = choices()
        self._replacements = dict(replacements or {})
        self._faults: dict[str, str] = {}
        self._expected: set[str] = set()
        self._declarations: dict[str, Declaration] = {}
        self._token = secrets.token_hex(8)
        self._fingerprints: dict[str, str] = {}
        self._sockets: dict[str, Socket] = {socket.name: socket for socket in PLAIN_SOCKETS}
        self._unions: dict[str, Socket] = {}
        for function in functions:
            self.add(declaration_of(function))

    def add(self, declaration: Declaration) -> None:
        """Register one node type."""
        id_ = declaration.spec.id
        if id_ in self._declarations:
            there = self._declarations[id_].spec.module
            raise DeclarationError(
                f"node '{id_}' of {declaration.spec.module} is already declared in {there}; "
                "ids are unique. Rename one."
            )
        self._declarations[id_] = replace(declaration, spec=self._with_choices(declaration.spec))
        for socket in declaration.sockets:
            self._sockets.setdefault(socket.name, socket)

    def _with_choices(self, spec: NodeSpec) -> NodeSpec:
        """The spec with the names that there are, where an input takes one of a catalogue."""
        if not any(declared.resource in self._choices for declared in spec.inputs):
            return spec
        inputs = tuple(
            replace(declared, choices=tuple(self._choices[declared.resource]))
            if declared.resource in self._choices
            else declared
            for declared in spec.inputs
        )
        return replace(spec, inputs=inputs)

    def renew(self, ids: Iterable[str]) -> list[NodeSpec]:
        """Declare nodes anew whose choices may have changed; gives the specs that differ now.

        A node whose code fails at it stays as it was.
        """
        changed = []
        for id_ in dict.fromkeys(ids):
            declaration = self._declarations.get(id_)
            if declaration is None or declaration.renewed is None:
                continue
            with suppress(Exception):
                spec = replace(declaration.renewed(), title=declaration.spec.title)
                if spec != declaration.spec:
                    self._declarations[id_] = replace(declaration, spec=spec)
                    changed.append(spec)
        return changed

    def choose_again(self) -> list[NodeSpec]:
        """Look which names of resources there are now; gives the specs that differ by that."""
        self._choices = self._find_choices()
        changed = []
        for id_, declaration in [*self._declarations.items()]:
            spec = self._with_choices(declaration.spec)
            if spec != declaration.spec:
                self._declarations[id_] = replace(declaration, spec=spec)
                changed.append(spec)
        return changed

    def release(self) -> None:
        """Let go of what the code of nodes keeps between calls."""
        for declaration in self._declarations.values():
            if declaration.release is not None:
                declaration.release()

    def get(self, id_: str) -> Declaration | None:
        """The declaration of a node id, or None."""
        return self._declarations.get(id_)

    def spec(self, id_: str) -> NodeSpec | None:
        """The spec of a node id, or None."""
        declaration = self._declarations.get(id_)
        return None if declaration is None else declaration.spec

    def fingerprint(self, id_: str) -> str:
        """What results of a registered node depend on besides its inputs, as text."""
        found = self._fingerprints.get(id_)
        if found is None:
            declaration = self._declarations[id_]
            found = fingerprint(declaration.spec, self._sources(declaration))
            self._fingerprints[id_] = found
        return found

    def _sources(self, declaration: Declaration) -> str:
        """Digest of a node's code; code that cannot be known again is another in each registry."""
        if declaration.spec.module.partition(".")[0] == OWN:
            return own_digest()
        return self._token if declaration.sources is None else declaration.sources

    @property
    def replacements(self) -> Mapping[str, str]:
        """Ids that other tools have and this registry has not, with what to use instead."""
        items = self._replacements.items()
        return {id_: instead for id_, instead in items if id_ not in self._declarations}

    def replacement(self, id_: str) -> str | None:
        """What to use instead of another tool's node, or None."""
        return self._replacements.get(id_)

    def expect(self, ids: Iterable[str]) -> None:
        """Note ids of nodes that are registered only when a graph uses them."""
        self._expected.update(ids)

    def known(self) -> list[str]:
        """All ids that a graph may use."""
        return [*self._declarations, *sorted(self._expected - self._declarations.keys())]

    def forget(self, ids: Iterable[str]) -> None:
        """Know nothing more of some ids, neither declarations nor faults."""
        for id_ in ids:
            self._declarations.pop(id_, None)
            self._fingerprints.pop(id_, None)
            self._faults.pop(id_, None)
            self._expected.discard(id_)

    def refuse(self, id_: str, why: str) -> None:
        """Note why there is no node of this id though there might be one."""
        self._faults[id_] = why

    @property
    def faults(self) -> Mapping[str, str]:
        """Ids of which there might be a node, with why there is none."""
        return self._faults

    def fault(self, id_: str) -> str | None:
        """Why there is no node of this id though there might be one, or None."""
        return self._faults.get(id_)

    def socket(self, type_: str) -> Socket:
        """The socket of a type; an unknown type, or a union with one, is not checked."""
        found = self._sockets.get(type_)
        if found is None and "|" in type_:
            parts = [self._sockets.get(part, ANYTHING) for part in type_.split("|")]
            found = ANYTHING if ANYTHING in parts else self._unions.setdefault(type_, union(parts))
        return found or ANYTHING

    def __iter__(self) -> Iterator[Declaration]:
        return iter(self._declarations.values())

    def __contains__(self, id_: object) -> bool:
        return id_ in self._declarations

    def ids(self) -> list[str]:
        """All node ids, in the order of registration."""
        return list(self._declarations)
