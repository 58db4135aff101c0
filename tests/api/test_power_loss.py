"""What was answered is there after the power was cut at that very moment, disks being forgetful."""

import os
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from paintgraph.engine.execution.blobs import FolderBlobs
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.tests.api.hostile import power
from paintgraph.tests.api.hostile.processes import family, running, wait_for
from paintgraph.tests.api.serving import png

JOBS = 6
_JOB = re.compile(rb'^\{"id":"([0-9a-f]{32})","state":"(\w+)"')


def saving(digest: str) -> dict[str, Any]:
    nodes = {
        "p": {"node": "LoadImage", "image": digest},
        "s": {"node": "SaveImage", "images": "${p.image}", "filename_prefix": "day/copy"},
    }
    return {"nodes": nodes}


def recorded(folder: Path, **settings: Any) -> power.Recorded:
    """A server that takes jobs one after the other and all at once, and what it did to its disk."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    if subprocess.run([strace, "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs to be allowed to trace a process")
    record = folder / "record" / "calls"
    record.parent.mkdir()
    (folder / "disk").mkdir()
    data = folder / "disk" / "new" / "data"
    with running(data, log=folder / "log", wrap=lambda c: power.traced(c, record), **settings) as s:
        s.until_ready()
        jobs = [s.submit(saving(s.upload(png(shade=n)))) for n in range(2)]
        graphs = [saving(s.upload(png(shade=n))) for n in range(2, JOBS)]
        with ThreadPoolExecutor(4) as pool:
            jobs += pool.map(s.submit, graphs)
        assert [s.ended(job)["state"] for job in jobs] == ["succeeded"] * JOBS
        assert s.end() == 0
    wait_for(lambda: not tracers(record), "the record is whole")
    return power.Recorded(record, folder / "disk")


def tracers(record: Path) -> list[int]:
    """Processes that still write the record."""
    return [pid for pid, words in family(1).items() if f"-o {record} " in words]


def told(answer: power.Answer) -> tuple[str, str] | None:
    """The id and state of the job that an answer shows, if it shows one."""
    _, _, body = answer.data.partition(b"\r\n\r\n")
    found = _JOB.match(body)
    return (found[1].decode(), found[2].decode()) if found else None


def lost(disk: Path, known: dict[str, str]) -> list[str]:
    """What a disk lacks of jobs that were told, by id and state."""
    data = disk / "new" / "data"
    if not known:
        return []
    if not (data / "jobs.sqlite").exists():
        return ["the store"]
    store = JobStore(data / "jobs.sqlite")
    blobs = FolderBlobs(data / "blobs")
    lacking = []
    for id_, state in known.items():
        job = store.get(id_)
        if job is None or (state == "succeeded" and job.state != state):
            lacking.append(f"job {id_} {state}")
            continue
        graph = (store.document(id_) or b"").decode()
        lacking += [each for each in re.findall("sha256:[0-9a-f]{64}", graph) if each not in blobs]
        for value in job.outputs.values():
            files = [data / "outputs" / each["file"] for each in value if "file" in each]
            lacking += [
                str(each) for each in files if not each.is_file() or not each.stat().st_size
            ]
    store.close()
    return lacking


def test_the_power_may_be_cut_at_any_answer(tmp_path: Path) -> None:
    known: dict[str, str] = {}
    lacking: dict[int, list[str]] = {}
    disk = tmp_path / "cut"
    for number, (answer, write) in enumerate(recorded(tmp_path).cuts()):
        shown = told(answer)
        if shown:
            known |= dict([shown])
            shutil.rmtree(disk, ignore_errors=True)
            write(disk)
            if missing := lost(disk, known):
                lacking[number] = missing
            if len(known) == JOBS and not (tmp_path / "last").exists():
                write(tmp_path / "last")

    assert (len(known), lacking) == (JOBS, {})
    data = tmp_path / "last" / "new" / "data"
    part = data / "blobs" / ".left.part"
    part.write_bytes(b"half")
    os.utime(part, (time.time() - 61,) * 2)
    with running(data) as again:
        wait_for(lambda: not part.exists(), "what was left half written is gone")
        assert [again.ended(id_)["state"] for id_ in known] == ["succeeded"] * JOBS
