"""Where the results of many pictures go: a folder, or a template that names each file."""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from paintgraph.base.errors import Problem, UsageError
from paintgraph.base.words import shorten, suggestion
from paintgraph.cli.faults import misused
from paintgraph.cli.many.gathering import Item
from paintgraph.cli.results import check_folder
from paintgraph.python.results import FORMATS, named_format

_DEFAULT = "{stem}.png"
FIELDS = ("stem", "name", "ext", "recipe", "number")
_UNKNOWN_SUFFIX = ".png"
_MOST_TOLD = 5


def is_template(text: str) -> bool:
    """Whether an output's name stands for many files: a folder, or one with placeholders."""
    return "{" in text or text.endswith(("/", "\\")) or Path(text).is_dir()


@dataclass(frozen=True, slots=True)
class Template:
    """How one result's files are named: `folder` and `pattern`, a file's name with placeholders."""

    folder: Path
    pattern: str

    @staticmethod
    def of(text: str, *, many: bool) -> "Template":
        """What -o says; raises UsageError."""
        path = Path(text)
        if "{" not in text and (is_template(text) or (many and path.suffix.lower() not in FORMATS)):
            template = Template(path, _DEFAULT)
        else:
            # Only a name that is known before the run can be looked for.
            name = path.name.removesuffix(".*") + "{ext}" if path.suffix == ".*" else path.name
            template = Template(path.parent, name)
        fields = template.fields(text)
        if text == "-":
            message = "-o -: standard output holds one picture; allowed is a folder, or a name with"
            raise misused(
                "one_file", f"{message} {{stem}}. Write -o FOLDER, or -o ./- for one of this name."
            )
        if many and not {"stem", "name", "number"} & fields:
            message = (
                f"-o {text}: this is one file for all pictures; allowed is a folder, or a name "
                f"with {{stem}}. Write -o '{path.with_suffix('')}/', or a name such as "
                f"'{path.with_stem('{stem}_' + path.stem)}'."
            )
            raise misused("one_file", message)
        if "ext" not in fields:
            named_format(Path(template.pattern), f"-o {text}")
        check_folder(template.folder / "x", f"-o {text}")
        return template

    def fields(self, text: str) -> set[str]:
        """The placeholders in the name; raises UsageError for one that is not known."""
        try:
            parts = [*string.Formatter().parse(str(self.folder / self.pattern))]
        except ValueError as error:
            message = f"-o {text}: the braces do not match ({error}); allowed are placeholders such"
            raise misused("bad_template", f"{message} as {{stem}}. Correct them.") from error
        found = {field for _, field, _, _ in parts if field is not None}
        if styled := next(
            (f for _, f, spec, kind in parts if f is not None and (spec or kind)), ""
        ):
            message = f"-o {text}: '{shorten(styled)}' has more than a name in its braces; allowed"
            raise misused("bad_template", f"{message} is the name alone. Write {{{styled}}}.")
        for field in found:
            if field not in FIELDS:
                allowed = ", ".join(f"{{{each}}}" for each in FIELDS)
                message = f"-o {text}: there is no placeholder '{{{shorten(field)}}}'; allowed are"
                cure = suggestion(field, FIELDS) or " Correct it."
                raise misused("bad_template", f"{message} {allowed}.{cure}")
        return found

    def path(self, name: PurePosixPath, recipe: str, number: int) -> Path:
        """The file of one item's result, in the sub-folder that its picture was in."""
        suffix = name.suffix if name.suffix.lower() in FORMATS else _UNKNOWN_SUFFIX
        values = {
            "stem": name.stem,
            "name": name.name,
            "ext": suffix,
            "recipe": recipe,
            "number": f"{number:05}",
        }
        folder = str(self.folder).format_map(values)
        return Path(folder, name.parent, self.pattern.format_map(values))


def destinations(
    templates: Mapping[str, Template], items: Sequence[Item], recipe: str, before: int = 0
) -> list[dict[str, Path]]:
    """The files of each item by the names of results; raises UsageError if two get the same.

    `before` is how many items came earlier.
    """
    owners: dict[str, tuple[Path, Item]] = {}
    clashes = []
    every = []
    for number, item in enumerate(items, start=before + 1):
        files = {
            result: template.path(item.name, recipe, number)
            for result, template in templates.items()
        }
        for path in files.values():
            # Some file systems do not tell capitals from small letters.
            other = owners.setdefault(str(path).casefold(), (path, item))[1]
            if other is not item or len(set(files.values())) < len(files):
                clashes.append((path, other, item))
        every.append(files)
    if clashes:
        raise UsageError(*(_clash(*clash) for clash in clashes[:_MOST_TOLD]))
    return every


def _clash(path: Path, one: Item, other: Item) -> Problem:
    if one is other:
        message = f"-o: two results of '{one.name}' would both become '{path}'"
        return Problem("same_file", f"{message}. Give each a name of its own.")
    message = f"-o: the results of '{one.name}' and '{other.name}' would both become '{path}'"
    own = "{name}.png" if one.name.name != other.name.name else "{stem}_{number}.png"
    cure = f"Write -o '{path.parent / own}', which keeps them apart."
    return Problem("same_file", f"{message}. {cure}")


def taken_already(path: Path) -> Problem:
    """The fault of a further picture of a result, whose file is an input or another result."""
    return Problem(
        "input_overwritten",
        f"-o: one of several pictures would go to '{path}', which this run reads, or writes for "
        "another picture; allowed are files of their own. Name another folder or template.",
    )
