"""Simulates the tags of SWR: what a tag stands for in its registry (huawei-images.md 4)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from gate.simulator.cloud import ApiResponse
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.checks import Check, between, one_of
from gate.simulator.huawei.errors import error
from gate.simulator.huawei.identity import DOMAIN_ID
from gate.simulator.huawei.registries import Registry
from gate.simulator.huawei.rows import image_id
from gate.simulator.image import Push

SLASH: Final = "$"
"""Stands for a slash in the name of a repository."""
CHECKS: Final[Mapping[str, Check]] = {
    "limit": between(1, 1000),
    "offset": between(0, 2**31 - 1),
    "order_column": one_of("updated_at"),
    "order_type": one_of("asc", "desc"),
}


def show_tag(call: Call) -> ApiResponse:
    """ShowRepoTag."""
    for push in _pushes(call):
        if push.image.tag == call.path["tag"]:
            return ApiResponse(status=HTTPStatus.OK, document={**_document(push), "tag": push.image.tag})
    return error("SVCSTG.SWR.4040010")


def list_tags(call: Call) -> ApiResponse:
    """ListRepositoryTags: an array, in which the name of a tag has a capital letter."""
    pushes, query = _pushes(call), call.query
    if not pushes:
        return error("SVCSTG.SWR.4040010")
    if ("limit" in query) != ("offset" in query):
        return error("SVCSTG.SWR.4000014")
    found = [push for push in pushes if _has_tag(push, query.get("tag", ""), call)]
    if query.get("order_column"):
        found.sort(key=lambda push: push.at, reverse=query.get("order_type") == "desc")
    start = int(query.get("offset", "0"))
    on_page = found[start : start + int(query.get("limit", "100"))]
    listed = [{**_document(push), "Tag": push.image.tag, "scanned": False} for push in on_page]
    headers = {"Content-Range": f"{start}-{start + len(on_page) - 1}/{len(found)}"} if on_page else {}
    return ApiResponse(status=HTTPStatus.OK, document=listed, headers=headers)


def timestamp(seconds: float) -> str:
    """A time as SWR writes it: in UTC, with a Z at the end."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pushes(call: Call) -> list[Push]:
    """What the tags of a repository stand for; a name with an unconverted slash is none that SWR knows."""
    repository = call.path["repository"]
    name = None if "/" in repository else repository.replace(SLASH, "/")
    return [
        push
        for push in call.state.account.tags(call.at).values()
        if Registry.of(push.image).kind in {"private", "shared"}
        and (push.image.namespace, push.image.name) == (call.path["namespace"], name)
    ]


def _has_tag(push: Push, wanted: str, call: Call) -> bool:
    tag = push.image.tag
    return wanted in tag if not wanted or call.state.account.unverified.fuzzy_names else wanted == tag


def _document(push: Push) -> dict[str, Any]:
    image = push.image
    return {
        "id": image.number,
        "repo_id": sum(map(ord, image.repository)),
        "image_id": image_id(image),
        "manifest": "",
        "digest": image.digest,
        "schema": 2,
        "path": f"{image.registry or 'swr'}/{image.repository}:{image.tag}",
        "internal_path": f"10.125.0.198:20202/{image.repository}:{image.tag}",
        "size": image.size,
        "is_trusted": False,
        "created": timestamp(push.at),
        "updated": timestamp(push.at),
        "domain_id": DOMAIN_ID,
        "tag_type": int(image.is_index),
    }
