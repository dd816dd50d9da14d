"""What the published facts do not settle, as switches: each is set to what is harder for a client, or says why not."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class Unverified:
    """How the simulated clouds behave where no document says it; a test replaces it in `Simulator.account`."""

    moved_tag_keeps_results: bool = True
    """Whether the row of a tag that has moved keeps scan time and findings of the digest before."""
    failed_scan_moves_scan_time: bool = False
    """Whether a scan that failed counts as the last scan of its image."""
    scan_time_before_findings: bool = True
    """Whether an image shows the end of its scan before the findings of this scan."""
    refuses_repeated_scans: bool = True
    """Whether an image that is being scanned cannot be scanned once more."""
    lists_platform_images: bool = False
    """Whether the images of an index have rows of their own beside that of the index."""
    lists_index: bool = True
    """Whether an index has a row of its own."""

    # Huawei Cloud (huawei-images.md 9).
    fuzzy_names: bool = True
    """Whether namespace, image_name, image_version and registry_name also find parts of names."""
    lists_swr_registries: bool = True
    """Whether ListRegistry lists SWR: it is harder without, but the types of its registries name SWR."""
    empty_list_scans_all: bool = True
    """Whether a scan of specified images that specifies none scans all of them."""
    drops_images_that_it_cannot_scan: bool = True
    """Whether a scan starts without the images that are not listed so, or cannot be scanned, and without an error."""
    lists_handled_vulnerabilities: bool = True
    """Whether handled vulnerabilities are listed where the request does not say."""
    repeats_vulnerabilities: bool = True
    """Whether a vulnerability is listed once for each package that has it."""
    instances_scan: bool = True
    """Whether instances of SWR Enterprise are of v25.7.20 or later; an older one has no scan of its own.

    What it says then is not documented either: that there is nothing of this name.
    """
    instance_times: Literal["with a zone", "without a zone", "milliseconds"] = "with a zone"
    """The form of the times of such a scan: the others are harder, but no result could be judged with them."""
    shows_zeros_until_findings: bool = True
    """Whether the summary of such a scan has zeros until its findings are there; otherwise those of the one before."""
    refuses_eleventh_scan: bool = True
    """Whether the eleventh scan at the same time is refused; otherwise it waits."""
    task_order: Literal["in no order", "newest first", "oldest first"] = "in no order"
    """In which order scan tasks are listed, by their start (huawei-hss.md 2)."""
    refuses_small_pages: bool = True
    """Whether a page of less than 10 rows is refused where 10 is the documented minimum (huawei-hss.md 1)."""

    # Alibaba Cloud (alibaba-images.md 1 to 4).
    scan_time_field: Literal["LastScanTime", "lastScanTime"] = "LastScanTime"
    """How the scan time of a row is spelt: the second is harder, but the vendor's SDKs know the first one only."""
    leaf_ids: Literal["root ids", "leaf ids", "both"] = "root ids"
    """Which ids find sub-tasks: that of their task, their own, or both (alibaba-security-center.md 2.1)."""
    rows_have_registry_ids: bool = False
    """Whether a row has the ids of Container Registry for its repository and its instance."""
    fuzzy_filters: bool = True
    """Whether a criterion for a digest, and the name of an instance, also find similar ones."""
    unscanned_images_have_no_risk: bool = True
    """Whether the risk of an image that was never scanned is NO; otherwise there is none."""
    handled_findings_count: bool = False
    """Whether risk, counts and numbers by severity include the findings on a whitelist."""
    lists_handled_unasked: bool = False
    """Whether DescribeImageVulList lists handled vulnerabilities where the request does not say."""
    lists_libraries_by_image: bool = False
    """Whether DescribeImageVulList lists vulnerabilities of the type `sca`; otherwise it finds none."""
    other_image_forms: bool = False
    """Whether images to import may lack members, have them in upper camel case, and a digest with its algorithm."""
    imports_old_digests: bool = False
    """Whether an image is imported whose tag has moved since; otherwise its registry does not have it."""
    scans_index: bool = False
    """Whether a scan of an index gives it a result; otherwise it is counted, and not scanned."""
    forgets_old_scans: bool = False
    """Whether DescribeImageLatestScanTask shows only scans that are in a list of tasks too: then no other is proven."""
    counts_unknown_images: bool = True
    """Whether the response to a scan counts images to import that are not in their registry."""
    unknown_digests_scan: Literal["everything", "nothing", "error"] = "everything"
    """What a scan by digests is of if none of them is listed."""
    tenth_task_says_no: bool = True
    """Whether the response that creates the tenth task says that none can be created."""
    registry_errors_in_200: bool = True
    """Whether Container Registry says in a success of HTTP that something does not exist."""
    unscanned_tag_is_error: bool = False
    """Whether the status of a registry's scan is an error where there was none; otherwise it is empty."""
