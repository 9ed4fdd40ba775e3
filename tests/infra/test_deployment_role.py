"""The deployment role may do what `make deploy` calls, and nothing else."""

from __future__ import annotations

from tests.support.iam_actions import calls, needed_actions, statements, unknown_requests
from tests.support.repository import REPO

CALLS = calls(REPO / "deployment")
# The environment keeps its role, MWAA looks at the bucket's encryption, and the bucket has a key of the account.
OTHERS = {"iam:PassRole", "kms:Decrypt", "kms:GenerateDataKey", "s3:GetEncryptionConfiguration"}


def test_every_request_of_the_code_is_known_here() -> None:
    assert unknown_requests(CALLS) == set(), "add its action to tests/support/iam_actions.py and to deployment_role.tf"


def test_the_policy_allows_what_the_code_calls_and_nothing_else() -> None:
    policy = statements("terraform/deployment_role.tf", "deployment")

    assert needed_actions(CALLS)
    assert {action for each in policy for action in each["actions"][0]} == needed_actions(CALLS) | OTHERS
