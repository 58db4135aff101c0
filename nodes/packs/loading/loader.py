"""Loads packs into a registry, one after the other, and reports what became of each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from paintgraph.base.printing import printed_aside
from paintgraph.engine.errors import DeclarationError
from paintgraph.engine.graph.spec import NodeSpec
from paintgraph.engine.node.registry import Registry
from paintgraph.nodes.foreign import STRANGE_SOCKETS
from paintgraph.nodes.packs.host.finder import install, place
from paintgraph.nodes.packs.host.places import Places
from paintgraph.nodes.packs.loading.finding import Pack, find_packs
from paintgraph.nodes.packs.loading.guard import process_guard
from paintgraph.nodes.packs.loading.importing import Imported, import_pack, prestart
from paintgraph.nodes.packs.loading.report import PackReport

Tell = Callable[[str], None]


def _nothing(_: str) -> None:
    """For who need not be told."""


class PackLoader:
    """Loads packs, once for a process: the names that packs import are taken from then on.

    `sources` are as for `find_packs`. `allowed` says what packs may do at import, of `FREEDOMS`.
    `left_out` names packs that are not to be imported, with what an earlier process came to by
    them. `announce` is told the name of each pack before it is imported, and "" at the end, so that
    one that never returns is known by name. `tell` gets a sentence for each thing that a user
    should know of what does not work.
    """

    def __init__(
        self,
        sources: Iterable[str],
        places: Places,
        *,
        device: str = "auto",
        allowed: Iterable[str] = (),
        left_out: Mapping[str, str] | None = None,
        announce: Tell = _nothing,
        tell: Tell = _nothing,
    ) -> None:
        self._packs = find_packs(sources)
        self._places = places
        self._device = device
        self._allowed = tuple(allowed)
        self._left_out = dict(left_out or {})
        self._announce = announce
        self._tell = tell
        self.reports: list[PackReport] = []
        """What became of each pack, once they are loaded."""

    def load_into(self, registry: Registry) -> None:
        """Import every pack and register its nodes; what fails is in `reports`.

        What packs print goes to the standard error, as the standard output is for results.
        """
        self.reports = []
        if self._packs:
            with printed_aside():
                self._load_all(registry)

    def _load_all(self, registry: Registry) -> None:
        self._prepare()
        ready = [pack for pack in self._packs if pack.name not in self._left_out]
        failed = {pack: self._guarded(pack, prestart)[0] for pack in ready}
        owners: dict[str, str] = {}
        for pack in self._packs:
            if pack.name in self._left_out:
                why = f"it is left out: {self._left_out[pack.name]}"
                report = PackReport(pack.name, str(pack.path), "left out", why)
            elif failed[pack]:
                report = PackReport(pack.name, str(pack.path), "failed", failed[pack])
            else:
                report = self._load(pack, registry, owners)
            for node, reason in report.left_out.items():
                if node not in registry:
                    registry.refuse(node, f"Pack '{pack.name}' has it, but {reason}.")
            self.reports.append(report)
            for sentence in report.sentences():
                self._tell(sentence)
        self._announce("")

    def _prepare(self) -> None:
        """Let packs find what they import."""
        install()
        from paintgraph.nodes.packs.standins import folder_paths
        from paintgraph.nodes.packs.standins.comfy import model_management
        from paintgraph.nodes.packs.standins.server import PromptServer

        PromptServer.instance = PromptServer()
        for folder in self._places.pictures:  # packs list what is in them, as they are always there
            with suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
        folder_paths.configure(self._places)
        model_management.configure(self._device)
        place(self._places.base, self._places.packs)

    def _guarded(self, pack: Pack, act: Callable[[Pack], Any]) -> tuple[Any, list[str]]:
        """What an act gives while packs are held to what they may do, and what was refused."""
        self._announce(pack.name)
        places = self._places
        web = places.base / "web"  # where old packs lay their scripts
        folders = (*places.pictures, places.models, web)
        with process_guard().guarding(self._allowed, folders, pack.path) as refused:
            return act(pack), refused

    def _load(self, pack: Pack, registry: Registry, owners: dict[str, str]) -> PackReport:
        from paintgraph.nodes.packs.standins.server import PromptServer

        server = PromptServer.instance
        before, handlers = _routes_of(server), len(server.on_prompt_handlers)
        digest = pack.digest
        imported, refused = self._guarded(pack, import_pack)
        if len(server.on_prompt_handlers) > handlers and "routes" not in self._allowed:
            refused.append("routes: add_on_prompt_handler, to change prompts as they come")
        report = PackReport(
            pack.name,
            str(pack.path),
            "failed" if imported.why else "loaded",
            imported.why,
            imported.missing,
            refused=tuple(refused),
            routes=tuple(each for each in _routes_of(server) if each not in before),
            web=imported.web,
            digest=digest,
            seconds=round(imported.seconds, 3),
        )
        if imported.why:
            return report
        left_out = self._register(pack, imported, registry, owners)
        found = tuple(name for name in imported.classes if owners.get(name) == pack.name)
        return replace(report, nodes=found, left_out=left_out)

    def _register(
        self, pack: Pack, imported: Imported, registry: Registry, owners: dict[str, str]
    ) -> dict[str, str]:
        """Register the classes of a pack; gives those that are left out, with the reason."""
        from paintgraph.nodes.packs.standins import nodes

        left_out = {}
        for name, cls in imported.classes.items():
            if name in registry:
                owner = owners.get(name)
                left_out[name] = (
                    f"pack '{owner}' has a node of this name already, and comes first"
                    if owner
                    else "paintgraph has a node of this name itself"
                )
                continue
            try:
                left_out[name] = self._add(name, cls, pack, imported, registry)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - another author's code
                left_out[name] = f"its class fails: {type(error).__name__}: {error}".rstrip(": ")
            if not left_out[name]:
                del left_out[name]
                owners[name] = pack.name
                nodes.NODE_CLASS_MAPPINGS[name] = cls
                nodes.NODE_DISPLAY_NAME_MAPPINGS[name] = imported.titles.get(name, name)
        return left_out

    def _add(self, name: str, cls: Any, pack: Pack, imported: Imported, registry: Registry) -> str:
        """Register one class; why it cannot be, or ""."""
        from paintgraph.nodes.packs.classes.declaring import declare_class
        from paintgraph.nodes.packs.loading.schemas import as_v1, described
        from paintgraph.nodes.packs.sampling.patching import patch_of
        from paintgraph.nodes.packs.sampling.refusing import instead_of

        if not isinstance(name, str) or not isinstance(cls, type):
            raise DeclarationError(f"'{name}' is no class of a node")
        cls.RELATIVE_PYTHON_MODULE = pack.python_module  # type: ignore[attr-defined] # as packs expect
        declaration = declare_class(name, as_v1(cls), pack)
        title = imported.titles.get(name)

        def finished(spec: NodeSpec) -> NodeSpec:
            spec = described(cls, spec)
            return _titled(spec, title) if title else spec

        renew = declaration.renewed
        declaration = replace(
            declaration,
            spec=finished(declaration.spec),
            renewed=(lambda: finished(renew())) if renew else None,
        )
        if types := _model_types(declaration.spec):
            return f"it needs ComfyUI's model objects ({', '.join(types)})"
        if patch := patch_of(cls, declaration.spec):
            instead = registry.replacement(name) or instead_of(patch)
            return (
                f"it changes ComfyUI's model objects ({patch}), of which there are none here; use "
                f"{instead}"
            )
        orjson.dumps(declaration.spec.to_json())  # raises for what no other process could be told
        registry.add(declaration)
        return ""


def _routes_of(server: Any) -> list[str]:
    """What packs want to answer so far, as METHOD PATH."""
    table = [
        (route.method, route.path) if hasattr(route, "method") else ("GET", route.prefix)
        for route in server.routes
    ]
    added = [(r.method, r.resource.canonical) for r in server.app.router.routes() if r.resource]
    return [f"{method} {path}" for method, path in (*table, *added) if method != "HEAD"]


def _titled(spec: NodeSpec, title: str) -> NodeSpec:
    """The spec with a name for people, for editors too."""
    info = orjson.loads(spec.object_info) if spec.object_info else {}
    described = orjson.dumps({**info, "display_name": title}).decode() if info else ""
    return replace(spec, title=title, object_info=described)


def _model_types(spec: NodeSpec) -> Sequence[str]:
    """The types of model objects that a node cannot do without, or gives."""
    needed = [each.type for each in spec.inputs if each.required]
    given = [each.type for each in spec.outputs]
    return list(dict.fromkeys(t for t in (*needed, *given) if t in STRANGE_SOCKETS))
