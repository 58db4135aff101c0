"""What a disk holds after the power was cut, by a record of all that a program did to it.

The record is strace's. A disk here forgets all that it may forget: of a file what came after its
last fsync, of a folder the names that came or went after its own.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

CALLS = (
    "openat,write,pwrite64,ftruncate,fsync,fdatasync,rename,link,unlink,mkdir,rmdir,sendto,sendmsg"
)
_LINE = re.compile(
    r"(?P<start>\d+\.\d+) (?P<call>\w+)\((?P<given>.*)\) += (?P<result>-?\d+)"
    r"(?:<(?P<opened>[^>]*)>)?.* <(?P<seconds>\d+\.\d+)>"
)
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OF_FILE = re.compile(r"\d+<([^>]*)>")


class Answer(NamedTuple):
    """What was sent at a time."""

    time: float
    data: bytes


@dataclass
class _File:
    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""


@dataclass
class _Folder:
    names: dict[str, "_File | _Folder"] = field(default_factory=dict)
    synced: dict[str, "_File | _Folder"] = field(default_factory=dict)


class _Step(NamedTuple):
    time: float
    act: Callable[[], None]


def traced(command: list[str], record: Path) -> list[str]:
    """The command that leaves a record of what another one does, one file for each thread.

    The process is the other one's; the record is whole once strace has ended, too.
    """
    options = ("-D", "-f", "-ff", "--seccomp-bpf", "-qq", "-ttt", "-T", "-y", "-xx")
    record_to = ("-s", str(1 << 24), "-e", f"trace={CALLS}", "-o", str(record))
    return ["strace", *options, *record_to, *command]


class Recorded:
    """A disk below one folder, which was there and empty at first."""

    def __init__(self, record: Path, root: Path) -> None:
        self._root = root
        self._top = _Folder()
        self.answers: list[Answer] = []
        self._steps: list[_Step] = []
        for file in record.parent.glob(f"{record.name}.*"):
            for line in file.read_text("ascii").splitlines():
                if found := _LINE.fullmatch(line):
                    self._read(found)
        self._steps.sort(key=lambda step: step.time)
        self.answers.sort()

    def cuts(self) -> Iterator[tuple[Answer, Callable[[Path], None]]]:
        """At each answer in turn: it, and what writes the disk of that moment into a folder."""
        steps = iter(self._steps)
        step = next(steps, None)
        for answer in self.answers:
            while step is not None and step.time <= answer.time:
                step.act()
                step = next(steps, None)
            yield answer, lambda folder: _write(self._top, folder)

    def _read(self, found: re.Match[str]) -> None:
        start, call, given = float(found["start"]), found["call"], found["given"]
        end, result = start + float(found["seconds"]), int(found["result"])
        texts = [_plain(text) for text in _TEXT.findall(given)]
        of_file = _OF_FILE.match(given)
        path = _plain(of_file[1]).decode() if of_file else ""
        if call in ("sendto", "sendmsg"):
            self.answers += [Answer(start, texts[0])] if texts else []
            return
        if result < 0:
            return
        if call == "openat":
            path = _plain(found["opened"]).decode()
        elif not path:
            path = texts[0].decode()
        if not Path(path).is_relative_to(self._root):
            return
        if call in ("fsync", "fdatasync"):
            self._sync(path, start, end)
        else:
            act = self._act(call, path, given, texts, result)
            self._steps.append(_Step(end, act))

    def _act(
        self, call: str, path: str, given: str, texts: list[bytes], result: int
    ) -> Callable[[], None]:
        numbers = [int(number) for number in re.findall(r", (\d+)(?=,|$)", given)]
        acts: Mapping[str, Callable[[], None]] = {
            "openat": lambda: self._open(path, given),
            "write": lambda: self._put(path, texts[0][:result], None),
            "pwrite64": lambda: self._put(path, texts[0][:result], numbers[-1]),
            "ftruncate": lambda: self._truncate(path, numbers[-1]),
            "rename": lambda: self._move(path, texts[1].decode(), keep=False),
            "link": lambda: self._move(path, texts[1].decode(), keep=True),
            "unlink": lambda: self._drop(path),
            "rmdir": lambda: self._drop(path),
            "mkdir": lambda: self._name(path, _Folder()),
        }
        return acts[call]

    def _sync(self, path: str, start: float, end: float) -> None:
        """What is there when it begins is safe when it ends."""
        held: list[tuple[_File | _Folder, bytes, dict[str, _File | _Folder]]] = []

        def look() -> None:
            found = self._found(path)
            if isinstance(found, _File):
                held.append((found, bytes(found.data), {}))
            elif found is not None:
                held.append((found, b"", dict(found.names)))

        def keep() -> None:
            for found, data, names in held:
                if isinstance(found, _File):
                    found.synced = data
                else:
                    found.synced = names

        self._steps += [_Step(start, look), _Step(end, keep)]

    def _found(self, path: str) -> "_File | _Folder | None":
        here: _File | _Folder | None = self._top
        for part in Path(path).relative_to(self._root).parts:
            here = here.names.get(part) if isinstance(here, _Folder) else None
        return here

    def _parent(self, path: str) -> dict[str, "_File | _Folder"]:
        parent = self._found(str(Path(path).parent))
        return parent.names if isinstance(parent, _Folder) else {}

    def _name(self, path: str, what: "_File | _Folder") -> None:
        self._parent(path)[Path(path).name] = what

    def _open(self, path: str, given: str) -> None:
        found = self._found(path)
        if found is None and "O_CREAT" in given:
            self._name(path, _File())
        elif isinstance(found, _File) and "O_TRUNC" in given:
            found.data.clear()

    def _put(self, path: str, data: bytes, at: int | None) -> None:
        found = self._found(path)
        if isinstance(found, _File):
            at = len(found.data) if at is None else at
            found.data.extend(bytes(max(0, at + len(data) - len(found.data))))
            found.data[at : at + len(data)] = data

    def _truncate(self, path: str, size: int) -> None:
        found = self._found(path)
        if isinstance(found, _File):
            del found.data[size:]
            found.data.extend(bytes(size - len(found.data)))

    def _move(self, path: str, other: str, *, keep: bool) -> None:
        found = self._found(path)
        if found is not None:
            self._name(other, found)
            if not keep:
                self._drop(path)

    def _drop(self, path: str) -> None:
        self._parent(path).pop(Path(path).name, None)


def _plain(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _write(folder: _Folder, path: Path) -> None:
    path.mkdir()
    for name, what in folder.synced.items():
        if isinstance(what, _Folder):
            _write(what, path / name)
        else:
            (path / name).write_bytes(what.synced)
