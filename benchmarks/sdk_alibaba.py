"""One poll of Alibaba Cloud with the vendor's own SDK: `GetLastOnceTaskInfo`, as a script would do it."""

from __future__ import annotations

import os

from alibabacloud_sas20181203.client import Client
from alibabacloud_sas20181203.models import GetLastOnceTaskInfoRequest
from alibabacloud_tea_openapi.utils_models import Config


def main() -> None:
    """Polls once, and prints the state of the last task."""
    config = Config(
        access_key_id=os.environ["SCAN_GATE_ACCESS_KEY_ID"],
        access_key_secret=os.environ["SCAN_GATE_ACCESS_KEY_SECRET"],
        endpoint=os.environ["SCAN_GATE_ENDPOINT"].removeprefix("http://"),
        protocol="http",
        region_id=os.environ["SCAN_GATE_REGION"],
    )
    request = GetLastOnceTaskInfoRequest(task_type="IMAGE_SCAN", task_name="IMAGE_SCAN")
    print(Client(config).get_last_once_task_info(request).body.task_info.status)


if __name__ == "__main__":
    main()
