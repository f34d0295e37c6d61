//! Any lines as facts and as calls: read strictly, and judged, without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho::assess::{Context, assess};
use sekisho::documents::Register;
use sekisho::support::Catalogue;
use sekisho_contract::Call;
use sekisho_contract::fact::Fact;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static ENDS: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::own().expect("the table is sound"));
static PROFILE: LazyLock<sekisho::annex::Profile> =
    LazyLock::new(|| sekisho::annex::find("jp-annex-2").expect("the profile loads").expect("it is there"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = Vec::new();
    for line in text.lines().take(64) {
        let _ = sekisho::strict::read::<Call>(line.as_bytes());
        if let Ok(fact) = sekisho::strict::read::<Fact>(line.as_bytes()) {
            let written = serde_json::to_string(&fact).expect("a fact can be written");
            let again: Fact = serde_json::from_str(&written).expect("it can be read again");
            assert_eq!(serde_json::to_string(&again).expect("a fact can be written"), written);
            lines.push(written);
        }
    }
    let now = jiff::Timestamp::constant(1_793_500_000, 0);
    let context = Context {
        contract_end: jiff::civil::date(2027, 3, 31),
        erasure_grace_days: 0,
        assessed_at: jiff::civil::date(2026, 11, 1),
        began: now,
        at: now,
        sites: &BTreeMap::new(),
        ends: &ENDS,
        accounts: &[],
        services: &[],
        heard: None,
        register: &Register::default(),
        logs: None,
        wants_logs: false,
        exceptions: &[],
        asked: None,
        threads: std::num::NonZeroUsize::new(1),
    };
    let _ = assess(&lines, &PROFILE, &context);
});
