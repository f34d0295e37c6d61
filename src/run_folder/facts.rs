//! `facts.ndjson.zst`: settings, cells, gaps, resources and signals, one JSON object a line, in order.

use super::sorted::{At, LineIndex, LineReader};
use super::whole::WholeFile;
use super::{FACTS, FileRecord, FolderFault, LINE_LIMIT, Lines, ReadFault, RunFolder};
use sekisho_contract::fact::{AccountSetting, Cell, Fact, Resource, Signal};
use sekisho_contract::gap::Gap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The level of compression.
const LEVEL: i32 = 3;
/// The largest window a reader sets aside, as a power of two.
const WINDOW_LIMIT: u32 = 24;
/// A file may not unpack to more than this.
const TOTAL_LIMIT: u64 = 256 << 30;

/// Writes the facts of a run. Resources come in order; gaps in any.
pub struct FactsWriter {
    folder: RunFolder,
    resources: zstd::Encoder<'static, BufWriter<File>>,
    resources_path: PathBuf,
    gaps: BufWriter<File>,
    gaps_path: PathBuf,
    gaps_at: u64,
    index: LineIndex,
    lines: u64,
    line: Vec<u8>,
}

impl FactsWriter {
    pub(super) fn create(folder: &RunFolder) -> Result<Self, FolderFault> {
        let (resources_path, resources) = folder.scratch("resources.part")?;
        let (gaps_path, gaps) = folder.scratch("gaps.part")?;
        let resources = encoder(BufWriter::with_capacity(1 << 16, resources))
            .map_err(FolderFault::io(&resources_path, "compressing"))?;
        Ok(Self {
            folder: folder.clone(),
            resources,
            resources_path,
            gaps: BufWriter::with_capacity(1 << 16, gaps),
            gaps_path,
            gaps_at: 0,
            index: LineIndex::default(),
            lines: 0,
            line: Vec::new(),
        })
    }

    /// Writes the next resource.
    pub fn resource(&mut self, resource: Resource) -> Result<(), FolderFault> {
        self.lines += 1;
        write_line(&mut self.resources, &mut self.line, &Fact::Resource(resource))
            .map_err(FolderFault::io(&self.resources_path, "writing"))
    }

    /// Takes a gap.
    pub fn gap(&mut self, gap: Gap) -> Result<(), FolderFault> {
        let name = format!("{}\0{}", gap.subject, gap.facet);
        write_line(&mut self.gaps, &mut self.line, &Fact::Gap(gap))
            .map_err(FolderFault::io(&self.gaps_path, "writing"))?;
        let length = self.line.len() - 1;
        self.index.push(
            "",
            &name,
            At { offset: self.gaps_at, length: u32::try_from(length).unwrap_or(u32::MAX) },
        );
        self.gaps_at += self.line.len() as u64;
        Ok(())
    }

    /// Puts everything together: `facts.ndjson.zst` appears.
    pub fn finish(
        mut self,
        mut settings: Vec<AccountSetting>,
        mut cells: Vec<Cell>,
        mut signals: Vec<Signal>,
    ) -> Result<FileRecord, FolderFault> {
        settings.sort_by(|a, b| (&a.provider, &a.account).cmp(&(&b.provider, &b.account)));
        cells.sort_by(|a, b| place_of(a).cmp(&place_of(b)));
        signals.sort_by(|a, b| {
            (&a.subject, &a.witness, &a.statement).cmp(&(&b.subject, &b.witness, &b.statement))
        });
        let path = self.folder.file(FACTS);
        let writing = || FolderFault::io(&path, "writing");
        let whole = WholeFile::create(&path).map_err(writing())?;
        let mut head = encoder(whole).map_err(writing())?;
        let facts = settings.into_iter().map(Fact::Setting).chain(cells.into_iter().map(Fact::Cell));
        for fact in facts {
            self.lines += 1;
            write_line(&mut head, &mut self.line, &fact).map_err(writing())?;
        }
        self.lines += self.gaps_in_order(|line| head.write_all(line).map_err(writing()))?;
        let mut whole = head.finish().map_err(writing())?;
        for signal in signals {
            self.lines += 1;
            write_line(&mut self.resources, &mut self.line, &Fact::Signal(signal)).map_err(writing())?;
        }
        let lines = self.lines;
        let scratch = [self.resources_path.clone(), self.gaps_path.clone()];
        // A zstd file may be made of several frames: the resources follow as they were written.
        let mut resources = self
            .resources
            .finish()
            .and_then(|buffered| buffered.into_inner().map_err(io::IntoInnerError::into_error))
            .map_err(writing())?;
        resources.rewind().map_err(writing())?;
        io::copy(&mut resources, &mut whole).map_err(writing())?;
        drop(resources);
        let record = whole.finish(FACTS, Some(lines)).map_err(writing())?;
        for path in scratch {
            fs::remove_file(&path).map_err(FolderFault::io(&path, "removing"))?;
        }
        Ok(record)
    }

    fn gaps_in_order(
        &mut self,
        mut write: impl FnMut(&[u8]) -> Result<(), FolderFault>,
    ) -> Result<u64, FolderFault> {
        self.gaps.flush().map_err(FolderFault::io(&self.gaps_path, "writing"))?;
        let mut reader = LineReader::open(&self.gaps_path)?;
        let mut count = 0;
        for run in std::mem::take(&mut self.index).runs() {
            let mut lines = Vec::with_capacity(run.len());
            for at in run {
                let mut line = Vec::new();
                reader.read(at, &mut line)?;
                line.push(b'\n');
                lines.push(line);
            }
            lines.sort();
            lines.dedup();
            for line in &lines {
                write(line)?;
                count += 1;
            }
        }
        Ok(count)
    }
}

/// Reads the facts of a run, as often as needed.
#[derive(Debug, Clone)]
pub struct FactsFile {
    path: PathBuf,
}

impl FactsFile {
    /// The facts in this file.
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads all lines once, in order.
    pub fn pass(&self) -> Box<dyn Iterator<Item = Result<String, ReadFault>> + Send + '_> {
        match unpack(&self.path) {
            Ok(lines) => Box::new(lines),
            Err(fault) => Box::new(std::iter::once(Err(fault))),
        }
    }
}

/// The lines of a compressed file.
pub(super) fn unpack(path: &Path) -> Result<Lines<impl io::BufRead + Send + use<>>, ReadFault> {
    let open = |source| ReadFault::Open { file: path.to_owned(), source };
    let file = File::open(path).map_err(open)?;
    let mut decoder = zstd::Decoder::new(file).map_err(open)?;
    decoder.window_log_max(WINDOW_LIMIT).map_err(open)?;
    Ok(Lines::of(path, BufReader::with_capacity(1 << 16, decoder.take(TOTAL_LIMIT))))
}

pub(super) fn encoder<W: Write>(out: W) -> io::Result<zstd::Encoder<'static, W>> {
    let mut encoder = zstd::Encoder::new(out, LEVEL)?;
    encoder.include_checksum(true)?;
    Ok(encoder)
}

fn write_line(out: &mut impl Write, line: &mut Vec<u8>, fact: &Fact) -> io::Result<()> {
    line.clear();
    serde_json::to_writer(&mut *line, fact)?;
    line.push(b'\n');
    if line.len() as u64 > LINE_LIMIT {
        return Err(io::Error::other(format!(
            "a fact of {} bytes is longer than any reader takes",
            line.len()
        )));
    }
    out.write_all(line)
}

fn place_of(cell: &Cell) -> (&str, &str, &str, &str) {
    (&cell.provider, &cell.account, &cell.region, &cell.service)
}
