"""GitHub's subject: with the ids of owner and repository since July 2026, and without."""

from __future__ import annotations

import pytest

from gate.clouds.sign_in.github_subject import other_form_of_subject


@pytest.mark.parametrize(
    ("subject", "other"),
    [
        ("repo:octo/app:ref:refs/heads/main", "repo:octo@<id>/app@<id>:ref:refs/heads/main"),
        ("repo:octo@123456/app@456789:ref:refs/heads/main", "repo:octo/app:ref:refs/heads/main"),
        ("repo:octo@1/app@2:environment:production", "repo:octo/app:environment:production"),
        ("repo:octo/app:pull_request", "repo:octo@<id>/app@<id>:pull_request"),
        ("project_path:group/proj:ref_type:branch:ref:main", ""),
        ("repo:octo@1/app:ref:refs/heads/main", ""),
        ("", ""),
    ],
)
def test_the_same_job_has_a_subject_in_the_other_form(subject: str, other: str) -> None:
    assert other_form_of_subject(subject) == other
