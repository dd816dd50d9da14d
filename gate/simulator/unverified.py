"""What the published facts do not settle, as switches: each is set to what is harder for a client, or says why not."""

from dataclasses import dataclass


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
