//! Any bytes as a request: alone, and as what an officer has signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho::envelope::{Key, Trusted, sign};
use sekisho::request::{PAYLOAD_TYPE, Signed};
use std::sync::LazyLock;

static OFFICER: LazyLock<(Key, Vec<Trusted>)> = LazyLock::new(|| {
    let key = Key::ephemeral().expect("a key can be made");
    let trusted = vec![Trusted::parse(key.public_pem().as_bytes()).expect("it can be read")];
    (key, trusted)
});

fuzz_target!(|bytes: &[u8]| {
    let (key, trusted) = &*OFFICER;
    assert!(Signed::parse(bytes, trusted).is_err(), "nobody signed it");
    let _ = Signed::parse(bytes, &[]);
    if let Ok(read) = Signed::parse(&sign(PAYLOAD_TYPE, bytes, key).expect("it is signed"), trusted) {
        // What is read is sound, and is read back as the same.
        read.request.sound().expect("what was read is sound");
        let again = serde_json::to_vec(&read.request).expect("it can be written");
        let again = Signed::parse(&sign(PAYLOAD_TYPE, &again, key).expect("it is signed"), trusted).expect("it can be read again");
        assert_eq!(again.request, read.request);
    }
});
