//! Which handling restrictions (取扱制限) bar that a document is passed on. A word that is not known bars it.

use crate::documents::Handling;
use crate::report::display;

/// Longest restriction that is shown, in characters.
const SHOWN: usize = 60;

/// Why the handling of a document bars that its file goes into a package; none where nothing does.
pub fn barred(handling: Option<&Handling>) -> Option<String> {
    let restrictions = handling.map_or(&[][..], |handling| handling.restrictions.as_slice());
    let shown = |wanted: Standing| {
        let of_it = restrictions.iter().filter(|one| standing(one) == wanted);
        let names: Vec<String> = of_it.map(|one| format!("「{}」", display::name(one, SHOWN).text)).collect();
        (!names.is_empty()).then(|| names.concat())
    };
    let barring =
        shown(Standing::Bars).map(|names| format!("取扱制限{names}により、ファイルを同梱していない。"));
    let unknown = shown(Standing::Unknown)
        .map(|names| format!("取扱制限{names}が引渡しを許すか判断できないため、ファイルを同梱していない。"));
    match (barring, unknown) {
        (None, None) => None,
        (barring, unknown) => Some(barring.into_iter().chain(unknown).collect()),
    }
}

/// How a restriction stands to passing the document on to the procuring body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It may be passed on; the marking goes with it.
    Allows,
    /// It may not.
    Bars,
    /// Nobody can tell by the word alone.
    Unknown,
}

/// Those whom a document may be limited to and who receive a package: the procuring body and those of this contract.
const RECEIVERS: [&str; 6] = ["", "本会", "発注者", "本業務", "本契約", "調達"];

fn standing(restriction: &str) -> Standing {
    let plain: String = restriction.chars().filter(|c| !c.is_whitespace()).collect();
    if plain.contains("禁止") || plain.contains("不可") || plain.contains("禁ず") {
        return Standing::Bars;
    }
    let of_receivers = plain
        .strip_suffix("関係者限り")
        .is_some_and(|whose| RECEIVERS.contains(&whose.trim_end_matches('の')));
    // These say what is to be done with it, not that nobody may have it.
    let of_handling = ["暗号化必須", "要暗号化", "要返却", "返却必須"].contains(&plain.as_str());
    if of_receivers || of_handling || is_term(&plain) { Standing::Allows } else { Standing::Unknown }
}

/// A day until which something holds, and nothing else: `2027-03-31まで`, `2027年3月31日まで`.
fn is_term(plain: &str) -> bool {
    let day = plain.strip_suffix("まで").unwrap_or_default();
    day.chars().any(|c| c.is_ascii_digit())
        && day.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | '年' | '月' | '日'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_allow_bars() {
        for (restriction, expected) in [
            ("関係者限り", Standing::Allows),
            ("本会関係者限り", Standing::Allows),
            ("本業務の関係者限り", Standing::Allows),
            ("暗号化必須", Standing::Allows),
            ("要返却", Standing::Allows),
            ("2027-03-31まで", Standing::Allows),
            ("2027年3月31日 まで", Standing::Allows),
            ("複製禁止", Standing::Bars),
            ("配布禁止", Standing::Bars),
            ("転送 禁止", Standing::Bars),
            ("持出禁止", Standing::Bars),
            ("再配布不可", Standing::Bars),
            ("関係者限り（複製を禁ずる）", Standing::Bars),
            ("社内関係者限り", Standing::Unknown),
            ("社内限り", Standing::Unknown),
            ("NDA", Standing::Unknown),
            ("まで", Standing::Unknown),
            ("契約の終わりまで", Standing::Unknown),
            ("", Standing::Unknown),
        ] {
            assert_eq!(standing(restriction), expected, "{restriction}");
        }
    }

    #[test]
    fn the_reason_names_the_restrictions() {
        let handling = |restrictions: &[&str]| Handling {
            confidentiality: 2,
            integrity: None,
            availability: None,
            restrictions: restrictions.iter().map(|one| (*one).to_owned()).collect(),
        };
        assert_eq!(barred(None), None);
        assert_eq!(barred(Some(&handling(&["関係者限り"]))), None);
        let why = barred(Some(&handling(&["関係者限り", "複製禁止", "社内限り"]))).unwrap();
        assert!(why.contains("取扱制限「複製禁止」により") && why.contains("「社内限り」が引渡しを許すか"));
    }
}
