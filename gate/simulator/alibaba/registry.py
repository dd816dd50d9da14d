"""Simulates instances, repositories and tags of Container Registry (alibaba-images.md 4.1)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from gate.simulator.alibaba import catalog
from gate.simulator.alibaba.errors import failure, missing
from gate.simulator.alibaba.pages import page, without_count
from gate.simulator.alibaba.parameters import Parameters, value
from gate.simulator.alibaba.responses import ok
from gate.simulator.alibaba.tasks import milliseconds
from gate.simulator.cloud import JSON, ApiResponse, CloudState
from gate.simulator.image import Push

CREATED: Final = 1_704_067_200
"""2024-01-01, when all instances and repositories were created."""
SUCCESS: Final = {"Code": "success", "IsSuccess": True}


def list_instances(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The page of instances whose name is the given one, or contains it."""
    name, is_fuzzy = value(parameters, "InstanceName"), state.account.unverified.fuzzy_filters
    matching = [
        instance
        for instance in _instances(state)
        if name in {"", instance.name} or (is_fuzzy and name in instance.name)
    ]
    if value(parameters, "InstanceStatus") not in {"", "RUNNING"}:
        matching = []
    on_page, info = page(matching, parameters, state.page_cap, number="PageNo")
    return success({"Instances": [_instance(one) for one in on_page], **without_count(info)})


def get_repository(parameters: Parameters, state: CloudState) -> ApiResponse:
    """The repository by its id, or by its namespace and name."""
    names = ("RepoId",) if "RepoId" in parameters else ("RepoNamespaceName", "RepoName")
    if absent := next((name for name in names if name not in parameters), None):
        return missing(absent)
    if (problem := instance_error(parameters, state)) is not None:
        return problem
    pushes = [*pushes_in(parameters, state)]
    namespace, name = value(parameters, "RepoNamespaceName"), value(parameters, "RepoName")
    if "RepoId" not in parameters:
        pushes = [push for push in pushes if push.image.namespace == namespace]
        if not pushes:
            return not_existing("NAMESPACE_NOT_EXIST", state)
        pushes = [push for push in pushes if push.image.name == name]
    if not pushes:
        return not_existing("REPO_NOT_EXIST", state)
    return success(_repository(pushes))


def get_tag(parameters: Parameters, state: CloudState) -> ApiResponse:
    """What a tag stands for now, an index too: nothing says that it is one."""
    if (problem := instance_error(parameters, state)) is not None:
        return problem
    pushes = [*pushes_in(parameters, state)]
    if not pushes:
        return not_existing("REPO_NOT_EXIST", state)
    for push in pushes:
        if push.image.tag == value(parameters, "Tag"):
            return success(_tag(push))
    return not_existing("TAG_NOT_EXIST", state)


def success(document: JSON) -> ApiResponse:
    """A success of Container Registry."""
    return ok({**SUCCESS, **document})


def instance_error(parameters: Parameters, state: CloudState) -> ApiResponse | None:
    """The error for an instance that the account does not have, or None."""
    has_instance = value(parameters, "InstanceId") in {instance.id for instance in _instances(state)}
    return None if has_instance else not_existing("INSTANCE_NOT_EXIST", state)


def not_existing(code: str, state: CloudState) -> ApiResponse:
    """The error for what does not exist; that of a tag is not verified."""
    response = failure(code)
    return (
        ok({**response.document, "IsSuccess": False}) if state.account.unverified.registry_errors_in_200 else response
    )


def pushes_in(parameters: Parameters, state: CloudState) -> Iterator[Push]:
    """What the tags of an instance stand for now, or those of one of its repositories if it is given."""
    for push in state.account.tags(state.at).values():
        ids = catalog.registry_ids(push.image)
        is_there = catalog.is_in_registry(push.image) and ids.instance_id == value(parameters, "InstanceId")
        if is_there and value(parameters, "RepoId") in {"", ids.repo_id}:
            yield push


def _instances(state: CloudState) -> list[catalog.Instance]:
    """The default one, and those of all images."""
    pushed = [catalog.instance(push.image) for push in state.account.tags(state.at).values()]
    return sorted({catalog.DEFAULT, *(one for one in pushed if one is not None)}, key=lambda one: one.id)


def _instance(instance: catalog.Instance) -> dict[str, Any]:
    created = datetime.fromtimestamp(CREATED, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "InstanceStatus": "RUNNING",
        "InstanceSpecification": "Enterprise_Advanced",
        "RegionId": instance.region,
        "CreateTime": created,
        "ModifiedTime": created,
        "Tags": [],
    }


def _repository(pushes: Sequence[Push]) -> dict[str, Any]:
    image, ids = pushes[0].image, catalog.registry_ids(pushes[0].image)
    return {
        "InstanceId": ids.instance_id,
        "RepoId": ids.repo_id,
        "RepoNamespaceName": image.namespace,
        "RepoName": image.name,
        "RepoStatus": "NORMAL",
        "RepoType": "PRIVATE",
        "RepoBuildType": "MANUAL",
        "TagImmutability": False,
        "Summary": "",
        "Detail": "",
        "CreateTime": milliseconds(CREATED),
        "ModifiedTime": max(milliseconds(push.at) for push in pushes),
    }


def _tag(push: Push) -> dict[str, Any]:
    image = push.image
    return {
        "Tag": image.tag,
        "Digest": catalog.bare(image.digest),
        "ImageId": catalog.image_id(image),
        "ImageCreate": milliseconds(push.at),
        "ImageUpdate": milliseconds(push.at),
        "ImageSize": image.size,
        "Status": "NORMAL",
    }
