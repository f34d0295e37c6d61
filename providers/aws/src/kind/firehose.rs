//! Firehose: delivery streams, and where they deliver.

use super::Entry;
use super::draft::{Draft, Fact, Tag, Tally, all};
use super::flow::{handed_to, region_of_address, sent_away};
use super::shared::{List, Page};
use crate::api::{Api, Ask};
use crate::quota;
use crate::session::Session;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::{CopyRole, Facet, Kind};
use sekisho_contract::gap::shorten;
use sekisho_contract::operation::Per;
use sekisho_contract::provider::{CellOutcome, FactSink, Reach, Service};
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::json;

operation!(
    /// Every delivery stream of the region.
    LIST_DELIVERY_STREAMS = "firehose" "ListDeliveryStreams", needs "firehose:ListDeliveryStreams",
    quota quota::FIREHOSE, Per::Page(1_000), Post, facts "delivery streams"
);
operation!(
    /// A delivery stream's source, destinations and encryption.
    DESCRIBE_DELIVERY_STREAM = "firehose" "DescribeDeliveryStream", needs "firehose:DescribeDeliveryStream",
    quota quota::FIREHOSE, Per::Resource, Post, facts "where delivery streams deliver, their encryption and its key"
);
operation!(
    /// A delivery stream's labels.
    LIST_TAGS_FOR_DELIVERY_STREAM = "firehose" "ListTagsForDeliveryStream", needs "firehose:ListTagsForDeliveryStream",
    quota quota::FIREHOSE, Per::Resource, Post, facts "labels of delivery streams, for scope"
);

/// Delivery streams.
pub const ENTRY: Entry = Entry {
    service: Service { name: SERVICE, reach: Reach::Region, kinds: &[Kind::Delivery] },
    operations: &[&LIST_DELIVERY_STREAMS, &DESCRIBE_DELIVERY_STREAM, &LIST_TAGS_FOR_DELIVERY_STREAM],
    sweep: |session, region, sink| Box::pin(sweep(session, region, sink)),
};

const API: Api = Api::json("Firehose_20150804");
const SERVICE: &str = "firehose";

async fn sweep(session: &Session, region: &str, sink: &dyn FactSink) -> CellOutcome {
    let mut tally = Tally::default();
    let ask = Ask::of(&LIST_DELIVERY_STREAMS, API, region, json!({"Limit": 1000}));
    tally
        .read(List::<Streams>::of(session, ask), sink, |name, call| stream(session, region, name, call))
        .await;
    tally.outcome()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Streams {
    delivery_stream_names: Vec<String>,
    has_more_delivery_streams: Option<bool>,
}

impl Page for Streams {
    type Item = String;
    const TOKEN: &'static str = "ExclusiveStartDeliveryStreamName";

    fn split(self) -> (Vec<String>, Option<String>, Option<bool>) {
        let last = self.delivery_stream_names.last().cloned();
        let token = last.filter(|_| self.has_more_delivery_streams == Some(true));
        (self.delivery_stream_names, token, self.has_more_delivery_streams)
    }
    fn name(item: &String) -> String {
        item.clone()
    }
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    delivery_stream_description: Description,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Description {
    #[serde(rename = "DeliveryStreamARN")]
    arn: String,
    delivery_stream_type: Option<String>,
    #[serde(rename = "DeliveryStreamEncryptionConfiguration")]
    encryption: Option<StreamEncryption>,
    source: Option<Source>,
    destinations: Vec<Destination>,
    has_more_destinations: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamEncryption {
    #[serde(rename = "KeyARN")]
    key: Option<String>,
    key_type: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "KinesisStreamSourceDescription")]
    kinesis: Option<KinesisSource>,
    #[serde(rename = "MSKSourceDescription")]
    kafka: Option<KafkaSource>,
}

#[derive(Deserialize)]
struct KinesisSource {
    #[serde(rename = "KinesisStreamARN")]
    stream: Option<String>,
}

#[derive(Deserialize)]
struct KafkaSource {
    #[serde(rename = "MSKClusterARN")]
    cluster: Option<String>,
}

/// A destination: one of its descriptions is there, for a bucket both the first and the second.
#[derive(Deserialize)]
struct Destination {
    #[serde(rename = "S3DestinationDescription")]
    bucket: Option<Target>,
    #[serde(rename = "ExtendedS3DestinationDescription")]
    extended: Option<Target>,
    #[serde(rename = "RedshiftDestinationDescription")]
    redshift: Option<Target>,
    #[serde(rename = "ElasticsearchDestinationDescription")]
    elasticsearch: Option<Target>,
    #[serde(rename = "AmazonopensearchserviceDestinationDescription")]
    opensearch: Option<Target>,
    #[serde(rename = "AmazonOpenSearchServerlessDestinationDescription")]
    serverless: Option<Target>,
    #[serde(rename = "SplunkDestinationDescription")]
    splunk: Option<Target>,
    #[serde(rename = "HttpEndpointDestinationDescription")]
    http: Option<Target>,
    #[serde(rename = "SnowflakeDestinationDescription")]
    snowflake: Option<Target>,
    #[serde(rename = "IcebergDestinationDescription")]
    iceberg: Option<Target>,
}

/// What is read of a destination, whatever its sort.
#[derive(Deserialize)]
struct Target {
    #[serde(rename = "BucketARN")]
    bucket: Option<String>,
    #[serde(rename = "ClusterJDBCURL")]
    database: Option<String>,
    #[serde(rename = "DomainARN")]
    domain: Option<String>,
    #[serde(rename = "ClusterEndpoint")]
    cluster: Option<String>,
    #[serde(rename = "CollectionEndpoint")]
    collection: Option<String>,
    #[serde(rename = "CatalogConfiguration")]
    catalog: Option<Catalog>,
    #[serde(rename = "S3BackupMode")]
    backup_mode: Option<String>,
    #[serde(rename = "S3BackupDescription")]
    backup: Option<Bucket>,
    #[serde(rename = "S3DestinationDescription")]
    aside: Option<Bucket>,
    #[serde(rename = "ProcessingConfiguration")]
    processing: Option<Processing>,
}

#[derive(Deserialize)]
struct Bucket {
    #[serde(rename = "BucketARN")]
    arn: String,
}

#[derive(Deserialize)]
struct Catalog {
    #[serde(rename = "CatalogARN")]
    arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Processing {
    enabled: Option<bool>,
    #[serde(default)]
    processors: Vec<Processor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Processor {
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    parameter_name: String,
    parameter_value: String,
}

async fn stream(session: &Session, region: &str, name: String, call: CallId) -> Fact {
    let id = session.arn(SERVICE, region, &format!("deliverystream/{}", shorten(&name)));
    let mut draft = Draft::new(session, (Kind::Delivery, SERVICE), region, id.clone(), &name, &call);
    let body = json!({"DeliveryStreamName": name});
    let ask = Ask::of(&DESCRIBE_DELIVERY_STREAM, API, region, body.clone()).about(&name);
    match session.told::<Described>(ask).await {
        Ok(heard) => {
            let told = heard.told.map(|told| told.delivery_stream_description).filter(|told| told.arn == id);
            match told {
                Some(told) => described(&mut draft, session, told, heard.call).await,
                None => {
                    let detail = "the answer is not about this stream";
                    let operation = &DESCRIBE_DELIVERY_STREAM;
                    unseen(
                        &mut draft,
                        &Shortfall::of(operation, GapReason::Malformed, Some(heard.call), detail),
                    );
                }
            }
        }
        Err(shortfall) => unseen(&mut draft, &shortfall),
    }
    let ask = Ask::of(&LIST_TAGS_FOR_DELIVERY_STREAM, API, region, body).about(&name);
    draft.tagged_in_pages(all(List::<Tags>::of(session, ask)).await);
    draft.finish()
}

fn unseen(draft: &mut Draft<'_>, shortfall: &Shortfall) {
    draft.perhaps_copied(CopyRole::Transit, shortfall);
    draft.resource.made_from = draft.sheet.unseen("made_from", shortfall).seen().cloned();
    draft.resource.facets.push(Facet::Encryption);
    draft.perhaps_encrypted(shortfall);
}

/// What is sent to a stream as it is: it keeps that itself for a while. What it fetches rests where it is fetched.
const SENT: &str = "DirectPut";

async fn described(draft: &mut Draft<'_>, session: &Session, told: Description, call: CallId) {
    let operation = &DESCRIBE_DELIVERY_STREAM;
    draft.sheet.shown("copies", &call);
    if told.delivery_stream_type.as_deref().is_none_or(|sort| sort == SENT) {
        draft.resource.facets.push(Facet::Encryption);
        draft.sheet.shown("encryption", &call);
        encryption(draft, told.encryption, call);
    }
    if let Some(source) = told.source {
        let fetched =
            [source.kinesis.and_then(|from| from.stream), source.kafka.and_then(|from| from.cluster)];
        draft.resource.made_from = fetched.into_iter().flatten().next().map(|from| shorten(&from));
    }
    if told.has_more_destinations == Some(true) {
        let detail = "the list says it goes on, but not from where";
        let more = Shortfall::of(operation, GapReason::Malformed, Some(call), detail);
        draft.perhaps_copied(CopyRole::Transit, &more);
    }
    for destination in told.destinations {
        delivers(draft, session, destination, call).await;
    }
}

fn encryption(draft: &mut Draft<'_>, told: Option<StreamEncryption>, call: CallId) {
    let operation = &DESCRIBE_DELIVERY_STREAM;
    let Some(StreamEncryption { key, key_type, status: Some(status) }) = told else {
        let unsaid = draft.said("encryption", None, operation, call);
        return draft.encrypted(unsaid, None);
    };
    match (status.as_str(), key_type.as_deref()) {
        ("ENABLED", Some("AWS_OWNED_CMK")) => draft.encrypted(Observed::Seen(true), None),
        ("ENABLED", _) => draft.encrypted_under(key.as_deref(), operation, call),
        ("DISABLED", _) => draft.encrypted(Observed::Seen(false), None),
        // While it changes, and where that failed, it is not said what holds.
        (other, _) => {
            let detail = format!("unknown state of a stream's encryption `{}`", shorten(other));
            draft.perhaps_encrypted(&Shortfall::of(operation, GapReason::Unknown, Some(call), detail));
        }
    }
}

/// Follows data to one destination, and to what they pass or leave on the way.
async fn delivers(draft: &mut Draft<'_>, session: &Session, to: Destination, call: CallId) {
    let known = [
        (to.bucket, Sort::Bucket),
        (to.extended, Sort::Bucket),
        (to.redshift, Sort::Address("a database")),
        (to.elasticsearch, Sort::Address("a search domain")),
        (to.opensearch, Sort::Address("a search domain")),
        (to.serverless, Sort::Address("a search collection")),
        (to.splunk, Sort::Away("Splunk")),
        (to.http, Sort::Away("an HTTP endpoint")),
        (to.snowflake, Sort::Away("Snowflake")),
        (to.iceberg, Sort::Tables),
    ];
    let mut none = true;
    for (target, sort) in known {
        let Some(target) = target else { continue };
        none = false;
        primary(draft, session, &target, sort).await;
        aside(draft, session, target).await;
    }
    if none {
        let detail = "unknown kind of destination";
        let unknown = Shortfall::of(&DESCRIBE_DELIVERY_STREAM, GapReason::Unknown, Some(call), detail);
        draft.perhaps_copied(CopyRole::Transit, &unknown);
    }
}

/// How a sort of destination is found.
enum Sort {
    /// By a bucket's name.
    Bucket,
    /// By an ARN or an address of the service's.
    Address(&'static str),
    /// Not at all.
    Away(&'static str),
    /// By a catalogue of tables, each of which has a place of its own.
    Tables,
}

/// Services whose addresses name their region.
const ADDRESSES: &[&str] = &["redshift", "redshift-serverless", "es", "aoss"];

async fn primary(draft: &mut Draft<'_>, session: &Session, target: &Target, sort: Sort) {
    let role = CopyRole::Transit;
    match sort {
        Sort::Bucket => match &target.bucket {
            Some(bucket) => handed_to(draft, session, role, bucket).await,
            None => sent_away(draft, role, "a nameless bucket"),
        },
        Sort::Address(named) => {
            let addresses = [&target.database, &target.cluster, &target.collection];
            let address = addresses.into_iter().flatten().next();
            match (&target.domain, address.and_then(|address| region_of_address(address, ADDRESSES))) {
                (Some(domain), _) => handed_to(draft, session, role, domain).await,
                (None, Some(region)) => draft.copy(role, None, region),
                (None, None) => sent_away(draft, role, named),
            }
        }
        Sort::Away(named) => sent_away(draft, role, named),
        Sort::Tables => {
            if let Some(catalog) = target.catalog.as_ref().and_then(|catalog| catalog.arn.as_ref()) {
                handed_to(draft, session, role, catalog).await;
            }
            sent_away(draft, role, "tables of a catalogue");
        }
    }
}

/// Buckets that a part of the data, or all, is left in besides; and functions they pass.
async fn aside(draft: &mut Draft<'_>, session: &Session, target: Target) {
    if let Some(bucket) = target.aside {
        handed_to(draft, session, CopyRole::Backup, &bucket.arn).await;
    }
    if let Some(bucket) = target.backup.filter(|_| target.backup_mode.as_deref() != Some("Disabled")) {
        handed_to(draft, session, CopyRole::Backup, &bucket.arn).await;
    }
    let processing = target.processing.filter(|processing| processing.enabled != Some(false));
    let parameters = processing.into_iter().flat_map(|all| all.processors).flat_map(|one| one.parameters);
    for function in parameters.filter(|parameter| parameter.parameter_name == "LambdaArn") {
        handed_to(draft, session, CopyRole::Transit, &function.parameter_value).await;
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Streams};
    use serde_json::{from_value, json};

    #[test]
    fn a_list_goes_on_after_its_last_member() {
        let split = |more: bool, names: &[&str]| {
            let told = json!({"DeliveryStreamNames": names, "HasMoreDeliveryStreams": more});
            from_value::<Streams>(told).unwrap().split()
        };
        assert_eq!(split(true, &["a", "b"]).1.as_deref(), Some("b"));
        assert_eq!(split(false, &["a", "b"]).1, None);
        assert_eq!(split(true, &[]), (Vec::new(), None, Some(true)));
    }
}
