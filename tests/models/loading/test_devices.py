"""Where models work, and how much memory they may take."""

import sys
from pathlib import Path

import pytest

from paintgraph.models.errors import DeviceError
from paintgraph.models.loading.devices import (
    ANY_DEVICE,
    DeviceRules,
    Devices,
    Placement,
    _container_bytes,
    budgets,
    onnx_devices,
    onnx_providers,
    total_bytes,
)


def test_auto_takes_the_best_that_is_there() -> None:
    assert Devices(ANY_DEVICE, ("cuda", "cpu")).placement() == Placement("cuda", "auto")
    assert Devices(ANY_DEVICE, ("cpu",)).placement() == Placement("cpu", "auto")


def test_what_a_model_asks_for_goes_before_the_setting() -> None:
    devices = Devices(DeviceRules("cuda", "float32"), ("cuda", "cpu"))

    assert devices.placement() == Placement("cuda", "float32")
    assert devices.placement("cpu", "float16") == Placement("cpu", "float16")


def test_a_device_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(DeviceError) as caught:
        Devices(DeviceRules("tpu"), ("cuda", "cpu")).placement()

    assert str(caught.value) == (
        "device is 'tpu'; here models can work on cuda, cpu. Choose one, or install what the "
        "device needs."
    )


def test_unknown_samples_are_named_with_those_that_are_known() -> None:
    with pytest.raises(DeviceError, match="dtype is 'int3'; allowed are auto, float32, float16"):
        Devices(ANY_DEVICE, ("cpu",)).placement(dtype="int3")


def test_onnx_always_has_the_cpu() -> None:
    assert onnx_devices(ANY_DEVICE).there[-1] == "cpu"
    assert onnx_providers("cpu") == ["CPUExecutionProvider"]
    assert onnx_providers("cuda") == ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_the_budget_is_what_is_set_or_a_share_of_what_there_is() -> None:
    assert budgets(DeviceRules(memory_bytes=7))("cpu") == 7
    share = budgets(ANY_DEVICE, {"cpu": 100, "cuda": 100})
    assert (share("cpu"), share("cuda")) == (50, 80)
    assert 0 < budgets(ANY_DEVICE)("cpu") < total_bytes("cpu")


def test_a_container_has_no_more_than_its_limit(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("4096\n")
    assert _container_bytes([str(tmp_path / "none"), str(limit)]) == 4096
    limit.write_text("max\n")
    assert _container_bytes([str(limit)]) > 2**60


@pytest.mark.parametrize(
    ("rules", "hidden", "files", "environment"),
    [
        (DeviceRules("cpu"), None, ("/",), "cpu"),
        (DeviceRules("cuda", "float16"), None, (), "cuda float16"),
        (DeviceRules(), None, ("/",), "accelerator"),
        (DeviceRules(), None, ("/no/such/device",), "cpu"),
        (DeviceRules(), "", ("/",), "cpu"),
        (DeviceRules(dtype="bfloat16"), "0", ("/",), "accelerator bfloat16"),
    ],
)
def test_results_of_other_devices_or_samples_are_set_apart(
    rules: DeviceRules,
    hidden: str | None,
    files: tuple[str, ...],
    environment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("paintgraph.models.loading.devices._ACCELERATORS", files)
    if hidden is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)

    assert rules.environment() == environment
