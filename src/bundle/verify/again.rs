//! Re-performance: the verdicts once more from the facts, by this build, and held to those in the bundle.

use super::{Found, Order, Step, Verdict};
use crate::assess::Status;
use crate::bundle::OpenRun;
use crate::judge::ProfileJudge;
use crate::report::{self, Format};
use crate::run_folder::{ERASURE_HTML, ERASURE_JSON, ERASURE_MD, REPORT_HTML, REPORT_JSON};
use crate::walk::Judge;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::marker::PhantomData;

/// Largest report that is compared line by line, in bytes.
const REPORT_LIMIT: u64 = 1 << 30;

/// Judges the facts again, and makes the reports again.
pub(super) fn perform(open: &OpenRun, same: bool, order: &Order<'_>, found: &mut Found) {
    let judge = match ProfileJudge::of(&open.run.profile, Format::ALL) {
        Ok(judge) => judge,
        Err(fault) => {
            found.unverified(
                Step::Verdicts,
                &format!("この版は、その判定基準を持たない（{fault}）。"),
                &format!("This build does not have its profile: {fault}."),
            );
            return;
        }
    };
    if same && open.run.profile_digest != judge.profile_digest() {
        found.refuted(
            Step::Tool,
            "調査の記録にある判定基準のハッシュ値が、同じ版のものではない。",
            "The digest of the profile and its checks in the run's record is not that of this version.",
            Some("run.json, profile_digest".to_owned()),
        );
    }
    // Services and sites are this build's, whichever version made it.
    let mut run = open.run.clone();
    let named: BTreeSet<String> = run.sites.keys().cloned().collect();
    for provider in order.providers.iter().filter(|provider| named.contains(provider.name())) {
        run.sites.insert(provider.name().to_owned(), provider.places().sites.clone());
        run.services.insert(provider.name().to_owned(), super::services(provider.as_ref()));
    }
    let known: BTreeSet<&String> = order.providers.iter().flat_map(|one| one.places().sites.keys()).collect();
    for (_, sites) in run
        .sites
        .iter_mut()
        .filter(|(name, _)| order.providers.iter().all(|provider| provider.name() != name.as_str()))
    {
        sites.retain(|id, _| !known.contains(id));
    }
    let assessment = match Judge::assess(&judge, &open.folder.facts(), &open.beside, &run) {
        Ok(assessment) => assessment,
        Err(fault) => {
            found.refuted(
                Step::Verdicts,
                &format!("事実から判定を再実施できない（{fault}）。"),
                &format!("The verdicts cannot be re-performed: {fault}."),
                None,
            );
            return;
        }
    };
    found.verdicts = assessment
        .clauses
        .iter()
        .map(|clause| Verdict {
            clause: clause.id.clone(),
            number: clause.number.clone(),
            title: clause.title.clone(),
            status: clause.status,
        })
        .collect();
    if open.run.handling != assessment.handling {
        found.refuted(
            Step::Verdicts,
            "取扱制限が、根拠とした資料のものと一致しない。",
            "The marking is not the one that follows from what it was made from.",
            Some("run.json, handling".to_owned()),
        );
    }
    let recorded = |name: &str| open.run.files.iter().any(|file| file.name == name);
    if recorded(ERASURE_HTML) || recorded(ERASURE_MD) {
        // They are made from it alone.
        if !recorded(ERASURE_JSON) {
            found.refuted(
                Step::Reports,
                &format!("{ERASURE_JSON} のない抹消の報告がある。"),
                &format!("There is a report of erasure without its {ERASURE_JSON}."),
                Some("run.json, files".to_owned()),
            );
        }
    }
    if recorded(ERASURE_JSON) {
        found.unverified(
            Step::Reports,
            "抹消の確認の結果は、元の調査と照らし合わせて作り直していない（sekisho erasure report で元の調査とともに確かめられる。）。",
            "The erasure results were not reproduced: that requires the run they were compared with (sekisho erasure verify).",
        );
    }
    let told = match told(open) {
        Ok(told) => told,
        Err(why) => {
            found.refuted(
                Step::Verdicts,
                &format!("判定（report.json）を読み取れない（{why}）。"),
                &format!("Its verdicts (report.json) cannot be read: {why}."),
                Some(REPORT_JSON.to_owned()),
            );
            return;
        }
    };
    let differing = differences(&told, &found.verdicts);
    for (clause, ja, en) in &differing {
        let place = Some(format!("report.json, clause {clause}"));
        match same {
            true => found.refuted(Step::Verdicts, ja, en, place),
            false => found.unverified(Step::Verdicts, ja, en),
        }
    }
    if differing.is_empty() {
        found.verified(
            Step::Verdicts,
            &format!("{}の条項の判定を事実から再実施し、すべて一致した。", told.clauses.len()),
            &format!(
                "The verdicts on {} clauses were re-performed from the facts, and are the same.",
                told.clauses.len()
            ),
        );
    }
    if same {
        reports(open, &judge, &assessment, found);
    } else {
        found.unverified(
            Step::Reports,
            "別の版によるため、報告書の各行は比較していない。",
            "Made by another version: the reports were not compared line by line.",
        );
    }
}

/// What the bundle's report says of each clause.
struct Told {
    clauses: Vec<(String, String)>,
    verdict: String,
}

fn told(open: &OpenRun) -> Result<Told, String> {
    #[derive(Deserialize)]
    struct Report {
        verdict: String,
        #[serde(deserialize_with = "bounded")]
        clauses: Vec<Clause>,
    }
    #[derive(Deserialize)]
    struct Clause {
        id: String,
        status: String,
    }
    let file = File::open(open.folder.file(REPORT_JSON)).map_err(|cause| cause.to_string())?;
    let report: Report = serde_json::from_reader(BufReader::new(file).take(REPORT_LIMIT))
        .map_err(|cause| cause.to_string())?;
    let clauses = report.clauses.into_iter().map(|clause| (clause.id, clause.status)).collect();
    Ok(Told { clauses, verdict: report.verdict })
}

/// Reads a list of clauses that is no longer than any profile's.
fn bounded<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Vec<T>, D::Error> {
    const MOST: usize = 1_000;
    struct Bounded<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
        type Value = Vec<T>;
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "a list of at most {MOST}")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(one) = list.next_element()? {
                if all.len() == MOST {
                    return Err(A::Error::custom(format!("a list of more than {MOST}")));
                }
                all.push(one);
            }
            Ok(all)
        }
    }
    input.deserialize_seq(Bounded(PhantomData))
}

/// Clause, and what differs, in words.
fn differences(told: &Told, again: &[Verdict]) -> Vec<(String, String, String)> {
    let said: BTreeMap<&str, &str> =
        told.clauses.iter().map(|(id, status)| (id.as_str(), status.as_str())).collect();
    let mut all = Vec::new();
    for verdict in again {
        let own = word(verdict.status);
        match said.get(verdict.clause.as_str()) {
            Some(status) if *status == own => {}
            Some(status) => all.push((
                verdict.clause.clone(),
                format!("条項 {} は「{status}」とされているが、事実からは「{own}」となる。", verdict.clause),
                format!("Clause {} is said to be {status}; from the facts it is {own}.", verdict.clause),
            )),
            None => all.push((
                verdict.clause.clone(),
                format!("条項 {} の判定がない。", verdict.clause),
                format!("There is no verdict on clause {}.", verdict.clause),
            )),
        }
    }
    let known: BTreeSet<&str> = again.iter().map(|verdict| verdict.clause.as_str()).collect();
    for id in said.keys().filter(|id| !known.contains(*id)) {
        let id = sekisho_contract::gap::shorten(id);
        all.push((
            id.clone(),
            format!("条項 {id} は判定基準又は依頼にない。"),
            format!("Clause {id} is not in the profile, or was not asked for."),
        ));
    }
    let worst = again.iter().map(|verdict| verdict.status).max().unwrap_or(Status::Unverified);
    if told.verdict != word(worst) && all.is_empty() {
        all.push((
            "verdict".to_owned(),
            "全体の判定が、条項の判定から導かれるものではない。".to_owned(),
            "The verdict as a whole is not the one that follows from the clauses.".to_owned(),
        ));
    }
    all
}

fn word(status: Status) -> String {
    serde_json::to_value(status).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Makes every report again, and compares it byte by byte with the bundle's.
fn reports(open: &OpenRun, judge: &ProfileJudge, assessment: &crate::assess::Assessment, found: &mut Found) {
    let mut same = 0;
    for name in Format::ALL.iter().flat_map(|format| format.files().iter().copied()) {
        let Ok(file) = File::open(open.folder.file(name)) else {
            // What is judged is compared above; the other forms are made when they are wanted.
            if name != REPORT_HTML {
                continue;
            }
            found.unverified(
                Step::Reports,
                &format!("{name} が含まれていない。"),
                &format!("There is no {name} in it."),
            );
            continue;
        };
        let mut against = Against::new(BufReader::with_capacity(1 << 16, file));
        let written = judge.with_material(&open.folder, assessment, &open.run, |material| {
            report::write(name, material, &mut against)
        });
        match written {
            Ok(Ok(())) if against.is_whole() => same += 1,
            Ok(Ok(())) => found.refuted(
                Step::Reports,
                &format!("{name} が、事実から作り直したものと異なる（{}行目から）。", against.line),
                &format!("{name} is not the one that the facts give, from line {} on.", against.line),
                Some(format!("{name}, line {}", against.line)),
            ),
            Ok(Err(fault)) => found.unverified(
                Step::Reports,
                &format!("{name} を作り直せない（{fault}）。"),
                &format!("{name} cannot be made again: {fault}."),
            ),
            Err(fault) => found.unverified(
                Step::Reports,
                &format!("{name} を作り直せない（{fault}）。"),
                &format!("{name} cannot be made again: {fault}."),
            ),
        }
    }
    if same > 0 {
        found.verified(
            Step::Reports,
            &format!("{same}個の報告書が、事実から作り直したものと完全に一致した。"),
            &format!("{same} reports are byte for byte those that the facts give."),
        );
    }
}

/// Compares what is written with what is there.
struct Against<R> {
    there: R,
    line: u64,
    differs: bool,
    some: Vec<u8>,
}

impl<R: Read> Against<R> {
    fn new(there: R) -> Self {
        Self { there, line: 1, differs: false, some: Vec::new() }
    }

    /// Whether everything was the same, and nothing is left.
    fn is_whole(&mut self) -> bool {
        let mut one = [0];
        !self.differs && matches!(self.there.read(&mut one), Ok(0))
    }
}

impl<R: Read> Write for Against<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.differs {
            return Ok(bytes.len());
        }
        self.some.resize(bytes.len(), 0);
        let mut read = 0;
        while read < bytes.len() {
            match self.there.read(self.some.get_mut(read..).unwrap_or_default())? {
                0 => break,
                more => read += more,
            }
        }
        let common = bytes.iter().zip(self.some.iter().take(read)).take_while(|(a, b)| a == b);
        let mut length = 0_usize;
        for (byte, _) in common {
            self.line += u64::from(*byte == b'\n');
            length += 1;
        }
        self.differs = length < bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
