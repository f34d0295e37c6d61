//! Time and memory of assessing and reporting many resources: `cargo bench --bench assess -- [RESOURCES [EVERY [FOLDER]]]`;
//! one resource in EVERY (50) has a replica abroad, one has a setting that was refused. The reports go nowhere, or into FOLDER.
//!
//! The facts are made line by line as they are read, so that neither a disk nor a decompressor is measured
//! with them; the making is timed on its own and named.
#![allow(clippy::print_stdout, reason = "figures are what a benchmark is for")]

use jiff::civil::date;
use sekisho::annex::Profile;
use sekisho::assess::{Assessment, Context, FactError, FactSource, Lines, ServiceKinds, assess};
use sekisho::report::{self, Evidence, Facts, Format, LedgerSummary, Material};
use sekisho_contract::CallId;
use sekisho_contract::fact::Kind;
use std::io::Write;
use std::time::Instant;

/// A tenancy of buckets.
struct Synthetic {
    resources: u64,
    every: u64,
}

impl Synthetic {
    fn line(&self, at: u64) -> String {
        let head = self.resources / self.every + 3;
        match at {
            0 => return SETTING.to_owned(),
            1 => return cell("global", "s3", self.resources),
            2 => return cell("ap-northeast-1", "kms", 0),
            _ if at < head => return gap((at - 3) * self.every + 1),
            _ => {}
        }
        let number = at - head;
        if !number.is_multiple_of(self.every) {
            return sound(number, number % self.every == 1);
        }
        let (replica, country, key) = ("us-east-1", "US", number % 512);
        format!(
            r#"{{"type":"resource","id":"arn:aws:s3:::agency-records-{number:08}","provider":"aws","account":"111111111111","region":"ap-northeast-1","service":"s3","kind":"object_store","name":"agency-records-{number:08}","facets":["copies","tags","encryption","versioning","replication","expiry","erasure","exposure","access_log","audit"],"confidential":true,"availability_critical":true,"tags":{{"classification":"2","owner":"records-division","system":"archive"}},"copies":[{{"role":"primary","location":"ap-northeast-1","countries":["JP"],"site":"tokyo"}},{{"role":"replica","holder":"arn:aws:s3:::agency-records-{number:08}-dr","location":"{replica}","countries":["{country}"],"site":"osaka"}},{{"role":"log","holder":"arn:aws:s3:::agency-logs","location":"ap-northeast-1","countries":["JP"],"site":"tokyo"}}],"encryption":{{"enabled":true,"algorithm":"aws:kms","key":"arn:aws:kms:ap-northeast-1:111111111111:key/{key:032x}","key_manager":"customer"}},"versioning":{{"state":"enabled","mfa_delete":false}},"replication":{{"rules":[{{"name":"dr","enabled":true,"destination":"arn:aws:s3:::agency-records-{number:08}-dr"}}]}},"expiry":{{"rules":[{{"prefix":"","whole":true,"days":null,"noncurrent_days":30}}]}},"erasure":{{"obstacles":[{{"kind":"versions","starts":"at_request","days":null,"until":null,"lifted_by":"user"}}]}},"exposure":{{"public":false,"public_access_blocked":true,"tls_only":true,"principals":[{{"id":"arn:aws:iam::111111111111:role/app","class":"account","account":"111111111111","foreign":false}}]}},"access_log":{{"enabled":true,"target":"arn:aws:s3:::agency-logs"}},"audit":{{"reads":true,"writes":true}},"evidence":{{"access_log":["c5f3a0b1c2d3e4f50"],"copies":["c1f3a0b1c2d3e4f50"],"encryption":["c2f3a0b1c2d3e4f50"],"erasure":["c3f3a0b1c2d3e4f50"],"expiry":["c4f3a0b1c2d3e4f50"],"exposure":["c6f3a0b1c2d3e4f50","c7f3a0b1c2d3e4f50"],"replication":["c8f3a0b1c2d3e4f50"],"tags":["c9f3a0b1c2d3e4f50"],"versioning":["caf3a0b1c2d3e4f50"]}}}}"#
        )
    }
}

impl FactSource for Synthetic {
    fn pass(&self) -> Lines<'_> {
        let count = self.resources + self.resources / self.every + 3;
        Box::new((0..count).map(|at| Ok::<_, FactError>(self.line(at))))
    }
}

/// A resource that breaks nothing: by far the most are such. Of some the encryption was not seen.
fn sound(number: u64, refused: bool) -> String {
    let encryption = if refused {
        "{}".to_owned()
    } else {
        format!(
            r#"{{"enabled":true,"algorithm":"aws:kms","key":"arn:aws:kms:ap-northeast-1:111111111111:key/{:032x}","key_manager":"customer"}}"#,
            number % 512
        )
    };
    format!(
        r#"{{"type":"resource","id":"arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:agency-records-{number:08}","provider":"aws","account":"111111111111","region":"ap-northeast-1","service":"s3","kind":"secret","name":"agency-records-{number:08}","facets":["copies","tags","encryption","erasure"],"confidential":true,"availability_critical":true,"tags":{{"classification":"2","owner":"records-division","system":"archive"}},"copies":[{{"role":"primary","location":"ap-northeast-1","countries":["JP"],"site":"tokyo"}}],"encryption":{encryption},"erasure":{{"obstacles":[{{"kind":"soft_delete","starts":"at_request","days":7,"until":null,"lifted_by":"user"}}]}},"evidence":{{"copies":["c1f3a0b1c2d3e4f50"],"encryption":["c2f3a0b1c2d3e4f50"],"erasure":["c3f3a0b1c2d3e4f50"],"tags":["c9f3a0b1c2d3e4f50"]}}}}"#
    )
}

const SETTING: &str = r#"{"type":"setting","id":"aws/111111111111","provider":"aws","account":"111111111111","regions":[{"id":"ap-northeast-1","state":"open"}],"sweep":[{"region":"global","service":"s3","resources":1},{"region":"ap-northeast-1","service":"kms","resources":0}],"audit":[{"region":"ap-northeast-1","management_events":true,"global_events":true}],"evidence":{}}"#;

fn cell(region: &str, service: &str, resources: u64) -> String {
    format!(
        r#"{{"type":"cell","provider":"aws","account":"111111111111","region":"{region}","service":"{service}","state":"listed","resources":{resources}}}"#
    )
}

fn gap(number: u64) -> String {
    format!(
        r#"{{"type":"gap","subject":"arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:agency-records-{number:08}","facet":"encryption","reason":"denied","operation":"secretsmanager:DescribeSecret","permission":"secretsmanager:DescribeSecret","call":"c2f3a0b1c2d3e4f50","detail":"AccessDenied: Access Denied"}}"#
    )
}

fn memory_mib(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|told| told.starts_with(line)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// Processor seconds used by this process so far (at the usual 100 ticks a second).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<u64>().ok());
    let resources = numbers.next().unwrap_or(100_000);
    let facts = Synthetic { resources, every: numbers.next().unwrap_or(50).max(1) };
    let started = Instant::now();
    let bytes: usize = facts.pass().map(|line| line.map_or(0, |line| line.len())).sum();
    let making = started.elapsed();
    let profile = sekisho::annex::find("jp-annex-2")?.ok_or("no such profile")?;
    let services = [("s3", vec![Kind::ObjectStore, Kind::Secret]), ("kms", vec![Kind::Key])]
        .map(|(service, kinds)| ServiceKinds { provider: "aws".into(), service: service.into(), kinds });
    let context = Context {
        contract_end: date(2027, 3, 31),
        erasure_grace_days: 0,
        assessed_at: date(2026, 12, 1),
        began: "2026-12-01T00:00:00Z".parse()?,
        at: "2026-12-01T00:10:00Z".parse()?,
        sites: &Default::default(),
        ends: &sekisho::support::Catalogue::own()?,
        accounts: &[],
        services: &services,
        heard: None,
        register: &sekisho::documents::Register::default(),
        logs: None,
        wants_logs: false,
        exceptions: &[],
        asked: None,
        threads: None,
    };
    let (started, used) = (Instant::now(), processor_seconds());
    let assessment = assess(&facts, &profile, &context)?;
    let (taken, used) = (started.elapsed(), processor_seconds() - used);
    let judged: u64 = sekisho::checks::all()?
        .iter()
        .filter_map(|check| {
            assessment.clauses.iter().flat_map(|clause| &clause.checks).find(|one| one.id == check.id)
        })
        .map(|check| check.counts.conforms + check.counts.violates + check.counts.unverified)
        .sum();
    let micros = |time: std::time::Duration, by: u64| time.as_secs_f64() * 1e6 / by.max(1) as f64;
    println!("resources            {resources}, {} bytes each", bytes as u64 / resources.max(1));
    println!("threads              {}", std::thread::available_parallelism()?);
    println!(
        "assessed in          {:.2} s, of which making the lines takes one thread {:.2} s",
        taken.as_secs_f64(),
        making.as_secs_f64()
    );
    println!("processor time       {used:.2} s, {:.2} µs a resource", used * 1e6 / resources.max(1) as f64);
    println!("a resource           {:.2} µs", micros(taken, resources));
    println!("a rule that applies  {:.2} µs ({judged} of them)", micros(taken, judged));
    println!("findings             {}", assessment.findings.len());
    let folder = std::env::args().skip(1).find(|word| word.contains('/')).map(std::path::PathBuf::from);
    reports(&assessment, &profile, &facts, folder.as_deref())?;
    println!("in all               {:.2} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Writes the reports to nowhere, or into a folder.
fn reports(
    assessment: &Assessment,
    profile: &Profile,
    facts: &Synthetic,
    folder: Option<&std::path::Path>,
) -> Result<(), Box<dyn std::error::Error>> {
    let run = report::Run {
        tenancy: "Benchmark".into(),
        contract_end: date(2027, 3, 31),
        started_at: "2026-12-01T00:00:00Z".parse()?,
        assessed_at: "2026-12-01T00:00:00Z".parse()?,
        profile_version: "0".into(),
        version: "0".into(),
        accounts: vec![("aws".into(), "111111111111".into())],
        redacted: None,
        incomplete: None,
        request: None,
    };
    let calls = assessment.findings.iter().flat_map(|finding| finding.calls.iter());
    let evidence = |id: &CallId| Evidence {
        provider: "aws".into(),
        account: "111111111111".into(),
        region: "ap-northeast-1".into(),
        operation: "s3:GetBucketEncryption".into(),
        target: id.as_str().into(),
        status: 200,
        error: "".into(),
        attempts: 1,
        at: run.assessed_at,
        request_id: "79104EXAMPLEB723".into(),
        sha256: "0".repeat(64).into(),
    };
    let material = Material {
        assessment,
        run: &run,
        ledger: &LedgerSummary::default(),
        evidence: &calls.map(|id| (*id, evidence(id))).collect(),
        sites: &Default::default(),
        home_countries: &["JP".to_owned()],
        check_titles: &Default::default(),
        profile,
        facts: Facts(facts),
    };
    println!("peak before reports  {:.0} MiB", memory_mib("VmHWM:"));
    for file in Format::ALL.iter().flat_map(|format| format.files()) {
        forget_peak();
        let before = memory_mib("VmRSS:");
        let kept = folder.map(|folder| std::fs::File::create(folder.join(file))).transpose()?;
        let (mut out, started) = (Counting(0, kept), Instant::now());
        report::write(file, &material, &mut out)?;
        let (taken, mib) = (started.elapsed().as_secs_f64(), out.0 as f64 / f64::from(1 << 20));
        let (peak, own) = (memory_mib("VmHWM:"), memory_mib("VmHWM:") - before);
        println!(
            "{file:<30} {taken:.2} s, {mib:.1} MiB, peak memory {peak:.0} MiB, of which its own {own:.0} MiB"
        );
    }
    Ok(())
}

/// Has the peak begin anew, so that each report's own is told. Where it cannot, peaks only grow.
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// Counts what is written, and keeps it where it has to.
struct Counting(u64, Option<std::fs::File>);

impl Write for Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        if let Some(kept) = &mut self.1 {
            kept.write_all(bytes)?;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
