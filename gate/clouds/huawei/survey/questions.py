"""What the facts on Huawei Cloud mark as not verified, as far as reading can tell.

They are in huawei-hss.md 9 and in huawei-images.md 9.
"""

from __future__ import annotations

from gate.clouds.huawei.survey import readings
from gate.clouds.huawei.survey.vocabulary import IMAGE_KEYS, TASK_KEYS
from gate.clouds.survey import question
from gate.clouds.survey_answers import (
    IN_NO_ORDER,
    ORDERS,
    PRESENCE,
    RETRY_AFTER,
    SPELLINGS,
    UNITS,
    absent_keys,
    presence,
    quota_headers,
    retry_after,
    spelling,
    unit,
)

_LIST, _IMAGE_LIST = "ListImageScanTask", "ListRegistryImages"
_TASK_ORDERS = {f"{one} by {name}" for one in ORDERS - {IN_NO_ORDER} for name in readings.TASK_TIMES} | {IN_NO_ORDER}
_IMAGE_ORDERS = {f"{one} by {name}" for one in ORDERS - {IN_NO_ORDER} for name in readings.IMAGE_TIMES} | {IN_NO_ORDER}


QUESTIONS = (
    question(
        "order-of-tasks",
        "In which order are scan tasks listed?",
        f"{_LIST}, begin_time and end_time",
        _TASK_ORDERS,
        lambda seen: readings.order_by(readings.tasks(seen), readings.TASK_TIMES),
    ),
    question(
        "absent-in-tasks",
        "Which documented fields does no scan task have?",
        _LIST,
        TASK_KEYS | {"none"},
        lambda seen: absent_keys(readings.tasks(seen), TASK_KEYS),
    ),
    question(
        "risky-num-of-ended",
        "Do scan tasks that have ended state risky_num?",
        f"{_LIST}, task_status and risky_num",
        PRESENCE,
        lambda seen: presence(readings.ended(seen), "risky_num"),
    ),
    question(
        "risky-num-of-running",
        "Do running scan tasks state risky_num?",
        f"{_LIST}, task_status and risky_num",
        PRESENCE,
        lambda seen: presence(readings.running(seen), "risky_num"),
    ),
    question(
        "remain-min-of-running",
        "Do running scan tasks state remain_min?",
        f"{_LIST}, task_status and remain_min",
        PRESENCE,
        lambda seen: presence(readings.running(seen), "remain_min"),
    ),
    question(
        "end-time-of-running",
        "Do running scan tasks state an end_time?",
        f"{_LIST}, task_status and end_time",
        PRESENCE,
        lambda seen: presence(readings.running(seen), "end_time"),
    ),
    question(
        "unit-of-task-times",
        "In which unit are the times of scan tasks?",
        f"{_LIST}, begin_time",
        UNITS,
        lambda seen: unit(row.get("begin_time") for row in readings.tasks(seen)),
    ),
    question(
        "failed-images",
        "Does a scan task list as many images in failed_images as failed_num says?",
        f"{_LIST}, failed_images and failed_num",
        {"as many", "fewer", "more"},
        readings.failed_images,
    ),
    question(
        "filter-by-task-id",
        "What does a search by task_id find?",
        f"{_LIST} with task_id",
        {"this task only", "no task"},
        readings.found_by_id,
    ),
    question(
        "filter-finished",
        "Which scan tasks does task_status=finished find?",
        f"{_LIST} with task_status",
        {"those that ended badly too", "complete ones only"},
        readings.finished,
    ),
    question(
        "small-page",
        "Is a page of less than 10 scan tasks accepted?",
        f"{_LIST} with limit=1",
        {"accepted", "accepted, and more rows sent", "refused"},
        readings.small_page,
    ),
    question(
        "order-of-images",
        "In which order are images listed?",
        f"{_IMAGE_LIST}, latest_scan_time, latest_update_time and latest_sync_time",
        _IMAGE_ORDERS,
        lambda seen: readings.order_by(readings.images(seen), readings.IMAGE_TIMES),
    ),
    question(
        "absent-in-images",
        "Which documented fields does no image have?",
        _IMAGE_LIST,
        IMAGE_KEYS | {"none"},
        lambda seen: absent_keys(readings.images(seen), IMAGE_KEYS),
    ),
    question(
        "digest-of-images",
        "How are the digests of images spelt?",
        f"{_IMAGE_LIST}, image_digest",
        SPELLINGS,
        lambda seen: spelling(row.get("image_digest") for row in readings.images(seen)),
    ),
    question(
        "counts-of-unscanned",
        "Do images that were never scanned state vul_num?",
        f"{_IMAGE_LIST}, scan_status and vul_num",
        PRESENCE,
        readings.unscanned_counts,
    ),
    question(
        "index-rows",
        "Are indexes of several platforms listed?",
        f"{_IMAGE_LIST}, is_multiple_arch",
        {"listed"},
        readings.indexes,
    ),
    question(
        "swr-registries",
        "Does the list of registries have SWR?",
        "ListRegistry, registry_type",
        {"listed", "not listed"},
        readings.registries,
    ),
    question(
        "filter-by-name",
        "Which names does image_name find?",
        f"{_IMAGE_LIST} with image_name",
        {"parts of them too", "whole ones only"},
        readings.names,
    ),
    question(
        "handled-vulnerabilities",
        "Which vulnerabilities are listed where the request does not say?",
        "ListImageVulnerabilities, total_num with and without handle_status",
        {"handled ones too"},
        readings.handled,
    ),
    question(
        "rows-of-vulnerability",
        "How many rows does a vulnerability have?",
        "ListImageVulnerabilities, vul_id",
        {"one", "more than one"},
        readings.repeated,
    ),
    question(
        "retry-after",
        "What does Retry-After state when the quota is used up?",
        "every response, Retry-After",
        RETRY_AFTER,
        lambda seen: retry_after(seen, "retry-after"),
    ),
    question(
        "quota-headers",
        "Do responses have headers about the quota?",
        "every response, its headers",
        PRESENCE,
        quota_headers,
    ),
)
