"""What a release consists of: its version and notes, the files that are built, and the commit that names the image."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tools import release

ROOT = Path(__file__).parent.parent
IMAGE = f"ghcr.io/octo/scan-gate@sha256:{'ab' * 32}"
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.com")
BUILT = ("gate/ci", "gate/__init__.py", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "action.yml")


def git(folder: Path, *arguments: str) -> str:
    """Runs git there, without the settings of this machine's user."""
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_DATE": "1769860800 +0900"}
    environ["GIT_COMMITTER_DATE"] = environ["GIT_AUTHOR_DATE"]
    return subprocess.run(
        ["git", *AUTHOR, *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=True
    ).stdout.strip()


def committed(folder: Path) -> Path:
    """A repository there, with one commit of what is there."""
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with some of the files that a release of this project is built from."""
    folder = tmp_path / "project"
    for name in BUILT:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder / name)
    return committed(folder)


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """The files that state a version, ready for the release of 1.2.3."""
    (tmp_path / "gate").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    (tmp_path / "gate" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "Dockerfile").write_text('LABEL org.opencontainers.image.version="1.2.3" \\\n')
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [1.2.3] - 2026-12-01\n\n- New.\n\n## [1.2.2] - 2026-01-01\n"
    )
    return tmp_path


@pytest.mark.parametrize(("tag", "version"), [("v1.2.3-rc.1", "1.2.3"), ("v0.10.0-rc.12", "0.10.0")])
def test_a_candidate_is_of_the_version_in_its_tag(tag: str, version: str) -> None:
    assert release.version_of(tag) == version


@pytest.mark.parametrize(
    "tag", ["v1.2.3", "1.2.3-rc.1", "v1.2-rc.1", "v1.2.3-rc", "v1.2.3-rc.0", "v1.2.3-beta.1", "v1.2.3-rc.1\n", "v1"]
)
def test_no_other_tag_makes_a_release(tag: str) -> None:
    with pytest.raises(release.ReleaseError, match=r"Push vX\.Y\.Z-rc\.N"):
        release.version_of(tag)


def test_a_tag_of_the_version_that_all_files_state_is_accepted(versions: Path) -> None:
    assert release.run(versions, ["version", "v1.2.3-rc.1"]) == "1.2.3\n"


@pytest.mark.parametrize("name", ["pyproject.toml", "gate/__init__.py", "Dockerfile", "CHANGELOG.md"])
def test_a_file_that_states_another_version_is_named(name: str, versions: Path) -> None:
    path = versions / name
    path.write_text(path.read_text().replace("1.2.3", "1.2.4"))

    with pytest.raises(release.ReleaseError, match=rf"1\.2\.3, which is not the version in {name}\.$"):
        release.check_version(versions, "1.2.3")


def test_a_version_without_a_day_in_the_changelog_is_not_released(versions: Path) -> None:
    path = versions / "CHANGELOG.md"
    path.write_text(path.read_text().replace("2026-12-01", "unreleased"))

    with pytest.raises(release.ReleaseError, match="no day"):
        release.check_version(versions, "1.2.3")


def test_this_project_can_be_released_as_the_version_that_it_states_once_the_changelog_has_its_day(
    tmp_path: Path,
) -> None:
    for name in ("pyproject.toml", "gate/__init__.py", "Dockerfile", "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text().replace(" - unreleased\n", " - 2026-12-01\n"))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    release.check_version(tmp_path, version)


def test_the_notes_are_the_section_of_the_version(versions: Path) -> None:
    assert release.run(versions, ["notes", "1.2.3"]) == "- New.\n"


@pytest.mark.parametrize("version", ["1.2.2", "1.2.4", "1.2"])
def test_a_version_without_notes_is_not_released(version: str, versions: Path) -> None:
    with pytest.raises(release.ReleaseError, match="says nothing"):
        release.notes((versions / "CHANGELOG.md").read_text(), version)


def test_there_are_no_notes_of_a_version_that_the_files_do_not_state(versions: Path) -> None:
    with pytest.raises(release.ReleaseError, match="which is not the version in"):
        release.run(versions, ["notes", "1.2.2"])


def test_two_builds_of_one_commit_give_the_same_wheel_and_the_same_sdist(project: Path, tmp_path: Path) -> None:
    """In two places, at two times, with other modes of files, and beside files that belong to no commit."""
    release.run(project, ["build", str(tmp_path / "one")])
    again = tmp_path / "elsewhere" / "again"
    shutil.copytree(project, again)
    for path in (again / "gate").rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1, 1))
    (again / "gate" / "left_behind.py").touch()
    release.run(again, ["build", str(tmp_path / "two")])

    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert sorted(name.rpartition(".")[2] for name in one) == ["gz", "whl"]
    assert one == two


def test_a_folder_with_other_files_is_not_built_into(project: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        release.run(project, ["build", str(tmp_path)])


def test_the_release_commit_names_the_image_and_changes_nothing_else(project: Path) -> None:
    parent = git(project, "rev-parse", "HEAD")
    status = git(project, "status", "--porcelain", "--branch")

    commit = release.run(project, ["commit", "1.2.3", IMAGE]).strip()

    assert git(project, "rev-parse", f"{commit}^") == parent
    assert git(project, "diff", "--numstat", parent, commit) == "3\t1\taction.yml"
    changed = (
        (project / "action.yml")
        .read_text()
        .replace("  image: Dockerfile\n", f"  image: docker://{IMAGE}\n  env:\n    SCAN_GATE_OWN_IMAGE: {IMAGE}\n")
    )
    assert git(project, "show", f"{commit}:action.yml") == changed.strip()
    assert parent in git(project, "log", "-1", "--format=%B", commit)
    assert (git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain", "--branch")) == (parent, status)


def test_a_second_try_makes_the_same_commit_and_another_image_another_one(project: Path) -> None:
    first, second, other = (
        release.commit(project, "1.2.3", image) for image in (IMAGE, IMAGE, IMAGE.replace("ab", "cd"))
    )

    assert first == second != other


def test_a_tag_that_exists_on_another_commit_is_not_moved(project: Path, tmp_path: Path) -> None:
    """As the workflow pushes it: git refuses it, and a second try with the same commit is no error."""
    git(tmp_path, "init", "-q", "--bare", "remote")
    first, other = (release.commit(project, "1.2.3", image) for image in (IMAGE, IMAGE.replace("ab", "cd")))

    for _ in range(2):
        git(project, "push", str(tmp_path / "remote"), f"{first}:refs/tags/v1.2.3")
    with pytest.raises(subprocess.CalledProcessError):
        git(project, "push", str(tmp_path / "remote"), f"{other}:refs/tags/v1.2.3")

    assert git(tmp_path / "remote", "rev-parse", "refs/tags/v1.2.3") == first


@pytest.mark.parametrize(
    "reference",
    [
        "ghcr.io/octo/scan-gate:1.2.3",
        f"scan-gate@sha256:{'ab' * 32}",
        f"ghcr.io/Octo/scan-gate@sha256:{'ab' * 32}",
        "ghcr.io/octo/scan-gate@sha256:ab",
        f"ghcr.io/octo/scan-gate@sha512:{'ab' * 64}",
        f"{IMAGE}\n  args: []",
        "ghcr.io/octo/scan-gate@",
    ],
)
def test_no_image_without_its_registry_and_its_digest_gets_into_the_action(reference: str) -> None:
    with pytest.raises(release.ReleaseError, match="does not name an image"):
        release.with_image((ROOT / "action.yml").read_text(), reference)


@pytest.mark.parametrize("text", ["runs:\n  image: docker://x\n", "  image: Dockerfile\n  image: Dockerfile\n"])
def test_an_action_that_does_not_use_the_dockerfile_is_left_as_it_is(text: str) -> None:
    with pytest.raises(release.ReleaseError, match="exactly once"):
        release.with_image(text, IMAGE)


def test_the_image_is_built_from_the_files_of_the_commit_only_with_its_time_and_its_id(
    project: Path, tmp_path: Path
) -> None:
    """This `docker` writes down how it was called."""
    (project / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "build-image", project / ".ci")
    (project / "gate" / "left_behind.py").touch()
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\necho "$SOURCE_DATE_EPOCH" "$@"\ntar --list\n')
    docker.chmod(0o755)
    environ = {"PATH": f"{docker.parent}:{os.environ['PATH']}", "BASE": "python:3.13-slim@sha256:ab"}

    printed = subprocess.run(
        ["bash", str(project / ".ci" / "build-image"), "--no-cache"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    called, *files = printed.splitlines()
    assert called == (
        "1769860800 buildx build --build-arg BASE=python:3.13-slim@sha256:ab "
        f"--build-arg REVISION={git(project, 'rev-parse', 'HEAD')} --no-cache -"
    )
    assert [name for name in files if not name.endswith("/")] == git(project, "ls-files").splitlines()


def archive(path: Path, *layers: str, config: str = "c0", images: int = 1) -> Path:
    """An OCI archive of images with these digests, as docker buildx writes one."""
    manifest = {"layers": [{"digest": f"sha256:{layer}"} for layer in layers], "config": {"digest": f"sha256:{config}"}}
    index = {"manifests": [{"digest": "sha256:m0"}] * images}
    with tarfile.open(path, "w") as written:
        for name, content in {"index.json": index, "blobs/sha256/m0": manifest}.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            written.addfile(member, BytesIO(data))
    return path


def test_two_images_with_the_same_layers_and_configuration_are_the_same(tmp_path: Path) -> None:
    first, second = archive(tmp_path / "1.tar", "a0", "b0"), archive(tmp_path / "2.tar", "a0", "b0")

    printed = release.run(tmp_path, ["compare", str(first), str(second)])

    assert printed == "same in both: sha256:a0\nsame in both: sha256:b0\nsame in both: sha256:c0\n"


def test_the_manifest_that_a_registry_sends_is_compared_with_an_archive(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    manifest.write_text('{"layers": [{"digest": "sha256:a0"}], "config": {"digest": "sha256:c0"}}')

    release.compare(archive(tmp_path / "1.tar", "a0"), manifest)


@pytest.mark.parametrize(
    "other",
    [{"layers": ("b0",)}, {"layers": ("a0", "a0")}, {"layers": ()}, {"layers": ("a0",), "config": "c1"}],
    ids=["another-layer", "one-more", "none", "another-configuration"],
)
def test_two_images_that_differ_are_not_the_same(other: dict[str, Any], tmp_path: Path) -> None:
    second = archive(tmp_path / "2.tar", *other.pop("layers"), **other)

    with pytest.raises(release.ReleaseError, match="differ"):
        release.compare(archive(tmp_path / "1.tar", "a0"), second)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"layers": [{}]}', '{"manifests": []}', "null"])
def test_what_is_no_image_is_compared_with_nothing(content: str, tmp_path: Path) -> None:
    path = tmp_path / "image.json"
    path.write_text(content)

    with pytest.raises(release.ReleaseError, match=r"^image\.json is neither"):
        release.compare(path, path)


def test_an_archive_of_several_images_is_compared_with_nothing(tmp_path: Path) -> None:
    path = archive(tmp_path / "several.tar", "a0", images=2)

    with pytest.raises(release.ReleaseError, match="neither"):
        release.compare(path, path)


def test_a_fault_is_one_message_and_an_exit_code(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tools.release", "version", "v1"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("The tag v1 names no candidate.")
    assert not list(tmp_path.iterdir())
