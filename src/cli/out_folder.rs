//! Looks at `--out` before any call is made.

use super::engine::{self, Begin};
use super::problem::Problem;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Makes sure that a run can be written into a folder, which is made when there is none.
pub fn prepare(path: &Path, begin: Begin) -> Result<(), Problem> {
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => {
            return Err(Problem::usage(
                format!("--out {shown} is a file"),
                "name a folder, or one to be made",
            ));
        }
        Ok(_) => holds_what_it_should(path, begin)?,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound && begin == Begin::Resume => {
            let next = "name the --out folder of the run to go on with, or leave out --resume to begin one";
            return Err(Problem::usage(format!("there is no run to go on with: no folder {shown}"), next));
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path).map_err(|cause| {
                Problem::file(
                    path,
                    "the folder cannot be made",
                    &cause,
                    "name a folder you may write to with --out",
                )
            })?;
        }
        Err(cause) => {
            return Err(Problem::file(path, "the folder cannot be read", &cause, "name another with --out"));
        }
    }
    probe(path).map_err(|cause| {
        let next = "free space or rights there, or name another folder with --out; nothing was asked of any cloud yet";
        Problem::file(path, "the folder cannot be written to", &cause, next)
    })
}

fn holds_what_it_should(path: &Path, begin: Begin) -> Result<(), Problem> {
    let shown = path.display();
    let empty = fs::read_dir(path)
        .map_err(|cause| Problem::file(path, "the folder cannot be read", &cause, "name another with --out"))?
        .next()
        .is_none();
    let run = engine::RUN_FILES.iter().any(|name| path.join(name).exists());
    match (empty, run, begin) {
        (false, false, _) => Err(Problem::usage(
            format!("--out {shown} holds other files, and no run of sekisho"),
            "name an empty folder, or one to be made",
        )),
        (_, false, Begin::Resume) => Err(Problem::usage(
            format!("there is no run to go on with in {shown}"),
            "leave out --resume to begin one",
        )),
        (_, true, Begin::Fresh) => Err(Problem::usage(
            format!("--out {shown} already holds a run"),
            "add --resume to go on with it, or name another folder: a run is evidence and is not overwritten",
        )),
        _ => Ok(()),
    }
}

/// Writes a little and takes it away again.
fn probe(path: &Path) -> io::Result<()> {
    let file = path.join(".sekisho-probe");
    let written = File::create(&file).and_then(|mut probe| {
        probe.write_all(&[0; 4096])?;
        probe.sync_all()
    });
    let removed = fs::remove_file(&file);
    written.and(removed)
}

#[cfg(test)]
mod tests {
    use super::{Begin, prepare};
    use std::fs;

    #[test]
    fn a_folder_is_taken_only_for_what_it_holds() {
        let root = tempfile::tempdir().unwrap();
        for (name, content, begin, expected) in [
            ("new/deep", None, Begin::Fresh, ""),
            ("new-to-resume", None, Begin::Resume, "no run to go on with"),
            ("empty", Some(""), Begin::Fresh, ""),
            ("empty-to-resume", Some(""), Begin::Resume, "no run to go on with"),
            ("photos", Some("cat.jpg"), Begin::Fresh, "holds other files"),
            ("photos-to-replace", Some("cat.jpg"), Begin::Replace, "holds other files"),
            ("run", Some("run.json"), Begin::Fresh, "already holds a run"),
            ("run-to-resume", Some("run.json"), Begin::Resume, ""),
            ("run-to-replace", Some("run.json"), Begin::Replace, ""),
            ("broken-off", Some("journal.ndjson"), Begin::Resume, ""),
        ] {
            let path = root.path().join(name);
            if let Some(file) = content {
                fs::create_dir(&path).unwrap();
                if !file.is_empty() {
                    fs::write(path.join(file), "x").unwrap();
                }
            }
            let said = prepare(&path, begin).map_err(|problem| problem.to_string()).err().unwrap_or_default();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{name}: {said}");
            assert!(!path.join(".sekisho-probe").exists());
        }
        let file = root.path().join("file");
        fs::write(&file, "x").unwrap();
        assert!(prepare(&file, Begin::Fresh).unwrap_err().to_string().contains("is a file"));
    }
}
