//! `sekisho watch`: runs repeated, and what got worse told.

use super::assess::runtime;
use super::drift;
use super::engine::{self, Begin, Order};
use super::problem::Problem;
use super::progress::Bar;
use super::screen::Screen;
use super::{exit, interrupt, out_folder, register, tenancy};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use sekisho::bundle::OpenRun;
use sekisho::corroborate::ranges::Ranges;
use sekisho::drift::Drift;
use sekisho::envelope::Key;
use sekisho::tenancy::{Notify, Watch};
use sekisho::text::Language;
use sekisho::watch::deliver::{Post, Undelivered, deliver};
use sekisho::watch::history::{History, Keep};
use sekisho::watch::metrics::{self, Board};
use sekisho::watch::notice::Notice;
use sekisho::watch::{Hands, Made, Plan, watch};
use sekisho_contract::door::Transport;
use sekisho_wire::Wire;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What `--help` says about the exit code.
const HELP: &str = "Exit codes, when it is stopped or has made its runs: 0 nothing got worse in the last comparison, 1 \
                    something did, 2 bad arguments or files, 4 a run failed";

/// Arguments of `watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Arguments {
    /// The tenancy file; [[watch.notify]] in it says whom to tell, documents/ beside it is the register.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub tenancy: PathBuf,
    /// The folder that keeps the runs, each in a folder named by its time; made when there is none.
    #[arg(long, value_name = "DIR")]
    pub history: PathBuf,
    /// From the beginning of one run to that of the next: 30m, 6h, 1d.
    #[arg(long, value_name = "TIME", default_value = "6h", value_parser = length)]
    pub every: SignedDuration,
    /// The accepted state to hold runs against: the folder of a run, or a sealed bundle; the run before when left out.
    #[arg(long, value_name = "RUN")]
    pub baseline: Option<PathBuf>,
    /// Remove runs of this watch that are older.
    #[arg(long, value_name = "TIME", value_parser = length)]
    pub keep: Option<SignedDuration>,
    /// Keep no more runs of this watch than so many.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep_runs: Option<u32>,
    /// End after so many runs; without it, with Ctrl-C.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub runs: Option<u64>,
    /// Serve figures for Prometheus at this address, of this machine alone: 127.0.0.1:9464.
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<SocketAddr>,
}

/// Watches.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let (tenancy, told) = tenancy::read_with_watch(&arguments.tenancy, screen)?;
    let posts = posts(&told, &arguments.tenancy)?;
    if let Some(baseline) = &arguments.baseline {
        // A baseline that cannot be used is told before the first run, not after it.
        if drift::open(baseline)?.run.tenancy.name != tenancy.name {
            let what = format!("{} is a run over another tenancy", baseline.display());
            return Err(Problem::usage(what, "name a run over the tenancy of the file"));
        }
    }
    let history = History::open(&arguments.history).map_err(|fault| {
        let said = fault.to_string();
        let (what, next) = said.rsplit_once("; ").unwrap_or((&said, "choose another --history folder"));
        Problem::usage(what, next)
    })?;
    let wire = Wire::new(ANSWER_TIME)
        .map_err(|fault| Problem::failed(fault.to_string(), "check the system's root certificates"))?;
    let plan = Plan {
        tenancy: tenancy.name,
        every: arguments.every,
        runs: arguments.runs,
        baseline: arguments.baseline.clone(),
        keep: Keep {
            age: arguments.keep,
            runs: arguments.keep_runs.and_then(|runs| usize::try_from(runs).ok()),
        },
    };
    let ended = runtime()?.block_on(async {
        let board = Board::default();
        if let Some(address) = arguments.metrics {
            serve(address, &board, screen).await?;
        }
        let (cancel, wire) = (interrupt::token(screen), Arc::new(wire));
        let hands = Real { file: &arguments.tenancy, screen, cancel, posts, wire };
        let watched = watch(&plan, history, &hands, &board).await;
        watched.map_err(|fault| Problem::failed(fault.to_string(), "mend the folder and watch again"))
    })?;
    Ok(match ended {
        ended if ended.failed > 0 => exit::FAILED,
        ended if ended.worse => exit::VIOLATES,
        _ => exit::CONFORMS,
    })
}

async fn serve(address: SocketAddr, board: &Board, screen: &Screen) -> Result<(), Problem> {
    let listener = metrics::listen(address).await.map_err(|cause| {
        let next = "name an address of this machine that is free, as 127.0.0.1:9464";
        Problem::usage(format!("--metrics {address}: {cause}"), next)
    })?;
    if let Ok(served) = listener.local_addr() {
        screen.message(&format!("Figures at http://{served}/metrics"));
    }
    tokio::spawn(metrics::serve(listener, board.clone()));
    Ok(())
}

/// How long whoever is told may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// The clock, the runs and the posts of this machine.
struct Real<'s> {
    file: &'s Path,
    screen: &'s Screen,
    cancel: CancellationToken,
    /// By the name each goes by.
    posts: Vec<(String, Post)>,
    wire: Arc<Wire>,
}

#[async_trait(?Send)]
impl Hands for Real<'_> {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn wait(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.cancel.cancelled() => false,
        }
    }

    fn is_stopped(&self) -> bool {
        self.cancel.is_cancelled()
    }

    async fn assess(&self, into: &Path, resume: bool) -> Result<Made, String> {
        let said = |problem: Problem| problem.to_string();
        // What was changed in the file, or put on file, since the run before counts for this one.
        let tenancy = tenancy::read(self.file, self.screen).map_err(said)?;
        let register = register::read(&register::beside(self.file), self.screen).map_err(said)?;
        let begin = if resume { Begin::Resume } else { Begin::Fresh };
        let inputs = self.file.parent().unwrap_or(Path::new(""));
        engine::log_inputs(&tenancy, inputs, &Ranges::default()).map_err(said)?;
        out_folder::prepare(into, begin).map_err(said)?;
        let order = Order {
            tenancy: &tenancy,
            request: None,
            register: &register,
            inputs,
            out: into,
            begin,
            simulated: None,
            language: Language::Ja,
            look: self.screen.result_look(),
        };
        let bar = Bar::new(self.screen);
        let outcome = engine::assess(order, &bar, self.cancel.clone()).await;
        bar.finish();
        let outcome = outcome.map_err(said)?;
        if outcome.saw_nothing() {
            return Err(outcome.unseen.join(" "));
        }
        self.screen.message(&format!("{} is written ({} calls)", into.display(), outcome.calls));
        Ok(Made {
            whole: outcome.incomplete.is_none(),
            clauses: outcome.clauses,
            findings: outcome.findings,
            calls: outcome.calls,
            gaps: outcome.gaps,
        })
    }

    fn compare(&self, old: &Path, new: &Path) -> Result<Drift, String> {
        let open = |path: &Path| OpenRun::at(path).map_err(|fault| fault.to_string());
        sekisho::drift::compare(&open(old)?, &open(new)?).map_err(|fault| fault.to_string())
    }

    fn posts(&self) -> Vec<String> {
        self.posts.iter().map(|(name, _)| name.clone()).collect()
    }

    async fn deliver(&self, to: &str, notice: &Notice) -> Result<(), Undelivered> {
        let wire: Arc<dyn Transport> = Arc::clone(&self.wire) as _;
        match self.posts.iter().find(|(name, _)| name == to) {
            Some((_, post)) => deliver(post, notice, &wire).await,
            None => Err(Undelivered { why: "nobody of that name".to_owned(), passing: false }),
        }
    }

    fn say(&self, text: &str) {
        self.screen.message(text);
    }
}

/// What each post needs: its key, its password. Several that people would call the same are numbered.
#[allow(clippy::disallowed_methods, reason = "the edge: passwords stand in the environment, never in a file")]
fn posts(watch: &Watch, file: &Path) -> Result<Vec<(String, Post)>, Problem> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let path = std::env::var("PATH").unwrap_or_default();
    let mut posts: Vec<(String, Post)> = Vec::new();
    for notify in &watch.notify {
        let (mut key, mut password) = (None, None);
        match notify {
            Notify::Webhook { key: file, .. } => key = Some(signing(&folder.join(file))?),
            Notify::Mail(mail) => {
                if let Some(name) = &mail.password_env {
                    let missing = |_| {
                        let host = &mail.host;
                        let what =
                            format!("the environment has no {name}, which holds the password for {host}");
                        Problem::usage(what, format!("set {name}, or leave out username and password_env"))
                    };
                    password = Some(std::env::var(name).map_err(missing)?);
                }
            }
            Notify::Command { .. } => {}
        }
        let name = notify.told();
        let same = posts.iter().filter(|(_, post)| post.notify.told() == name).count();
        let name = if same == 0 { name } else { format!("{name} ({})", same + 1) };
        posts.push((name, Post { notify: notify.clone(), key, password, path: path.clone() }));
    }
    Ok(posts)
}

fn signing(file: &Path) -> Result<Key, Problem> {
    let next = "make one without a passphrase: openssl genpkey -algorithm ed25519 -out watch.key.pem";
    let pem = fs::read(file).map_err(|cause| Problem::file(file, "the key cannot be read", &cause, next))?;
    Key::parse(&pem, None).map_err(|fault| Problem::usage(format!("{}: {fault}", file.display()), next))
}

/// Reads a length of time: 90s, 30m, 6h, 90d.
fn length(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a number and s, m, h or d: 30m, 6h, 90d".to_owned();
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: Option<u32> = text.strip_suffix(unit).and_then(|number| number.parse().ok());
    match number {
        Some(number @ 1..=1_000_000) if !text.starts_with('+') => {
            Ok(SignedDuration::from_secs(i64::from(number) * seconds))
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_of_time() {
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("6h", 21_600), ("90d", 7_776_000)] {
            assert_eq!(length(text).map(|length| length.as_secs()), Ok(seconds), "{text}");
        }
        for text in ["6", "h", "-1h", "+1h", "0h", "6 h", "６h", "", "99999999d"] {
            assert!(length(text).is_err(), "{text}");
        }
    }
}
