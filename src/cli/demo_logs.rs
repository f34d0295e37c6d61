//! The demo's audit logs, as CloudTrail would have written them until now: complete but for what the demo is to show.

use super::problem::Problem;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// What `[logs]` of the demo says.
pub const TENANCY: &str = include_str!("demo/logs.toml");

/// Hours back from now to the oldest file: forty days, which is short of a year.
const KEPT: i64 = 40 * 24;
/// Hours between files, so that each day has one.
const STEP: i64 = 12;
/// Files of the last three days and some hours.
const FILES: i64 = 7;
/// The accounts, each with a trail of every region.
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
/// Regions in which something is done; in the others somebody looks that nothing is.
const BUSY: [&str; 2] = ["ap-northeast-1", "ap-northeast-3"];
/// Addresses of documents (RFC 5737), as the made-up ranges have them: in Tokyo, in Osaka, in Virginia.
const TOKYO: &str = "192.0.2.10";
const OSAKA: &str = "192.0.2.140";
const VIRGINIA: &str = "198.51.100.7";
/// One that is in no range: its origin is not known.
const NOBODYS: &str = "203.0.113.9";

/// Writes the logs and the ranges into a folder.
pub fn write(folder: &Path, regions: &[&str], now: Timestamp) -> Result<(), Problem> {
    let written = write_all(folder, regions, now);
    written.map_err(|cause| {
        Problem::file(folder, "the demo's logs cannot be written", &cause, "name another folder with --out")
    })
}

fn write_all(folder: &Path, regions: &[&str], now: Timestamp) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    fs::write(folder.join("ranges.json"), ranges().to_string())?;
    let hour = now.as_second().div_euclid(3_600);
    for account in ACCOUNTS {
        for region in regions {
            for back in std::iter::once(KEPT).chain((0..FILES).map(|file| file * STEP)) {
                let at = (hour - back - 1) * 3_600;
                let acts = acts(account, region, back / STEP, at);
                let day = Timestamp::from_second(at).unwrap_or(now);
                write_file(&folder.join("logs"), account, region, day, &acts)?;
            }
        }
    }
    Ok(())
}

/// A moment as records write it.
fn moment(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| String::new(), |at| at.to_string())
}

/// What was done in an account and region in half a day.
fn acts(account: &str, region: &str, back: i64, at: i64) -> Vec<Value> {
    let role = |name: &str| format!("arn:aws:sts::{account}:assumed-role/{name}");
    let act = |second: i64, who: String, service: &str, name: &str, address: &str| {
        json!({
            "eventVersion": "1.11", "eventTime": moment(at + second),
            "eventSource": format!("{service}.amazonaws.com"), "eventName": name, "awsRegion": region,
            "sourceIPAddress": address, "readOnly": name.starts_with("Get"), "managementEvent": true,
            "recipientAccountId": account, "userIdentity": {"type": "AssumedRole", "arn": who},
        })
    };
    let watch = act(30, format!("{}/watch", role("kansa")), "config", "GetDiscoveredResourceCounts", TOKYO);
    if !BUSY.contains(&region) {
        return vec![watch];
    }
    let home = if region == "ap-northeast-1" { TOKYO } else { OSAKA };
    let mut acts = vec![
        watch,
        act(60, format!("{}/app", role("bunsho")), "s3", "GetBucketPolicy", home),
        act(120, format!("{}/yamada", role("unyo")), "iam", "GetRole", home),
    ];
    if account == ACCOUNTS[0] && region == BUSY[0] {
        match back {
            // Allowed by an entry, planted without one, and from nobody knows where.
            0 => acts.push(act(180, format!("{}/vendor", role("hoshu")), "rds", "GetInstance", VIRGINIA)),
            1 => acts.push(act(200, format!("{}/kaihatsu", role("kaihatsu")), "s3", "GetObject", VIRGINIA)),
            2 => acts.push(act(
                220,
                format!("{}/kaihatsu", role("kaihatsu")),
                "sts",
                "GetCallerIdentity",
                NOBODYS,
            )),
            _ => {}
        }
    }
    acts
}

fn write_file(logs: &Path, account: &str, region: &str, at: Timestamp, acts: &[Value]) -> io::Result<()> {
    let folder = logs.join(format!("AWSLogs/{account}/CloudTrail/{region}/{}", at.strftime("%Y/%m/%d")));
    fs::create_dir_all(&folder)?;
    let name = format!("{account}_CloudTrail_{region}_{}_demo.json.gz", at.strftime("%Y%m%dT%H%MZ"));
    let mut out = GzEncoder::new(fs::File::create(folder.join(name))?, Compression::fast());
    out.write_all(json!({ "Records": acts }).to_string().as_bytes())?;
    out.finish()?.sync_all()
}

/// Published ranges, made up.
fn ranges() -> Value {
    let range = |prefix: &str, region: &str| json!({"ip_prefix": prefix, "region": region, "service": "EC2", "network_border_group": region});
    json!({"syncToken": "1", "createDate": "2026-01-01-00-00-00", "ipv6_prefixes": [], "prefixes": [
        range("192.0.2.0/25", "ap-northeast-1"), range("192.0.2.128/25", "ap-northeast-3"), range("198.51.100.0/24", "us-east-1"),
    ]})
}
