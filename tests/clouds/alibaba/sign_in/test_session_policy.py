"""The policy of a session allows every operation that the run may call, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gate.clouds.alibaba.sign_in.session_policy import (
    MAX_LENGTH,
    OF_A_SCAN,
    OF_A_TASK,
    OF_AN_INSTANCE,
    OF_IMAGES,
    OF_TAGS,
    OF_THE_DOCTOR,
    actions,
    operations,
    policy_to_assume,
    session_policy,
)
from gate.image import ImageRef
from gate.policy import Policy
from gate.settings import Settings
from tests.test_permissions import folder, reads_source, with_imports
from tests.test_permissions import operations as operations_called

BY_DIGEST, BY_TAG = ImageRef(name="a", digest=f"sha256:{'0' * 64}"), ImageRef(name="b", tag="1")
BY_BOTH = ImageRef(name="c", tag="1", digest=f"sha256:{'0' * 64}")


def settings(*images: ImageRef, **others: Any) -> Settings:
    return Settings(cloud="alibaba", policy=Policy(), images=images, **others)


MODES = {
    "task": (settings(), {*OF_A_TASK}),
    "digest": (settings(BY_DIGEST, scan="never"), {*OF_IMAGES}),
    "scan": (settings(BY_DIGEST, scan="auto"), {*OF_IMAGES, *OF_A_SCAN}),
    "always": (settings(BY_DIGEST, scan="always"), {*OF_IMAGES, *OF_A_SCAN}),
    "tag": (settings(BY_TAG, scan="never"), {*OF_IMAGES, *OF_TAGS, *OF_AN_INSTANCE}),
    "tag-and-digest": (settings(BY_DIGEST, BY_BOTH, scan="never"), {*OF_IMAGES, *OF_TAGS, *OF_AN_INSTANCE}),
    "known-instance": (
        settings(BY_TAG, scan="never", for_cloud={"registry-instance": "cri-1"}),
        {*OF_IMAGES, *OF_TAGS},
    ),
    "everything": (settings(BY_TAG), {*OF_IMAGES, *OF_A_SCAN, *OF_TAGS, *OF_AN_INSTANCE}),
}


@pytest.mark.parametrize(("given", "expected"), MODES.values(), ids=MODES)
def test_the_operations_are_those_of_the_mode_of_the_run(given: Settings, expected: set[str]) -> None:
    assert operations(given) == expected | {*OF_THE_DOCTOR}


@reads_source
def test_every_operation_that_the_code_calls_for_a_task_is_allowed_then() -> None:
    called = operations_called(folder("alibaba").glob("*.py"))

    assert called
    assert called == {*OF_A_TASK}


@reads_source
def test_every_operation_that_the_code_calls_for_images_is_allowed_with_them() -> None:
    called = operations_called(with_imports("alibaba"))

    assert called
    assert called <= operations(settings(BY_TAG))
    # The lists of the table have no other, but what judging a task calls too.
    assert {*OF_IMAGES, *OF_A_SCAN, *OF_TAGS, *OF_AN_INSTANCE} - called == set()


@reads_source
def test_every_operation_that_the_doctor_calls_beside_those_of_the_run_is_allowed() -> None:
    called = operations_called((folder("alibaba") / "diagnosis").glob("*.py"))

    assert called - operations(settings(BY_TAG)) == set()
    assert {*OF_THE_DOCTOR} <= called


@pytest.mark.parametrize(("given", "_expected"), MODES.values(), ids=MODES)
def test_the_policy_has_the_actions_of_these_operations_and_fits(given: Settings, _expected: set[str]) -> None:
    policy = session_policy(given)
    (statement,) = json.loads(policy)["Statement"]

    assert json.loads(policy)["Version"] == "1"
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    assert {*statement["Action"]} == {action for name in operations(given) for action in actions(name)}
    assert not [action for action in statement["Action"] if "*" in action]
    assert 1 <= len(policy) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("GetLastOnceTaskInfo", ("yundun-aegis:GetLastOnceTaskInfo",)),
        ("GetOnceTaskResultInfo", ("yundun-aegis:GetOnceTaskResultInfo",)),
        ("DescribeImageInstances", ("yundun-sas:DescribeImageInstances",)),
        (
            "DescribeUuidVulNumClassifyStatistic",
            (
                "yundun-sas:DescribeUuidVulNumClassifyStatistic",
                "yundun-aegis:DescribeUuidVulNumClassifyStatistic",
            ),
        ),
        ("GetRepoTag", ("cr:ListRepositoryTag",)),
        ("GetRepository", ("cr:GetRepository",)),
        ("ListInstance", ("cr:ListInstance",)),
    ],
)
def test_an_operation_has_the_action_that_the_vendor_documents(operation: str, expected: tuple[str, ...]) -> None:
    assert actions(operation) == expected


def test_the_actions_for_images_are_those_of_the_documented_policy() -> None:
    images = (Path(__file__).parents[4] / "docs" / "images.md").read_text()
    needed = {action for name in operations(settings(BY_TAG)) for action in actions(name)}

    assert [one for one in needed if f"`{one}`" not in images] == [f"yundun-sas:{name}" for name in OF_THE_DOCTOR]


def test_a_session_that_assumes_a_role_can_do_nothing_else() -> None:
    role = "acs:ram::1001:role/scan-gate"
    (statement,) = json.loads(policy_to_assume(role))["Statement"]

    assert statement == {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": role}
