//! The witnesses that places are held against beside the control plane.

use super::section::{Key, Reading, Section};
use super::whole::repeated;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use toml::de::DeValue;

/// The witnesses of a run. Paths are as given, relative to the tenancy file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Corroborate {
    /// Whether names may be resolved, endpoints connected to, and lists fetched.
    pub network: bool,
    /// Published address ranges: paths, or https URLs.
    pub ranges: Vec<String>,
    /// A country database (MMDB).
    pub geoip: Option<String>,
    /// Measurements from vantage points.
    pub vantages: Vec<VantageFile>,
    /// Stand-ins on this machine, by `host:port`.
    pub resolve: BTreeMap<String, SocketAddr>,
    /// Certificates (PEM) that the stand-ins' certificates are held against.
    pub roots: Option<String>,
}

/// A measurement from a vantage point, and whom to believe it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VantageFile {
    /// The file that `sekisho vantage measure` wrote.
    pub file: String,
    /// The public key (PEM) of who measured.
    pub key: String,
}

impl Default for Corroborate {
    fn default() -> Self {
        Self {
            network: true,
            ranges: Vec::new(),
            geoip: None,
            vantages: Vec::new(),
            resolve: BTreeMap::new(),
            roots: None,
        }
    }
}

const KEYS: &[Key] = &[
    Key { name: "network", example: "network = false" },
    Key {
        name: "ranges",
        example: r#"ranges = ["ip-ranges.json", "https://ip-ranges.amazonaws.com/ip-ranges.json"]"#,
    },
    Key { name: "geoip", example: r#"geoip = "country.mmdb""# },
    Key { name: "vantage", example: "[[corroborate.vantage]] with file and key" },
    Key { name: "resolve", example: r#"[corroborate.resolve] and below it "host:443" = "127.0.0.1:8443""# },
    Key { name: "roots", example: r#"roots = "ca.pem""# },
];

const VANTAGE: &[Key] = &[
    Key { name: "file", example: r#"file = "tokyo.json""# },
    Key { name: "key", example: r#"key = "tokyo.pub.pem""# },
];

/// Reads `[corroborate]`.
pub(super) fn read(reading: &mut Reading<'_>, top: &Section<'_, '_>) -> Corroborate {
    let mut read = Corroborate::default();
    let Some(value) = top.get("corroborate") else { return read };
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(top, "corroborate", value, "one section, [corroborate]");
        return read;
    };
    let section = Section { title: "[corroborate]", at: value.span(), keys: KEYS, table };
    reading.keys(&section);
    read.network = reading.boolean(&section, "network").unwrap_or(true);
    for (from, at) in reading.strings(&section, "ranges").unwrap_or_default() {
        let loopback = || url::Url::parse(&from).is_ok_and(|url| sekisho_wire::is_loopback(&url));
        if from.starts_with("http:") && !loopback() {
            let help = "write https://, or fetch the file yourself and name its path";
            reading.fault(at, "plain http: what comes could be anybody's", "not https", help);
        }
        read.ranges.push(from);
    }
    read.geoip = reading.string(&section, "geoip");
    read.roots = reading.string(&section, "roots");
    if let Some(items) = repeated(reading, &section, "vantage") {
        for item in items {
            let Some(table) = item.get_ref().as_table() else { continue };
            let section = Section { title: "[[corroborate.vantage]]", at: item.span(), keys: VANTAGE, table };
            reading.keys(&section);
            let (file, key) = (reading.required(&section, "file"), reading.required(&section, "key"));
            read.vantages.extend(file.zip(key).map(|(file, key)| VantageFile { file, key }));
        }
    }
    read_resolve(reading, &section, &mut read.resolve);
    read
}

fn read_resolve(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    resolve: &mut BTreeMap<String, SocketAddr>,
) {
    let example = "a table of \"host:port\" = \"127.0.0.1:port\"";
    let Some(value) = section.get("resolve") else { return };
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(section, "resolve", value, example);
        return;
    };
    for (host, address) in table {
        let DeValue::String(text) = address.get_ref() else {
            reading.wrong_type(section, "resolve", address, example);
            continue;
        };
        match text.parse::<SocketAddr>() {
            Ok(stand_in) if stand_in.ip().is_loopback() => {
                resolve.insert(host.get_ref().to_ascii_lowercase(), stand_in);
            }
            Ok(_) => reading.fault(
                address.span(),
                "a stand-in must be on this machine",
                "another machine",
                "what another machine says is no evidence; leave the line out to ask the endpoint itself",
            ),
            Err(_) => reading.fault(
                address.span(),
                "this is no address with a port",
                "no address",
                "write: \"s3.ap-northeast-1.amazonaws.com:443\" = \"127.0.0.1:8443\"",
            ),
        }
    }
}
