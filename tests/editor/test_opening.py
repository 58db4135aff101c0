"""Graphs open in the page by their address, each value in its widget, no node over another."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from paintgraph import graphs
from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import NEEDS_PAGE, Tab, opened

pytestmark = NEEDS_PAGE

NAMES = sorted(path.stem for path in Path(graphs.FOLDER).glob("*.yaml"))
CONTROL = "fixed"  # stands behind seeds
TITLE = 30  # px above a node's own place

SHOWN = """async workflow => {
  await app.loadGraphData(workflow);
  return Object.fromEntries(app.graph._nodes.map(node => [node.id, {
    box: [...node.pos, ...node.size],
    values: Object.fromEntries((node.widgets ?? []).map(widget => [widget.name, widget.value])),
  }]));
}"""


def given(node: Any) -> dict[str, Any]:
    """The values of a node of a file by the names of its widgets."""
    names = [slot["widget"]["name"] for slot in node["inputs"] if "widget" in slot]
    values = [value for value in node["widgets_values"] if value != CONTROL]
    return dict(zip(names, values, strict=True))


def overlaps(a: Any, b: Any) -> bool:
    ax, ay, aw, ah = a
    bx, by, bw, bh = b
    is_beside = ax + aw <= bx or bx + bw <= ax
    return not (is_beside or ay + ah <= by - TITLE or by + bh <= ay - TITLE)


def test_every_recipe_has_its_values_in_their_widgets_and_no_node_over_another(
    browser: Browser, server: Child
) -> None:
    with opened(browser, server) as tab:
        for name in NAMES:
            path = f"/editor/api/workflow_templates/paintgraph/{name}.json"
            workflow = server.call("GET", path).json
            shown = tab.ask(SHOWN, workflow)
            boxes = {}
            for node in workflow["nodes"]:
                found = shown[str(node["id"])]
                boxes[node["id"]] = found["box"]
                for widget, value in given(node).items():
                    if value is not None:
                        assert found["values"][widget] == value, (name, node["type"], widget)
            crossed = [
                (a, b) for a in boxes for b in boxes if a < b and overlaps(boxes[a], boxes[b])
            ]
            assert crossed == [], name
        assert tab.faults == []


def types(tab: Tab) -> list[str]:
    found: list[str] = tab.ask("app.graph._nodes.map(node => node.type)")
    return found


def test_the_address_of_a_job_opens_what_ran_once(browser: Browser, server: Child) -> None:
    photo = (Path(__file__).parents[2] / "docs/photos/coffee.jpg").read_bytes()
    digest = server.call("POST", "/v1/images", photo, Content_Type="image/jpeg").json["digest"]
    inputs = {"image": digest, "engine": "telea"}
    job = server.call("POST", "/v1/recipes/outpaint?wait=60", inputs).json

    with opened(browser, server, job["links"]["editor"]) as tab:
        tab.until(f"document.title.includes('job {job['id'][:8]}')")
        tab.until("app.graph._nodes[0].imgs?.length > 0")
        opened_once = types(tab)
        address = tab.page.url

        assert opened_once[0] == "LoadImage"
        assert "InpaintSampler" in opened_once
        assert "graph=" not in address
        assert tab.faults == []


def test_an_address_of_nothing_is_told(browser: Browser, server: Child) -> None:
    with opened(browser, server, "/editor/?graph=nothing") as tab:
        tab.page.get_by_text("there is no job 'nothing'").first.wait_for()
        assert "InpaintSampler" in types(tab)
