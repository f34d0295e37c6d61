//! Watches by the program itself, and what they tell, read by others.

use super::cloud::{CLOUD, NOW, TENANCY, Walker};
use super::command::{Program, credentials, folder};
use super::python::{python, scripts};
use sekisho_simulator::{Description, Simulator};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

/// A later state of the small tenancy: a trail stops.
fn worse() -> String {
    let (before, after) = ("        name: audit\n", "        name: audit\n        logging: false\n");
    assert_eq!(CLOUD.matches(before).count(), 1);
    CLOUD.replace(before, after)
}

fn simulator(cloud: &str) -> Simulator {
    Simulator::start(Description::parse(cloud).unwrap()).unwrap()
}

fn key(place: &Path) {
    for arguments in
        ["genpkey -algorithm ed25519 -out watch.key.pem", "pkey -in watch.key.pem -pubout -out watch.pub.pem"]
    {
        let made = Command::new("openssl").current_dir(place).args(arguments.split(' ')).status();
        assert!(made.unwrap().success());
    }
}

/// Takes requests, gives each the next of these answers, and gives back heads and bodies.
fn receive(listener: TcpListener, answers: &'static [u16]) -> JoinHandle<Vec<(String, Vec<u8>)>> {
    std::thread::spawn(move || {
        let mut taken = Vec::new();
        for answer in answers {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(number) = line.to_lowercase().strip_prefix("content-length:") {
                    length = number.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line.to_lowercase());
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer = format!("HTTP/1.1 {answer} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            taken.push((head, body));
        }
        taken
    })
}

/// What a script of tests/python prints.
fn read(script: &str, arguments: &[String]) -> Value {
    let output =
        Command::new(python()).arg("-B").arg(scripts().join(script)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn path(path: &Path) -> String {
    path.display().to_string()
}

/// A sink for mails, written by others: its port and itself.
fn mail_sink(place: &Path) -> (u16, Child) {
    let mut command = Command::new(python());
    command.arg("-B").arg(scripts().join("mail_sink.py")).arg(place);
    let mut sink = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(sink.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (line.trim().parse().unwrap(), sink)
}

#[test]
fn what_got_worse_reaches_an_address_a_mailbox_and_a_program_once() {
    let place = folder(&[("mails/x", ""), ("tell.sh", "#!/bin/sh\n/bin/cat > told.json\n")]);
    let at = |name: &str| place.path().join(name);
    key(place.path());
    Walker::patient().walk_into(CLOUD, TENANCY, &at("accepted"), || NOW);
    let simulator = simulator(&worse());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = listener.local_addr().unwrap();
    // Busy the first time.
    let received = receive(listener, &[503, 204]);
    let (port, mut sink) = mail_sink(&at("mails"));
    let watch = format!(
        "[watch]\n[[watch.notify]]\nkind = \"webhook\"\nurl = \"http://{hook}/in?token=s3cret\"\nkey = \"watch.key.pem\"\n\
         [[watch.notify]]\nkind = \"mail\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"sekisho@example.jp\"\nto = [\"officer@example.jp\"]\n\
         [[watch.notify]]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"{}\"]\n",
        path(&at("tell.sh")),
    );
    let tenancy = TENANCY.replace("{endpoint}", &simulator.endpoint());
    std::fs::write(at("tenancy.toml"), format!("{tenancy}\n{watch}")).unwrap();
    let arguments = "watch -c tenancy.toml --history h --baseline accepted --runs 2 --every 1s";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let (code, _, said) = Program::new(place.path(), &arguments).with(&credentials()).run();
    assert_eq!(code, 1, "{said}");
    assert!(!said.contains("s3cret"), "{said}");

    // The envelope is sound to others, and the same notice was tried twice.
    let taken = received.join().unwrap();
    let header = |at: usize, name: &str| {
        let mut lines = taken[at].0.lines();
        lines.find_map(|line| line.strip_prefix(name).map(|value| value.trim().to_owned())).unwrap()
    };
    assert_eq!(header(0, "x-sekisho-delivery:"), header(1, "x-sekisho-delivery:"));
    assert_eq!(header(1, "x-sekisho-event:"), "worsened");
    assert_eq!(header(1, "content-type:"), "application/vnd.dsse.envelope.v1+json");
    std::fs::write(at("envelope.json"), &taken[1].1).unwrap();
    let opened = read("dsse.py", &[path(&at("watch.pub.pem")), path(&at("envelope.json"))]);
    assert_eq!(opened["type"], "application/vnd.sekisho.notice.v1+json");
    let notice = &opened["payload"];
    let schema: Value = serde_json::from_str(include_str!("../../schemas/notice.json")).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(notice), "{notice:#}");
    let changes = notice["changes"].as_array().unwrap();
    assert!(changes.iter().any(|change| change["what"] == "trail"), "{notice:#}");
    assert!(notice["clauses"].as_array().unwrap().contains(&"V-6".into()), "{notice:#}");

    // The same notice to the program and the mailbox, once for both runs.
    let told: Value = serde_json::from_slice(&std::fs::read(at("told.json")).unwrap()).unwrap();
    assert_eq!(&told, notice);
    drop(sink.stdin.take());
    sink.wait().unwrap();
    let files = std::fs::read_dir(at("mails")).unwrap().map(|file| file.unwrap().path());
    let is_mail = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "eml");
    let mails: Vec<PathBuf> = files.filter(is_mail).collect();
    assert_eq!(mails.len(), 1, "{mails:?}");
    let mail = read("read_watch.py", &["mail".to_owned(), path(&mails[0])]);
    assert_eq!(
        (mail["from"].as_str(), &mail["defects"]),
        (Some("sekisho@example.jp"), &Value::Array(vec![]))
    );
    assert!(mail["subject"].as_str().unwrap().contains("状態の悪化"), "{mail:#}");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("監査証跡の記録が止まり") && text.contains("the trail stopped"), "{text}");

    // Nothing of whom is told stands in the record of a run.
    let mut runs = 0;
    for entry in std::fs::read_dir(at("h")).unwrap() {
        if let Ok(run) = std::fs::read_to_string(entry.unwrap().path().join("run.json")) {
            assert!(!run.contains("s3cret") && !run.contains("officer@"), "{run}");
            runs += 1;
        }
    }
    assert_eq!(runs, 2);
}

#[test]
fn figures_are_read_by_others_and_a_second_watch_is_refused() {
    let place = folder(&[]);
    let simulator = simulator(CLOUD);
    let tenancy = TENANCY.replace("{endpoint}", &simulator.endpoint());
    std::fs::write(place.path().join("tenancy.toml"), tenancy).unwrap();
    let program = |arguments: &str| {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        Program::new(place.path(), &arguments).with(&credentials())
    };
    let mut child = program("watch -c tenancy.toml --history h --every 1h --metrics 127.0.0.1:0").spawn();
    let mut address = String::new();
    // It says where its figures are, and that it waits.
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(served) = line.strip_prefix("Figures at http://") {
            address = served.trim_end_matches("/metrics").to_owned();
        }
        if line.contains("the next run begins in") {
            break;
        }
    }
    let (code, _, said) = program("watch -c tenancy.toml --history h").run();
    assert!(code == 2 && said.contains("is watched by another program"), "{code} {said}");
    let (code, _, said) = program("watch -c tenancy.toml --history i --metrics 0.0.0.0:0").run();
    assert!(code == 2 && said.contains("this machine alone"), "{code} {said}");

    let get = |path: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    };
    let (head, body) = get("/metrics");
    assert!(head.starts_with("HTTP/1.1 200") && get("/").0.starts_with("HTTP/1.1 404"), "{head}");
    let file = place.path().join("metrics.txt");
    std::fs::write(&file, body).unwrap();
    let samples = read("read_watch.py", &["metrics".to_owned(), path(&file)]);
    let samples = samples.as_array().unwrap();
    let value = |name: &str, labels: &[(&str, &str)]| {
        let fits = |one: &&Value| {
            one["name"] == name && labels.iter().all(|(name, value)| one["labels"][*name] == *value)
        };
        let found = samples.iter().find(fits).unwrap_or_else(|| panic!("{name} {labels:?}"));
        found["value"].as_f64().unwrap()
    };
    assert_eq!(value("sekisho_last_run_success", &[]), 1.0);
    assert_eq!(value("sekisho_runs_total", &[("result", "ended")]), 1.0);
    assert_eq!(value("sekisho_clause_status", &[("clause", "V-3"), ("status", "violates")]), 1.0);
    assert!(
        value("sekisho_calls", &[]) > 100.0 && value("sekisho_findings", &[("status", "violates")]) > 0.0
    );
    assert!(samples.iter().all(|one| one["help"].as_str().is_some_and(|help| help.len() > 8)));

    // It is stopped in order.
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn ready_files_are_read_by_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/watch");
    let at = |name: &str| path(&folder.join(name));
    read("read_watch.py", &["yaml".to_owned(), at("cronjob.yaml"), at("workflow.yml")]);
    let crontab = std::fs::read_to_string(folder.join("crontab")).unwrap();
    let line = crontab.lines().find(|line| line.contains("sekisho watch")).unwrap();
    let fields: Vec<&str> = line.split_whitespace().take(5).collect();
    let sound = |field: &&str| field.bytes().all(|byte| byte.is_ascii_digit() || b"*/,-".contains(&byte));
    assert!(fields.len() == 5 && fields.iter().all(sound), "{line}");
    // Every option that is named there is one.
    let (_, help, _) = super::command::run(Path::new("."), &["watch", "--help"]);
    for file in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for word in text.split(|c: char| c.is_whitespace() || "[],\"".contains(c)) {
            let option = word.starts_with("--") && word.len() > 2;
            assert!(!option || help.contains(word), "{word}");
        }
    }
    let units = [at("sekisho-watch.service"), at("sekisho-watch.timer")];
    let Ok(output) = Command::new("systemd-analyze").arg("verify").args(&units).output() else {
        eprintln!("systemd-analyze is not here: the units were not read by it");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    // The program itself need not be installed where this runs.
    let wrong = |line: &&str| line.contains("sekisho-watch") && !line.contains("is not executable");
    let wrong: Vec<&str> = said.lines().filter(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}
