"""The survey of an account of Huawei Cloud, for `doctor --fixture`; nothing else imports it."""

from __future__ import annotations

from gate.clouds.huawei.survey.account import seen_images, seen_tasks
from gate.clouds.huawei.survey.probes import PROBES, ask
from gate.clouds.huawei.survey.questions import QUESTIONS
from gate.clouds.huawei.survey.vocabulary import VOCABULARY
from gate.clouds.survey import Survey

SURVEY = Survey(
    vocabulary=VOCABULARY, questions=QUESTIONS, ask=ask, tasks=seen_tasks, images=seen_images, probes=PROBES
)
