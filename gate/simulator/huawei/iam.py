"""Simulates the project lookup of IAM (huawei-hss.md 6)."""

from http import HTTPStatus
from typing import Final

from gate.simulator.cloud import ApiResponse
from gate.simulator.huawei.call import Call
from gate.simulator.huawei.identity import DOMAIN_ID, PROJECT_ID, REGION

# The name of a sub-project starts with the name of its region: a client that compares prefixes finds two projects.
PROJECT_IDS: Final = {REGION: PROJECT_ID, f"{REGION}_team": "00112233445566778899aabbccddeeff"}


def list_projects(call: Call) -> ApiResponse:
    """The projects with one of the requested names, or all."""
    projects = [
        {
            "id": project_id,
            "name": name,
            "domain_id": DOMAIN_ID,
            "parent_id": DOMAIN_ID,
            "enabled": True,
            "is_domain": False,
        }
        for name, project_id in PROJECT_IDS.items()
        if call.names is None or name in call.names
    ]
    return ApiResponse(status=HTTPStatus.OK, document={"projects": projects})
