"""Makes what a release consists of, for `.github/workflows/release.yml`, with the standard library only.

`python3 -m tools.release --help` lists the commands. Each of them fails, and changes nothing, unless what it was given
is of the form that it expects.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parent.parent
_VERSION = r"\d+\.\d+\.\d+"
_DOCKERFILE_LINE = "  image: Dockerfile\n"
_AUTHOR = "github-actions[bot]"
_EMAIL = "41898282+github-actions[bot]@users.noreply.github.com"


class ReleaseError(Exception):
    """Something is not ready to be released; the message says what, and what to do."""


def version_of(tag: str) -> str:
    """The version of which this tag names a candidate: `0.2.0` for `v0.2.0-rc.1`.

    Raises:
        ReleaseError: the tag does not name a candidate.
    """
    found = re.fullmatch(rf"v({_VERSION})-rc\.[1-9]\d*", tag)
    if not found:
        raise ReleaseError(
            f"The tag {tag} names no candidate. Push vX.Y.Z-rc.N: the workflow makes the tag vX.Y.Z itself, "
            "on the commit whose action.yml names the image."
        )
    return found[1]


def check_version(root: Path, version: str) -> None:
    """Compares the version with pyproject.toml, the package, the Dockerfile and the changelog.

    Raises:
        ReleaseError: at least one of them states another version, or the changelog no day.
    """
    texts = {
        name: (root / name).read_text(encoding="utf-8") for name in ("gate/__init__.py", "Dockerfile", "CHANGELOG.md")
    }
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    agrees = {
        "pyproject.toml": project["version"] == version,
        "gate/__init__.py": f'__version__ = "{version}"\n' in texts["gate/__init__.py"],
        "Dockerfile": f'org.opencontainers.image.version="{version}"' in texts["Dockerfile"],
        "CHANGELOG.md": f"\n## [{version}] - " in texts["CHANGELOG.md"],
    }
    if others := [name for name, is_same in agrees.items() if not is_same]:
        raise ReleaseError(f"The tag is for {version}, which is not the version in {', '.join(others)}.")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", texts["CHANGELOG.md"], flags=re.MULTILINE):
        raise ReleaseError(f"CHANGELOG.md has no day for {version}: write ## [{version}] - YYYY-MM-DD.")


def notes(changelog: str, version: str) -> str:
    """The section of the changelog about this version, without its heading.

    Raises:
        ReleaseError: there is none, or it is empty.
    """
    after_heading = changelog.partition(f"\n## [{version}]")[2].partition("\n")[2]
    text = after_heading.partition("\n## ")[0].strip()
    if not text:
        raise ReleaseError(f"CHANGELOG.md says nothing about {version}.")
    return f"{text}\n"


def build(root: Path, folder: Path) -> None:
    """Builds the wheel and the sdist of the commit that is checked out, with its time in them, into this new folder.

    Only files of the commit are built, in a folder of their own: nothing else in the working tree counts.
    """
    epoch = _git(root, "log", "-1", "--format=%ct")
    folder = folder.resolve()
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as clean:
        variables = {"GIT_INDEX_FILE": str(Path(clean) / "index")}
        _git(root, "read-tree", "HEAD", variables=variables)
        _git(root, "checkout-index", "--all", f"--prefix={clean}/commit/", variables=variables)
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
            cwd=Path(clean) / "commit",
            env={**os.environ, "SOURCE_DATE_EPOCH": epoch},
            stdout=subprocess.DEVNULL,
            check=True,
        )


def layers(image: Path) -> list[str]:
    """The digests of the layers of an image, the lowest first, and after them that of its configuration.

    The image is an OCI archive with one image in it, or a file with the manifest of an image.

    Raises:
        ReleaseError: it is neither.
    """
    try:
        manifest = _manifest_in_archive(image) if tarfile.is_tarfile(image) else json.loads(image.read_bytes())
        return [str(part["digest"]) for part in (*manifest["layers"], manifest["config"])]
    except (ValueError, KeyError, TypeError) as fault:
        raise ReleaseError(f"{image.name} is neither an OCI archive with one image nor the manifest of one.") from fault


def _manifest_in_archive(image: Path) -> dict[str, Any]:
    with tarfile.open(image) as opened:

        def read(name: str) -> dict[str, Any]:
            file = opened.extractfile(name)
            if not file:
                raise ValueError(name)
            content: dict[str, Any] = json.load(file)
            return content

        (only,) = read("index.json")["manifests"]
        return read(f"blobs/{only['digest'].replace(':', '/')}")


def compare(first: Path, second: Path) -> None:
    """Compares two builds of an image by the digests of their layers and configurations.

    Raises:
        ReleaseError: they differ, or cannot be read.
    """
    one, other = layers(first), layers(second)
    if one != other:
        raise ReleaseError(f"Two builds of one commit differ:\n{first.name}: {one}\n{second.name}: {other}")


def with_image(action: str, reference: str) -> str:
    """The text of action.yml with this image in place of the Dockerfile, and as what the reports name.

    Raises:
        ReleaseError: the image has no digest, or the action does not use the Dockerfile.
    """
    if not re.fullmatch(r"([a-z0-9-]+\.)+[a-z]+(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}", reference):
        raise ReleaseError(f"{reference} does not name an image with its registry and its digest.")
    if action.count(_DOCKERFILE_LINE) != 1:
        raise ReleaseError(f"action.yml has to have the line {_DOCKERFILE_LINE.strip()!r} exactly once.")
    lines = f"  image: docker://{reference}\n  env:\n    SCAN_GATE_OWN_IMAGE: {reference}\n"
    return action.replace(_DOCKERFILE_LINE, lines)


def commit(root: Path, version: str, reference: str) -> str:
    """Writes a commit on top of the one that is checked out, and returns its id.

    They differ in what action.yml names as the image. No branch, index or file of the working tree changes. The id
    depends on the parent, the version and the image only, so that a second try makes the same commit.
    """
    with tempfile.TemporaryDirectory() as folder:
        parent, epoch = _git(root, "log", "-1", "--format=%H %ct").split()
        who = {"NAME": _AUTHOR, "EMAIL": _EMAIL, "DATE": f"{epoch} +0000"}
        variables = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in who.items()}
        variables["GIT_INDEX_FILE"] = str(Path(folder) / "index")
        action = Path(folder) / "action.yml"
        action.write_text(with_image(f"{_git(root, 'show', 'HEAD:action.yml')}\n", reference), encoding="utf-8")
        blob = _git(root, "hash-object", "-w", "--no-filters", str(action))
        _git(root, "read-tree", "HEAD", variables=variables)
        _git(root, "update-index", "--cacheinfo", f"100644,{blob},action.yml", variables=variables)
        tree = _git(root, "write-tree", variables=variables)
        text = f"Release {version}\n\naction.yml names the image that was built from {parent}. Nothing else differs."
        return _git(root, "commit-tree", tree, "-p", parent, "-m", text, variables=variables)


def _git(root: Path, *arguments: str, variables: dict[str, str] | None = None) -> str:
    ended = subprocess.run(
        ["git", *arguments], cwd=root, env={**os.environ, **(variables or {})}, stdout=subprocess.PIPE, check=True
    )
    return ended.stdout.decode().removesuffix("\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m tools.release", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("version", help="check and print the version of a candidate's tag").add_argument("tag")
    commands.add_parser("notes", help="check a version, and print what the changelog says of it").add_argument(
        "version"
    )
    commands.add_parser("build", help="build the wheel and the sdist of the commit").add_argument("folder", type=Path)
    compared = commands.add_parser("compare", help="compare two builds of an image")
    compared.add_argument("first", type=Path)
    compared.add_argument("second", type=Path)
    committed = commands.add_parser("commit", help="write the commit whose action.yml names the image; print its id")
    committed.add_argument("version")
    committed.add_argument("reference")
    return parser


def run(root: Path, arguments: Sequence[str]) -> str:
    """Runs a command on this checkout, and returns what it prints.

    Raises:
        ReleaseError: something is not ready.
    """
    given = _parser().parse_args(arguments)
    match given.command:
        case "version":
            version = version_of(given.tag)
            check_version(root, version)
            return f"{version}\n"
        case "notes":
            check_version(root, given.version)
            return notes((root / "CHANGELOG.md").read_text(encoding="utf-8"), given.version)
        case "build":
            build(root, given.folder)
            return ""
        case "compare":
            compare(given.first, given.second)
            return "".join(f"same in both: {digest}\n" for digest in layers(given.first))
        case _:
            return f"{commit(root, given.version, given.reference)}\n"


if __name__ == "__main__":
    try:
        sys.stdout.write(run(ROOT, sys.argv[1:]))
    except ReleaseError as fault:
        sys.exit(str(fault))
