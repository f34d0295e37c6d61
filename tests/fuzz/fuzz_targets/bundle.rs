//! Any bytes as a bundle: opened, unpacked and verified without a panic, and never accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho::bundle::verify::{Mark, Order, verify};
use sekisho::envelope::{Key, Trusted};
use std::io::Cursor;
use std::sync::LazyLock;

static TRUSTED: LazyLock<Vec<Trusted>> = LazyLock::new(|| {
    let key = Key::ephemeral().expect("a key can be made");
    vec![Trusted::parse(key.public_pem().as_bytes()).expect("it can be read")]
});

fuzz_target!(|bytes: &[u8]| {
    let order = Order {
        trusted: &TRUSTED,
        request: None,
        stamped: None,
        max_age: None,
        providers: &[],
        now: jiff::Timestamp::constant(1_793_500_000, 0),
    };
    let found = verify(Cursor::new(bytes), &order);
    assert_eq!(found.mark, Mark::Refuted);
    assert!(found.verdicts.is_empty() && found.head.is_none());
});
