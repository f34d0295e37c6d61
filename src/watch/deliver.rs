//! Carries a notice to whom it is for: a signed envelope to an address, a mail, or a program's standard input.

use super::notice::{Notice, PAYLOAD_TYPE};
use crate::envelope::{Key, sign};
use crate::tenancy::{Mail, MailTls, Notify};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use sekisho_contract::door::{Outgoing, Transport, TransportFault};
use sekisho_contract::gap::shorten;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The media type of an envelope.
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// How long a mail, or a program, may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether a program has ended.
const GLANCE: Duration = Duration::from_millis(50);

/// Whom to tell, with what that needs at hand.
pub struct Post {
    /// Whom, and how.
    pub notify: Notify,
    /// The key of a webhook.
    pub key: Option<Key>,
    /// The password of a mail server. It is never shown.
    pub password: Option<String>,
    /// Where programs are looked for: the `PATH` of a command; nothing else of the environment is passed on.
    pub path: String,
}

// The password is never shown.
impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("notify", &self.notify).finish_non_exhaustive()
    }
}

/// Why a notice did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// What went wrong; no secret is in it.
    pub why: String,
    /// Whether it may go better at once.
    pub passing: bool,
}

impl Undelivered {
    fn lasting(why: impl ToString) -> Self {
        Self { why: shorten(&why.to_string()), passing: false }
    }

    fn passing(why: impl ToString) -> Self {
        Self { why: shorten(&why.to_string()), passing: true }
    }
}

/// Delivers a notice, once.
pub async fn deliver(post: &Post, notice: &Notice, wire: &Arc<dyn Transport>) -> Result<(), Undelivered> {
    match &post.notify {
        Notify::Webhook { url, .. } => {
            let key =
                post.key.as_ref().ok_or_else(|| Undelivered::lasting("there is no key to sign with"))?;
            webhook(url, key, notice, wire).await
        }
        Notify::Mail(mail) => {
            let message = message(mail, notice)?;
            let transport = transport(mail, post.password.as_deref())?;
            match tokio::time::timeout(PATIENCE, transport.send(message)).await {
                Err(_) => Err(Undelivered::passing("the mail server did not answer in time")),
                Ok(Err(fault)) if fault.is_permanent() => Err(Undelivered::lasting(fault)),
                Ok(Err(fault)) => Err(Undelivered::passing(fault)),
                Ok(Ok(_)) => Ok(()),
            }
        }
        Notify::Command { argv } => run(argv, &post.path, notice).await,
    }
}

async fn webhook(
    url: &url::Url,
    key: &Key,
    notice: &Notice,
    wire: &Arc<dyn Transport>,
) -> Result<(), Undelivered> {
    let payload = serde_json::to_vec(notice).map_err(Undelivered::lasting)?;
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(ENVELOPE));
    headers.insert("x-sekisho-event", HeaderValue::from_static(notice.event.as_str()));
    let id = HeaderValue::from_str(&notice.id()).map_err(Undelivered::lasting)?;
    headers.insert("x-sekisho-delivery", id);
    let body = sign(PAYLOAD_TYPE, &payload, key).map_err(Undelivered::lasting)?;
    let request = Outgoing { method: Method::POST, url: url.clone(), headers, body: Bytes::from(body) };
    match wire.carry(request).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) if answer.status == 429 || answer.status >= 500 => {
            Err(Undelivered::passing(format!("the address answered {}", answer.status)))
        }
        Ok(answer) => Err(Undelivered::lasting(format!("the address answered {}", answer.status))),
        Err(fault @ (TransportFault::Broken(_) | TransportFault::TimedOut(_))) => {
            Err(Undelivered::passing(fault))
        }
        Err(fault) => Err(Undelivered::lasting(fault)),
    }
}

/// The mail: a subject of our own words alone, and plain text.
fn message(mail: &Mail, notice: &Notice) -> Result<Message, Undelivered> {
    let address = |text: &String| -> Result<Mailbox, Undelivered> {
        let address = text.parse().map_err(|_| Undelivered::lasting("an address cannot be read"))?;
        Ok(Mailbox::new(None, address))
    };
    let mut builder = Message::builder()
        .from(address(&mail.from)?)
        .subject(notice.subject())
        .message_id(Some(format!("<{}@sekisho.invalid>", notice.id())))
        .header(ContentType::TEXT_PLAIN);
    for to in &mail.to {
        builder = builder.to(address(to)?);
    }
    builder.body(notice.text()).map_err(Undelivered::lasting)
}

fn transport(mail: &Mail, password: Option<&str>) -> Result<AsyncSmtpTransport<Tokio1Executor>, Undelivered> {
    let parameters = || TlsParameters::new(mail.host.clone()).map_err(Undelivered::lasting);
    let tls = match mail.tls {
        MailTls::None => Tls::None,
        MailTls::StartTls => Tls::Required(parameters()?),
        MailTls::Implicit => Tls::Wrapper(parameters()?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.host)
        .port(mail.port)
        .tls(tls)
        .timeout(Some(PATIENCE));
    if let Some(name) = &mail.username {
        let password =
            password.ok_or_else(|| Undelivered::lasting("the password is not in the environment"))?;
        builder = builder.credentials(Credentials::new(name.clone(), password.to_owned()));
    }
    Ok(builder.build())
}

/// Runs a program with the notice on its standard input. No shell reads its arguments, and of the environment it gets `PATH`
/// alone: what this program signs in to clouds with is not passed on.
async fn run(argv: &[String], path: &str, notice: &Notice) -> Result<(), Undelivered> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(Undelivered::lasting("the command is empty"));
    };
    let mut notice = serde_json::to_vec(notice).map_err(Undelivered::lasting)?;
    notice.push(b'\n');
    let spawned = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let said = |fault: std::io::Error| Undelivered::lasting(format!("{program}: {fault}"));
    let mut child = spawned.map_err(said)?;
    let stdin = child.stdin.take();
    // It may read slowly, or not at all: nobody waits for that.
    std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&notice)));
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().map_err(said)? {
            Some(status) => break status,
            None if begun.elapsed() > PATIENCE => {
                // It may have ended by itself meanwhile.
                let _ended = child.kill().and_then(|()| child.wait());
                return Err(Undelivered::lasting(format!(
                    "{program} took longer than a minute and was ended"
                )));
            }
            None => tokio::time::sleep(GLANCE).await,
        }
    };
    match status.success() {
        true => Ok(()),
        false => Err(Undelivered::lasting(format!("{program} ended with {status}"))),
    }
}
