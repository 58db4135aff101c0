"""constraints.txt holds one version of everything that is required."""

import re

from packaging.utils import canonicalize_name

from paintgraph.tests.packaging.declared import ROOT, requirements

LINES = [
    line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")
]
VERSIONS = {
    canonicalize_name(name): version
    for name, _, version in (line.partition("==") for line in LINES)
}


def test_every_line_is_one_version_that_an_index_has() -> None:
    assert [line for line in LINES if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    assert len(VERSIONS) == len(LINES)
    assert sorted(LINES, key=str.lower) == LINES


def test_every_requirement_has_a_version_within_its_range() -> None:
    outside = [
        f"{requirement} ({extra or 'core'}): {VERSIONS.get(canonicalize_name(requirement.name))}"
        for extra, requirement in requirements()
        if not requirement.specifier.contains(
            VERSIONS.get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
        or canonicalize_name(requirement.name) not in VERSIONS
    ]
    assert outside == []


def test_what_only_one_platform_has_is_left_out() -> None:
    platform_only = [name for name in VERSIONS if name.startswith(("nvidia-", "cuda-", "triton"))]
    assert [*platform_only, *({"paintgraph"} & set(VERSIONS))] == []
