//! What S3 tells of a bucket to whoever asks.

use crate::caller;
use crate::endpoint::Endpoints;
use crate::kind::s3::HEAD_BUCKET;
use crate::sdk::s3::BUCKET_REGION;
use crate::session::HOME;
use async_trait::async_trait;
use http::{HeaderMap, Method};
use sekisho_contract::door::{Answer, Caller, Door, Malformed, Meaning, Outgoing, Question};
use sekisho_contract::provider::AccountSection;
use sekisho_contract::{GapReason, Operation, Shortfall};

/// What may be asked so.
pub const OPERATIONS: &[&Operation] = &[&HEAD_BUCKET];

/// Speaks for nobody.
struct Nobody;

#[async_trait]
impl Caller for Nobody {
    async fn sign(&self, _: &mut Outgoing) -> Result<(), Shortfall> {
        Ok(())
    }

    fn meaning(&self, operation: &Operation, answer: &Answer) -> Meaning {
        caller::meaning(operation, answer)
    }

    fn request_id(&self, answer: &Answer) -> String {
        caller::request_id(answer)
    }

    fn error_code(&self, _: &Answer) -> String {
        // The answer to a HEAD has no body that could name one.
        String::new()
    }

    async fn renew(&self) -> bool {
        false
    }
}

/// The region of a bucket, asked without credentials: S3 names it when it refuses, and when it sends on to another region.
pub async fn region_of_bucket(
    section: &AccountSection,
    bucket: &str,
    door: &Door,
) -> Result<String, Shortfall> {
    let failed = |why: &str| Shortfall::of(&HEAD_BUCKET, GapReason::Failed, None, why);
    let mut url = Endpoints::of(section)?.url("s3", HOME, &section.id)?;
    url.path_segments_mut().map_err(|()| failed("the endpoint takes no path"))?.pop_if_empty().push(bucket);
    let question = Question {
        operation: &HEAD_BUCKET,
        account: &section.id,
        region: HOME,
        // Told apart from the same question asked with credentials.
        target: &format!("{bucket} (unsigned)"),
        page: 0,
        request: Outgoing { method: Method::HEAD, url, headers: HeaderMap::new(), body: Default::default() },
    };
    let heard = door
        .ask(question, &Nobody, |answer| {
            let region = answer.header(BUCKET_REGION).map(str::to_owned);
            region.ok_or_else(|| Malformed("it does not name the bucket's region".to_owned()))
        })
        .await?;
    heard.told.ok_or_else(|| {
        Shortfall::of(&HEAD_BUCKET, GapReason::Vanished, Some(heard.call), "the bucket does not exist")
    })
}
