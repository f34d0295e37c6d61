//! Every sort of obstacle to erasure on three clouds: by when it lets go, who can lift it, and what is said where that was
//! not seen or is told in a word nobody knows.

use crate::cloud::{Ran, Walker, rows, text};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

/// The assessment and the contract's last day, in Japan.
const NOW: Date = jiff::civil::date(2026, 11, 1);
const END: Date = jiff::civil::date(2027, 3, 31);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    subject: String,
    status: String,
    /// A day, `now+7`, `end+30`, `never`, `unseen`; left out where nothing but what any user can lift stands in the way.
    earliest: Option<String>,
    by: Option<String>,
    /// When destroying the key would do, or what bars that.
    crypto: Option<String>,
    /// What stands in its own way, with who can lift it: `kind nobody`, `unseen`.
    #[serde(default)]
    obstacles: Vec<String>,
}

fn read(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tenancies/obstacles/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

#[test]
fn every_obstacle_and_its_harmless_twin() {
    let ran = Walker::new().walk_over(&read("cloud.yaml"), &read("tenancy.toml"), |ways| ways.paced = false);
    let open: Vec<_> =
        rows(&ran.report, "/coverage/cells").iter().filter(|cell| text(cell, "state") != "listed").collect();
    assert!(open.is_empty(), "{open:?}");
    let expected: Vec<Row> = serde_saphyr::from_str(&read("expected.yaml")).unwrap();
    let missed: Vec<String> = expected
        .iter()
        .filter_map(|row| told(&ran, row).err().map(|why| format!("{}: {why}", row.subject)))
        .collect();
    assert!(missed.is_empty(), "{} of {} missed:\n{}", missed.len(), expected.len(), missed.join("\n"));
}

/// Whether a run says of a subject what is expected.
fn told(ran: &Ran, row: &Row) -> Result<(), String> {
    let named =
        |id: &str| id.ends_with(&format!("/{}", row.subject)) || id.ends_with(&format!(":{}", row.subject));
    let mut facts =
        ran.facts.iter().filter(|fact| text(fact, "type") == "resource" && named(text(fact, "id")));
    let fact = facts.next().ok_or("is not among the facts")?;
    if let Some(other) = facts.next() {
        return Err(format!("{} and {} bear its name", fact["id"], other["id"]));
    }
    let about = |found: &&Value| text(found, "subject") == text(fact, "id");
    let finding = rows(&ran.report, "/findings")
        .iter()
        .find(|finding| text(finding, "check") == "erasable-by-deadline" && about(finding));
    let stay = rows(&ran.report, "/erasure/resources").iter().find(about);
    let day = |part: &str| match stay.map(|stay| stay.get(part)) {
        None => None,
        Some(None) => Some("unseen".to_owned()),
        Some(Some(day)) => Some(day.as_str().unwrap_or("never").to_owned()),
    };
    let bar = stay.map(|stay| text(stay, "crypto_bar").to_owned()).filter(|bar| !bar.is_empty());
    let mut obstacles: Vec<String> = rows(fact, "/erasure/obstacles").iter().map(obstacle).collect();
    obstacles.sort();
    obstacles.dedup();
    let mut wanted = row.obstacles.clone();
    wanted.sort();
    let seen = (
        finding.map_or("conforms", |finding| text(finding, "status")).to_owned(),
        day("earliest"),
        day("by"),
        row.crypto.as_ref().and_then(|_| bar.or_else(|| day("crypto"))),
        obstacles,
    );
    let dated = |day: &Option<String>| day.as_deref().map(date);
    let wanted = (row.status.clone(), dated(&row.earliest), dated(&row.by), dated(&row.crypto), wanted);
    if seen == wanted {
        Ok(())
    } else {
        Err(format!("{seen:?}, not {wanted:?}: {:?}", finding.map(|found| &found["reason"]["en"])))
    }
}

fn obstacle(told: &Value) -> String {
    match (told["kind"].as_str(), told["lifted_by"].as_str()) {
        (None, None) => "unseen".to_owned(),
        (kind, by) => format!("{} {}", kind.unwrap_or("unseen"), by.unwrap_or("unseen")),
    }
}

/// `now+7` and `end+30` as days.
fn date(day: &str) -> String {
    let after = |from: Date, days: &str| {
        let days: i64 = days.trim_start_matches('+').parse().unwrap_or_default();
        from.checked_add(jiff::Span::new().days(days)).unwrap().to_string()
    };
    match (day.strip_prefix("now"), day.strip_prefix("end")) {
        (Some(days), _) => after(NOW, days),
        (_, Some(days)) => after(END, days),
        _ => day.to_owned(),
    }
}
