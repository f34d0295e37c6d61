//! The demo's witnesses beside the control planes: ranges and measurements made up for addresses of documents (RFC 5737).

use super::problem::Problem;
use jiff::Timestamp;
use sekisho::corroborate::measurement::{Measurement, SCHEMA};
use sekisho::envelope::Key;
use serde_json::{Value, json};
use std::fs;
use std::io;
use std::path::Path;

/// What `[corroborate]` of the demo says.
pub const TENANCY: &str = include_str!("demo/witnesses.toml");

/// A vantage point, and the endpoints it measured: name, port, address, and milliseconds.
type Seen = (&'static str, u16, &'static str, f64);

/// As from Otemachi in Tokyo.
const OTEMACHI: &[Seen] = &[
    ("s3.ap-northeast-1.amazonaws.com", 443, "192.0.2.20", 1.21),
    ("kms.ap-northeast-1.amazonaws.com", 443, "192.0.2.21", 1.34),
    ("logs.ap-northeast-1.amazonaws.com", 443, "192.0.2.22", 1.29),
    ("s3.ap-northeast-3.amazonaws.com", 443, "192.0.2.150", 7.42),
    ("uketsuke-mado-japaneast.documents.azure.com", 443, "203.0.113.70", 2.05),
    // The name of a vault in Tokyo, at an address that is published for Seoul.
    ("uketsuke.vault.azure.net", 443, "203.0.113.200", 31.6),
];
/// As from Dojima in Osaka.
const DOJIMA: &[Seen] = &[
    ("s3.ap-northeast-1.amazonaws.com", 443, "192.0.2.20", 7.38),
    ("s3.ap-northeast-3.amazonaws.com", 443, "192.0.2.150", 0.98),
];

/// Writes ranges, measurements and the key they are signed with into the folder of the demo's inputs.
pub fn write(folder: &Path, now: Timestamp) -> Result<(), Problem> {
    let written = write_all(folder, now);
    written.map_err(|cause| {
        Problem::file(
            folder,
            "the demo's witnesses cannot be written",
            &cause,
            "name another folder with --out",
        )
    })
}

fn write_all(folder: &Path, now: Timestamp) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("azure-ranges.json"), azure_ranges().to_string())?;
    let key = Key::ephemeral().map_err(io::Error::other)?;
    fs::write(folder.join("vantage.pub.pem"), key.public_pem())?;
    for (file, name, at, seen) in [
        ("otemachi.json", "大手町", [35.6867, 139.7640], OTEMACHI),
        ("dojima.json", "堂島", [34.6966, 135.4946], DOJIMA),
    ] {
        let measurement = Measurement::parse(measured(name, at, seen, now).to_string().as_bytes());
        let sealed = measurement.map_err(io::Error::other)?.seal(&key).map_err(io::Error::other)?;
        fs::write(folder.join(file), sealed)?;
    }
    Ok(())
}

fn measured(name: &str, at: [f64; 2], seen: &[Seen], now: Timestamp) -> Value {
    let target = |(host, port, address, ms): &Seen| {
        // Whole microseconds, from milliseconds with two places.
        let micros = (ms * 1_000.0).round();
        let tls = json!({"names": [host], "trusted": true, "took_us": micros as u64 * 2,
                         "chain": [{"sha256": "0".repeat(64), "subject": "", "issuer": ""}]});
        json!({"host": host, "port": port, "resolved": "system", "addresses": [
            {"address": address, "tls": tls,
             "rtt": {"min_us": micros as u64, "median_us": micros as u64, "answered": 20, "failed": 0}}]})
    };
    json!({
        "schema": SCHEMA, "tool": env!("CARGO_PKG_VERSION"), "samples": 20,
        "vantage": {"name": name, "latitude": at[0], "longitude": at[1]},
        "taken_from": now, "taken_until": now,
        "targets": seen.iter().map(target).collect::<Vec<_>>(),
    })
}

/// In the form of Azure's service tags.
fn azure_ranges() -> Value {
    let tag = |region: &str, prefix: &str| {
        json!({"name": format!("AzureCloud.{region}"), "id": format!("AzureCloud.{region}"), "properties": {
            "changeNumber": 1, "region": region, "regionId": 0, "platform": "Azure", "systemService": "",
            "addressPrefixes": [prefix], "networkFeatures": null}})
    };
    json!({"changeNumber": 1, "cloud": "Public",
           "values": [tag("japaneast", "203.0.113.64/27"), tag("koreacentral", "203.0.113.128/25")]})
}
