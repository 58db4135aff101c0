"""Repositories of huggingface.co, or of its mirror, into the cache of huggingface_hub.

That library lists the files and lays out its cache. The large ones are fetched by our own transfer
into the place where it looks for them, because it begins an interrupted file anew (since 2.0).
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, hf_hub_url, snapshot_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import RepoSibling
from huggingface_hub.utils import (  # type: ignore[attr-defined] # given out, but not by __all__
    disable_progress_bars,
    filter_repo_objects,
)

from paintgraph.models.catalogue.entries import ModelEntry
from paintgraph.models.catalogue.model_index import Finding, ModelIndex, damaged_in_words
from paintgraph.models.catalogue.wording import in_bytes
from paintgraph.models.errors import DamagedModelError, DownloadError
from paintgraph.models.pulling.file_pulling import FilePuller, RemoteFile, hub_endpoint

_KEEP_FREE = 50 * 10**6
_TIMEOUT_SECONDS = 30
_LIBRARIES = ("huggingface_hub", "httpx2", "httpx")
_ALLOWED = ("*.json", "*.txt", "*.model", "*.safetensors")
_IGNORED = ("*.fp16.*", "*.non_ema.*", "*flax*", "*openvino*")
"""Other forms of the same weights; an entry's options `allow` and `ignore` take their place."""


def pull_repository(
    entry: ModelEntry, index: ModelIndex, files: FilePuller, environ: Mapping[str, str]
) -> None:
    """Get a repository, and check what the hub tells digests of.

    Raises DownloadError, DamagedModelError, and whatever ends a pull of `files`.
    """
    hub = _Hub(hub_endpoint(environ), environ.get("HF_TOKEN") or None)
    _drop_damaged(index.look(entry))
    disable_progress_bars()
    try:
        commit, wanted = hub.listed(entry)
        large = [each for each in wanted if each.lfs and not _blob(entry, each, index).exists()]
        _check_disk(entry, sum(each.size or 0 for each in large), index)
        for each in large:
            files.pull(hub.remote(entry, commit, each, _blob(entry, each, index)))
        folder = snapshot_download(
            entry.hub,
            revision=entry.revision or None,
            cache_dir=index.places.hub.folder,
            endpoint=hub.endpoint,
            token=hub.token,
            allow_patterns=[each.rfilename for each in wanted],
        )
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise _failed(entry, error, hub.endpoint) from error
    _check(entry, index, Path(folder))


@dataclass(frozen=True, slots=True)
class _Hub:
    endpoint: str
    token: str | None

    def listed(self, entry: ModelEntry) -> tuple[str, list[RepoSibling]]:
        """The commit that the revision means, and the files of it that are of use."""
        info = HfApi(self.endpoint, token=self.token).model_info(
            entry.hub,
            revision=entry.revision or None,
            files_metadata=True,
            timeout=_TIMEOUT_SECONDS,
        )
        files = filter_repo_objects(
            info.siblings or (),
            allow_patterns=list(entry.options.get("allow", _ALLOWED)),
            ignore_patterns=list(entry.options.get("ignore", _IGNORED)),
            key=lambda each: each.rfilename,
        )
        return info.sha or "main", list(files)

    def remote(self, entry: ModelEntry, commit: str, file: RepoSibling, target: Path) -> RemoteFile:
        """Where a large file is."""
        url = hf_hub_url(entry.hub, file.rfilename, revision=commit, endpoint=self.endpoint)
        accepted = (f"sha256:{target.name}",)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return RemoteFile(entry.name, file.rfilename, url, target, accepted, file.size, headers)


def _blob(entry: ModelEntry, file: RepoSibling, index: ModelIndex) -> Path:
    """Where the cache keeps a large file: under its digest."""
    digest = file.lfs.sha256 if file.lfs else ""
    return index.places.hub.repository(entry.hub) / "blobs" / digest


def _check(entry: ModelEntry, index: ModelIndex, folder: Path) -> None:
    """Read what came once, keep its digests, and compare them with the hub's."""
    digests = {
        name: index.digests.digests_of(path)["sha256"]
        for name, path in index.places.hub.files(folder).items()
    }
    finding = index.look(entry)
    if finding.faults:
        _drop_damaged(finding)
        raise DamagedModelError(damaged_in_words(finding))
    if finding.placed is None:
        raise DownloadError(
            f"model '{entry.name}' ({entry.hub}) lacks files that it names itself, or weights as "
            "safetensors. Check its repository, or give 'allow' patterns in models.yaml."
        )
    index.records.keep(entry.name, digests)


def _drop_damaged(finding: Finding) -> None:
    """Delete what is damaged: the hub's library believes what is there."""
    files = finding.placed.files if finding.placed else {}
    for path in (files[fault.file] for fault in finding.faults):
        path.resolve().unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _check_disk(entry: ModelEntry, needed: int, index: ModelIndex) -> None:
    cache = index.places.hub.folder
    cache.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache).free
    if free < needed + _KEEP_FREE:
        raise DownloadError(
            f"model '{entry.name}' needs {in_bytes(needed + _KEEP_FREE)} of disk space, "
            f"{in_bytes(free)} are free. Free space, or name another folder in HF_HOME.",
            code="disk_full",
        )


def _failed(entry: ModelEntry, error: Exception, endpoint: str) -> DownloadError:
    what = f"model '{entry.name}' ({entry.hub}) cannot be fetched from {endpoint}"
    match error:
        case GatedRepoError():
            cure = "Accept its terms there with an account, and set HF_TOKEN to a token of it"
            return DownloadError(f"{what}: its publishers want a login. {cure}.")
        case RevisionNotFoundError():
            return DownloadError(f"{what}: there is no revision '{entry.revision}'. Correct it.")
        case RepositoryNotFoundError():
            cure = "Correct the name, or set HF_TOKEN if it is private"
            return DownloadError(f"{what}: it is not there, or not public. {cure}.")
    words = str(error).split("\n", 1)[0][:300].rstrip(".")
    cure = "Check the network, HTTPS_PROXY and HF_ENDPOINT, and run the command again: it goes on"
    return DownloadError(f"{what}: {words}. {cure}.")
