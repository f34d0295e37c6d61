//! `sekisho request`: what an officer asks for.

use super::assess::language;
use super::engine;
use super::exit;
use super::files::{read, write_new};
use super::problem::Problem;
use super::screen::Screen;
use super::signer::{self, Signing};
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use sekisho::documents::Handling;
use sekisho::envelope::sign;
use sekisho::letter::Recipient;
use sekisho::report::display::marking;
use sekisho::request::{Asked, NONCE, PAYLOAD_TYPE, Request, RequestFault, SCHEMA, SIZE_LIMIT, Signed};
use sekisho::tenancy::Tenancy;
use sekisho::text::Language;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Arguments of `request`.
#[derive(Debug, clap::Subcommand)]
pub enum Arguments {
    /// Write a request and sign it.
    New(Box<New>),
    /// Show what a request asks for, and whether its signature fits.
    Show(Show),
    /// Check that a request is signed with a trusted key and may be answered now.
    Check(Check),
}

/// Arguments of `request new`.
#[derive(Debug, clap::Args)]
pub struct New {
    /// The body that asks.
    #[arg(long, value_name = "NAME")]
    pub body: String,
    /// The unit or person in charge there.
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
    /// The contract it is about, in words.
    #[arg(long, value_name = "TEXT")]
    pub contract: String,
    /// The profile to answer by.
    #[arg(long, default_value = "jp-annex-2")]
    pub profile: String,
    /// The clauses to be answered, parted by commas; every clause of the profile when left out.
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    pub clauses: Vec<String>,
    /// An account to be asked, as PROVIDER/ID; PROVIDER/ID+members for the other accounts of its organization too.
    #[arg(long = "account", value_name = "PROVIDER/ID", required = true, value_parser = account)]
    pub accounts: Vec<Asked>,
    /// How many days it may be answered.
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// Requests that may be made of the clouds in all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_calls: Option<u64>,
    /// Accept an answer by any version of the profile; else it must be by the one of this build.
    #[arg(long)]
    pub any_version: bool,
    /// How confidential the answer is (機密性): 3, 2 or 1.
    #[arg(long, value_name = "1-3", value_parser = clap::value_parser!(u64).range(1..=3))]
    pub confidentiality: Option<u64>,
    /// A restriction on handling the answer (取扱制限), such as 複製禁止.
    #[arg(long = "restriction", value_name = "TEXT", requires = "confidentiality")]
    pub restrictions: Vec<String>,
    /// To whom the answer is to be encrypted: an age recipient (age1…).
    #[arg(long = "recipient", value_name = "age1…")]
    pub recipients: Vec<String>,
    #[command(flatten)]
    pub signing: Signing,
    /// The file to be written. One that is there is not overwritten.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// Arguments of `request show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The request.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The language.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `request check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The request.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The officer's public key (PEM), as the officer has given it to you.
    #[arg(long, value_name = "FILE", required = true)]
    pub trust: Vec<PathBuf>,
    /// The tenancy file it is to be answered from.
    #[arg(short = 'c', long = "config", value_name = "FILE")]
    pub tenancy: Option<PathBuf>,
    /// The language.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = language)]
    pub lang: Language,
}

/// Writes, shows or checks.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    match arguments {
        Arguments::New(arguments) => new(arguments, screen),
        Arguments::Show(arguments) => show(arguments, screen),
        Arguments::Check(arguments) => check(arguments, screen),
    }
}

/// The request that a run is to answer, and its envelope; the tenancy is narrowed to it.
pub fn answer(
    file: &Path,
    trust: &[PathBuf],
    tenancy: &mut Tenancy,
    screen: &Screen,
) -> Result<(Signed, Vec<u8>), Problem> {
    let envelope = read(file, SIZE_LIMIT)?;
    let request = parse(file, &envelope, trust)?;
    request.in_force(Timestamp::now()).map_err(|fault| problem(file, fault))?;
    let (clauses, digest) = engine::clauses(&request.request.profile)?;
    let left = request.narrow(tenancy, &clauses).map_err(|fault| problem(file, fault))?;
    if request.request.profile_digest.as_ref().is_some_and(|asked| *asked != digest) {
        screen.message(
            "The request was written with another version of the profile or its checks: who verifies the answer will \
             say so. Use the version of sekisho that the officer uses.",
        );
    }
    if !left.is_empty() {
        screen.message(&format!("The request does not ask for {}: left out.", left.join(", ")));
    }
    if !request.trusted {
        screen.message(&format!(
            "Nobody vouches for the key that signed the request. Compare its id with the officer's, or give the \
             officer's public key with --request-trust: {}",
            request.keyid
        ));
    }
    Ok((request, envelope))
}

fn new(arguments: &New, screen: &Screen) -> Result<u8, Problem> {
    let (all, digest) = engine::clauses(&arguments.profile)?;
    if let Some(unknown) = arguments.clauses.iter().find(|clause| !all.contains(clause)) {
        let near = sekisho::text::nearest(unknown, &all.iter().map(String::as_str).collect::<Vec<_>>())
            .map(|near| format!("did you mean {near}? "))
            .unwrap_or_default();
        let what = format!("the profile {} has no clause {unknown}", arguments.profile);
        return Err(Problem::usage(what, format!("{near}there are: {}", all.join(", "))));
    }
    for recipient in &arguments.recipients {
        Recipient::parse(recipient).map_err(|fault| {
            Problem::usage(fault.to_string(), "make one: sekisho keys new --age --out officer.age")
        })?;
    }
    let signer = signer::of(&arguments.signing)?;
    let mut nonce = [0; NONCE];
    SystemRandom::new()
        .fill(&mut nonce)
        .map_err(|_| Problem::failed("the system gives no random numbers", "try again"))?;
    // Whole seconds: what people read is what is signed.
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    let until = SignedDuration::from_hours(24 * i64::from(arguments.days));
    let request = Request {
        schema: SCHEMA.to_owned(),
        body: arguments.body.clone(),
        person: arguments.person.clone(),
        contract: arguments.contract.clone(),
        profile: arguments.profile.clone(),
        profile_digest: (!arguments.any_version).then_some(digest),
        clauses: if arguments.clauses.is_empty() { all } else { arguments.clauses.clone() },
        accounts: arguments.accounts.clone(),
        nonce: hex::encode(nonce),
        issued_at: now,
        expires_at: now.checked_add(until).unwrap_or(Timestamp::MAX),
        max_calls: arguments.max_calls,
        handling: arguments.confidentiality.map(|confidentiality| Handling {
            confidentiality,
            integrity: None,
            availability: None,
            restrictions: arguments.restrictions.clone(),
        }),
        public_key: signer.public_pem(),
        recipients: arguments.recipients.clone(),
    };
    request.sound().map_err(|fault| Problem::usage(fault.to_string(), "mend the argument"))?;
    let payload = serde_json::to_vec(&request)
        .map_err(|cause| Problem::failed(cause.to_string(), "this build is broken: report it"))?;
    let envelope = sign(PAYLOAD_TYPE, &payload, &*signer).map_err(|fault| {
        Problem::usage(fault.to_string(), "mend the key or the signing program; docs/keys.md tells more")
    })?;
    write_new(&arguments.out, &envelope)?;
    screen.result(&format!("{}\nkey {}", arguments.out.display(), signer.id()))?;
    Ok(exit::CONFORMS)
}

fn show(arguments: &Show, screen: &Screen) -> Result<u8, Problem> {
    let envelope = read(&arguments.file, SIZE_LIMIT)?;
    let request = parse(&arguments.file, &envelope, &[])?;
    if arguments.json {
        screen.json(&serde_json::json!({
            "request": request.request, "sha256": request.digest, "keyid": request.keyid,
        }))?;
    } else {
        screen.result(&page(&request, arguments.lang))?;
    }
    Ok(exit::CONFORMS)
}

fn check(arguments: &Check, screen: &Screen) -> Result<u8, Problem> {
    let envelope = read(&arguments.file, SIZE_LIMIT)?;
    let request = parse(&arguments.file, &envelope, &arguments.trust)?;
    request.in_force(Timestamp::now()).map_err(|fault| problem(&arguments.file, fault))?;
    if let Some(file) = &arguments.tenancy {
        let mut tenancy = super::tenancy::read(file, screen)?;
        let (clauses, _) = engine::clauses(&request.request.profile)?;
        let left = request.narrow(&mut tenancy, &clauses).map_err(|fault| problem(&arguments.file, fault))?;
        if !left.is_empty() {
            screen
                .message(&format!("It does not ask for {}, which the tenancy file names.", left.join(", ")));
        }
    }
    let said = match arguments.lang {
        Language::Ja => "依頼書の署名は信頼する鍵のものであり、回答の期限内にある。",
        Language::En => "The request is signed with a trusted key, and may be answered now.",
    };
    screen.result(&format!("{}\n{said}", page(&request, arguments.lang)))?;
    Ok(exit::CONFORMS)
}

/// Reads a request.
pub fn parse(file: &Path, envelope: &[u8], trust: &[PathBuf]) -> Result<Signed, Problem> {
    let trusted = trust.iter().map(|file| signer::public_key(file)).collect::<Result<Vec<_>, _>>()?;
    Signed::parse(envelope, &trusted).map_err(|fault| problem(file, fault))
}

fn problem(file: &Path, fault: RequestFault) -> Problem {
    let next = match &fault {
        RequestFault::Expired(_) => "ask the officer for a new request",
        RequestFault::NotYet(_) => "set the clock of this machine right, or wait",
        RequestFault::OutOfScope(_) => {
            "name it in the tenancy file, or ask the officer for a request that fits this contract"
        }
        _ => "use the file as the officer has sent it, and the key the officer has given you",
    };
    Problem::usage(format!("{}: {fault}", file.display()), next)
}

fn account(text: &str) -> Result<Asked, String> {
    let (text, members) = match text.strip_suffix("+members") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let parts = text.split_once('/').filter(|(provider, id)| !provider.is_empty() && !id.is_empty());
    let (provider, id) = parts.ok_or_else(|| "write PROVIDER/ID, as in aws/123456789012".to_owned())?;
    let known: Vec<&str> = sekisho::providers::all().iter().map(|provider| provider.name()).collect();
    if !known.contains(&provider) {
        return Err(format!("there is no provider `{provider}`: {}", known.join(", ")));
    }
    Ok(Asked { provider: provider.to_owned(), id: id.to_owned(), members })
}

/// What a request asks for, for people.
fn page(signed: &Signed, language: Language) -> String {
    let request = &signed.request;
    let ja = language == Language::Ja;
    let pick = |japanese: &'static str, english: &'static str| if ja { japanese } else { english };
    let mut accounts = String::new();
    for asked in &request.accounts {
        let members = if asked.members {
            pick("（組織の他のアカウントを含む）", " (with its organization)")
        } else {
            ""
        };
        let _ = write!(accounts, "\n  {}/{}{members}", asked.provider, asked.id);
    }
    let none = pick("なし", "none").to_owned();
    let rows = [
        (pick("依頼元", "Body"), request.body.clone()),
        (pick("担当", "In charge"), request.person.clone().unwrap_or_else(|| none.clone())),
        (pick("契約", "Contract"), request.contract.clone()),
        (pick("判定基準", "Profile"), request.profile.clone()),
        (pick("条項", "Clauses"), request.clauses.join(", ")),
        (pick("アカウント", "Accounts"), accounts),
        (pick("作成", "Written"), request.issued_at.to_string()),
        (pick("回答期限", "Answer until"), request.expires_at.to_string()),
        (
            pick("呼出しの上限", "Calls at most"),
            request.max_calls.map_or_else(|| none.clone(), |most| most.to_string()),
        ),
        (
            pick("取扱い", "Handling"),
            request
                .handling
                .as_ref()
                .map_or_else(|| none.clone(), |one| marking(one).get(language).to_owned()),
        ),
        (
            pick("暗号化の宛先", "Encrypt to"),
            if request.recipients.is_empty() { none } else { request.recipients.join(", ") },
        ),
        (pick("番号", "Nonce"), request.nonce.clone()),
        (pick("署名した鍵", "Signed with"), signed.keyid.clone()),
    ];
    let width = rows.iter().map(|(name, _)| unicode_width::UnicodeWidthStr::width(*name)).max().unwrap_or(0);
    let mut page = String::new();
    for (name, value) in rows {
        let pad = " ".repeat(width - unicode_width::UnicodeWidthStr::width(name));
        let _ = writeln!(page, "{name}{pad}  {value}");
    }
    page.trim_end().to_owned()
}
