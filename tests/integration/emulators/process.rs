//! Servers written by others, on loopback, started here and ended with the value that stands for them.

use super::super::python;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// An emulator of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Emulator {
    Moto,
    Ministack,
}

impl Emulator {
    /// Its name in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        }
    }

    /// Starts it on a free port.
    pub fn start(self) -> Server {
        let (mut command, ready) = match self {
            Self::Moto => {
                let mut command = installed("moto_server");
                command.args(["-H", "127.0.0.1", "-p", "0"]).env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false");
                (command, "/moto-api/data.json")
            }
            Self::Ministack => {
                let mut command = installed("ministack");
                let quiet = [("IOT_MTLS_ENABLED", "0"), ("SFTP_ENABLED", "0")];
                command.env("BIND_HOST", "127.0.0.1").env("GATEWAY_PORT", "0").envs(quiet);
                (command, "/_ministack/ready")
            }
        };
        let (mut server, lines) = Server::spawn(&mut command);
        // The port stands in what it prints; it may take a while on a busy machine, but not for ever.
        let endpoint = loop {
            let line = lines.recv_timeout(PATIENCE).expect("the emulator says where it listens");
            if let Some((_, rest)) = line.split_once("Running on http://127.0.0.1:") {
                let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
                break format!("127.0.0.1:{port}");
            }
        };
        server.address = endpoint;
        assert!(server.becomes_ready(ready), "{} is not ready", self.name());
        server
    }
}

/// A fault proxy in front of an emulator.
pub struct Proxy(Server);

impl Proxy {
    /// Starts it, passing everything on.
    pub fn before(upstream: &Server) -> Self {
        for _ in 0..5 {
            // It cannot choose a port itself: one that was free a moment ago, and another if it was taken since.
            let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
            let mut command = installed("microburst");
            command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
            let (mut server, _) = Server::spawn(command.args(["--upstream", &upstream.endpoint()]));
            server.address = format!("127.0.0.1:{port}");
            if server.becomes_ready("/_microburst/health") {
                return Self(server);
            }
        }
        panic!("the fault proxy does not start");
    }

    /// Replaces its rules.
    pub fn obey(&self, rules: &Value) {
        let (status, said) = http(&self.0.address, "POST", "/_microburst/rules", &rules.to_string()).unwrap();
        assert_eq!(status, 200, "{said}");
    }

    /// How many faults it made since this was last asked.
    pub fn fired(&self) -> usize {
        let (_, said) = http(&self.0.address, "GET", "/_microburst/fired?limit=1000", "").unwrap();
        http(&self.0.address, "DELETE", "/_microburst/fired", "").unwrap();
        said.matches("\"operation\"").count()
    }

    /// Where to send requests.
    pub fn endpoint(&self) -> String {
        self.0.endpoint()
    }
}

/// A running server; it ends with this value.
pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Where to send requests.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts a command and reads on whatever it says, so that it never waits for a reader.
    fn spawn(command: &mut Command) -> (Self, mpsc::Receiver<String>) {
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the packages of tests/python/requirements.txt are installed");
        let (sender, lines) = mpsc::channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] =
            [child.stdout.take().map(|s| Box::new(s) as _), child.stderr.take().map(|s| Box::new(s) as _)];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                    // Nobody listens any more once the port is known.
                    let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
                }
            });
        }
        (Self { child, address: String::new() }, lines)
    }

    fn becomes_ready(&mut self, path: &str) -> bool {
        for _ in 0..600 {
            if matches!(http(&self.address, "GET", path, ""), Ok((200, _))) {
                return true;
            }
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return false;
            }
            thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long anything may take that is not a test's own work.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command of the Python environment.
fn installed(name: &str) -> Command {
    Command::new(python::python().with_file_name(name))
}

/// One request, one answer: status and body.
fn http(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Ok((status, answer.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned())))
}
