//! `docs/coverage.md` is what the code says of itself.

use sekisho::annex::Profile;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// Which facts each service is read for, by which operations, and which clauses use them.
fn table() -> String {
    let profile = sekisho::annex::find("jp-annex-2").unwrap().unwrap();
    let mut text = String::from(
        "# What is read\n\nGenerated from the code; `SEKISHO_BLESS=1 cargo test --test integration -- coverage` writes it \
         anew. A clause uses a service\nwhere one of its checks reads a part of a fact that things of the service have. What no \
         service here covers is not\nread: the profile's `needs` say so in the clauses that need it.\n",
    );
    for provider in sekisho::providers::all() {
        let _ = write!(text, "\n## {}\n", provider.name());
        for service in provider.services() {
            let kinds: Vec<&str> = service.kinds.iter().map(|kind| kind.as_str()).collect();
            let _ = write!(text, "\n### {}\n\nHolds: {}. ", service.name, kinds.join(", "));
            let clauses = clauses(&profile, service.kinds);
            let _ = writeln!(text, "Used by: {}.\n", clauses.into_iter().collect::<Vec<_>>().join(", "));
            text.push_str("| operation | permission | facts |\n|---|---|---|\n");
            for operation in provider.operations() {
                if provider.swept_in(operation).is_some_and(|swept| swept.name == service.name) {
                    let name = operation.full_name();
                    let _ = writeln!(text, "| {name} | {} | {} |", operation.permission, operation.facts);
                }
            }
        }
        text.push_str("\n### whole accounts\n\n| operation | permission | facts |\n|---|---|---|\n");
        for operation in provider.operations().iter().filter(|one| provider.swept_in(one).is_none()) {
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                operation.full_name(),
                operation.permission,
                operation.facts
            );
        }
        if !provider.log_operations().is_empty() {
            text.push_str(
                "\n### audit logs\n\nNot in the sweep: read where `[[logs.source]]` names a store in an account of this \
                 provider.\n\n| operation | permission | facts |\n|---|---|---|\n",
            );
            for operation in provider.log_operations() {
                let name = operation.full_name();
                let _ = writeln!(text, "| {name} | {} | {} |", operation.permission, operation.facts);
            }
        }
        let Some(portal) = provider.portal() else { continue };
        let _ = write!(
            text,
            "\n### {}\n\nNot in the sweep: `sekisho documents fetch` asks it for the register.\n\n| operation | permission | \
             facts |\n|---|---|---|\n",
            portal.name
        );
        for operation in portal.operations {
            let name = operation.full_name();
            let _ = writeln!(text, "| {name} | {} | {} |", operation.permission, operation.facts);
        }
    }
    text
}

/// The clauses whose checks read a part that things of these kinds have.
fn clauses(profile: &Profile, kinds: &[sekisho_contract::fact::Kind]) -> BTreeSet<String> {
    let facets: BTreeSet<&str> =
        kinds.iter().flat_map(|kind| kind.facets()).map(|facet| facet.as_str()).collect();
    let checks = sekisho::checks::all().unwrap().iter();
    let reading = checks.filter(|check| {
        check.reads().iter().any(|path| path.first().is_some_and(|part| facets.contains(part.as_str())))
    });
    reading.flat_map(|check| profile.clauses_of(&check.id)).map(|(_, clause, _)| clause.id.clone()).collect()
}

/// What each check looks at and why, in the words of its rule, with the clauses that name it.
fn checks() -> String {
    let profile = sekisho::annex::find("jp-annex-2").unwrap().unwrap();
    let mut text = String::from(
        "# Checks\n\nGenerated from the rules (`src/checks/rules/`); `SEKISHO_BLESS=1 cargo test --test integration -- coverage` writes \
         it anew. `sekisho checks\nexplain ID` prints the same words with the rule itself, its cases, and what to do on each cloud \
         (`--lang en` for English).\n",
    );
    for check in sekisho::checks::all().unwrap() {
        let asked = |(_, clause, level): (usize, &sekisho::annex::Clause, sekisho::annex::Level)| {
            let level = if level == sekisho::annex::Level::Should { " (should)" } else { "" };
            format!("{} `{}`{level}", clause.number, clause.id)
        };
        let clauses: Vec<String> = profile.clauses_of(&check.id).map(asked).collect();
        let (title, about) = (&check.title, &check.about);
        let _ = write!(
            text,
            "\n## {}\n\n**{}** · {}\n\nAsked for by: {}.\n\n{}\n\n{}\n",
            check.id,
            title.ja,
            title.en,
            clauses.join(", "),
            about.ja.trim(),
            about.en.trim()
        );
    }
    text
}

/// What the words of the reports mean.
fn glossary() -> String {
    let mut text = String::from(
        "# Glossary\n\nGenerated from `src/words/glossary.yaml`, which the reports use too.\n\n| 用語 | 意味 | term | meaning |\n|---|---|---|---|\n",
    );
    for term in sekisho::report::glossary() {
        let (word, means) = (&term.term, &term.means);
        let _ = writeln!(text, "| {} | {} | {} | {} |", word.ja, means.ja, word.en, means.en);
    }
    text
}

#[test]
fn the_table_is_what_the_code_says() {
    same("docs/coverage.md", &table());
}

#[test]
fn the_docs_use_the_words_of_the_rules_and_reports() {
    same("docs/checks.md", &checks());
    same("docs/glossary.md", &glossary());
}

#[allow(clippy::disallowed_methods, reason = "how the files are written anew")]
fn same(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var("SEKISHO_BLESS").is_ok() {
        std::fs::write(&path, text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let stale = text.lines().find(|line| !written.lines().any(|known| known == *line));
    assert!(written == text, "{file} is stale, first at {stale:?}: run with SEKISHO_BLESS=1");
}
