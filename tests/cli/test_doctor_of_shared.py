"""`paintgraph doctor --jobs URL --objects URL`, with a real PostgreSQL and a real S3 server."""

import json
import os
import re
import time
from collections.abc import Iterator

import psycopg
import pytest

from paintgraph.base.bucket import Bucket
from paintgraph.base.bucket_health import examine_bucket
from paintgraph.base.findings import Finding
from paintgraph.jobs.store.jobs import JobStore
from paintgraph.jobs.store.migrations import MIGRATIONS
from paintgraph.jobs.store.postgresql_health import examine_store
from paintgraph.tests import buckets
from paintgraph.tests.cli.conftest import Paintgraph
from paintgraph.tests.jobs.postgresql import LOCKED, PostgresqlServer


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


def only_fault(findings: Iterator[Finding]) -> str:
    (fault,) = [finding for finding in findings if finding.is_fault]
    return f"{fault.what}: {fault.found}"


def named(url: str) -> str:
    """The database of an address."""
    return url.split("?", maxsplit=1)[0].rpartition("/")[2]


def things_in(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()


def test_doctor_looks_at_what_machines_share_and_leaves_nothing(
    paintgraph: Paintgraph, postgresql: PostgresqlServer, bucket_url: str, bucket: Bucket
) -> None:
    url = postgresql.new_database()

    answer = paintgraph("doctor", "--jobs", url, "--objects", bucket_url, "--json")

    found = {row["what"]: row["found"] for row in json.loads(answer.stdout) if not row["fault"]}
    assert found["its tables"] == "not there yet, and can be made; the first server or agent does"
    assert found["its rights"] == "paint may read and write all tables"
    assert found["its messages"] == "those of one server reach the others"
    assert found["its clock"] == found["bucket's clock"] == "as this machine's"
    assert found["bucket"].endswith("takes, gives, lists and removes objects")
    assert {"bucket's speed", "its speed", "its connections"} < found.keys()
    assert things_in(url) == []
    assert [*bucket.below("")] == []


def test_an_address_of_no_store_is_the_settings_fault(paintgraph: Paintgraph) -> None:
    answer = paintgraph("doctor", "--jobs", "mysql://h/d")

    assert answer.code == 1
    assert "!!  settings: setting 'jobs': should be the address of a PostgreSQL" in answer.text


def test_the_addresses_of_the_settings_count(
    paintgraph: Paintgraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAINTGRAPH_JOBS", "postgresql://user:secret0@127.0.0.1:1/d")
    monkeypatch.setenv("PAINTGRAPH_OBJECTS", "s3://a/../b")

    answer = paintgraph("doctor")

    assert "!!  job store: the job store 'postgresql://127.0.0.1:1/d' cannot be" in answer.text
    assert "Check that it runs" in answer.text
    assert "!!  bucket: 's3://a/../b' is no address of a bucket; allowed is s3://" in answer.text
    assert "secret0" not in answer.text


def test_a_wrong_password_is_told(postgresql: PostgresqlServer) -> None:
    postgresql.run(f"CREATE ROLE {LOCKED} LOGIN PASSWORD 'right'")
    url = postgresql.url(named(postgresql.new_database()), f"{LOCKED}:wrong")

    told = only_fault(examine_store(url))

    assert "password authentication failed" in told
    assert "Check that it runs, and the user, password and database of its address." in told
    assert "wrong" not in told
    assert not by_name(examine_store(url.replace("wrong", "right")))["job store"].is_fault


def test_a_user_who_may_make_no_tables_is_told(postgresql: PostgresqlServer) -> None:
    postgresql.run("CREATE ROLE onlooker LOGIN")
    url = postgresql.url(named(postgresql.new_database()), "onlooker")

    told = only_fault(examine_store(url))

    assert told.startswith("its tables: ")
    assert "permission denied for schema public. Let its user read and write all tables" in told


def test_a_user_who_may_not_write_is_told_which_tables_and_the_cure_cures(
    postgresql: PostgresqlServer,
) -> None:
    owned = postgresql.new_database()
    JobStore(owned).close()
    postgresql.run("CREATE ROLE agent LOGIN")
    postgresql.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO agent", owned)
    postgresql.run("GRANT INSERT, UPDATE, DELETE ON facts, published TO agent", owned)
    url = postgresql.url(named(owned), "agent")

    told = only_fault(examine_store(url))

    assert told.startswith("its rights: agent may not do this with tables of the store: insert: ")
    assert "update: agents, batches, " in told
    assert "facts" not in told
    _, _, cure = told.partition("As their owner say: ")
    postgresql.run(cure, owned)
    assert not any(finding.is_fault for finding in examine_store(url))


def test_other_versions_of_the_tables_are_told(postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    JobStore(url).close()
    assert by_name(examine_store(url))["its tables"].found == f"version {len(MIGRATIONS)}"

    postgresql.run("UPDATE paintgraph_version SET version = 12", url)
    later = f"version 12; what starts next makes them version {len(MIGRATIONS)}"
    assert by_name(examine_store(url))["its tables"] == Finding("its tables", later)

    postgresql.run("UPDATE paintgraph_version SET version = 99", url)
    told = only_fault(examine_store(url))
    assert "version 99, which a newer paintgraph wrote" in told
    assert "Start the newer paintgraph" in told


def test_tables_of_another_program_and_a_store_that_takes_no_writes_are_told(
    postgresql: PostgresqlServer,
) -> None:
    url = postgresql.new_database()
    postgresql.run("CREATE TABLE jobs (id text)", url)
    assert "its tables: the job store" in only_fault(examine_store(url))
    assert things_in(url) == [("jobs",)]

    ours = postgresql.new_database()
    JobStore(ours).close()
    postgresql.run(f"ALTER DATABASE {named(ours)} SET default_transaction_read_only = on")
    assert "it takes no writes, as the second of two servers. Name the first one." in only_fault(
        examine_store(ours)
    )


@pytest.mark.parametrize(("seconds", "side"), [(60, "behind"), (-60, "ahead of")])
def test_clocks_that_are_apart_are_told(
    postgresql: PostgresqlServer, bucket_url: str, seconds: float, side: str
) -> None:
    def wrong() -> float:
        return time.time() + seconds

    of_store = only_fault(examine_store(postgresql.new_database(), wrong))
    of_bucket = only_fault(examine_bucket(bucket_url, wrong))

    assert of_store.startswith("its clock: ")
    assert of_bucket.startswith("bucket's clock: ")
    for told in (of_store, of_bucket):
        assert f" s {side} this machine's; allowed are 5 s. Let all machines set their" in told


@pytest.mark.parametrize(
    ("method", "verbs"), [("PUT", ["write"]), ("GET", ["read", "list"]), ("POST", ["remove"])]
)
def test_a_key_without_a_right_is_told_which(
    bucket_url: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, method: str, verbs: list[str]
) -> None:
    with buckets.passing_server(os.environ["AWS_ENDPOINT_URL"], refused=method) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

        told = only_fault(examine_bucket(bucket_url))

    assert re.findall(r"may not be used to (\w+) objects with this key. Give it", told) == verbs
    assert ("is left there" in told) == (method == "POST")
    assert len([*bucket.below("")]) == (method == "POST")


def test_a_wrong_key_and_a_bucket_that_is_not_there_are_told(
    bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "is not there. Make it" in only_fault(examine_bucket("s3://nowhere"))

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    told = only_fault(examine_bucket(bucket_url))

    assert told.count("does not take this key") == 1
    assert "Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY." in told


def test_a_slow_bucket_works_with_a_warning(
    bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with buckets.passing_server(os.environ["AWS_ENDPOINT_URL"], slow="HEAD") as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)

        speed = by_name(examine_bucket(bucket_url))["bucket's speed"]

    assert speed.is_warning
    assert not speed.is_fault
    assert "s should be. Have the bucket in the region of its users" in speed.found
