//! The written report of an erasure run (データ抹消報告書): a page and a text, in Japanese, made of `erasure.json` alone.

mod markdown;
mod page;
mod view;

use super::ReportError;
use crate::assess::Status;
use crate::erased::{Erased, SCHEMA, State};
use crate::run_folder::{
    ERASURE_HTML, ERASURE_JSON, ERASURE_MD, FileRecord, FolderFault, ReadFault, Run, RunFolder,
};
use crate::text::{Language, Text};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Write};

/// Largest `erasure.json` that is read, in bytes.
const LIMIT: u64 = 1 << 30;

/// Writes `erasure.json` and the report, and records them in the run's record.
pub fn write(
    folder: &RunFolder,
    run: &Run,
    told: &Erased,
) -> Result<Run, Box<dyn std::error::Error + Send + Sync>> {
    let json = folder.write_whole(ERASURE_JSON, |out| {
        serde_json::to_writer_pretty(&mut *out, told).map_err(io::Error::from)?;
        out.write_all(b"\n")
    })?;
    record(folder, run, told, vec![json])
}

/// Makes the report again from `erasure.json`.
pub fn rewrite(
    folder: &RunFolder,
    run: &Run,
) -> Result<(Erased, Run), Box<dyn std::error::Error + Send + Sync>> {
    let told = read(folder, run)?;
    let run = record(folder, run, &told, Vec::new())?;
    Ok((told, run))
}

/// Reads what an erasure run told, as the run has recorded it.
pub fn read(folder: &RunFolder, run: &Run) -> Result<Erased, FolderFault> {
    let path = folder.file(ERASURE_JSON);
    let Some(record) = run.files.iter().find(|record| record.name == ERASURE_JSON) else {
        return Err(FolderFault::NoRun {
            path: folder.path().to_owned(),
            what: "erasure run (erasure.json)",
        });
    };
    let open = |source| ReadFault::Open { file: path.clone(), source };
    let mut text = Vec::new();
    File::open(&path).map_err(open)?.take(LIMIT + 1).read_to_end(&mut text).map_err(open)?;
    if hex::encode(Sha256::digest(&text)) != record.sha256 {
        return Err(FolderFault::Altered(path));
    }
    let malformed = |line, why: String| ReadFault::Malformed { file: path.clone(), line, why };
    let told: Erased =
        serde_json::from_slice(&text).map_err(|fault| malformed(fault.line() as u64, fault.to_string()))?;
    if told.schema != SCHEMA {
        return Err(malformed(1, format!("the schema is `{}`, not `{SCHEMA}`", told.schema)).into());
    }
    Ok(told)
}

fn record(
    folder: &RunFolder,
    run: &Run,
    told: &Erased,
    mut files: Vec<FileRecord>,
) -> Result<Run, Box<dyn std::error::Error + Send + Sync>> {
    let view = view::View::of(told);
    files.push(folder.write_whole(ERASURE_HTML, |out| buffered(out, |out| page::write(&view, out)))?);
    files.push(folder.write_whole(ERASURE_MD, |out| buffered(out, |out| markdown::write(&view, out)))?);
    let mut run = run.clone();
    run.files.retain(|known| files.iter().all(|file| file.name != known.name));
    run.files.extend(files);
    run.files.sort_by(|a, b| a.name.cmp(&b.name));
    run.handling = told.handling.clone();
    folder.finish(&run)?;
    Ok(run)
}

fn buffered(
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    write(&mut out)?;
    Ok(out.flush()?)
}

/// What is said of a whole erasure run.
pub fn verdict(status: Status) -> Text {
    let (ja, en) = match status {
        Status::Conforms | Status::Attested => ("すべての抹消を確認した", "everything is shown to be gone"),
        Status::Violates => ("抹消されていないものがある", "something still exists or is pending deletion"),
        Status::Unverified | Status::NotApplicable => {
            ("抹消を確認できないものがある", "something could not be shown to be gone")
        }
    };
    Text { ja: ja.to_owned(), en: en.to_owned() }
}

/// The word of a state.
pub fn state(state: State) -> Text {
    let (ja, en) = match state {
        State::Gone => ("抹消を確認", "gone"),
        State::GoneByKey => ("鍵の破棄により復号不能", "gone by key"),
        State::Scheduled => ("削除待ち", "scheduled"),
        State::Present => ("残存", "present"),
        State::Unverified => ("確認不能", "unverified"),
    };
    Text { ja: ja.to_owned(), en: en.to_owned() }
}

/// A few lines for a terminal.
pub fn summary(told: &Erased, language: Language, files: &[String]) -> String {
    let counts = &told.counts;
    let mut lines = vec![format!("{}: {}", told.tenancy, verdict(told.verdict).get(language))];
    for each in State::ALL {
        let (word, things, copies) = (state(each), counts.things.of(each), counts.copies.of(each));
        lines.push(match language {
            Language::Ja => format!("  {}: 資源 {things} 件、複製 {copies} 件", word.ja),
            Language::En => format!("  {}: {things} resources, {copies} copies", word.en),
        });
    }
    let appeared = told.appeared.len();
    lines.push(match language {
        Language::Ja => {
            format!("  新たに現れたもの: {appeared} 件　調べられなかった範囲: {} 件", counts.open)
        }
        Language::En => format!("  appeared since: {appeared}; parts not examined: {}", counts.open),
    });
    lines.extend(files.iter().map(|file| format!("  {file}")));
    // Names are other people's text.
    lines.iter().map(|line| super::display::prose(line, 400).text + "\n").collect()
}
