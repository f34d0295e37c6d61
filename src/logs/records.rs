//! Finding the records in a file: JSON arrays under a name, bare arrays, JSON lines, plain lines.

use super::feed::{End, Feed};
use super::skim::{Cursor, Skipper, Stop};

/// What is wrong with a place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// A record that could not be read.
    Malformed(&'static str),
    /// A record larger than is held.
    Oversized,
    /// The file ends inside a record or a list.
    Truncated,
    /// Compressed data that break off, or are damaged.
    Broken,
    /// A file that grows past the limits when decompressed.
    Bomb,
    /// The system gave no more of it.
    Unreadable,
}

/// Who takes the records.
pub trait Sink {
    /// Reads one JSON record from its beginning to its end, and counts it only then.
    fn record(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Stop>;
    /// Reads a line that is no JSON.
    fn line(&mut self, line: &[u8]) -> Result<(), Stop>;
    /// Notes a flaw at a decompressed offset.
    fn flaw(&mut self, flaw: Flaw, offset: u64);
}

/// Members that say that a saved answer is not the last.
const PAGES: [&[u8]; 4] = [b"nextLink", b"NextToken", b"nextPageToken", b"nextToken"];
/// What is wrong with such an answer.
const GOES_ON: &str = "a page that goes on elsewhere";
/// Names of lists of records: CloudTrail's files and history, Azure's exports and answers, Google's answers.
const LISTS: [&[u8]; 5] = [b"Records", b"records", b"Events", b"value", b"entries"];
/// Where a record may begin, for going on after a broken one. Within a string the quote would have a backslash before it.
const RECORD_HEAD: &[u8] = b",{\"";

/// Hands every record of a file to a sink.
pub fn walk(feed: &mut Feed<'_>, sink: &mut dyn Sink) {
    while feed.window().len() < 4 && feed.more() {}
    if feed.window().starts_with(&[0xEF, 0xBB, 0xBF]) {
        feed.advance(3);
    }
    loop {
        match next_byte(feed, &[]) {
            None => break,
            Some(b'{') if enter_list(feed, sink) => {
                array(feed, sink);
                tail(feed, sink);
            }
            Some(b'[') => {
                feed.advance(1);
                array(feed, sink);
            }
            Some(first) => line(feed, sink, first),
        }
    }
    let flaw = match feed.ended() {
        Some(End::Broken) => Flaw::Broken,
        Some(End::Bomb) => Flaw::Bomb,
        Some(End::Unreadable) => Flaw::Unreadable,
        Some(End::Whole) | None => return,
    };
    sink.flaw(flaw, feed.offset());
}

/// The next byte that is no white space and none of `also`; the window begins there.
fn next_byte(feed: &mut Feed<'_>, also: &[u8]) -> Option<u8> {
    loop {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t') || also.contains(byte);
        let window = feed.window();
        match window.iter().position(|byte| !blank(byte)) {
            Some(at) => {
                let byte = window.get(at).copied();
                feed.advance(at);
                return byte;
            }
            None => {
                feed.advance(window.len());
                if !feed.more() {
                    return None;
                }
            }
        }
    }
}

/// Whether the object here holds a list of records behind plain members; then the window begins in the list. A member before
/// it that says that more is elsewhere is a flaw.
fn enter_list(feed: &mut Feed<'_>, sink: &mut dyn Sink) -> bool {
    loop {
        match find_list(feed.window()) {
            Ok(Some((at, goes_on))) => {
                if goes_on {
                    sink.flaw(Flaw::Malformed(GOES_ON), feed.offset());
                }
                feed.advance(at);
                return true;
            }
            Ok(None) | Err(Stop::Malformed(_)) => return false,
            Err(Stop::Incomplete) if feed.is_full() || !feed.more() => return false,
            Err(Stop::Incomplete) => {}
        }
    }
}

fn find_list(window: &[u8]) -> Result<Option<(usize, bool)>, Stop> {
    let mut goes_on = false;
    let mut cursor = Cursor::new(window);
    cursor.expect(b'{', "no object")?;
    for _ in 0..8 {
        if cursor.peek()? != b'"' {
            break;
        }
        let key = cursor.string()?;
        let (is_list, is_page) = (LISTS.contains(&key.bytes), PAGES.contains(&key.bytes));
        cursor.expect(b':', "no colon")?;
        match cursor.peek()? {
            b'[' if is_list => return Ok(Some((cursor.at() + 1, goes_on))),
            b'{' | b'[' => break,
            next => {
                goes_on |= is_page && next == b'"';
                cursor.skip()?;
            }
        }
        if cursor.peek()? != b',' {
            break;
        }
        cursor.expect(b',', "no comma")?;
    }
    Ok(None)
}

/// The records of a list, and the bracket that ends it.
fn array(feed: &mut Feed<'_>, sink: &mut dyn Sink) {
    loop {
        match next_byte(feed, b",") {
            Some(b']') => return feed.advance(1),
            Some(b'{') => element(feed, sink),
            Some(_) => {
                sink.flaw(Flaw::Malformed("no record"), feed.offset());
                resynchronise(feed);
            }
            None => return truncated(feed, sink),
        }
    }
}

fn truncated(feed: &Feed<'_>, sink: &mut dyn Sink) {
    // What the decompressor or a limit cut off is told as that.
    if feed.ended() == Some(End::Whole) {
        sink.flaw(Flaw::Truncated, feed.offset());
    }
}

fn element(feed: &mut Feed<'_>, sink: &mut dyn Sink) {
    let offset = feed.offset();
    let mut refused = None;
    loop {
        let mut cursor = Cursor::new(feed.window());
        let read = if refused.is_none() { sink.record(&mut cursor) } else { cursor.skip() };
        match (read, refused) {
            (Ok(()), None) => return feed.advance(cursor.at()),
            (Ok(()), Some(why)) => {
                sink.flaw(Flaw::Malformed(why), offset);
                return feed.advance(cursor.at());
            }
            (Err(Stop::Incomplete), _) if feed.is_full() => {
                sink.flaw(Flaw::Oversized, offset);
                return step_over(feed, sink);
            }
            (Err(Stop::Incomplete), _) => {
                if !feed.more() {
                    feed.advance(feed.window().len());
                    return truncated(feed, sink);
                }
            }
            (Err(Stop::Malformed(why)), None) => refused = Some(why),
            (Err(Stop::Malformed(_)), Some(why)) => {
                sink.flaw(Flaw::Malformed(why), offset);
                return resynchronise(feed);
            }
        }
    }
}

/// Goes on at the next thing that looks like a record's beginning.
fn resynchronise(feed: &mut Feed<'_>) {
    feed.advance(1);
    let finder = memchr::memmem::Finder::new(RECORD_HEAD);
    loop {
        let window = feed.window();
        if let Some(at) = finder.find(window) {
            return feed.advance(at);
        }
        feed.advance(window.len().saturating_sub(RECORD_HEAD.len()));
        if !feed.more() {
            return feed.advance(RECORD_HEAD.len());
        }
    }
}

/// Steps over a value that is not held.
fn step_over(feed: &mut Feed<'_>, sink: &mut dyn Sink) {
    let mut skipper = Skipper::default();
    loop {
        if let Some(end) = skipper.take(feed.window()) {
            return feed.advance(end);
        }
        feed.advance(feed.window().len());
        if !feed.more() {
            return truncated(feed, sink);
        }
    }
}

/// What follows a list in its object.
fn tail(feed: &mut Feed<'_>, sink: &mut dyn Sink) {
    loop {
        let mut cursor = Cursor::new(feed.window());
        let ended = rest_of_object(&mut cursor);
        match ended {
            Ok(()) => return feed.advance(cursor.at()),
            Err(Stop::Incomplete) if feed.ended().is_some() && feed.window().is_empty() => return,
            Err(Stop::Incomplete) if !feed.is_full() && feed.more() => {}
            Err(_) => {
                sink.flaw(Flaw::Malformed("what follows the list"), feed.offset());
                return skip_line(feed);
            }
        }
    }
}

fn rest_of_object(cursor: &mut Cursor<'_>) -> Result<(), Stop> {
    while cursor.peek()? == b',' {
        cursor.expect(b',', "")?;
        let (is_list, is_page) = {
            let key = cursor.string()?;
            (LISTS.contains(&key.bytes), PAGES.contains(&key.bytes))
        };
        cursor.expect(b':', "no colon")?;
        match cursor.peek()? {
            b'[' if is_list => return Err(Stop::Malformed("a second list")),
            b'"' if is_page => return Err(Stop::Malformed(GOES_ON)),
            _ => cursor.skip()?,
        }
    }
    cursor.expect(b'}', "no end")
}

/// One line: a JSON record, a record over several lines, or a line of another sort.
fn line(feed: &mut Feed<'_>, sink: &mut dyn Sink, first: u8) {
    let offset = feed.offset();
    let length = loop {
        match memchr::memchr(b'\n', feed.window()) {
            Some(length) => break length,
            None if feed.is_full() => {
                sink.flaw(Flaw::Oversized, offset);
                return skip_line(feed);
            }
            None => {
                if !feed.more() {
                    break feed.window().len();
                }
            }
        }
    };
    let line = feed.window().get(..length).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if first != b'{' {
        if let Err(stop) = sink.line(line) {
            sink.flaw(Flaw::Malformed(why(stop)), offset);
        }
        return feed.advance(length + 1);
    }
    let mut cursor = Cursor::new(line);
    match sink.record(&mut cursor) {
        Ok(()) => {
            let after = cursor.at();
            let more = cursor.peek().is_ok();
            // Records one after the other in a line are read one after the other.
            feed.advance(if more { after } else { length + 1 });
        }
        Err(Stop::Incomplete) if matches!(line.trim_ascii_end().last(), Some(b'{' | b',' | b'[')) => {
            element(feed, sink);
        }
        Err(Stop::Incomplete) if length == feed.window().len() => {
            feed.advance(length);
            truncated(feed, sink);
        }
        Err(stop) => {
            sink.flaw(Flaw::Malformed(why(stop)), offset);
            feed.advance(length + 1);
        }
    }
}

const fn why(stop: Stop) -> &'static str {
    match stop {
        Stop::Incomplete => "cut off",
        Stop::Malformed(why) => why,
    }
}

fn skip_line(feed: &mut Feed<'_>) {
    loop {
        let window = feed.window();
        if let Some(end) = memchr::memchr(b'\n', window) {
            return feed.advance(end + 1);
        }
        feed.advance(window.len());
        if !feed.more() {
            return;
        }
    }
}
