//! Whom a watch tells. It is no part of what was assessed, and stands in no record of a run: an address may itself let
//! somebody in.

use super::section::{Key, Reading, Section};
use super::whole::repeated;
use sekisho_wire::is_loopback;
use url::Url;

/// What `[watch]` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// Whom to tell, in the order of the file.
    pub notify: Vec<Notify>,
}

/// Whom to tell, and how.
#[derive(Clone, PartialEq, Eq)]
pub enum Notify {
    /// A signed notice to an address.
    Webhook {
        /// The address: https, or http to this machine.
        url: Url,
        /// The private key (PEM) the notice is signed with; a path from the folder of the tenancy file.
        key: String,
    },
    /// A mail.
    Mail(Mail),
    /// A program, with the notice as JSON on its standard input.
    Command {
        /// The program and its arguments.
        argv: Vec<String>,
    },
}

/// Where a mail goes, and by which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is kept from others.
    pub tls: MailTls,
    /// The sender.
    pub from: String,
    /// The receivers.
    pub to: Vec<String>,
    /// Who signs in at the server, where it asks for that.
    pub username: Option<String>,
    /// The environment variable that holds the password: the password itself is never in the file.
    pub password_env: Option<String>,
}

/// How the connection to a mail server is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// It begins in the open and must change to TLS before anything is sent.
    StartTls,
    /// TLS from the beginning.
    Implicit,
    /// None; to this machine only.
    None,
}

// An address may itself let somebody in: its host is all that is shown.
impl std::fmt::Debug for Notify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told())
    }
}

impl Notify {
    /// What people call it; no secret is in it.
    pub fn told(&self) -> String {
        match self {
            Self::Webhook { url, .. } => {
                let port = url.port_or_known_default().unwrap_or_default();
                format!("webhook {}:{port}", url.host_str().unwrap_or("?"))
            }
            Self::Mail(mail) => format!("mail {}:{} to {}", mail.host, mail.port, mail.to.join(", ")),
            Self::Command { argv } => format!("command {}", argv.first().map_or("?", String::as_str)),
        }
    }
}

const KEYS: &[Key] = &[Key { name: "notify", example: "[[watch.notify]] with kind" }];

const NOTIFY: &[Key] = &[
    Key { name: "kind", example: r#"kind = "webhook", "mail" or "command""# },
    Key { name: "url", example: r#"url = "https://hooks.example.jp/sekisho""# },
    Key { name: "key", example: r#"key = "watch.key.pem""# },
    Key { name: "host", example: r#"host = "smtp.example.jp""# },
    Key { name: "port", example: "port = 587" },
    Key { name: "tls", example: r#"tls = "starttls""# },
    Key { name: "from", example: r#"from = "sekisho@example.jp""# },
    Key { name: "to", example: r#"to = ["officer@example.jp"]"# },
    Key { name: "username", example: r#"username = "sekisho""# },
    Key { name: "password_env", example: r#"password_env = "SMTP_PASSWORD""# },
    Key { name: "command", example: r#"command = ["/usr/local/bin/tell", "--urgent"]"# },
];

/// Most places that are told.
const MOST: usize = 20;

/// Reads `[watch]`.
pub(super) fn read(reading: &mut Reading<'_>, top: &Section<'_, '_>) -> Watch {
    let mut read = Watch::default();
    let Some(value) = top.get("watch") else { return read };
    let Some(table) = value.get_ref().as_table() else {
        reading.wrong_type(top, "watch", value, "one section, [watch]");
        return read;
    };
    let section = Section { title: "[watch]", at: value.span(), keys: KEYS, table };
    reading.keys(&section);
    for item in repeated(reading, &section, "notify").unwrap_or_default() {
        let Some(table) = item.get_ref().as_table() else { continue };
        let section = Section { title: "[[watch.notify]]", at: item.span(), keys: NOTIFY, table };
        if read.notify.len() == MOST {
            let help = "let one of them pass the notice on";
            reading.fault(
                section.at.clone(),
                format!("more than {MOST} places are told"),
                "one too many",
                help,
            );
            break;
        }
        read.notify.extend(read_one(reading, &section));
    }
    read
}

fn read_one(reading: &mut Reading<'_>, section: &Section<'_, '_>) -> Option<Notify> {
    reading.keys(section);
    let kind = reading.required(section, "kind")?;
    let only = |names: &[&str], reading: &mut Reading<'_>| {
        for key in NOTIFY.iter().filter(|key| key.name != "kind" && !names.contains(&key.name)) {
            if section.get(key.name).is_some() {
                let message = format!("`{}` is no key of a {kind}", key.name);
                reading.fault(section.place(key.name), message, "not of this kind", "delete the line");
            }
        }
    };
    match kind.as_str() {
        "webhook" => {
            only(&["url", "key"], reading);
            let (url, key) = (webhook_url(reading, section), reading.required(section, "key"));
            Some(Notify::Webhook { url: url?, key: key? })
        }
        "mail" => {
            only(&["host", "port", "tls", "from", "to", "username", "password_env"], reading);
            mail(reading, section).map(Notify::Mail)
        }
        "command" => {
            only(&["command"], reading);
            reading.present(section, "command")?;
            let argv: Vec<String> =
                reading.strings(section, "command")?.into_iter().map(|(text, _)| text).collect();
            if argv.is_empty() {
                let help = "write: command = [\"/usr/local/bin/tell\"]; no shell reads it";
                reading.fault(section.place("command"), "`command` is empty", "no program", help);
                return None;
            }
            Some(Notify::Command { argv })
        }
        _ => {
            let help = "there are webhook, mail and command";
            reading.fault(section.place("kind"), "unknown kind of notice", "unknown kind", help);
            None
        }
    }
}

fn webhook_url(reading: &mut Reading<'_>, section: &Section<'_, '_>) -> Option<Url> {
    let text = reading.required(section, "url")?;
    let mut fault = |message: &str, mark: &str, help: &str| {
        reading.fault(section.place("url"), message, mark, help);
    };
    let Ok(url) = Url::parse(&text) else {
        fault("this is no URL", "no URL", "write: url = \"https://hooks.example.jp/sekisho\"");
        return None;
    };
    if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
        fault("only https, or http to this machine", "could be read by anybody", "write https://");
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() {
        fault("the URL holds a name or a password", "a secret", "leave it out: the notice is signed");
        return None;
    }
    Some(url)
}

fn mail(reading: &mut Reading<'_>, section: &Section<'_, '_>) -> Option<Mail> {
    let host = reading.required(section, "host");
    let port = reading.present(section, "port").and_then(|()| reading.number(section, "port", 1..65_536));
    let tls = reading.required(section, "tls").and_then(|word| tls_of(reading, section, &word));
    let from = reading.required(section, "from");
    let to = reading.present(section, "to").and_then(|()| reading.strings(section, "to"));
    let mut sound = true;
    let addresses = to.iter().flatten().map(|(text, at)| (text.clone(), at.clone()));
    let addresses: Vec<_> = addresses.chain(from.clone().map(|from| (from, section.place("from")))).collect();
    for (address, at) in addresses {
        if address.parse::<lettre::Address>().is_err() {
            sound = false;
            reading.fault(at, "this is no mail address", "no address", "write: name@example.jp");
        }
    }
    let mut wrong = |key: &str, message: &str, mark: &str, help: &str| {
        sound = false;
        reading.fault(section.place(key), message, mark, help);
    };
    if to.as_ref().is_some_and(Vec::is_empty) {
        wrong("to", "`to` is empty", "nobody", "name at least one receiver");
    }
    let here = |host: &String| Url::parse(&format!("http://{host}/")).is_ok_and(|url| is_loopback(&url));
    if tls == Some(MailTls::None) && !host.as_ref().is_some_and(here) {
        let help = "write tls = \"starttls\" or \"implicit\"; none is for a server on this machine";
        wrong("tls", "a mail in the open could be read by anybody", "no TLS", help);
    }
    let (username, password_env) = sign_in(reading, section, &mut sound);
    let to = to?.into_iter().map(|(address, _)| address).collect();
    let port = u16::try_from(port?).ok()?;
    sound.then_some(Mail { host: host?, port, tls: tls?, from: from?, to, username, password_env })
}

fn tls_of(reading: &mut Reading<'_>, section: &Section<'_, '_>, word: &str) -> Option<MailTls> {
    match word {
        "starttls" => Some(MailTls::StartTls),
        "implicit" => Some(MailTls::Implicit),
        "none" => Some(MailTls::None),
        _ => {
            let help = "there are starttls, implicit, and none to this machine";
            reading.fault(section.place("tls"), "unknown word for `tls`", "unknown", help);
            None
        }
    }
}

fn sign_in(
    reading: &mut Reading<'_>,
    section: &Section<'_, '_>,
    sound: &mut bool,
) -> (Option<String>, Option<String>) {
    let (username, password_env) =
        (reading.string(section, "username"), reading.string(section, "password_env"));
    if username.is_some() != password_env.is_some() {
        let help = "add the other one, or leave out both where the server asks for neither";
        *sound = false;
        reading.fault(
            section.at.clone(),
            "`username` and `password_env` go together",
            "one is missing",
            help,
        );
    }
    let is_name = |name: &String| {
        !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if password_env.as_ref().is_some_and(|name| !is_name(name)) {
        let help = "write the name of the environment variable that holds the password: password_env = \"SMTP_PASSWORD\"";
        *sound = false;
        reading.fault(section.place("password_env"), "this is no name of a variable", "no name", help);
    }
    (username, password_env)
}

#[cfg(test)]
mod tests {
    use super::super::{Known, parse};
    use super::*;

    fn read(watch: &str) -> Result<Watch, String> {
        let file = format!(
            "[tenancy]\nname = \"t\"\nprofile = \"p\"\ncontract_end = 2027-03-31\n[[account]]\nprovider = \"aws\"\nid = \"123456789012\"\n{watch}"
        );
        let providers: Vec<_> = crate::providers::all().iter().map(AsRef::as_ref).collect();
        let known = Known { providers: &providers, profiles: &["p"], today: jiff::civil::date(2026, 11, 1) };
        match parse("t.toml", &file, known) {
            Ok(loaded) => Ok(loaded.watch),
            Err(fault) => Err(format!("{:?}", miette::Report::new(fault))),
        }
    }

    #[test]
    fn each_kind_is_read_and_what_is_unsafe_is_refused() {
        let mail = "[[watch.notify]]\nkind = \"mail\"\nhost = \"HOST\"\nport = 587\ntls = \"TLS\"\nfrom = \"a@example.jp\"\nto = [\"b@example.jp\"]\n";
        let with = |host: &str, tls: &str| mail.replace("HOST", host).replace("TLS", tls);
        let plain = || with("smtp.example.jp", "starttls");
        let webhook =
            |url: &str| format!("[[watch.notify]]\nkind = \"webhook\"\nurl = \"{url}\"\nkey = \"k.pem\"\n");
        let of = |text: &str| format!("[[watch.notify]]\n{text}\n");
        for (text, says) in [
            (webhook("https://hooks.example.jp/x"), ""),
            (webhook("http://127.0.0.1:8080/x"), ""),
            (webhook("http://hooks.example.jp/x"), "only https"),
            (webhook("https://name:word@hooks.example.jp/x"), "name or a password"),
            (of("kind = \"webhook\"\nurl = \"https://h.example/\""), "no `key`"),
            (plain(), ""),
            (with("127.0.0.1", "none"), ""),
            (with("smtp.example.jp", "none"), "in the open"),
            (with("smtp.example.jp", "maybe"), "unknown word"),
            (plain() + "username = \"u\"\n", "go together"),
            (plain() + "username = \"u\"\npassword_env = \"SMTP_PASSWORD\"\n", ""),
            (plain() + "username = \"u\"\npassword_env = \"hunter 2\"\n", "no name of a variable"),
            (plain().replace("b@example.jp", "b@example.jp\\r\\nBcc: x@example.jp"), "control characters"),
            (plain().replace("b@example.jp", "nobody"), "no mail address"),
            (of("kind = \"command\"\ncommand = [\"/bin/true\"]"), ""),
            (of("kind = \"command\"\ncommand = []"), "is empty"),
            (
                of("kind = \"command\"\ncommand = [\"x\"]\nurl = \"https://h.example/\""),
                "is no key of a command",
            ),
            (of("kind = \"pager\""), "unknown kind"),
        ] {
            match read(&text) {
                Ok(watch) => assert!(says.is_empty() && watch.notify.len() == 1, "{text}: {watch:?}"),
                Err(said) => assert!(!says.is_empty() && said.contains(says), "{text}: {said}"),
            }
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let watch = read(
            "[[watch.notify]]\nkind = \"webhook\"\nurl = \"https://h.example/T0/s3cret\"\nkey = \"k\"\n",
        );
        let shown = format!("{:?}", watch.unwrap());
        assert!(shown.contains("h.example") && !shown.contains("s3cret"), "{shown}");
    }
}
