"""The survey of an account of Alibaba Cloud, for `doctor --fixture`; nothing else imports it."""

from __future__ import annotations

from gate.clouds.alibaba.survey.account import seen_images, seen_tasks
from gate.clouds.alibaba.survey.probes import PROBES, ask
from gate.clouds.alibaba.survey.questions import QUESTIONS
from gate.clouds.alibaba.survey.vocabulary import VOCABULARY
from gate.clouds.survey import Survey

SURVEY = Survey(
    vocabulary=VOCABULARY, questions=QUESTIONS, ask=ask, tasks=seen_tasks, images=seen_images, probes=PROBES
)
