"""Hostile and broken requests: each is answered in words, and the server goes on as before."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from paintgraph.tests.api.hostile import bodies, fooocus, graphs, pictures, wire
from paintgraph.tests.api.hostile.asking import Hostile
from paintgraph.tests.api.hostile.processes import Answer, Child, resident_bytes, running
from paintgraph.tests.api.serving import png

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs /proc to see the server's memory"
)
MOST_GROWTH_BYTES = 1 << 30
SMALL = {
    "nodes": {"a": {"node": "SolidMask", "width": 4, "height": 4}},
    "outputs": {"mask": "${a.mask}"},
}
_LEAK = re.compile(
    r"Traceback|File \"|line \d+, in |site-packages|(?<![\w.:/])/(?:home|root|tmp|usr|var)/"
)
_RECIPES = {
    "itself": "nodes: {a: {recipe: itself}}\noutputs: {image: '${a.image}'}\n",
    "ping": "nodes: {a: {recipe: pong}}\noutputs: {image: '${a.image}'}\n",
    "pong": "nodes: {a: {recipe: ping}}\noutputs: {image: '${a.image}'}\n",
    "late": (
        "inputs: {image: {type: image}}\n"
        "nodes: {m: {node: MapImages, names: [a.png], recipe_name: late, save: false}}\n"
        "outputs: {image: '${m.images}'}\n"
    ),
    "bomb0": (
        "nodes:\n  s: {node: SolidMask, width: 2, height: 2}\n"
        "  a: {node: InvertMask, mask: '${s.mask}'}\n"
        "outputs: {mask: '${a.mask}'}\n"
    ),
}


def _doubling(number: int) -> str:
    """A recipe with ten of the one below it: ten to the tenth in the end."""
    below = f"bomb{number - 1}"
    nodes = [f"  n0: {{recipe: {below}}}\n"]
    nodes += [f"  n{n}: {{recipe: {below}}}\n" for n in range(1, 10)]
    nodes += ["  c1: {node: CombineMasks, mask: '${n0.mask}', other: '${n1.mask}'}\n"]
    nodes += [
        f"  c{n}: {{node: CombineMasks, mask: '${{c{n - 1}.mask}}', other: '${{n{n}.mask}}'}}\n"
        for n in range(2, 10)
    ]
    return "nodes:\n" + "".join(nodes) + "outputs: {mask: '${c9.mask}'}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A server with traps in its folders; its memory is bounded at the end."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    recipes, inputs = data / "recipes", data / "inputs"
    recipes.mkdir(parents=True)
    inputs.mkdir()
    for name, text in _RECIPES.items():
        (recipes / f"{name}.yaml").write_text(text)
    for number in range(1, 10):
        (recipes / f"bomb{number}.yaml").write_text(_doubling(number))
    (inputs / "photo.png").write_bytes(png())
    outside = data.with_name("outside.png")
    outside.write_bytes(png())
    (inputs / "link.png").symlink_to(outside)
    (inputs / "way").symlink_to("/etc")
    (inputs / "circle.png").symlink_to(inputs / "circle.png")
    with running(data, durability="normal", grace_seconds=0.5) as child:
        child.until_ready()
        _still_works(child)
        before = resident_bytes(child.pid)
        yield child
        assert resident_bytes(child.pid) < before + MOST_GROWTH_BYTES
        assert "Traceback" not in child.log.read_text()


def _still_works(server: Child) -> None:
    assert server.call("GET", "/livez").status == 200
    answer = server.call("POST", "/v1/jobs?wait=60", SMALL)
    assert (answer.status, answer.json["state"]) == (200, "succeeded"), answer.text


def _is_told(answer: Answer) -> bool:
    """Whether an answer is a problem in its own form."""
    problem = answer.json
    if answer.status == 422 and isinstance(problem["detail"], list):
        # As FastAPI says it, for clients who know that; then it is no problem+json.
        is_kind = answer.headers["Content-Type"] == "application/json" and problem["detail"]
        return bool(is_kind) and problem["status"] == 422
    return (
        answer.headers["Content-Type"] == "application/problem+json"
        and problem["status"] == answer.status
        and problem["type"] == f"urn:paintgraph:problem:{problem['code']}"
        and isinstance(problem["detail"], str)
    )


def _codes(answer: Answer) -> set[str]:
    problem = answer.json
    return {problem["code"], *(each["code"] for each in problem.get("errors", ()))}


def _check(server: Child, hostile: Hostile) -> None:
    answer = server.exchange(hostile.request(), then_close=hostile.then_close)
    allowed = hostile.statuses or (*range(400, 500), 200, 202)
    assert answer.status in allowed, (answer.status, answer.text[:2000])
    assert not _LEAK.search(answer.text), answer.text[:2000]
    assert str(server.data) not in answer.text
    if answer.status >= 400:
        assert _is_told(answer), answer.text[:2000]
        assert len(answer.body) < 20_000_000
    if hostile.code:
        assert hostile.code in _codes(answer), answer.text[:2000]
    if hostile.state and answer.status == 200:
        job = answer.json
        assert job["state"] in hostile.state.split(), answer.text[:2000]
        assert (job["state"] == "failed") is ("problems" in job)
    elif answer.status == 202:
        server.ended(answer.json["id"])


SLOW = {"a chain of 20,000"}
CORPUS = {
    "bodies": bodies.CORPUS,
    "wire": wire.CORPUS,
    "graphs": graphs.CORPUS,
    "pictures": pictures.CORPUS,
    "fooocus": fooocus.CORPUS,
}


def test_no_request_is_there_twice() -> None:
    names = [(kind, hostile.name) for kind, corpus in CORPUS.items() for hostile in corpus]

    assert len(names) == len(set(names))
    assert len(names) >= 300


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(h, id=f"{kind}-{h.name}", marks=[pytest.mark.slow] * (h.name in SLOW))
        for kind, corpus in CORPUS.items()
        for h in corpus
    ],
)
def test_a_hostile_request_is_answered_and_the_server_goes_on(
    server: Child, hostile: Hostile
) -> None:
    _check(server, hostile)
    _still_works(server)
