//! `sekisho verify`: what of a bundle can be relied on.

use super::assess::language;
use super::exit;
use super::files::read;
use super::problem::Problem;
use super::screen::Screen;
use super::seal::{authorities, decrypt};
use super::signer;
use jiff::{SignedDuration, Timestamp};
use sekisho::bundle::is_encrypted;
use sekisho::bundle::verify::{Mark, Order, Stamped, Verification, verify};
use sekisho::request::SIZE_LIMIT;
use sekisho::text::{Language, Text};
use sekisho::timestamp;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::PathBuf;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The bundle.
    #[arg(value_name = "BUNDLE")]
    pub bundle: PathBuf,
    /// The contractor's public key (PEM), as the contractor has given it to you.
    #[arg(long, value_name = "FILE", required = true)]
    pub trust: Vec<PathBuf>,
    /// The request it must answer, as you wrote it.
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    /// Root certificates (PEM) that are trusted to stand behind its time stamp.
    #[arg(long, value_name = "FILE")]
    pub tsa_ca: Option<PathBuf>,
    /// The identity file that opens it, where it is encrypted (AGE-SECRET-KEY-1…).
    #[arg(long, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// How old the assessment may be, in days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub max_age: Option<u16>,
    /// The folder of the whole run that a redacted bundle was made from.
    #[arg(long, value_name = "DIR", requires = "redact_key")]
    pub full: Option<PathBuf>,
    /// The key that its stand-ins were made with.
    #[arg(long, value_name = "FILE", requires = "full")]
    pub redact_key: Option<PathBuf>,
    /// The language.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Print what was found as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Verifies a bundle. Ends with 0 when everything was shown, 1 when something is not so, 3 when something could not be shown.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let trusted =
        arguments.trust.iter().map(|file| signer::public_key(file)).collect::<Result<Vec<_>, _>>()?;
    let request = match &arguments.request {
        Some(file) => Some(super::request::parse(file, &read(file, SIZE_LIMIT)?, &[])?),
        None => None,
    };
    let authorities = arguments.tsa_ca.as_deref().map(authorities).transpose()?;
    let stamped = |token: &[u8], bytes: &[u8]| {
        let trusted = authorities.as_ref().ok_or("no authority is named")?;
        let found = timestamp::verify(token, &Sha256::digest(bytes).into(), None, trusted);
        found.map(|found| found.at).map_err(|fault| fault.to_string())
    };
    let file = opened(arguments)?;
    let order = Order {
        trusted: &trusted,
        request: request.as_ref(),
        stamped: authorities.as_ref().map(|_| &stamped as &Stamped<'_>),
        max_age: arguments.max_age.map(|days| SignedDuration::from_hours(24 * i64::from(days))),
        providers: sekisho::providers::all(),
        now: Timestamp::now(),
    };
    let again = file
        .try_clone()
        .map_err(|cause| Problem::file(&arguments.bundle, "cannot be read", &cause, "try again"))?;
    let mut found = verify(BufReader::new(file), &order);
    if let (Some(full), Some(key)) = (&arguments.full, &arguments.redact_key) {
        super::redact::hold_to_full(&mut found, again, full, key)?;
    }
    match arguments.json {
        true => screen.json(&found)?,
        false => screen.result(&page(&found, arguments.lang))?,
    }
    Ok(match found.mark {
        Mark::Verified => exit::CONFORMS,
        Mark::Refuted => exit::VIOLATES,
        Mark::Unverified => exit::UNVERIFIED,
    })
}

/// The bundle, decrypted where it is encrypted.
fn opened(arguments: &Arguments) -> Result<File, Problem> {
    let next = "name a bundle that `sekisho seal` wrote";
    let unreadable = |cause| Problem::file(&arguments.bundle, "cannot be read", &cause, next);
    let mut file = File::open(&arguments.bundle).map_err(unreadable)?;
    if !is_encrypted(&mut file).map_err(unreadable)? {
        return Ok(file);
    }
    let Some(identity) = &arguments.identity else {
        let what = format!("{} is encrypted", arguments.bundle.display());
        return Err(Problem::usage(what, "name the identity file that opens it with --identity"));
    };
    // It has no name, and goes when it is closed.
    let mut plain = tempfile::tempfile().map_err(unreadable)?;
    decrypt(&arguments.bundle, identity, &mut plain)?;
    plain.rewind().map_err(unreadable)?;
    Ok(plain)
}

/// What was found, for people.
pub fn page(found: &Verification, language: Language) -> String {
    let pick = |ja: &'static str, en: &'static str| match language {
        Language::Ja => ja,
        Language::En => en,
    };
    let mut page = String::new();
    let all = match found.mark {
        Mark::Verified => pick("検証できた。", "It was verified."),
        Mark::Unverified => pick("検証できない事項がある。", "Something could not be verified."),
        Mark::Refuted => pick("受け入れられない。", "It is not to be accepted."),
    };
    let _ = writeln!(page, "{all}");
    if let Some(head) = &found.head {
        let marking = head.handling.as_ref().map(sekisho::report::display::marking);
        let tenancy = sekisho::report::display::name(&head.tenancy, 100).text;
        let profile = sekisho::report::display::name(&head.profile, 60).text;
        let _ = writeln!(page, "{tenancy} · {profile}");
        if let Some(marking) = marking {
            let _ = writeln!(page, "{}: {}", pick("取扱い", "Handling"), marking.get(language));
        }
        if let Some(redaction) = &head.redaction {
            let level = sekisho::report::display::name(&redaction.level, 20).text;
            let told = pick("識別子を取り除いた写し（水準）", "Identifiers were taken out (level)");
            let _ = writeln!(page, "{told}: {level}");
        }
    }
    let sections = [
        (Mark::Refuted, "✗", pick("正しくないもの", "Not so")),
        (Mark::Verified, "✓", pick("検証したもの", "Verified")),
        (Mark::Unverified, "?", pick("検証できなかったもの", "Could not be verified")),
    ];
    for (mark, sign, title) in sections {
        let mut items = found.items.iter().filter(|item| item.mark == mark).peekable();
        if items.peek().is_none() {
            continue;
        }
        let _ = writeln!(page, "\n{title}");
        for item in items {
            let place = item.place.as_ref().map(|place| format!(" [{place}]")).unwrap_or_default();
            let _ = writeln!(
                page,
                "  {sign} {}: {}{place}",
                item.step.title().get(language),
                item.text.get(language)
            );
        }
    }
    if !found.word.is_empty() {
        let _ = writeln!(page, "\n{}", pick("作成者の言葉によるもの", "Resting on the word of who made it"));
        for Text { ja, en } in &found.word {
            let _ = writeln!(page, "  ・{}", pick_text(language, ja, en));
        }
    }
    if !found.verdicts.is_empty() {
        let _ =
            writeln!(page, "\n{}", pick("事実から再実施した判定", "Verdicts, re-performed from the facts"));
        for verdict in &found.verdicts {
            let status = sekisho::report::status_word(verdict.status);
            let _ = writeln!(
                page,
                "  {}  {}  {}",
                verdict.number,
                status.get(language),
                verdict.title.get(language)
            );
        }
    }
    page.trim_end().to_owned()
}

fn pick_text<'t>(language: Language, ja: &'t str, en: &'t str) -> &'t str {
    match language {
        Language::Ja => ja,
        Language::En => en,
    }
}
