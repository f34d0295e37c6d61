//! S3 Control: the account's public access block.

use super::failure::{Failure, Protocol};
use super::s3::public_access_block;
use super::{Asked, Call, Service};
use crate::answer::Answer;
use crate::request::Request;

pub(super) struct S3Control;

const VERSION: &str = "/v20180820/";

impl Service for S3Control {
    fn name(&self) -> &'static str {
        "s3control"
    }

    fn signing_name(&self) -> &'static str {
        "s3"
    }

    fn protocol(&self) -> Protocol {
        Protocol::S3Control
    }

    fn takes(&self, request: &Request) -> bool {
        request.path.starts_with(VERSION)
    }

    fn operations(&self) -> Vec<&'static str> {
        vec!["GetPublicAccessBlock"]
    }

    fn identify(&self, request: &Request) -> Option<Asked> {
        let path = request.path.strip_prefix(VERSION)?;
        (request.method == http::Method::GET && path == "configuration/publicAccessBlock").then(|| Asked {
            operation: "GetPublicAccessBlock",
            resource: String::new(),
            page: String::new(),
        })
    }

    fn answer(&self, call: &Call<'_>) -> Result<Answer, Failure> {
        let account = call.request.header("x-amz-account-id");
        if account != call.account.id() {
            return Err(self.protocol().denied(
                &call.caller.arn,
                "s3",
                "GetAccountPublicAccessBlock",
                account,
            ));
        }
        match call.account.description.public_access_block.0 {
            Some(block) => Ok(public_access_block(&block)),
            None => {
                let message = "The public access block configuration was not found";
                let failure = Failure::new(404, "NoSuchPublicAccessBlockConfiguration", message);
                Err(failure.field("AccountId", account))
            }
        }
    }
}
