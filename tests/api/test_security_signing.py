"""A signature opens exactly one address, until it expires."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from paintgraph.api.guards.keys import SecretError, Signer, load_secret

SIGNER = Signer(b"0" * 32)
NOW = 1000.0
SIGNED = SIGNER.sign("/view?filename=a.png&type=output", 2000)


def test_what_was_signed_is_open_until_it_expires() -> None:
    assert SIGNER.verify(SIGNED, NOW)
    assert not SIGNER.verify(SIGNED, 2000)
    assert not Signer(b"1" * 32).verify(SIGNED, NOW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a.png", "b.png"),
        ("/view", "/viev"),
        ("expires=2000", "expires=3000"),
        ("expires=2000", "expires=02000"),
        ("expires=2000", "expires=-1"),
        ("expires=2000", "expires=\u0662000"),
        ("&type=output", ""),
        ("&expires", "&more=1&expires"),
        ("&expires", "?expires"),
        ("type=output", "type=output&filename=b.png"),
        ("&signature=", "&signature=x"),
        ("&signature=", "&signature"),
    ],
)
def test_nothing_can_be_changed(old: str, new: str) -> None:
    assert old in SIGNED
    assert not SIGNER.verify(SIGNED.replace(old, new), NOW)


@pytest.mark.parametrize("more", ["&x=1", "=", "\n", "#x", "%00", "\ud800"])
def test_nothing_can_be_added(more: str) -> None:
    assert not SIGNER.verify(SIGNED + more, NOW)


@pytest.mark.parametrize("target", ["", "/", "/view", "/view?expires=2000", "\ud800"])
def test_what_was_not_signed_is_closed(target: str) -> None:
    assert not SIGNER.verify(target, NOW)


@given(st.text(st.characters(codec="utf-8", exclude_characters="#"), max_size=20))
def test_any_name_can_be_signed(name: str) -> None:
    for target in (str(URL.build(path=f"/x/{name}")), str(URL("/x") % {"name": name})):
        assert SIGNER.verify(str(URL(SIGNER.sign(target, 2000))), NOW)


@given(st.text(max_size=80))
def test_no_other_text_is_open(text: str) -> None:
    assert not SIGNER.verify(text, NOW)


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret"
    secret = load_secret(path)

    assert len(secret) == 32
    assert load_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [path] == list(path.parent.iterdir())


def test_several_that_make_the_secret_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = list(pool.map(load_secret, [tmp_path / "secret"] * 32))

    assert len(set(secrets)) == 1


def test_a_damaged_secret_is_said(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"short")

    with pytest.raises(SecretError) as caught:
        load_secret(path)

    assert str(caught.value) == (
        f"the secret '{path}' has 5 bytes; needed are 32. "
        "Delete it: a new one is made, and addresses signed before stop working."
    )


def test_a_secret_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SecretError, match="cannot be read or made"):
        load_secret(tmp_path / "file" / "secret")
