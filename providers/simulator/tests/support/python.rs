//! A Python with boto3: the one that `SEKISHO_PYTHON` names, else a virtual environment made once under the target directory.
#![allow(clippy::expect_used, reason = "a test that cannot be set up is to fail")]

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter to run scripts with.
pub fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("SEKISHO_PYTHON") {
        return named.into();
    }
    let environment = target().join("python");
    let interpreter = environment.join("bin").join("python");
    fs::create_dir_all(target()).expect("the target directory can be made");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(target().join("python.lock"));
    let lock = lock.expect("the lock file can be made");
    // Held until this function returns; other processes wait here while the environment is made.
    lock.lock().expect("the lock file can be locked");
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/requirements.txt");
    let wanted = fs::read_to_string(&requirements).unwrap_or_else(|_| "boto3\n".to_owned());
    let installed = environment.join("requirements.txt");
    if fs::read_to_string(&installed).ok().as_deref() != Some(&wanted) {
        run(Command::new("python3").args(["-m", "venv"]).arg(&environment));
        let list = environment.join("wanted.txt");
        fs::write(&list, &wanted).expect("the environment can be written");
        run(Command::new(&interpreter).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&list));
        fs::rename(&list, &installed).expect("the environment can be written");
    }
    interpreter
}

fn run(command: &mut Command) {
    let status = command.status().expect("python3 with venv is installed");
    assert!(status.success(), "{command:?} failed");
}

/// The target directory of this build: the test's own file is in `<target>/<profile>/deps`.
fn target() -> PathBuf {
    let own = std::env::current_exe().expect("this test has a file");
    own.ancestors().nth(3).expect("this test is inside the target directory").to_owned()
}
