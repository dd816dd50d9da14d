"""One poll of Huawei Cloud with the vendor's own SDK: `ListImageScanTask`, as a script would do it."""

from __future__ import annotations

import os

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkhss.v5 import HssClient, ListImageScanTaskRequest


def main() -> None:
    """Polls once, and prints the state of the newest task."""
    keys = BasicCredentials(
        os.environ["SCAN_GATE_ACCESS_KEY_ID"],
        os.environ["SCAN_GATE_ACCESS_KEY_SECRET"],
        os.environ["SCAN_GATE_PROJECT_ID"],
    )
    region = Region(os.environ["SCAN_GATE_REGION"], os.environ["SCAN_GATE_ENDPOINT"])
    client = HssClient.new_builder().with_credentials(keys).with_region(region).build()
    tasks = client.list_image_scan_task(ListImageScanTaskRequest(type="image_scan")).data_list
    print(tasks[0].task_status)


if __name__ == "__main__":
    main()
