"""What a worker has in memory, as its reports and its jobs tell."""

from paintgraph.jobs.dispatching.warmth import Warmth

BASE, LORA, OTHER = "base@sha256:1", "ink@sha256:2", "other@sha256:3"


def test_a_worker_holds_what_it_tells_and_what_its_jobs_used_beside_that() -> None:
    warmth = Warmth()
    assert warmth.models == frozenset()

    assert list(warmth.hear({"held": [BASE], "loaded": {BASE: (1, 8.0)}})) == [(BASE, 8.0)]
    warmth.used(frozenset({BASE, LORA}))
    assert list(warmth.hear({"held": [BASE], "loaded": {BASE: (1, 8.0)}})) == []
    assert warmth.models == {BASE, LORA}

    loaded = {BASE: (3, 20.0), OTHER: (1, 2.0)}
    assert list(warmth.hear({"held": [OTHER], "loaded": loaded})) == [
        (BASE, 6.0),
        (BASE, 6.0),
        (OTHER, 2.0),
    ]
    assert warmth.models == {OTHER}


def test_a_job_whose_models_were_not_needed_loads_nothing() -> None:
    """Its results were kept."""
    warmth = Warmth()
    list(warmth.hear({"held": [BASE], "loaded": {}}))

    warmth.used(frozenset({OTHER}))
    list(warmth.hear({"held": [BASE], "loaded": {}}))

    assert warmth.models == {BASE}


def test_what_the_first_job_used_is_held_although_its_load_is_heard_of_afterwards() -> None:
    warmth = Warmth()
    list(warmth.hear({}))

    warmth.used(frozenset({BASE, LORA}))
    list(warmth.hear({"held": [BASE], "loaded": {BASE: (1, 8.0)}}))

    assert warmth.models == {BASE, LORA}
