"""The files of `deploy/` are as their published schemas say; they are not run.

Compose's schema is the one that check-jsonschema has; Kubernetes' own objects are those of
lightkube's models, which are made of its OpenAPI. KubeRay's schema is in no package: what the file
uses of it is written here, after https://ray-project.github.io/kuberay/reference/api/.
"""

import json
import re
import typing
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
import typer
import yaml
from lightkube.models import apps_v1, core_v1, meta_v1, networking_v1

from paintgraph.api.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


class AuthOptions:
    mode: Literal["disabled", "token"] | None


class HeadGroupSpec:
    template: core_v1.PodTemplateSpec
    rayStartParams: dict[str, str] | None  # noqa: N815 - KubeRay's names
    serviceType: str | None  # noqa: N815
    enableIngress: bool | None  # noqa: N815


class WorkerGroupSpec:
    groupName: str  # noqa: N815
    template: core_v1.PodTemplateSpec
    rayStartParams: dict[str, str] | None  # noqa: N815
    replicas: int | None
    minReplicas: int | None  # noqa: N815
    maxReplicas: int | None  # noqa: N815
    idleTimeoutSeconds: int | None  # noqa: N815
    numOfHosts: int | None  # noqa: N815


class RayClusterSpec:
    headGroupSpec: HeadGroupSpec  # noqa: N815
    workerGroupSpecs: list[WorkerGroupSpec] | None  # noqa: N815
    rayVersion: str | None  # noqa: N815
    authOptions: AuthOptions | None  # noqa: N815
    enableInTreeAutoscaling: bool | None  # noqa: N815
    suspend: bool | None


class RayCluster:
    metadata: meta_v1.ObjectMeta
    spec: RayClusterSpec
    apiVersion: Literal["ray.io/v1"] | None  # noqa: N815
    kind: str | None


KINDS: dict[str, Any] = {
    "ray.io/v1 RayCluster": RayCluster,
    "apps/v1 Deployment": apps_v1.Deployment,
    "v1 Service": core_v1.Service,
    "v1 PersistentVolumeClaim": core_v1.PersistentVolumeClaim,
    "networking.k8s.io/v1 NetworkPolicy": networking_v1.NetworkPolicy,
}


def faults(value: Any, kind: Any, where: str) -> Iterator[str]:
    """What of a document is not as its type says; fields that the type has not are faults."""
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if origin is Literal:
        if value not in arguments:
            yield f"{where}: {value!r} is none of {arguments}"
    elif origin in (list, dict):
        if not isinstance(value, origin):
            yield f"{where}: no {origin.__name__}"
            return
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from faults(item, arguments[-1], f"{where}[{key}]")
    elif arguments:  # a union
        found = [[*faults(value, one, where)] for one in arguments if one is not type(None)]
        if all(found):
            yield from min(found, key=len)
    elif typing.get_type_hints(kind):
        # `from` is a word of Python's, which gives the name another end.
        types = {name.rstrip("_"): each for name, each in typing.get_type_hints(kind).items()}
        yield from _faults_of_fields(value, types, where)
    elif not isinstance(value, kind):
        yield f"{where}: {value!r} is no {kind.__name__}"


def _faults_of_fields(value: Any, types: dict[str, Any], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: no object"
        return
    needed = [name for name, kind in types.items() if type(None) not in typing.get_args(kind)]
    yield from (f"{where}.{name}: not known" for name in value.keys() - types.keys())
    yield from (f"{where}.{name}: missing" for name in needed if name not in value)
    for name in value.keys() & types.keys():
        yield from faults(value[name], types[name], f"{where}.{name}")


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def kubernetes() -> list[Any]:
    return [*yaml.safe_load_all((DEPLOY / "kuberay.yaml").read_text())]


def test_the_compose_file_is_as_its_schema_says(compose: Any) -> None:
    folder = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text())

    jsonschema.validate(compose, schema)

    compose["services"]["agent"]["inti"] = True
    with pytest.raises(jsonschema.ValidationError, match="inti"):
        jsonschema.validate(compose, schema)
    del compose["services"]["agent"]["inti"]


def test_the_objects_of_kubernetes_are_as_their_types_say(kubernetes: list[Any]) -> None:
    for each in kubernetes:
        kind = KINDS[f"{each['apiVersion']} {each['kind']}"]
        assert [*faults(each, kind, each["kind"])] == []

    head = kubernetes[0]["spec"]["headGroupSpec"]
    wrong = {**kubernetes[0], "spec": {"headGroupSpec": {**head, "template": {"sepc": {}}}}}
    assert [*faults(wrong, RayCluster, "c")] == ["c.spec.headGroupSpec.template.sepc: not known"]


def _ours(compose: Any, kubernetes: list[Any]) -> Iterator[tuple[list[str], set[str]]]:
    """Words and variables of every container of paintgraph."""
    for name in ("server", "agent"):
        yield compose["services"][name]["command"], {*compose["services"][name]["environment"]}
    for container in kubernetes[1]["spec"]["template"]["spec"]["containers"]:
        yield container["args"], set()


def test_commands_and_settings_are_those_that_there_are(
    compose: Any, kubernetes: list[Any]
) -> None:
    from paintgraph.cli.app import app

    commands = vars(typer.main.get_command(app))["commands"]
    settings = {f"PAINTGRAPH_{name.upper()}" for name in Settings.model_fields}
    for words, variables in _ours(compose, kubernetes):
        assert words[0] in commands
        assert {name for name in variables if name.startswith("PAINTGRAPH_")} <= settings
    for file in DEPLOY.glob("*.yaml"):
        named = set(re.findall(r"\bPAINTGRAPH_[A-Z_]+", file.read_text()))
        assert named <= settings


def test_what_is_named_is_there(compose: Any, kubernetes: list[Any]) -> None:
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", ())) <= services.keys()
        assert {each["source"] for each in service.get("configs", ())} <= compose["configs"].keys()
        volumes = {volume.split(":")[0] for volume in service.get("volumes", ())}
        assert volumes <= compose["volumes"].keys()
    groups = [kubernetes[0]["spec"]["headGroupSpec"], *kubernetes[0]["spec"]["workerGroupSpecs"]]
    for template in (*(group["template"] for group in groups), kubernetes[1]["spec"]["template"]):
        there = {volume["name"] for volume in template["spec"]["volumes"]}
        for container in template["spec"]["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= there


def test_what_is_killed_is_reaped_and_no_port_is_open_to_the_world(
    compose: Any, kubernetes: list[Any]
) -> None:
    for name in ("server", "agent"):
        assert compose["services"][name]["init"] is True
    spec = kubernetes[0]["spec"]
    assert spec["authOptions"] == {"mode": "token"}
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        assert group["template"]["spec"]["shareProcessNamespace"] is True
    ports = [port for each in compose["services"].values() for port in each.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert ports
