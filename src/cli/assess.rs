//! `sekisho assess`.

use super::engine::{self, Begin, Order, Outcome};
use super::problem::Problem;
use super::progress::Bar;
use super::screen::Screen;
use super::{exit, interrupt, out_folder, register, request, tenancy};
use sekisho::corroborate::ranges::Ranges;
use sekisho::text::Language;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `assess`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The tenancy file; documents/ beside it is the register of documents.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub tenancy: PathBuf,
    /// The folder to write to; made when there is none.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Go on with the run in that folder that was broken off or stopped.
    #[arg(long)]
    pub resume: bool,
    /// The language of the summary.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Requests to make in all; what that cuts off is reported as not seen.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_calls: Option<u64>,
    /// Resolve and connect to nothing but the providers' interfaces: no witness beside them is asked over the network.
    #[arg(long)]
    pub no_corroborate: bool,
    /// The officer's signed request to answer: the run asks no more than it asks for.
    #[arg(long, value_name = "FILE")]
    pub request: Option<PathBuf>,
    /// The officer's public key (PEM), as the officer has given it to you.
    #[arg(long, value_name = "FILE", requires = "request")]
    pub request_trust: Vec<PathBuf>,
    /// Print the summary as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Assesses a tenancy.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let mut tenancy = tenancy::read(&arguments.tenancy, screen)?;
    tenancy.limits.max_calls = arguments.max_calls.or(tenancy.limits.max_calls);
    tenancy.corroborate.network &= !arguments.no_corroborate;
    let request = match &arguments.request {
        Some(file) => Some(request::answer(file, &arguments.request_trust, &mut tenancy, screen)?),
        None => None,
    };
    let register = register::read(&register::beside(&arguments.tenancy), screen)?;
    let begin = if arguments.resume { Begin::Resume } else { Begin::Fresh };
    let inputs = arguments.tenancy.parent().unwrap_or(Path::new(""));
    engine::log_inputs(&tenancy, inputs, &Ranges::default())?;
    out_folder::prepare(&arguments.out, begin)?;
    let order = Order {
        tenancy: &tenancy,
        request: request.as_ref().map(|(request, envelope)| (request, envelope.as_slice())),
        register: &register,
        inputs,
        out: &arguments.out,
        begin,
        simulated: None,
        language: arguments.lang,
        look: screen.result_look(),
    };
    let outcome = drive(order, screen)?;
    if arguments.json {
        screen.json(&summary(&outcome))?;
    } else {
        screen.result(&outcome.summary)?;
    }
    outcome.unseen.iter().for_each(|account| screen.message(account));
    if outcome.was_complete {
        screen.message("The run in this folder was complete: nothing was asked, its report was made again.");
    }
    if outcome.incomplete.is_some() {
        screen.message(&format!(
            "The run was stopped before its end. Go on with it: sekisho assess -c {} --out {} --resume",
            arguments.tenancy.display(),
            arguments.out.display()
        ));
    }
    Ok(exit_code(&outcome))
}

/// Runs an order to its end, or to Ctrl-C.
pub fn drive(order: Order<'_>, screen: &Screen) -> Result<Outcome, Problem> {
    runtime()?.block_on(async {
        let bar = Bar::new(screen);
        let ended = engine::assess(order, &bar, interrupt::token(screen)).await;
        bar.finish();
        ended
    })
}

/// The event loop of commands that call or serve.
pub fn runtime() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|cause| {
        Problem::failed(
            format!("no event loop could be had: {cause}"),
            "free memory, or raise the limit on threads",
        )
    })
}

/// Reads `ja` or `en`.
pub fn language(word: &str) -> Result<Language, String> {
    match word {
        "ja" => Ok(Language::Ja),
        "en" => Ok(Language::En),
        _ => Err("there are ja and en".to_owned()),
    }
}

/// A run that was stopped, or saw nothing at all, has failed, whatever the verdict.
fn exit_code(outcome: &Outcome) -> u8 {
    let failed = outcome.incomplete.is_some() || outcome.saw_nothing();
    if failed { exit::FAILED } else { exit::of(outcome.verdict) }
}

fn summary(outcome: &Outcome) -> serde_json::Value {
    let clauses = outcome.clauses.iter().map(|(id, status)| json!({"id": id, "status": status}));
    json!({
        "schema": "sekisho/summary/v1",
        "verdict": outcome.verdict,
        "exit_code": exit_code(outcome),
        "incomplete": outcome.incomplete,
        "calls": outcome.calls,
        "accounts": outcome.accounts,
        "unseen": outcome.unseen,
        "clauses": clauses.collect::<Vec<_>>(),
        "files": outcome.files,
    })
}

#[cfg(test)]
mod tests {
    use super::{Outcome, exit_code, summary};
    use sekisho::assess::Status;
    use sekisho::text::Text;

    #[test]
    fn the_exit_code_follows_the_verdict_and_a_stopped_run_has_its_own() {
        for (verdict, stopped, expected) in [
            (Status::Conforms, false, 0),
            (Status::Attested, false, 0),
            (Status::NotApplicable, false, 0),
            (Status::Violates, false, 1),
            (Status::Unverified, false, 3),
            (Status::Conforms, true, 4),
            (Status::Violates, true, 4),
        ] {
            let outcome = Outcome {
                verdict,
                clauses: vec![("V-3".to_owned(), verdict)],
                incomplete: stopped.then(|| Text { ja: "中断".to_owned(), en: "stopped".to_owned() }),
                files: Vec::new(),
                findings: (0, 0),
                gaps: 0,
                calls: 7,
                accounts: 1,
                unseen: Vec::new(),
                was_complete: false,
                profile_changed: false,
                summary: String::new(),
            };
            assert_eq!(exit_code(&outcome), expected);
            assert_eq!(summary(&outcome)["exit_code"], expected);
            let unseen = |accounts| Outcome { accounts, unseen: vec!["a".to_owned()], ..outcome.clone() };
            assert_eq!((exit_code(&unseen(2)), exit_code(&unseen(1))), (expected, 4));
        }
    }
}
