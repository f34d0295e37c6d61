//! Comparisons of small states.

use super::{Direction, Drift, What, compare};
use crate::bundle::OpenRun;
use crate::documents::file::{FileFound, FileState};
use crate::documents::{Register, gather};
use crate::run_folder::{Begin, Beside, LedgerSummary, RUN_SCHEMA, Run, RunFolder};
use crate::tenancy::{Exception, Matcher, Scope, Tenancy};
use sekisho_contract::AccountSection;
use sekisho_contract::fact::{
    AccountSetting, Cell, CellState, Copy, CopyRole, Encryption, KeyManager, Kind, Resource, Signal, Witness,
};
use sekisho_contract::gap::{Gap, GapReason};
use sekisho_contract::observed::Observed;
use std::collections::BTreeMap;

/// What a run saw, small enough to be written down by hand.
#[derive(Clone)]
struct State {
    tenancy: Tenancy,
    resources: Vec<Resource>,
    settings: Vec<AccountSetting>,
    cells: Vec<Cell>,
    gaps: Vec<Gap>,
    signals: Vec<Signal>,
    documents: Vec<(&'static str, String)>,
    at: jiff::Timestamp,
}

const NOW: jiff::Timestamp = jiff::Timestamp::constant(1_793_500_000, 0);
const LATER: jiff::Timestamp = jiff::Timestamp::constant(1_793_600_000, 0);
const ACCOUNT: &str = "111122223333";

fn bucket(name: &str) -> Resource {
    let id = format!("arn:aws:s3:::{name}");
    let mut bucket =
        Resource::new(Kind::ObjectStore, "aws", ACCOUNT, "ap-northeast-1", "s3", id, name.to_owned());
    bucket.confidential = Observed::Seen(true);
    bucket.availability_critical = Observed::Seen(true);
    bucket.tags = Observed::Seen([("system".to_owned(), name.to_owned())].into());
    bucket.copies = vec![copy(CopyRole::Primary, "ap-northeast-1", "JP")];
    bucket.encryption = Some(Encryption {
        enabled: Observed::Seen(true),
        algorithm: Observed::Seen("aws:kms".to_owned()),
        key: Observed::Seen(Some("k".to_owned())),
        key_manager: Observed::Seen(KeyManager::Customer),
    });
    bucket
}

fn copy(role: CopyRole, place: &str, country: &str) -> Copy {
    let location = Observed::Seen(place.to_owned());
    Copy { countries: Observed::Seen(vec![country.to_owned()]), ..Copy::new(role, None, location) }
}

fn of_kind(kind: Kind, id: &str) -> Resource {
    let mut one = Resource::new(kind, "aws", ACCOUNT, "ap-northeast-1", "s", id.to_owned(), id.to_owned());
    one.confidential = Observed::Seen(true);
    one.copies = vec![copy(CopyRole::Primary, "ap-northeast-1", "JP")];
    one
}

fn cell(service: &str, state: CellState) -> Cell {
    Cell {
        provider: "aws".to_owned(),
        account: ACCOUNT.to_owned(),
        region: "ap-northeast-1".to_owned(),
        service: service.to_owned(),
        state,
        closed_by: None,
        resources: 0,
    }
}

fn gap(subject: &str, facet: &str) -> Gap {
    Gap {
        subject: subject.to_owned(),
        facet: facet.to_owned(),
        reason: GapReason::Denied,
        operation: "s3:GetIt".to_owned(),
        permission: String::new(),
        call: None,
        detail: String::new(),
    }
}

fn state() -> State {
    let account = AccountSection::of("aws", ACCOUNT);
    State {
        tenancy: Tenancy {
            name: "t".to_owned(),
            profile: "jp-annex-2".to_owned(),
            contract_end: jiff::civil::date(2027, 3, 31),
            erasure_grace_days: 30,
            accounts: vec![account],
            scopes: Vec::new(),
            access: Vec::new(),
            logs: None,
            exceptions: Vec::new(),
            corroborate: Default::default(),
            limits: Default::default(),
        },
        resources: vec![bucket("a"), bucket("b")],
        settings: vec![AccountSetting::new("aws", ACCOUNT)],
        cells: vec![cell("s3", CellState::Listed), cell("kms", CellState::Listed)],
        gaps: Vec::new(),
        signals: Vec::new(),
        documents: Vec::new(),
        at: NOW,
    }
}

/// Writes a state down as a run does; the folder goes with what is given back.
fn opened(state: State) -> (tempfile::TempDir, OpenRun) {
    let place = tempfile::tempdir().unwrap();
    let folder = RunFolder::begin(&place.path().join("run"), Begin::Fresh).unwrap();
    let mut writer = folder.facts_writer().unwrap();
    let mut resources = state.resources;
    resources.sort_by_key(|one| {
        let kind = one.kind.as_str();
        (
            one.provider.clone(),
            one.account.clone(),
            one.region.clone(),
            one.service.clone(),
            kind,
            one.id.clone(),
        )
    });
    resources.into_iter().for_each(|one| writer.resource(one).unwrap());
    state.gaps.into_iter().for_each(|gap| writer.gap(gap).unwrap());
    let facts = writer.finish(state.settings, state.cells, state.signals).unwrap();
    let documents = state.documents.into_iter().map(|(id, text)| (id.to_owned(), Ok(text)));
    let withheld =
        |_: Option<&str>, _: &str| FileFound { state: FileState::Withheld, signatures: Vec::new() };
    let register: Register = gather(documents.collect(), &withheld).register;
    let run = Run {
        schema: RUN_SCHEMA.to_owned(),
        tool: "1".to_owned(),
        started_at: state.at,
        assessed_at: state.at,
        finished_at: state.at,
        cancelled: false,
        unfinished: 0,
        tenancy: state.tenancy,
        request: None,
        redacted: None,
        handling: None,
        profile: "jp-annex-2".to_owned(),
        profile_digest: "d".to_owned(),
        services: [("aws".to_owned(), [("s3".to_owned(), vec!["object_store".to_owned()])].into())].into(),
        sites: BTreeMap::new(),
        places_dated: BTreeMap::new(),
        ledger: LedgerSummary::default(),
        files: vec![facts],
    };
    let beside = Beside { register, heard: None, logs: None };
    (place, OpenRun::of_parts(folder, run, beside))
}

fn drift(old: State, new: State) -> Drift {
    let ((_old, old), (_new, new)) = (opened(old), opened(State { at: LATER, ..new }));
    compare(&old, &new).unwrap()
}

/// What is told, but for verdicts, which follow from it.
fn told(drift: &Drift) -> Vec<(What, Direction)> {
    let all = drift.changes.iter().map(|change| (change.what, change.direction));
    all.filter(|(what, _)| *what != What::Verdict).collect()
}

/// What one edit of the state is told as, forth and back.
fn check(edit: impl Fn(&mut State), forth: &[(What, Direction)], back: &[(What, Direction)]) {
    let (old, mut new) = (state(), state());
    edit(&mut new);
    assert_eq!(told(&drift(old.clone(), new.clone())), forth, "forth");
    assert_eq!(told(&drift(new, old)), back, "back");
}

use Direction::{Better, Neutral, Worse};

#[test]
fn the_same_state_later_is_no_drift() {
    let found = drift(state(), state());
    assert!(found.is_none() && !found.is_worse(), "{found:#?}");
    // What goes by itself: backups by their schedule, evidence, times, the words of gaps.
    let with = |point: &str, latest: &str| {
        let mut state = state();
        let mut one = of_kind(Kind::RecoveryPoint, point);
        one.made_from = Some("arn:aws:s3:::a".to_owned());
        // It rests abroad both times: that is one and the same finding.
        one.copies = vec![copy(CopyRole::Primary, "us-east-1", "US")];
        state.gaps.push(Gap { detail: latest.to_owned(), ..gap("arn:aws:s3:::a", "audit") });
        state.gaps.push(gap(point, "point"));
        state.resources.push(one);
        state
    };
    let found = drift(with("point-1", "x"), with("point-2", "y"));
    assert!(found.is_none() && !found.is_worse(), "{found:#?}");
}

#[test]
fn resources_come_and_go() {
    check(
        |state| state.resources.push(bucket("c")),
        &[(What::ResourceAppeared, Neutral)],
        &[(What::ResourceGone, Neutral)],
    );
    check(
        |state| {
            let mut abroad = bucket("c");
            abroad.copies = vec![copy(CopyRole::Primary, "us-east-1", "US")];
            state.resources.push(abroad);
        },
        &[(What::ResourceAppeared, Worse)],
        &[(What::ResourceGone, Neutral)],
    );
    check(
        |state| state.resources.push(of_kind(Kind::Detector, "d")),
        &[(What::ResourceAppeared, Better)],
        &[(What::ResourceGone, Worse)],
    );
    check(
        |state| {
            state.resources.remove(1);
            // Its name is a label of it too.
            state.resources.push(bucket("c"));
        },
        &[(What::ResourceReplaced, Neutral)],
        &[(What::ResourceReplaced, Neutral)],
    );
    check(
        |state| state.resources[1].region = "us-east-1".to_owned(),
        &[(What::ResourceMoved, Neutral)],
        &[(What::ResourceMoved, Neutral)],
    );
}

#[test]
fn one_resource_changes() {
    check(
        |state| state.resources[0].name = "other".to_owned(),
        &[(What::ResourceRenamed, Neutral)],
        &[(What::ResourceRenamed, Neutral)],
    );
    check(
        |state| state.resources[0].tags = Observed::Seen([("system".to_owned(), "x".to_owned())].into()),
        &[(What::ResourceRetagged, Neutral)],
        &[(What::ResourceRetagged, Neutral)],
    );
    check(
        |state| state.resources[0].copies.push(copy(CopyRole::Replica, "us-east-1", "US")),
        &[(What::CopyAppeared, Worse)],
        &[(What::CopyGone, Better)],
    );
    check(
        |state| {
            // With the key goes the place where it rests.
            let mut key = copy(CopyRole::Key, "ap-northeast-1", "JP");
            key.holder = Some("other".to_owned());
            state.resources[0].copies.push(key);
            let encryption = state.resources[0].encryption.as_mut().unwrap();
            encryption.key = Observed::Seen(None);
            encryption.key_manager = Observed::Seen(KeyManager::Provider);
        },
        &[(What::Encryption, Worse)],
        &[(What::Encryption, Better)],
    );
    check(
        |state| state.resources[0].confidential = Observed::Seen(false),
        &[(What::Scope, Worse)],
        &[(What::Scope, Better)],
    );
}

#[test]
fn what_was_looked_at_grows_and_shrinks() {
    check(
        |state| state.cells[0].state = CellState::Denied,
        &[(What::Coverage, Worse)],
        &[(What::Coverage, Better)],
    );
    check(
        |state| {
            state.cells[0].state = CellState::Denied;
            state.gaps.push(gap(&state.cells[0].id(), "resources"));
        },
        &[(What::Coverage, Worse)],
        &[(What::Coverage, Better)],
    );
    check(|state| drop(state.cells.pop()), &[(What::Coverage, Worse)], &[(What::Coverage, Better)]);
    check(
        |state| {
            state.resources[0].encryption.as_mut().unwrap().enabled = Observed::default();
            state.gaps.push(gap("arn:aws:s3:::a", "encryption.enabled"));
        },
        &[(What::Gap, Worse)],
        &[(What::Gap, Better)],
    );
    // An account's own properties are told once as well.
    let (mut old, mut new) = (state(), state());
    old.settings[0].guardrail = Observed::Seen(sekisho_contract::fact::Guardrail::NONE);
    new.gaps.push(gap(&format!("aws/{ACCOUNT}"), "guardrail"));
    assert_eq!(told(&drift(old, new)), [(What::Gap, Worse)]);
    // One refusal that leaves a gap at many things is told once, and a failed list of many regions too.
    check(
        |state| {
            for number in 0..30 {
                state.gaps.push(gap(&format!("arn:aws:s3:::c-{number:02}"), "versioning"));
                let region = format!("r-{number:02}");
                state.cells.push(Cell { region, ..cell("s3", CellState::Failed) });
            }
        },
        &[(What::Coverage, Worse), (What::Gap, Worse)],
        &[(What::Coverage, Neutral), (What::Gap, Better)],
    );
    // What is not seen, and no gap says why, is told all the same.
    check(
        |state| state.resources[0].encryption.as_mut().unwrap().enabled = Observed::default(),
        &[(What::Property, Worse)],
        &[],
    );
    check(
        |state| {
            state.tenancy.accounts.push(AccountSection::of("aws", "444455556666"));
            state.settings.push(AccountSetting::new("aws", "444455556666"));
            let mut own = bucket("c");
            own.account = "444455556666".to_owned();
            state.resources.push(own);
            state.cells.push(Cell { account: "444455556666".to_owned(), ..cell("s3", CellState::Listed) });
        },
        &[(What::AccountAppeared, Neutral)],
        &[(What::AccountGone, Worse)],
    );
    check(
        |state| {
            state.signals.push(Signal {
                subject: format!("aws/{ACCOUNT}"),
                witness: Witness::Cost,
                supports: Some(false),
                statement: "3 things in us-east-1".to_owned(),
                calls: Vec::new(),
            });
        },
        &[(What::Contradiction, Worse)],
        &[(What::Contradiction, Better)],
    );
}

#[test]
fn the_tenancy_file_and_the_register_change() {
    let rule = |confidential| Scope {
        matcher: Matcher { resource: Some("arn:aws:s3:::a".to_owned()), ..Matcher::default() },
        confidential,
        availability_critical: true,
    };
    check(
        |state| {
            state.tenancy.scopes.push(rule(false));
            state.resources[0].confidential = Observed::Seen(false);
        },
        &[(What::ScopeRule, Worse)],
        &[(What::ScopeRule, Better)],
    );
    check(
        |state| state.tenancy.contract_end = jiff::civil::date(2028, 3, 31),
        &[(What::TenancySetting, Neutral)],
        &[(What::TenancySetting, Neutral)],
    );
    let exception = |expires| Exception {
        id: "e".to_owned(),
        check: Some("tls-only".to_owned()),
        clause: None,
        subjects: vec!["*".to_owned()],
        owner: "o".to_owned(),
        reason: "r".to_owned(),
        approver: "a".to_owned(),
        expires,
    };
    check(
        |state| state.tenancy.exceptions.push(exception(jiff::civil::date(2027, 1, 1))),
        &[(What::ExceptionAdded, Neutral)],
        &[(What::ExceptionRemoved, Neutral)],
    );
    // Both are in force on the first day; one has run out on the second.
    let mut with = state();
    with.tenancy.exceptions.push(exception(jiff::civil::date(2026, 11, 1)));
    assert_eq!(told(&drift(with.clone(), with)), [(What::ExceptionExpired, Worse)]);

    let rpo = |minutes: u32| {
        format!(
            "kind = \"statement\"\nabout = \"declared-rpo\"\nsigned_by = \"山田\"\nsigned = 2026-10-01\n\
             [[systems]]\nname = \"*\"\nrpo_minutes = {minutes}\nrto_minutes = 60\n"
        )
    };
    check(
        |state| state.documents.push(("rpo", rpo(60))),
        &[(What::DocumentAdded, Better)],
        &[(What::DocumentRemoved, Worse)],
    );
    let with = |minutes| State { documents: vec![("rpo", rpo(minutes))], ..state() };
    assert_eq!(told(&drift(with(60), with(1440))), [(What::DeclaredObjective, Worse)]);
    assert_eq!(told(&drift(with(1440), with(60))), [(What::DeclaredObjective, Better)]);
}

#[test]
fn other_tenancies_are_refused() {
    let refused = |edit: fn(&mut State), says: &str| {
        let mut other = state();
        edit(&mut other);
        let ((_old, old), (_new, new)) = (opened(state()), opened(other));
        let fault = compare(&old, &new).unwrap_err();
        assert!(fault.is_misuse() && fault.to_string().contains(says), "{fault}");
    };
    refused(|state| state.tenancy.name = "u".to_owned(), "different tenancies");
    refused(|state| state.tenancy.profile = "other".to_owned(), "different profiles");
    refused(|state| state.tenancy.accounts[0].id = "1".to_owned(), "no account in common");
    refused(|state| state.at = jiff::Timestamp::UNIX_EPOCH, "is later than");
}

#[test]
fn facts_out_of_order_are_refused() {
    let (_old, old) = opened(state());
    let place = tempfile::tempdir().unwrap();
    let folder = RunFolder::begin(&place.path().join("run"), Begin::Fresh).unwrap();
    let mut writer = folder.facts_writer().unwrap();
    for name in ["b", "a"] {
        writer.resource(bucket(name)).unwrap();
    }
    writer.finish(state().settings, state().cells, Vec::new()).unwrap();
    let (_new, new) = opened(State { at: LATER, ..state() });
    let fault = compare(&old, &OpenRun::of_parts(folder, new.run, new.beside)).unwrap_err();
    assert!(fault.to_string().contains("out of order"), "{fault}");
}

#[test]
fn very_many_changes_are_counted_and_the_first_are_kept() {
    let mut new = state();
    new.resources.extend((0..2_500).map(|number| {
        let mut one = bucket(&format!("c-{number:05}"));
        one.copies.push(copy(CopyRole::Log, &format!("place-{number}"), "JP"));
        one
    }));
    let found = drift(state(), new);
    assert_eq!(found.counts.neutral, 2_500);
    assert_eq!(found.changes.iter().filter(|one| one.what == What::ResourceAppeared).count(), 2_000);
}

#[test]
fn text_of_others_is_bounded_and_shown_as_text() {
    let mut new = state();
    new.resources[0].name = format!("\u{1b}[31m|<script>\u{202e}{}", "x".repeat(10_000));
    let found = drift(state(), new);
    let name = &found.changes[0].name;
    assert!(name.chars().count() <= 601, "{}", name.len());
    let screen = super::terminal::told(&found, crate::text::Language::En, false);
    assert!(
        !screen.contains('\u{1b}') && !screen.contains('\u{202e}') && screen.contains("[U+202E]"),
        "{screen}"
    );
    let draft = super::application::markdown(&super::application::Application::of(&found));
    assert!(!draft.contains("<script>") && !draft.contains('\u{202e}'), "{draft}");
    assert!(draft.contains("\\|&lt;script&gt;") && draft.contains("| 理由 |"), "{draft}");
}

#[test]
fn every_sort_has_words_and_a_name_of_its_own() {
    let mut names = std::collections::BTreeSet::new();
    for what in What::ALL {
        assert!(names.insert(what.as_str()), "{what:?}");
        for direction in [Worse, Neutral, Better] {
            let word = what.word(direction);
            assert!(word.ja.chars().count() > 4 && word.en.len() > 8 && !word.ja.ends_with('。'), "{what:?}");
        }
    }
}
