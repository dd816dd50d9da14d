"""The images that a file names: references by line, and the metadata files of `docker buildx`."""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.images.from_file import ListedImage, images_from
from gate.images.reference import image_reference
from tests.images.scripted import a_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

REPOSITORY = "swr.cn-north-4.myhuaweicloud.com/team/web"
DIGEST, OTHER, CONFIG = a_digest("a"), a_digest("b"), a_digest("c")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def a_build(**changes: Any) -> dict[str, Any]:
    """The metadata file of a build with --push, as image-references.md 2.1 describes it."""
    result = {
        "buildx.build.provenance": {"materials": [{"uri": "pkg:docker/base@1", "digest": {"sha256": "0" * 64}}]},
        "buildx.build.ref": "builder/builder0/kamngmcgyzebqxwu98b4lfv3n",
        "containerimage.config.digest": CONFIG,
        "containerimage.descriptor": a_descriptor(),
        "containerimage.digest": DIGEST,
        "image.name": f"{REPOSITORY}:1.4.2",
    }
    changed = {name.replace("_", "."): value for name, value in changes.items()}
    return {name: value for name, value in {**result, **changed}.items() if value is not None}


def a_descriptor(**changes: Any) -> dict[str, Any]:
    return {"mediaType": MANIFEST, "digest": DIGEST, "size": 506, **changes}


def named(content: object) -> tuple[ListedImage, ...]:
    """The images of a file with this text, or this metadata."""
    path = Path("images.txt")
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return images_from(str(path))


def refusal(content: object) -> str:
    with pytest.raises(ValueError, match=r"images\.txt") as caught:
        named(content)
    return str(caught.value)


def listed(references: Iterable[str], *, is_index: bool = False) -> tuple[ListedImage, ...]:
    return tuple(ListedImage(image=image_reference(reference), is_index=is_index) for reference in references)


# One reference a line.


def test_each_line_is_an_image_but_blank_ones_and_comments() -> None:
    text = f"# of this release\n\n  team/web:1  \n\t# shop\nteam/api@{DIGEST} # the second one\n   \nteam/db:2"

    assert named(text) == listed(["team/web:1", f"team/api@{DIGEST}", "team/db:2"])


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_a_file_may_have_been_saved_on_any_system(end: str) -> None:
    content = b"\xef\xbb\xbfteam/web:1" + end.encode() + b"team/api:1" + end.encode()

    assert named(content) == listed(["team/web:1", "team/api:1"])


def test_the_same_reference_counts_once_and_the_same_digest_under_two_tags_twice() -> None:
    text = f"team/web:2@{DIGEST}\nteam/web:1@{DIGEST}\nteam/web:2@{DIGEST}\n"

    assert named(text) == listed([f"team/web:2@{DIGEST}", f"team/web:1@{DIGEST}"])


def test_the_children_of_an_index_are_named_by_their_digests() -> None:
    text = f"team/web:1@{DIGEST}\nteam/web:1@{OTHER}\n"

    assert named(text) == listed(text.split())


def test_a_line_may_start_with_an_ipv6_address() -> None:
    assert named("[::1]:5000/team/web:1\n[a::1]:5000/team/web:1\n") == listed(
        ["[::1]:5000/team/web:1", "[a::1]:5000/team/web:1"]
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("team/web:1\n\n# no\nteam/Web:1\n", "line 4: 'team/Web:1' is not an image reference such as"),
        ("team/web:1\rteam/Web:1", "line 2: 'team/Web:1' is not an image reference such as"),
        ("team/web:1\x0cteam/Web:1", "line 1: 'team/web:1\\x0cteam/Web:1' is not an image reference such as"),
        ("team/web:1 team/api:1", "line 1: 'team/web:1 team/api:1' is not an image reference such as"),
        ("team/web:1#2", "line 1: 'team/web:1#2' is not an image reference such as"),
        ("team/web:${TAG}", "line 1: 'team/web:${TAG}' is not an image reference such as team/web:1.4.2: it contains"),
        ('"team/web:1"', "line 1: '\"team/web:1\"' is not an image reference such as team/web:1.4.2: it is in quotes"),
        ("null", "line 1: 'null' is not an image reference such as team/web:1.4.2: a program writes this word"),
    ],
)
def test_a_line_that_is_no_reference_is_named_by_its_number(text: str, why: str) -> None:
    assert refusal(text).startswith(f"the file 'images.txt' does not name images: {why}")


@pytest.mark.parametrize(
    "content", ["", "\n", "# nothing\n  \n", "{}", "\n { }\n", {"lint": {"buildx.build.ref": "x"}}]
)
def test_a_file_without_an_image_is_an_error_and_never_an_empty_list(content: object) -> None:
    assert refusal(content) == "the file 'images.txt' names no image"


# The metadata file of a build, and of a bake.


def test_a_build_names_its_image_by_name_tag_and_digest() -> None:
    assert named(a_build()) == listed([f"{REPOSITORY}:1.4.2@{DIGEST}"])


def test_each_of_several_names_is_an_image() -> None:
    names = f"{REPOSITORY}:1.4.2,{REPOSITORY}:latest,{REPOSITORY}"

    assert named(a_build(image_name=names)) == listed(
        [f"{REPOSITORY}:1.4.2@{DIGEST}", f"{REPOSITORY}:latest@{DIGEST}", f"{REPOSITORY}@{DIGEST}"]
    )


def test_a_bake_names_the_image_of_each_target_that_made_one() -> None:
    api = a_build(
        containerimage_digest=OTHER,
        containerimage_descriptor=a_descriptor(digest=OTHER, mediaType=INDEX),
        image_name="team/api:1",
    )
    warnings = [{"vertex": DIGEST, "level": 1}]
    targets = {"web": a_build(), "api": api, "lint": {"buildx.build.ref": "x"}, "buildx.build.warnings": warnings}

    assert named(targets) == (
        *listed([f"{REPOSITORY}:1.4.2@{DIGEST}"]),
        *listed([f"team/api:1@{OTHER}"], is_index=True),
    )


@pytest.mark.parametrize("kind", [INDEX, "application/vnd.docker.distribution.manifest.list.v2+json"])
def test_an_index_is_marked_as_one(kind: str) -> None:
    build = a_build(containerimage_descriptor=a_descriptor(mediaType=kind), containerimage_config_digest=None)

    assert named(build) == listed([f"{REPOSITORY}:1.4.2@{DIGEST}"], is_index=True)


@pytest.mark.parametrize(
    "descriptor",
    [
        a_descriptor(annotations={"org.opencontainers.image.created": "2026-01-31T12:00:00Z"}),
        a_descriptor(annotations=None),
        a_descriptor(mediaType="application/vnd.docker.distribution.manifest.v2+json"),
        {},
        None,
    ],
)
def test_a_manifest_is_no_index_and_neither_is_what_an_engine_without_descriptors_has_pushed(
    descriptor: dict[str, Any] | None,
) -> None:
    assert named(a_build(containerimage_descriptor=descriptor)) == listed([f"{REPOSITORY}:1.4.2@{DIGEST}"])


def test_an_index_that_imagetools_has_created_has_its_digest_in_the_descriptor_alone() -> None:
    file = {"containerimage.descriptor": a_descriptor(mediaType=INDEX), "image.name": REPOSITORY}

    assert named(file) == listed([f"{REPOSITORY}@{DIGEST}"], is_index=True)


def test_the_name_that_docker_gives_an_image_without_one_is_not_a_name() -> None:
    names = f"{REPOSITORY}:1,moby-dangling@{DIGEST}"

    assert named(a_build(image_name=names)) == listed([f"{REPOSITORY}:1@{DIGEST}"])
    assert "it has no image.name" in refusal(a_build(image_name=f"moby-dangling@{DIGEST}"))


def test_a_name_with_the_digest_itself_is_one() -> None:
    assert named(a_build(image_name=f"{REPOSITORY}:1@{DIGEST}")) == listed([f"{REPOSITORY}:1@{DIGEST}"])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"image_name": None}, "it has no image.name, as without a tag, or from a builder of several nodes; give the"),
        ({"image_name": ""}, "it has no image.name, as without a tag, or from a builder of several nodes; give the"),
        ({"image_name": ["team/web:1"]}, "its image.name is not a text"),
        ({"image_name": "web:1"}, f"'web:1@{DIGEST}' is not an image reference such as team/web:1.4.2: NAMESPACE/NAME"),
        (
            {"image_name": "team/web:1,"},
            f"'@{DIGEST}' is not an image reference such as team/web:1.4.2: at character 1",
        ),
        ({"image_name": f"team/web@{OTHER}"}, "its image.name has another digest than its containerimage.digest: 't"),
        ({"containerimage_digest": "sha256:0"}, "its containerimage.descriptor has another digest than its container"),
        ({"containerimage_digest": OTHER}, "its containerimage.descriptor has another digest than its containerimage"),
        ({"containerimage_digest": 1}, "it has no containerimage.digest"),
        ({"containerimage_digest": None, "containerimage_descriptor": None}, "it has no containerimage.digest"),
        ({"containerimage_digest": "sha256:0", "containerimage_descriptor": None}, f"'{REPOSITORY}:1.4.2@sha256:0' is"),
        (
            {"containerimage_config_digest": DIGEST},
            "its containerimage.digest is the id of a local image, which no reg",
        ),
        ({"containerimage_descriptor": "eyJtZWRpYVR5"}, "its containerimage.descriptor is not an object"),
        (
            {"containerimage_descriptor": {"digest": DIGEST}},
            "the media type 'None' in its containerimage.descriptor is not that of an image",
        ),
        (
            {"containerimage_descriptor": a_descriptor(mediaType="application/vnd.oci.image.config.v1+json")},
            "the media type 'application/vnd.oci.image.config.v1+json' in its containerimage.descriptor is not",
        ),
        ({"containerimage_descriptor": a_descriptor(mediaType=[])}, "the media type '[]' in its"),
        (
            {
                "containerimage_descriptor": a_descriptor(
                    annotations={"vnd.docker.reference.type": "attestation-manifest"}
                )
            },
            "its containerimage.descriptor is that of an attestation, not of an image",
        ),
    ],
)
def test_a_result_that_states_no_image_that_was_pushed_is_named_with_the_reason(
    changes: dict[str, Any], why: str
) -> None:
    build = a_build(**changes)

    assert refusal(build).startswith(f"the file 'images.txt' does not name images: the build: {why}")
    assert refusal({"web": a_build(), "api": build}).startswith(
        f"the file 'images.txt' does not name images: the target 'api': {why}"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"image.name": \n', "it is not JSON: Expecting value at line 2, column 1"),
        (json.dumps(a_build()) * 2, "it is not JSON: Extra data at line 1, column"),
        ('{"web": {}, "web": {}}', "it is JSON in which an object has the same key twice"),
        ('{"a": ' + "[" * 100_000, "it is JSON that is nested too deeply"),
        ('{"a": 1' + "0" * 5000 + "}", "Exceeds the limit"),
        ("[]", "it is a list in JSON; only the object that `docker buildx --metadata-file` writes is read"),
        (
            '[ "team/web:1"]',
            "it is a list in JSON; only the object that `docker buildx --metadata-file` writes is read",
        ),
        ("\n[{}]", "it is a list in JSON; only the object that `docker buildx --metadata-file` writes is read"),
        ("[[]]", "it is a list in JSON; only the object that `docker buildx --metadata-file` writes is read"),
    ],
)
def test_other_json_is_named_with_the_reason(text: str, why: str) -> None:
    assert refusal(text).startswith(f"the file 'images.txt' does not name images: {why}")


# The file itself.


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent", os.strerror(errno.ENOENT)),
        (".", "it is a folder, a pipe or a device, and not a regular file"),
        ("pipe", "it is a folder, a pipe or a device, and not a regular file"),
        ("a\0b", "embedded null byte"),
        ("utf-16", "it is not text in UTF-8 (invalid start byte at byte 0); save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(name: str, why: str) -> None:
    os.mkfifo("pipe")
    Path("utf-16").write_text("team/web:1", encoding="utf-16")

    with pytest.raises(ValueError, match="cannot be read") as caught:
        images_from(name)

    assert str(caught.value) == f"the file {name!r} cannot be read: {why}"


def test_a_path_that_was_never_filled_in_is_no_path() -> None:
    with pytest.raises(ValueError, match=r"^'\$\{FOLDER\}/images.txt' is no path: it contains a reference"):
        images_from("${FOLDER}/images.txt")


def test_a_file_is_read_up_to_a_limit() -> None:
    largest = b"team/web:1\n#".ljust(4_000_000, b"x")

    assert named(largest) == listed(["team/web:1"])
    assert refusal(largest + b"x") == "the file 'images.txt' cannot be read: it is larger than 4000000 bytes"


VALUES: list[Any] = [
    *(REPOSITORY, f"{REPOSITORY}:1,team/web:2", f"team/web@{DIGEST}", "web:1", "", "sha256:0", None, 1, [], {}),
    *(DIGEST, OTHER, CONFIG, a_descriptor(), a_descriptor(mediaType=INDEX), a_descriptor(digest=OTHER)),
    *(
        {"digest": DIGEST},
        {"mediaType": MANIFEST},
        {"mediaType": INDEX},
        a_descriptor(digest=1),
        a_descriptor(annotations=1),
    ),
]
CHANGES = st.dictionaries(st.sampled_from([*a_build()]), st.sampled_from(VALUES), max_size=3)
RESULTS = st.builds(lambda changes: {**a_build(), **changes}, CHANGES)


@settings(deadline=None)
@given(result=RESULTS)
def test_a_result_names_images_by_its_one_digest_or_is_an_error(result: dict[str, Any]) -> None:
    images: tuple[ListedImage, ...] = ()
    with suppress(ValueError):
        images = named(result)
    if not images:
        return
    descriptor = result.get("containerimage.descriptor", {})
    fields = [(result, "containerimage.digest"), (descriptor, "digest")]
    stated = [found[name] for found, name in fields if name in found]
    assert len({*stated}) == 1
    assert [image.image.digest for image in images] == stated[:1] * len(result["image.name"].split(","))
    assert [image.is_index for image in images] == [descriptor.get("mediaType") == INDEX] * len(images)
    assert result.get("containerimage.config.digest") != DIGEST
