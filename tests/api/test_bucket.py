"""Servers that share a bucket: what one keeps, the other gives; what is purged is gone."""

from pathlib import Path

from paintgraph.base.bucket import Bucket
from paintgraph.tests.api.serving import mask_png, png, run_recipe, serving

FILE = "copy_00001_.png"


def test_what_one_server_makes_another_gives(
    tmp_path: Path, bucket_url: str, bucket: Bucket
) -> None:
    with (
        serving(tmp_path / "a", objects=bucket_url) as one,
        serving(tmp_path / "b", objects=bucket_url) as other,
    ):
        photo = one.upload(png())
        job = run_recipe(other, "inpaint", {"image": photo, "mask": other.upload(mask_png())})
        made = job["outputs"]["image"]
        picture = one.call("GET", made["url"])
        saved = other.submit(_saving(made["digest"]), wait=300).json
        assert "state" in saved, saved
        assert saved["state"] == "succeeded", saved
        view = one.call("GET", f"/view?filename={FILE}&type=output")

        assert picture.status == view.status == 200
        assert bucket.get(f"outputs/{FILE}") == view.body
        assert other.call("DELETE", f"/v1/jobs/{saved['id']}?purge=true").status in (200, 204)
        assert bucket.get(f"outputs/{FILE}") is None
        assert one.call("GET", f"/view?filename={FILE}&type=output").status == 404


def _saving(digest: str) -> object:
    return {
        "nodes": {
            "photo": {"node": "LoadImage", "image": digest},
            "saved": {
                "node": "SaveImage",
                "images": "${photo.image}",
                "filename_prefix": "copy",
            },
        },
    }
