"""How many pixels a picture may have is a setting of the server, for uploads and in workers."""

from pathlib import Path

from paintgraph.tests.api.serving import png, serving

RAW = {"Content-Type": "application/octet-stream"}
TOLD = "400 pixels; allowed are 300. Scale it down first, or raise PAINTGRAPH_MAX_PIXELS."


def test_the_setting_holds_for_uploads_and_in_workers(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "large.png").write_bytes(png(width=20, height=20))
    # What a folder holds is only read by the worker.
    nodes = {
        "names": {"node": "LoadImagesFromFolder"},
        "photo": {"node": "LoadImage", "image": "${names.names}"},
    }
    graph = {"paintgraph": 1, "nodes": nodes, "outputs": {"image": "${photo.image}"}}

    with serving(tmp_path, max_pixels=300) as server:
        small = server.call("POST", "/v1/images", data=png(width=15, height=20), headers=RAW)
        large = server.call("POST", "/v1/images", data=png(width=20, height=20), headers=RAW)
        job = server.submit({"graph": graph}, wait=60).json

    assert small.status in (200, 201)
    assert large.status == 422
    assert TOLD in large.body.decode()
    assert job["state"] == "failed"
    assert TOLD in str(job)
