//! The published files, each read into the same rows.

use serde::Deserialize;

/// A published file as rows.
pub(super) struct File {
    pub provider: &'static str,
    pub made: Option<String>,
    pub number: Option<String>,
    pub rows: Vec<Row>,
}

/// One range.
pub(super) struct Row {
    /// `192.0.2.0/24`, `2001:db8::/32`.
    pub prefix: String,
    pub region: Option<String>,
    pub border_group: Option<String>,
    pub service: Option<String>,
    /// Announced from many places at once.
    pub everywhere: bool,
}

/// Reads whichever file it is.
pub(super) fn read(bytes: &[u8]) -> Result<File, String> {
    // What tells one from the other stands at the top of each.
    let mark: Mark = serde_json::from_slice(bytes).map_err(|cause| cause.to_string())?;
    let file = match mark {
        Mark { create_date: Some(_), .. } => serde_json::from_slice(bytes).map(Aws::rows),
        Mark { creation_time: Some(_), .. } => serde_json::from_slice(bytes).map(Google::rows),
        Mark { change_number: Some(_), .. } => serde_json::from_slice(bytes).map(Azure::rows),
        Mark { last_updated_timestamp: Some(_), .. } => serde_json::from_slice(bytes).map(Oracle::rows),
        _ => return Err("none of the published files has this form".to_owned()),
    };
    file.map_err(|cause| cause.to_string())
}

#[derive(Deserialize)]
struct Mark {
    #[serde(rename = "createDate")]
    create_date: Option<serde::de::IgnoredAny>,
    #[serde(rename = "creationTime")]
    creation_time: Option<serde::de::IgnoredAny>,
    #[serde(rename = "changeNumber")]
    change_number: Option<serde::de::IgnoredAny>,
    last_updated_timestamp: Option<serde::de::IgnoredAny>,
}

/// <https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-syntax.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Aws {
    sync_token: String,
    create_date: String,
    prefixes: Vec<AwsRow>,
    #[serde(rename = "ipv6_prefixes")]
    ipv6_prefixes: Vec<AwsRow>,
}

#[derive(Deserialize)]
struct AwsRow {
    #[serde(alias = "ipv6_prefix")]
    ip_prefix: String,
    region: String,
    service: String,
    network_border_group: String,
}

impl Aws {
    fn rows(self) -> File {
        let rows = self.prefixes.into_iter().chain(self.ipv6_prefixes).map(|row| {
            let everywhere = row.region == "GLOBAL" || row.network_border_group == "GLOBAL";
            Row {
                prefix: row.ip_prefix,
                region: (!everywhere).then_some(row.region),
                border_group: (!everywhere).then_some(row.network_border_group),
                // The row of the whole cloud.
                service: (row.service != "AMAZON").then_some(row.service),
                everywhere,
            }
        });
        File {
            provider: "aws",
            made: Some(self.create_date),
            number: Some(self.sync_token),
            rows: rows.collect(),
        }
    }
}

/// <https://www.gstatic.com/ipranges/cloud.json>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Google {
    sync_token: String,
    creation_time: String,
    prefixes: Vec<GoogleRow>,
}

#[derive(Deserialize)]
struct GoogleRow {
    #[serde(rename = "ipv4Prefix", alias = "ipv6Prefix")]
    prefix: String,
    scope: String,
}

impl Google {
    fn rows(self) -> File {
        let rows = self.prefixes.into_iter().map(|row| {
            let everywhere = row.scope == "global";
            let region = (!everywhere).then_some(row.scope);
            Row { prefix: row.prefix, border_group: None, region, service: None, everywhere }
        });
        File {
            provider: "gcp",
            made: Some(self.creation_time),
            number: Some(self.sync_token),
            rows: rows.collect(),
        }
    }
}

/// <https://learn.microsoft.com/azure/virtual-network/service-tags-overview>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Azure {
    change_number: u64,
    values: Vec<Tag>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
    properties: TagProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TagProperties {
    region: String,
    system_service: String,
    address_prefixes: Vec<String>,
}

impl Azure {
    fn rows(self) -> File {
        let mut rows = Vec::new();
        for Tag { name, properties } in self.values {
            // A tag without a region lists the addresses of every region over again. Front Door alone is announced
            // from everywhere.
            let everywhere = name.starts_with("AzureFrontDoor");
            let region = azure_region(&properties.region).filter(|_| !everywhere);
            let service = match properties.system_service.as_str() {
                "" if everywhere => Some("AzureFrontDoor".to_owned()),
                "" => None,
                named => Some(named.to_owned()),
            };
            rows.extend(properties.address_prefixes.into_iter().map(|prefix| Row {
                prefix,
                region: region.clone(),
                border_group: None,
                service: service.clone(),
                everywhere,
            }));
        }
        File { provider: "azure", made: None, number: Some(self.change_number.to_string()), rows }
    }
}

/// The programmatic name of a region that service tags call otherwise.
fn azure_region(tag: &str) -> Option<String> {
    let name = match tag {
        "" => return None,
        "brazilse" => "brazilsoutheast",
        "centralfrance" => "francecentral",
        "chilec" => "chilecentral",
        "germanyn" => "germanynorth",
        "germanywc" => "germanywestcentral",
        "norwaye" => "norwayeast",
        "norwayw" => "norwaywest",
        "southfrance" => "francesouth",
        "switzerlandn" => "switzerlandnorth",
        "switzerlandw" => "switzerlandwest",
        same => same,
    };
    Some(name.to_owned())
}

/// <https://docs.oracle.com/iaas/tools/public_ip_ranges.json>
#[derive(Deserialize)]
struct Oracle {
    last_updated_timestamp: String,
    regions: Vec<OracleRegion>,
}

#[derive(Deserialize)]
struct OracleRegion {
    region: String,
    cidrs: Vec<OracleRow>,
}

#[derive(Deserialize)]
struct OracleRow {
    cidr: String,
}

impl Oracle {
    fn rows(self) -> File {
        let mut rows = Vec::new();
        for OracleRegion { region, cidrs } in self.regions {
            rows.extend(cidrs.into_iter().map(|row| Row {
                prefix: row.cidr,
                region: Some(region.clone()),
                border_group: None,
                service: None,
                everywhere: false,
            }));
        }
        File { provider: "oci", made: Some(self.last_updated_timestamp), number: None, rows }
    }
}
