//! Kinesis: data streams.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::shared::{List, Page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::door::Heard;
use sekisho_contract::fact::{CopyRole, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every stream of the region.
    LIST_STREAMS = "kinesis" "ListStreams", needs "kinesis:ListStreams", quota quota::KINESIS_LIST,
    Per::Page(1_000), Post, facts "streams"
);
operation!(
    /// A stream's properties.
    DESCRIBE_STREAM_SUMMARY = "kinesis" "DescribeStreamSummary", needs "kinesis:DescribeStreamSummary",
    quota quota::KINESIS, Per::Resource, Post, facts "encryption of streams and its key"
);
operation!(
    /// A stream's labels.
    LIST_TAGS_FOR_STREAM = "kinesis" "ListTagsForStream", needs "kinesis:ListTagsForStream",
    quota quota::KINESIS_LIST, Per::Resource, Post, facts "labels of streams, for scope"
);

/// Streams.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::MessageStore] },
    operations: &[&LIST_STREAMS, &DESCRIBE_STREAM_SUMMARY, &LIST_TAGS_FOR_STREAM],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("Kinesis_20131202");
const SERVICE: &str = "kinesis";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let list = List::<Streams>::of(session, Ask::of(&LIST_STREAMS, API, region, json!({"Limit": 1000})));
    tally.read(list, sink, |name, call| stream(session, region, name, call)).await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Streams {
    stream_names: Vec<String>,
    has_more_streams: Option<bool>,
}

impl Page for Streams {
    type Item = String;
    const TOKEN: &'static str = "ExclusiveStartStreamName";

    fn split(self) -> (Vec<String>, Option<String>, Option<bool>) {
        let last = self.stream_names.last().cloned();
        let token = last.filter(|_| self.has_more_streams == Some(true));
        (self.stream_names, token, self.has_more_streams)
    }
    fn name(item: &String) -> String {
        item.clone()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    stream_description_summary: Summary,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Summary {
    #[serde(rename = "StreamARN")]
    arn: String,
    encryption_type: Option<String>,
    key_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tags: Vec<Tag>,
    has_more_tags: Option<bool>,
}

impl Page for Tags {
    type Item = Tag;
    const TOKEN: &'static str = "ExclusiveStartTagKey";

    fn split(self) -> (Vec<Tag>, Option<String>, Option<bool>) {
        let last = self.tags.last().map(|tag| tag.key.clone());
        let token = last.filter(|_| self.has_more_tags == Some(true));
        (self.tags, token, self.has_more_tags)
    }
    fn name(item: &Tag) -> String {
        item.key.clone()
    }
}

async fn stream(session: &Session, region: &str, name: String, call: CallId) -> Fact {
    let id = session.arn(SERVICE, region, &format!("stream/{}", shorten(&name)));
    let mut draft = Draft::new(session, (Kind::MessageStore, SERVICE), region, id.clone(), &name, &call);
    let body = json!({"StreamName": name});
    let ask = Ask::of(&DESCRIBE_STREAM_SUMMARY, API, region, body.clone()).about(&name);
    match session.told::<Described>(ask).await {
        Ok(heard) => encryption(&mut draft, &id, heard),
        Err(shortfall) => draft.perhaps_encrypted(&shortfall),
    }
    let ask = Ask::of(&LIST_TAGS_FOR_STREAM, API, region, body).about(&name);
    let tags = all(List::<Tags>::of(session, ask)).await;
    draft.tagged_in_pages(tags);
    draft.finish()
}

fn encryption(draft: &mut Draft<'_>, id: &str, heard: Heard<Described>) {
    let operation = &DESCRIBE_STREAM_SUMMARY;
    let Some(told) = heard.told.map(|told| told.stream_description_summary).filter(|told| told.arn == id)
    else {
        let detail = "the answer is not about this stream";
        let astray = Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail);
        draft.perhaps_copied(CopyRole::Primary, &astray);
        return draft.perhaps_encrypted(&astray);
    };
    draft.sheet.shown("encryption", &heard.call);
    match told.encryption_type.as_deref() {
        Some("KMS") => draft.encrypted_under(told.key_id.as_deref(), operation, heard.call),
        Some("NONE") => draft.encrypted(Observed::Seen(false), None),
        Some(other) => {
            let detail = format!("unknown encryption `{}`", shorten(other));
            draft.perhaps_encrypted(&Shortfall::of(operation, GapReason::Unknown, Some(heard.call), detail));
        }
        None => {
            let unsaid = draft.said("encryption", None, operation, heard.call);
            draft.encrypted(unsaid, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Streams, Tags};
    use serde_json::{from_value, json};

    #[test]
    fn a_list_goes_on_after_its_last_member() {
        let split = |more: bool, names: &[&str]| {
            let told = json!({"StreamNames": names, "HasMoreStreams": more});
            from_value::<Streams>(told).unwrap().split()
        };
        assert_eq!(split(true, &["a", "b"]).1.as_deref(), Some("b"));
        assert_eq!(split(false, &["a", "b"]).1, None);
        // A list that goes on from nowhere is called broken by who follows it.
        assert_eq!(split(true, &[]), (Vec::new(), None, Some(true)));
        let tags = json!({"Tags": [{"Key": "k", "Value": "v"}], "HasMoreTags": true});
        assert_eq!(from_value::<Tags>(tags).unwrap().split().1.as_deref(), Some("k"));
    }
}
