//! Identifiers that stay the same from run to run, for forms that ask for a UUID of everything.

use uuid::Uuid;

/// The namespace of all of them (RFC 9562, version 5).
const NAMESPACE: Uuid = Uuid::from_u128(0x5e15_ba5e_7a3d_5c0e_9b61_c0de_5ec1_5e00);

/// The identifier of something: its sort, and what tells it from others of the sort.
pub fn uuid(sort: &str, parts: &[&str]) -> String {
    let mut name = sort.to_owned();
    for part in parts {
        // The length keeps `a`, `bc` and `ab`, `c` apart.
        name.push_str(&format!("\u{0}{}:{part}", part.len()));
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::uuid;

    #[test]
    fn what_differs_has_another_and_what_is_the_same_has_the_same() {
        assert_eq!(uuid("finding", &["a", "b"]), uuid("finding", &["a", "b"]));
        let all = [
            uuid("finding", &["a", "b"]),
            uuid("finding", &["ab", ""]),
            uuid("finding", &["", "ab"]),
            uuid("risk", &["a", "b"]),
        ];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
        // It may not change: others refer to it.
        assert_eq!(uuid("observation", &["copies-in-home-country"]).as_bytes()[14], b'5');
    }
}
