//! Running the program as its user does, with a scrubbed environment.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A folder of its own, with the files named.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path: PathBuf = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// What the program says: its exit code, standard output and standard error.
pub fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    Program::new(folder, arguments).run()
}

/// What a simulator's caller has in its environment.
pub fn credentials() -> [(&'static str, &'static str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIASIMULATOR0000000"),
        ("AWS_SECRET_ACCESS_KEY", "simulator-secret"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]
}

/// The program, about to be run.
pub struct Program(Command);

impl Program {
    /// In this folder, with these arguments and nothing in its environment.
    pub fn new(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
        command.current_dir(folder).env_clear().args(arguments);
        Self(command)
    }

    /// With these in its environment.
    #[must_use]
    pub fn with(mut self, environment: &[(&str, &str)]) -> Self {
        self.0.envs(environment.iter().copied());
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> (i32, String, String) {
        let Output { status, stdout, stderr } =
            assert_cmd::Command::from(self.0).timeout(Duration::from_secs(120)).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap_or(-1), text(stdout), text(stderr))
    }

    /// Starts it.
    pub fn spawn(mut self) -> Child {
        self.0.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}
