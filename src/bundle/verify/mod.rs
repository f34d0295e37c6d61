//! What of a bundle can be relied on: [`verify`] holds it to its signature, to the request, to itself and to this build's
//! reading of the profile, and says what was shown, what is only somebody's word, and what could not be shown.
//!
//! Nothing here asks a cloud. That an answer in the facts is the one a cloud gave is nowhere signed by a cloud: it stays the word
//! of who made the run, and is told as that.

mod again;
pub(super) mod cells;
mod facts;
mod item;
mod ledger;
mod word;

pub use item::{Item, Mark, Step};

use super::container::{Container, ContainerFault};
use super::manifest::Head;
use super::opened::{OpenFault, OpenRun, fresh_folder};
use super::parts::{Heads, PartFault};
use super::redact::Level;
use super::seal;
use crate::assess::Status;
use crate::envelope::Trusted;
use crate::report::in_japan;
use crate::request::Signed;
use crate::run_folder::RunFolder;
use crate::text::Text;
use jiff::{SignedDuration, Timestamp};
use sekisho_contract::Provider;
use sekisho_contract::fact::Kind;
use sekisho_contract::gap::shorten;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Read, Seek};
use std::sync::Arc;

/// Holds a time-stamp token to the bytes it is of, and says of when it is, or why it says nothing.
pub type Stamped<'a> = dyn Fn(&[u8], &[u8]) -> Result<Timestamp, String> + 'a;

/// What a bundle is held to.
pub struct Order<'a> {
    /// The keys that may have sealed it.
    pub trusted: &'a [Trusted],
    /// The request it must answer, read with the officer's own key; none where it answers nobody's.
    pub request: Option<&'a Signed>,
    /// Holds a time-stamp token to the bytes it is of, and says of when it is; none where no time-stamping authority is trusted.
    pub stamped: Option<&'a Stamped<'a>>,
    /// How old its assessment may be; none where any age will do.
    pub max_age: Option<SignedDuration>,
    /// The providers of this build.
    pub providers: &'a [Arc<dyn Provider>],
    /// What time it is.
    pub now: Timestamp,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verification {
    /// Always `sekisho/verification/v1`.
    pub schema: &'static str,
    /// The least of what was found: refuted, unverified, or verified.
    pub mark: Mark,
    /// What the bundle says of itself; none where that could not be read, or nobody trusted vouches for it.
    pub head: Option<Head>,
    /// The id of the key that sealed it.
    pub keyid: Option<String>,
    /// What was looked at, in order.
    pub items: Vec<Item>,
    /// What rests on the word of who made the run.
    pub word: Vec<Text>,
    /// The verdicts as they follow from the facts by this build; empty where they could not be re-performed.
    pub verdicts: Vec<Verdict>,
}

/// A clause's verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The clause.
    pub clause: String,
    /// The number people see.
    pub number: String,
    /// What it is about.
    pub title: Text,
    /// The verdict.
    pub status: Status,
}

/// The schema of [`Verification`].
pub const SCHEMA: &str = "sekisho/verification/v1";

/// Verifies a bundle. It is unpacked into a fresh folder, which is taken away again.
pub fn verify<R: Read + Seek>(bundle: R, order: &Order<'_>) -> Verification {
    let mut found = Found::default();
    // Each step needs the one before; what they have found stays.
    let _ = found.walk(bundle, order);
    found.finish()
}

/// Clocks may differ by so much.
const SLACK: SignedDuration = SignedDuration::from_mins(5);

/// How long the gathering of facts may take: a run that was broken off is gone on with within a day.
const LONGEST: SignedDuration = SignedDuration::from_hours(36);

#[derive(Default)]
struct Found {
    items: Vec<Item>,
    /// How many were left out of the items, by step and mark.
    more: BTreeMap<(Step, Mark), u64>,
    head: Option<Head>,
    keyid: Option<String>,
    word: Vec<Text>,
    verdicts: Vec<Verdict>,
}

/// The verification ends here; why stands among the items.
struct Ended;

impl Found {
    fn walk<R: Read + Seek>(&mut self, bundle: R, order: &Order<'_>) -> Result<(), Ended> {
        let mut container = match Container::open(bundle) {
            Ok(container) => container,
            Err(fault) => return self.end(Step::Container, &fault),
        };
        let heads = match Heads::read(&mut container) {
            Ok(heads) => heads,
            Err(fault) => return self.refused(&fault),
        };
        match heads.signed_by(order.trusted) {
            Ok(keyid) => {
                self.verified(
                    Step::Signature,
                    &format!("信頼する鍵 {} で署名されている。", short(&keyid)),
                    &format!("It is signed with the trusted key {}.", short(&keyid)),
                );
                self.keyid = Some(keyid);
            }
            Err(fault) => return self.refused(&fault),
        }
        self.head = Some(heads.manifest.head.clone());
        let stamped = self.time(&heads, order);
        let fresh = match fresh_folder() {
            Ok(fresh) => fresh,
            Err(cause) => {
                self.unverified(
                    Step::Manifest,
                    &format!("展開先のフォルダーを作成できなかった（{cause}）。"),
                    &format!("No folder could be made to unpack it into: {cause}."),
                );
                return Err(Ended);
            }
        };
        if let Err(fault) = heads.unpack(&mut container, fresh.path()) {
            return self.refused(&fault);
        }
        self.verified(
            Step::Manifest,
            &format!("{}個のファイルのすべてが、署名された目録のとおりである。", heads.manifest.files.len()),
            &format!("Each of its {} files is the one in the signed manifest.", heads.manifest.files.len()),
        );
        let opened = RunFolder::open(fresh.path()).map_err(OpenFault::from);
        let verdicts_alone = heads
            .manifest
            .head
            .redaction
            .as_ref()
            .is_some_and(|redaction| redaction.level == Level::Verdicts.as_str());
        let open = match opened.and_then(|folder| match verdicts_alone {
            true => OpenRun::of_verdicts(folder),
            false => OpenRun::of(folder, None, None),
        }) {
            Ok(open) => open,
            Err(fault) => return self.end(Step::Manifest, &fault),
        };
        self.head_fits(&heads.manifest.head, &open);
        self.listed(&heads, &open);
        self.request(&open, order, stamped);
        self.fresh(&open, &heads.manifest.head, order, stamped);
        if verdicts_alone {
            self.unverified(
                Step::Verdicts,
                "事実が取り除かれているため、判定を再実施できない。",
                "Its facts were taken out, so nothing can be re-performed.",
            );
            return Err(Ended);
        }
        let same = self.tool(&heads, &open, order);
        let seen = facts::audit(&open, same, order, self)?;
        cells::complete(&open, &seen, order, self);
        ledger::audit(&open, &seen, order, self)?;
        again::perform(&open, same, order, self);
        self.word.extend(word::of(&open, stamped.is_some(), order.request.is_some()));
        if let Some(redaction) = &heads.manifest.head.redaction {
            self.word.push(Text {
                ja: format!("識別子が取り除かれている（水準：{}）。置き換え前のファイルとの対応は、そのハッシュ値と鍵を持つ者だけが示せる。", redaction.level),
                en: format!("Identifiers were taken out ({}); that the rest is as it was, only who holds the full files and the key can show.", redaction.level),
            });
        }
        Ok(())
    }

    /// The time stamp, where there is one.
    fn time(&mut self, heads: &Heads, order: &Order<'_>) -> Option<Timestamp> {
        let (stamp, stamped) = match (&heads.stamp, order.stamped) {
            (None, None) => return None,
            (None, Some(_)) => {
                self.unverified(
                    Step::Timestamp,
                    "時刻認証（タイムスタンプ）が付いていない。",
                    "It carries no time stamp.",
                );
                return None;
            }
            (Some(_), None) => {
                self.unverified(
                    Step::Timestamp,
                    "時刻認証（タイムスタンプ）が付いているが、信頼する時刻認証局が指定されていない。",
                    "It carries a time stamp, and no time-stamping authority is named that is trusted (--tsa-ca).",
                );
                return None;
            }
            (Some(stamp), Some(stamped)) => (stamp, stamped),
        };
        match stamped(stamp, &heads.envelope) {
            Ok(at) => {
                self.verified(
                    Step::Timestamp,
                    &format!("{} に存在したことを、信頼する時刻認証局が証明している。", in_japan(at)),
                    &format!("A trusted authority has stamped that it existed at {}.", in_japan(at)),
                );
                Some(at)
            }
            Err(why) => {
                self.refuted(
                    Step::Timestamp,
                    &format!("時刻認証（タイムスタンプ）が正しくない（{}）。", shorten(&why)),
                    &format!("Its time stamp is not sound: {}.", shorten(&why)),
                    None,
                );
                None
            }
        }
    }

    /// The manifest's head says what the run's record says.
    fn head_fits(&mut self, head: &Head, open: &OpenRun) {
        let run = &open.run;
        let (sha256, nonce) = match &run.request {
            Some(request) => (Some(&request.sha256), Some(&request.nonce)),
            None => (None, None),
        };
        for (what, same) in [
            ("tenancy", head.tenancy == run.tenancy.name),
            ("profile", head.profile == run.profile && run.profile == run.tenancy.profile),
            ("profile_digest", head.profile_digest == run.profile_digest),
            ("assessed_at", head.assessed_at == run.assessed_at),
            ("request", head.request.as_ref() == sha256),
            ("nonce", head.nonce.as_ref() == nonce),
            ("handling", head.handling == run.handling),
            ("redaction", head.redaction.as_ref().map(|redaction| &redaction.level) == run.redacted.as_ref()),
        ] {
            if !same {
                self.refuted(
                    Step::Manifest,
                    &format!("目録の「{what}」が調査の記録と一致しない。"),
                    &format!("The manifest's `{what}` is not that of the run's record."),
                    Some(format!("manifest.json, head.{what}")),
                );
            }
        }
    }

    /// The parts are those that the run has recorded and those it was judged by, and no others.
    fn listed(&mut self, heads: &Heads, open: &OpenRun) {
        let parts = heads.manifest.files.iter().filter(|file| file.name != crate::run_folder::RUN);
        let parts: BTreeMap<&str, (&str, u64)> = parts
            .filter(|file| !file.name.contains('/'))
            .map(|file| (file.name.as_str(), (file.sha256.as_str(), file.bytes)))
            .collect();
        let recorded: BTreeMap<&str, (&str, u64)> = open
            .run
            .files
            .iter()
            .map(|file| (file.name.as_str(), (file.sha256.as_str(), file.bytes)))
            .collect();
        let differing = parts
            .iter()
            .filter(|(name, file)| recorded.get(*name) != Some(*file))
            .map(|(name, _)| *name)
            .chain(recorded.keys().filter(|name| !parts.contains_key(**name)).copied());
        for name in recorded.keys().filter(|name| !crate::run_folder::own_files().any(|own| own == **name)) {
            let name = shorten(name);
            self.refuted(
                Step::Manifest,
                &format!("{name} は、調査が書き出すファイルではない。"),
                &format!("{name} is no file that a run writes."),
                Some(format!("run.json, files, {name}")),
            );
        }
        for name in differing {
            let name = shorten(name);
            self.refuted(
                Step::Manifest,
                &format!("{name} が、調査の記録にあるものではない、又は欠けている。"),
                &format!("{name} is not the one that the run has recorded, or is not there."),
                Some(format!("run.json, files, {name}")),
            );
        }
    }

    /// The run answers the request, and nothing but it.
    fn request(&mut self, open: &OpenRun, order: &Order<'_>, stamped: Option<Timestamp>) {
        let run = &open.run;
        let Some(signed) = order.request else {
            if run.request.is_some() {
                self.unverified(
                    Step::Request,
                    "依頼書に答えたものであるが、その依頼書が示されていない（--request）。",
                    "It answers a request, which was not named (--request).",
                );
            }
            return;
        };
        let refute = |found: &mut Self, ja: &str, en: &str, place: &str| {
            found.refuted(Step::Request, ja, en, Some(place.to_owned()));
        };
        let before = self.items.iter().filter(|item| item.mark == Mark::Refuted).count();
        match &run.request {
            None => {
                refute(self, "依頼書に答えたものではない。", "It answers no request.", "run.json, request");
                return;
            }
            Some(answered) if answered.sha256 != signed.digest || answered.nonce != signed.request.nonce => {
                refute(
                    self,
                    "別の依頼書に答えたものである。",
                    "It answers another request than this one.",
                    "run.json, request.nonce",
                );
                return;
            }
            Some(answered) if *answered != signed.answered() => {
                refute(
                    self,
                    "調査の記録にある依頼の内容が、依頼書と一致しない。",
                    "What the run's record says of the request is not what the request says.",
                    "run.json, request",
                );
            }
            Some(_) => {}
        }
        let request = &signed.request;
        let kept = std::fs::read(open.folder.file(crate::run_folder::REQUEST)).ok();
        let kept = kept.and_then(|envelope| Signed::parse(&envelope, &[]).ok());
        // A request names people and accounts: it is taken out with those, and its digest stays.
        if run.redacted.is_none() && kept.is_none_or(|kept| kept.digest != signed.digest) {
            let (ja, en) =
                ("同封された依頼書が、この依頼書ではない。", "The request inside it is another one.");
            refute(self, ja, en, "request.json");
        }
        if run.profile != request.profile {
            let (ja, en) =
                ("依頼と異なる判定基準によっている。", "It is by another profile than was asked for.");
            refute(self, ja, en, "run.json, profile");
        }
        if request.profile_digest.as_ref().is_some_and(|asked| *asked != run.profile_digest) {
            let (ja, en) = (
                "依頼時と異なる版の判定基準によっている。",
                "It is by another version of the profile or its checks than was asked for.",
            );
            self.unverified(Step::Request, ja, en);
        }
        let told = run.redacted.as_deref().is_none_or(|level| level == Level::Names.as_str());
        if !told {
            self.unverified(
                Step::Request,
                "アカウントの識別子が取り除かれているため、依頼されたアカウントを調査したかを確かめられない。",
                "The ids of accounts were taken out, so whether those that were asked for are in it cannot be told.",
            );
        }
        for asked in request.accounts.iter().filter(|_| told) {
            let mut sections = run.tenancy.accounts.iter();
            let named = sections.find(|section| section.provider == asked.provider && section.id == asked.id);
            if named.is_some_and(|section| crate::request::names_others(section) != asked.members) {
                let id = format!("{}/{}", asked.provider, asked.id);
                let (ja, en) = (
                    format!("{id} の組織のほかのアカウントについて、依頼のとおりに調査していない。"),
                    format!(
                        "The other accounts of {id}'s organization that were assessed are not those requested."
                    ),
                );
                refute(self, &ja, &en, "run.json, tenancy.accounts");
            }
            if named.is_none() {
                let id = format!("{}/{}", asked.provider, asked.id);
                let (ja, en) = (
                    format!("依頼されたアカウント {id} を調査していない。"),
                    format!("The account {id}, which was asked for, is not in it."),
                );
                refute(self, &ja, &en, "run.json, tenancy.accounts");
            }
        }
        for section in run.tenancy.accounts.iter().filter(|_| told) {
            let asked = request
                .accounts
                .iter()
                .any(|asked| section.provider == asked.provider && section.id == asked.id);
            if !asked {
                let id = shorten(&format!("{}/{}", section.provider, section.id));
                let (ja, en) = (
                    format!("依頼されていないアカウント {id} を調査している。"),
                    format!("The account {id} was not asked for."),
                );
                refute(self, &ja, &en, "run.json, tenancy.accounts");
            }
        }
        if request.max_calls.is_some_and(|most| run.ledger.calls > most) {
            let (ja, en) = (
                "依頼書の定める上限を超えて呼び出している。",
                "It made more requests of the clouds than was allowed.",
            );
            refute(self, ja, en, "run.json, ledger.calls");
        }
        let late = run.assessed_at > request.expires_at || stamped.is_some_and(|at| at > request.expires_at);
        // A clock may be as fast or slow as a request allows for when it is taken.
        let begun = run.started_at.checked_add(SLACK).unwrap_or(run.started_at);
        if late || begun < request.issued_at {
            let (ja, en) = (
                "依頼書の作成から回答期限までの間に行われていない。",
                "It was not made between the writing of the request and its end.",
            );
            refute(self, ja, en, "run.json, started_at and assessed_at");
        }
        if self.items.iter().filter(|item| item.mark == Mark::Refuted).count() == before {
            self.verified(
                Step::Request,
                &format!(
                    "この依頼書（番号 {}…）に、期限内に、依頼された範囲で答えたものである。",
                    short(&request.nonce)
                ),
                &format!(
                    "It answers this request (nonce {}…), in time and within its scope.",
                    short(&request.nonce)
                ),
            );
        }
    }

    /// It is of a time that can be, and not too old.
    fn fresh(&mut self, open: &OpenRun, head: &Head, order: &Order<'_>, stamped: Option<Timestamp>) {
        let run = &open.run;
        let later = |at: Timestamp| at.checked_add(SLACK).unwrap_or(at);
        let latest = later(order.now);
        let in_order = run.started_at <= run.assessed_at
            && run.assessed_at <= run.finished_at
            && run.finished_at <= later(head.sealed_at)
            && head.sealed_at <= latest
            && stamped.is_none_or(|at| at <= latest && head.sealed_at <= later(at));
        if !in_order {
            self.refuted(
                Step::Freshness,
                "開始、判定、封緘の時刻の順序が成り立たない、又は未来の時刻である。",
                "Its times (begun, assessed, sealed, stamped) are not in order, or still to come.",
                Some(
                    "run.json, started_at, assessed_at and finished_at; manifest.json, head.sealed_at"
                        .to_owned(),
                ),
            );
            return;
        }
        // As old as the oldest of what it saw.
        let age = order.now.duration_since(run.started_at);
        match order.max_age {
            Some(most) if age > most => self.refuted(
                Step::Freshness,
                &format!("判定の日時（{}）が、認める期間より古い。", in_japan(run.assessed_at)),
                &format!(
                    "It was assessed at {}, which is longer ago than is accepted.",
                    in_japan(run.assessed_at)
                ),
                Some("run.json, assessed_at".to_owned()),
            ),
            _ => self.verified(
                Step::Freshness,
                &format!("判定は {} のもので、時刻の前後関係に矛盾はない。", in_japan(run.assessed_at)),
                &format!("It was assessed at {}, and its times are in order.", in_japan(run.assessed_at)),
            ),
        }
        if run.assessed_at.duration_since(run.started_at) > LONGEST {
            self.unverified(
                Step::Freshness,
                &format!("事実の取得（{} から）が36時間を超えて続いている。", in_japan(run.started_at)),
                &format!(
                    "Its facts were gathered over more than 36 hours, from {} on.",
                    in_japan(run.started_at)
                ),
            );
        }
        if run.cancelled || run.unfinished > 0 {
            self.unverified(
                Step::Freshness,
                &format!("調査は途中で終わっている（未調査の単位：{}）。", run.unfinished),
                &format!("The run did not come to its end ({} parts not asked).", run.unfinished),
            );
        }
    }

    /// Whether it was made by this version and this reading of the profile.
    fn tool(&mut self, heads: &Heads, open: &OpenRun, order: &Order<'_>) -> bool {
        let (run, own) = (&open.run, env!("CARGO_PKG_VERSION"));
        let mut same = true;
        if run.tool != own || heads.manifest.head.tool != own {
            same = false;
            self.unverified(
                Step::Tool,
                &format!("別の版の sekisho（{}）によるものであり、この版（{own}）では同じ結果になるとは限らない。", shorten(&run.tool)),
                &format!("It was made by another version of sekisho ({}); this one ({own}) may conclude otherwise.", shorten(&run.tool)),
            );
        }
        let texts = seal::texts(&run.profile);
        let listed: BTreeMap<&str, &str> =
            heads.manifest.files.iter().map(|file| (file.name.as_str(), file.sha256.as_str())).collect();
        let digest = |text: &str| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text));
        let others: Vec<&String> = texts
            .iter()
            .filter(|(name, text)| listed.get(name.as_str()).copied() != Some(digest(text).as_str()))
            .map(|(name, _)| name)
            .collect();
        let more = listed
            .keys()
            .find(|name| name.contains('/') && !texts.contains_key(**name))
            .map(|name| (*name).to_owned());
        if let Some(first) = others.first().map(|name| (*name).clone()).or(more) {
            let kept = same;
            same = false;
            let (ja, en) = (
                format!("判定基準又は検査が、この版のものと異なる（{first} ほか）。"),
                format!("The profile or its checks are not those of this build ({first} and others)."),
            );
            match kept {
                // The same version has the same rules: these were changed.
                true => self.refuted(Step::Tool, &ja, &en, Some(first)),
                false => self.unverified(Step::Tool, &ja, &en),
            }
        }
        if same {
            self.places(open, order);
            self.verified(
                Step::Tool,
                &format!("この版（{own}）の sekisho と、同じ判定基準・検査によるものである。"),
                &format!("It was made with this version of sekisho ({own}), by the same profile and checks."),
            );
        }
        same
    }

    /// The places and services that the run says it was judged by are those of this build.
    fn places(&mut self, open: &OpenRun, order: &Order<'_>) {
        let run = &open.run;
        let named = |name: &String| run.tenancy.accounts.iter().any(|account| account.provider == *name);
        let keys = run.services.keys().chain(run.sites.keys()).chain(run.places_dated.keys());
        if let Some(other) = keys.into_iter().find(|name| !named(name)) {
            let other = shorten(other);
            self.refuted(
                Step::Tool,
                &format!("対象のアカウントにないクラウド（{other}）のサービス又は場所の一覧がある。"),
                &format!("It has services or sites of {other}, of which there is no account."),
                Some("run.json, services, sites and places_dated".to_owned()),
            );
        }
        for provider in order.providers {
            let name = provider.name();
            let used = run.tenancy.accounts.iter().any(|account| account.provider == name);
            let services = services(provider.as_ref());
            let same = match used {
                true => {
                    run.services.get(name) == Some(&services)
                        && run.sites.get(name) == Some(&provider.places().sites)
                        && run.places_dated.get(name) == Some(&provider.places().date)
                }
                false => !run.services.contains_key(name) && !run.sites.contains_key(name),
            };
            if !same {
                self.refuted(
                    Step::Tool,
                    &format!("{name} のサービス又は場所の一覧が、同じ版のものと異なる。"),
                    &format!("The services or sites of {name} in it are not those of this version."),
                    Some("run.json, services, sites and places_dated".to_owned()),
                );
            }
        }
    }

    fn refused(&mut self, fault: &PartFault) -> Result<(), Ended> {
        let step = match fault {
            PartFault::Container(ContainerFault::Io(_)) | PartFault::Io(_) => {
                self.unverified(
                    Step::Container,
                    &format!("読み取れなかった（{fault}）。"),
                    &format!("It could not be read: {fault}."),
                );
                return Err(Ended);
            }
            PartFault::Container(_) => Step::Container,
            PartFault::Signature(_) | PartFault::OtherType(_) => Step::Signature,
            PartFault::Statement(_) => Step::Signature,
            PartFault::Manifest(_) | PartFault::Unlisted(_) | PartFault::Altered(_) => Step::Manifest,
        };
        self.end(step, fault)
    }

    fn end(&mut self, step: Step, fault: &dyn std::fmt::Display) -> Result<(), Ended> {
        self.refuted(
            step,
            &format!("受け入れられない（{fault}）。"),
            &format!("It is refused: {fault}."),
            None,
        );
        Err(Ended)
    }

    fn verified(&mut self, step: Step, ja: &str, en: &str) {
        self.push(step, Mark::Verified, ja, en, None);
    }

    fn unverified(&mut self, step: Step, ja: &str, en: &str) {
        self.push(step, Mark::Unverified, ja, en, None);
    }

    fn refuted(&mut self, step: Step, ja: &str, en: &str, place: Option<String>) {
        self.push(step, Mark::Refuted, ja, en, place);
    }

    fn push(&mut self, step: Step, mark: Mark, ja: &str, en: &str, place: Option<String>) {
        // A hostile bundle may differ in a million places; the first of each step are enough.
        const MOST: usize = 12;
        if self.items.iter().filter(|item| item.step == step && item.mark == mark).count() < MOST {
            self.items.push(Item { step, mark, text: Text { ja: ja.to_owned(), en: en.to_owned() }, place });
        } else {
            *self.more.entry((step, mark)).or_default() += 1;
        }
    }

    fn finish(mut self) -> Verification {
        for ((step, mark), count) in std::mem::take(&mut self.more) {
            let text = Text {
                ja: format!("同様のものがほかに{count}件ある。"),
                en: format!("There are {count} more of this sort."),
            };
            self.items.push(Item { step, mark, text, place: None });
        }
        self.items.sort_by_key(|item| item.step);
        Verification {
            schema: SCHEMA,
            mark: self.items.iter().map(|item| item.mark).max().unwrap_or(Mark::Unverified),
            head: self.head,
            keyid: self.keyid,
            items: self.items,
            word: self.word,
            verdicts: self.verdicts,
        }
    }
}

/// What a provider's services can hold, as a run's record has it.
fn services(provider: &dyn Provider) -> BTreeMap<String, Vec<String>> {
    let kinds = |kinds: &[Kind]| kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
    provider.services().iter().map(|one| (one.name.to_owned(), kinds(one.kinds))).collect()
}

/// The beginning of a digest.
fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}
