//! Numbers drawn from the seed and the parts of a request: the same parts give the same number, in any order and at any time.

/// A number that depends on every part and on their order.
pub(crate) fn number(parts: &[&str], seed: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ mix(seed);
    for part in parts {
        for byte in part.as_bytes() {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash = mix(hash ^ part.len() as u64);
    }
    mix(hash)
}

/// A number from 0 up to, but without, 1.
pub(crate) fn share(parts: &[&str], seed: u64) -> f64 {
    (number(parts, seed) >> 11) as f64 / (1_u64 << 53) as f64
}

fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(number(&["ab", "c"], 1), number(&["a", "bc"], 1));
        assert_ne!(number(&["a"], 1), number(&["a"], 2));
        assert_eq!(number(&["a", "b"], 1), number(&["a", "b"], 1));
    }

    #[test]
    fn shares_are_even() {
        let below = (0..10_000).filter(|n| share(&[&n.to_string()], 7) < 0.3).count();
        assert!((2_800..3_200).contains(&below), "{below}");
    }
}
