"""A bucket's objects, on a real S3 server; and what is said of one that fails."""

import pytest
import requests

from paintgraph.base.bucket import Bucket, BucketError, open_bucket
from paintgraph.tests import buckets
from paintgraph.tests.api.serving import OUTER_SECONDS

ODD = "a b/ä%2F+&?#'.png"


def test_objects_are_kept_by_key(bucket: Bucket) -> None:
    assert (bucket.get("a"), bucket.head("a")) == (None, None)
    bucket.put("a", b"1")
    bucket.put("a", b"22")
    found = bucket.head("a")

    assert bucket.get("a") == b"22"
    assert (bucket.get("a", 1), bucket.get("a", 9)) == (None, b"22")
    assert found is not None
    assert (found.key, found.size) == ("a", 2)
    bucket.remove("a")
    bucket.remove("a")
    assert bucket.get("a") is None


def test_keys_may_be_odd(bucket: Bucket) -> None:
    bucket.put(ODD, b"odd")

    assert bucket.get(ODD) == b"odd"
    assert [each.key for each in bucket.below("a b")] == [ODD]


def test_an_object_is_written_once(bucket: Bucket) -> None:
    assert bucket.put_new("a", b"first") is True
    assert bucket.put_new("a", b"second") is False
    assert bucket.get("a") == b"first"


def test_objects_are_listed_by_folder(bucket: Bucket) -> None:
    for key in ("a/1", "a/2", "a/b/3", "ab/4", "c"):
        bucket.put(key, b"")

    assert [each.key for each in bucket.below("a")] == ["a/1", "a/2", "a/b/3"]
    assert [each.key for each in bucket.below("a", after="a/1")] == ["a/2", "a/b/3"]
    assert {each.key for each in bucket.below("")} == {"a/1", "a/2", "a/b/3", "ab/4", "c"}
    assert [*bucket.below("nothing")] == []


def test_a_signed_address_opens_one_object(bucket: Bucket) -> None:
    bucket.put(ODD, b"bytes", "image/png")
    link = bucket.link(ODD)
    wrong = link.replace("X-Amz-Signature=", "X-Amz-Signature=0")

    assert requests.get(link, timeout=60).content == b"bytes"
    assert requests.get(wrong, timeout=60).status_code == 403


def test_a_signed_address_takes_one_object(bucket: Bucket) -> None:
    headers = {"Content-Type": "image/png"}
    sent = requests.put(bucket.link("sent", "PUT"), b"bytes", headers=headers, timeout=60)

    assert sent.status_code == 200
    assert bucket.get("sent") == b"bytes"


@pytest.mark.parametrize(
    "url",
    ["", "s3:", "s3://", "s3://a", "s3://A_B/c", "file:///x", "s3://paint/../x", "s3://paint/a//b"],
)
def test_what_is_no_address_of_a_bucket_is_refused(url: str) -> None:
    with pytest.raises(BucketError) as told:
        open_bucket(url)

    assert told.value.code == "bad_bucket"
    assert str(told.value) == (
        f"'{url}' is no address of a bucket; allowed is s3://bucket or s3://bucket/prefix. "
        "Correct it."
    )


@pytest.mark.parametrize("endpoint", ["", "zzz", "ftp://a", "http://", "http://[", "http://a:b"])
def test_what_is_no_endpoint_is_refused(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    with pytest.raises(BucketError) as told:
        open_bucket("s3://paint")

    assert told.value.code == "bad_endpoint"


@pytest.mark.parametrize(
    ("given", "endpoint", "shown"),
    [
        ("s3://KEY:SEC/RET@paint", "", "'s3://***@paint' is no address"),
        ("KEY:SECRET@paint", "", "'***@paint' is no address"),
        ("s3://paint", "https://KEY:SECRET@minio.local", "is 'https://***@minio.local'; allowed"),
        ("s3://paint", "KEY:SECRET@minio.local", "is '***@minio.local'; allowed"),
    ],
)
def test_no_message_has_the_keys_of_an_address(
    given: str, endpoint: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

    with pytest.raises(BucketError) as told:
        open_bucket(given)

    assert shown in str(told.value)
    assert "KEY" not in str(told.value).replace("AWS_", "")


def test_a_bucket_that_is_not_there_is_told(bucket_url: str) -> None:
    bucket = open_bucket(bucket_url.replace("s3://paint", "s3://other"))

    missing = r"^the bucket 'other' at .* is not there\. Make it"
    with pytest.raises(BucketError, match=missing):
        bucket.put("a", b"")
    with pytest.raises(BucketError, match=missing):
        bucket.get("a")


def test_a_wrong_key_is_told(bucket_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong0wrong")

    with pytest.raises(BucketError) as told:
        open_bucket(bucket_url).get("a")

    assert told.value.code == "bucket_denied"
    assert "AWS_SECRET_ACCESS_KEY" in str(told.value)
    assert "wrong0wrong" not in str(told.value)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "AccessDenied", "bucket_denied"),
        (403, "RequestTimeTooSkewed", "bucket_clock"),
        (507, "XMinioStorageFull", "bucket_full"),
        (503, "SlowDown", "bucket_unreachable"),
        (500, "InternalError", "bucket_unreachable"),
    ],
)
def test_each_fault_has_its_cure(
    status: int, code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with buckets.faulty_server(status, code) as endpoint:
        for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": endpoint}).items():
            monkeypatch.setenv(name, value)
        bucket = open_bucket("s3://paint", patience_seconds=0)
        with pytest.raises(BucketError) as told:
            bucket.put("a", b"bytes")
        with pytest.raises(BucketError):
            [*bucket.below("")]

    assert (told.value.code, told.value.may_pass) == (said, True)
    assert str(told.value).startswith(f"the bucket 'paint' at {endpoint} ")
    assert "secret words" not in str(told.value)


def test_a_server_that_fails_for_long_is_waited_for(
    s3_endpoint: str, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with buckets.passing_server(s3_endpoint, failing=10) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        bucket = open_bucket(bucket_url, patience_seconds=OUTER_SECONDS)
        bucket.put("late", b"bytes")

        assert bucket.get("late") == b"bytes"


def test_a_server_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with buckets.faulty_server(500, "") as endpoint:
        pass
    for name, value in (buckets.KEYS | {"AWS_ENDPOINT_URL": endpoint}).items():
        monkeypatch.setenv(name, value)

    with pytest.raises(BucketError) as told:
        open_bucket("s3://paint", patience_seconds=0).put("a", b"")

    assert told.value.code == "bucket_unreachable"
