"""The two accounts of the seeded tenancy, reached the way a reader reaches them: AssumeRole from the account the emulator starts in."""

import boto3
from botocore.config import Config

ROLE = "sekisho-reader"


def assume(endpoint, account, session_name):
    """Keyword arguments for boto3.client: the temporary credentials of `account`. The emulators accept any caller and never look at a trust policy."""
    sts = boto3.client(
        "sts", endpoint_url=endpoint, region_name="ap-northeast-1",
        aws_access_key_id="emulator", aws_secret_access_key="emulator", config=Config(retries={"total_max_attempts": 5}))
    issued = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{ROLE}", RoleSessionName=session_name)["Credentials"]
    return {
        "aws_access_key_id": issued["AccessKeyId"],
        "aws_secret_access_key": issued["SecretAccessKey"],
        "aws_session_token": issued["SessionToken"],
    }
