"""What the facts on Alibaba Cloud mark as not verified, as far as reading can tell.

They are in alibaba-security-center.md, under "Not verified", and in alibaba-images.md 11.
"""

from __future__ import annotations

from gate.clouds.alibaba.security_center import PAGE_SIZE
from gate.clouds.alibaba.survey import probes, readings
from gate.clouds.alibaba.survey.vocabulary import IMAGE_KEYS, LEAF_KEYS, TASK_KEYS, VOCABULARY
from gate.clouds.survey import question
from gate.clouds.survey_answers import (
    ORDERS,
    PRESENCE,
    RETRY_AFTER,
    SPELLINGS,
    UNITS,
    absent_keys,
    order,
    quota_headers,
    retry_after,
    spelling,
    unit,
)

_LEAF_PAGE, _IMAGE_PAGE = "DescribeOnceTaskLeafRecordPage", "DescribeImageInstances"
_STATUSES = frozenset(str(word) for word in VOCABULARY.words["StatusText"])


QUESTIONS = (
    question(
        "no-task",
        "What does the response say if there is no task?",
        "GetLastOnceTaskInfo, TaskId and TaskInfo",
        {"TASK_NOT_EXISTS", "no TaskInfo"},
        readings.no_task,
    ),
    question(
        "task-id",
        "Of which type is the id of a task?",
        "GetLastOnceTaskInfo, TaskId",
        {"a number", "a text"},
        readings.task_id,
    ),
    question(
        "absent-in-tasks",
        "Which documented fields does the latest task not have?",
        "GetLastOnceTaskInfo",
        TASK_KEYS | {"none"},
        lambda seen: absent_keys([readings.document(one)] if (one := seen.of(probes.LATEST)) else [], TASK_KEYS),
    ),
    question(
        "unit-of-task-times",
        "In which unit are the times of tasks?",
        "GetLastOnceTaskInfo, CollectTime",
        UNITS,
        lambda seen: unit([readings.document(seen.of(probes.LATEST)).get("CollectTime")]),
    ),
    question(
        "leaf-filter",
        "Which ids find sub-tasks?",
        f"{_LEAF_PAGE} with TaskId",
        {"root ids", "leaf ids", "both"},
        readings.leaf_ids,
    ),
    question(
        "order-of-leaves",
        "In which order are sub-tasks listed?",
        f"{_LEAF_PAGE}, EndTime",
        ORDERS,
        lambda seen: order([row.get("EndTime") for row in readings.leaves(seen)]),
    ),
    question(
        "absent-in-leaves",
        "Which documented fields does no sub-task of an image have?",
        _LEAF_PAGE,
        LEAF_KEYS | {"none"},
        lambda seen: absent_keys(readings.image_leaves(seen), LEAF_KEYS),
    ),
    question(
        "status-of-failed-leaves",
        "How is the status of sub-tasks called that failed?",
        f"{_LEAF_PAGE}, StatusText",
        _STATUSES,
        readings.failed_words,
    ),
    question(
        "digest-of-leaves",
        "How are the digests of sub-tasks spelt?",
        f"{_LEAF_PAGE}, Target",
        SPELLINGS,
        lambda seen: spelling(row.get("Target") for row in readings.image_leaves(seen)),
    ),
    question(
        "digest-of-images",
        "How are the digests of images spelt?",
        f"{_IMAGE_PAGE}, Digest",
        SPELLINGS,
        lambda seen: spelling(row.get("Digest") for row in readings.images(seen)),
    ),
    question(
        "scan-time-field",
        "How is the field spelt that states when an image was scanned?",
        _IMAGE_PAGE,
        {*readings.TIME_FIELDS, "both"},
        readings.time_field,
    ),
    question(
        "absent-in-images",
        "Which documented fields does no image have?",
        _IMAGE_PAGE,
        IMAGE_KEYS | {"none"},
        lambda seen: absent_keys(readings.images(seen), IMAGE_KEYS),
    ),
    question(
        "registry-ids",
        "Which ids of instance and repository do images have?",
        f"{_IMAGE_PAGE}, InstanceId and RepoId",
        {"those of Container Registry", "others", "both"},
        readings.registry_ids,
    ),
    question(
        "filter-by-digest",
        "Which images does a criterion for a digest find?",
        f"{_IMAGE_PAGE} with Criteria",
        {"similar ones too", "this one only"},
        readings.filter_by_part,
    ),
    question(
        "criteria-joined-by-or",
        "Do several digests find the images of each?",
        f"{_IMAGE_PAGE} with Criteria",
        {"all", "some", "none"},
        readings.joined,
    ),
    question(
        "page-size",
        f"How many images does a page have if {PAGE_SIZE} are asked for?",
        f"{_IMAGE_PAGE}, PageInfo",
        readings.PAGE_SIZES,
        readings.page_size,
    ),
    question(
        "risk-of-unscanned",
        "What is the RiskStatus of images that were never scanned?",
        f"{_IMAGE_PAGE}, LastScanTime and RiskStatus",
        {"YES", "NO", "nothing"},
        readings.unscanned_risk,
    ),
    question(
        "uuid-of-numbers",
        "Does the Uuid of an image find its numbers of vulnerabilities?",
        "DescribeUuidVulNumClassifyStatistic, Data",
        {"found", "not found"},
        readings.numbers,
    ),
    question(
        "handled-vulnerabilities",
        "Which vulnerabilities are listed where the request does not say?",
        "DescribeImageVulList, TotalCount with and without Dealed",
        {"handled ones too"},
        readings.handled,
    ),
    question(
        "libraries-by-image",
        "Are vulnerabilities of libraries listed by image?",
        "DescribeImageVulList with Type=sca",
        {"listed", "not listed"},
        readings.libraries,
    ),
    question(
        "throttling-status",
        "With which status of HTTP is a request refused when the quota is used up?",
        "every response, Code",
        {"400", "429", "503"},
        readings.throttling_status,
    ),
    question(
        "retry-after",
        "What does x-acs-retry-after or Retry-After state when the quota is used up?",
        "every response, its headers",
        RETRY_AFTER,
        lambda seen: retry_after(seen, "x-acs-retry-after", "retry-after"),
    ),
    question(
        "quota-headers",
        "Do responses have headers about the quota?",
        "every response, its headers",
        PRESENCE,
        quota_headers,
    ),
)
