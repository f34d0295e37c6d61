//! A file's bytes, decompressed as they are read, in bounded memory.

use sha2::{Digest, Sha256};
use std::io::{self, BufRead, BufReader, Read};

/// Bounds on what one file may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest record that is held, in bytes; a larger one is stepped over and counted.
    pub record: usize,
    /// Largest file after decompression, in bytes.
    pub file: u64,
    /// Largest ratio of decompressed to compressed bytes. Logs repeat themselves: real ones reach 30.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { record: 16 << 20, file: 64 << 30, ratio: 1_000 }
    }
}

/// Below this many decompressed bytes no ratio is held against a file.
const RATIO_FLOOR: u64 = 64 << 20;
/// Bytes read at once.
const CHUNK: usize = 256 << 10;

/// How the bytes of a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At their end.
    Whole,
    /// Compressed data break off, or are damaged.
    Broken,
    /// Past a limit: the rest was not read.
    Bomb,
    /// The system gave no more.
    Unreadable,
}

/// A window on a file that moves over it.
pub struct Feed<'r> {
    reader: Box<dyn Read + 'r>,
    read_in: std::rc::Rc<std::cell::Cell<u64>>,
    limits: Limits,
    buffer: Vec<u8>,
    start: usize,
    base: u64,
    end: Option<End>,
    digest: Option<Sha256>,
}

impl<'r> Feed<'r> {
    /// A feed of a stream, decompressed if it begins as gzip or Zstandard does.
    pub fn new(stream: impl Read + 'r, limits: Limits, digest: bool) -> io::Result<Self> {
        let read_in = std::rc::Rc::new(std::cell::Cell::new(0));
        let counted = Counted { stream, count: read_in.clone() };
        let mut stream = BufReader::with_capacity(64 << 10, counted);
        let head = stream.fill_buf()?;
        let reader: Box<dyn Read + 'r> = if head.starts_with(&[0x1F, 0x8B]) {
            Box::new(flate2::bufread::MultiGzDecoder::new(stream))
        } else if head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
            Box::new(zstd::Decoder::with_buffer(stream)?)
        } else {
            Box::new(stream)
        };
        let digest = digest.then(Sha256::new);
        Ok(Self { reader, read_in, limits, buffer: Vec::new(), start: 0, base: 0, end: None, digest })
    }

    /// What can be seen of the file now.
    pub fn window(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// How many decompressed bytes lie before the window.
    pub fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Moves the window on.
    pub fn advance(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.buffer.len());
    }

    /// How the bytes ended, once they have.
    pub fn ended(&self) -> Option<End> {
        self.end
    }

    /// Whether the window is as large as a record may be.
    pub fn is_full(&self) -> bool {
        self.window().len() > self.limits.record
    }

    /// Bytes read of the file as it is stored.
    pub fn stored(&self) -> u64 {
        self.read_in.get()
    }

    /// SHA-256 of all decompressed bytes, where it was asked for and they were whole.
    pub fn digest(&mut self) -> Option<String> {
        let whole = self.end == Some(End::Whole);
        self.digest.take().filter(|_| whole).map(|digest| hex::encode(digest.finalize()))
    }

    /// Makes the window longer; false when there is no more.
    pub fn more(&mut self) -> bool {
        if self.end.is_some() {
            return false;
        }
        self.buffer.drain(..self.start);
        self.base += self.start as u64;
        self.start = 0;
        let held = self.buffer.len();
        // A record that does not fit is read again from its beginning: growing by as much as there is keeps that cheap.
        self.buffer.resize(held + held.max(CHUNK), 0);
        let mut filled = held;
        while filled < self.buffer.len() {
            match self.reader.read(self.buffer.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => {
                    self.end = Some(End::Whole);
                    break;
                }
                Ok(read) => filled += read,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => {
                    let broken = [
                        io::ErrorKind::UnexpectedEof,
                        io::ErrorKind::InvalidInput,
                        io::ErrorKind::InvalidData,
                        io::ErrorKind::Other,
                    ];
                    self.end =
                        Some(if broken.contains(&fault.kind()) { End::Broken } else { End::Unreadable });
                    break;
                }
            }
        }
        self.buffer.truncate(filled);
        if let Some(digest) = &mut self.digest {
            digest.update(self.buffer.get(held..).unwrap_or_default());
        }
        let total = self.base + filled as u64;
        let inflated = total > RATIO_FLOOR && total / self.stored().max(1) > self.limits.ratio;
        if inflated || total > self.limits.file {
            self.end = Some(End::Bomb);
        }
        filled > held
    }
}

struct Counted<R> {
    stream: R,
    count: std::rc::Rc<std::cell::Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}
