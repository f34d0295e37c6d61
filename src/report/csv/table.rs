//! A table as it is written: other people's text bounded, on one line, and never taken for a formula.

use crate::assess::{Level, Status};
use crate::report::standing::{self, Standing, WHOLE};
use crate::report::{Material, ReportError};
use crate::text::Text;
use crate::words::Word;
use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};
use std::fmt::Display;
use std::io::{self, Write};

/// What a spreadsheet takes for text in this encoding.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Longest text of a cell, in characters: spreadsheets take no more than 32,767.
const CELL_LIMIT: usize = 32_000;
/// Columns that stand in every table.
const TAIL: [&str; 3] = ["assessed_at", "result_state", "marking"];

/// A table under way.
pub struct Table<'w> {
    out: Writer<&'w mut dyn Write>,
    columns: usize,
    rows: u64,
    tail: [String; 3],
}

/// A row under way; every cell is asked for in the order of the columns.
pub struct Row<'t, 'w> {
    out: &'t mut Writer<&'w mut dyn Write>,
}

/// Whether a cell could be written.
type Written<'r, 't, 'w> = Result<&'r mut Row<'t, 'w>, csv::Error>;

impl<'w> Table<'w> {
    /// Begins a table with these columns, and those of every table.
    pub fn begin(
        material: &Material<'_>,
        out: &'w mut dyn Write,
        columns: &[&str],
    ) -> Result<Self, ReportError> {
        out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut builder = WriterBuilder::new();
        // Spreadsheets that also take semicolons for separators leave quoted ones alone.
        builder.terminator(Terminator::CRLF).quote_style(QuoteStyle::Always).buffer_capacity(1 << 16);
        let mut out = builder.from_writer(out);
        let standing = Standing::of(material);
        out.write_record(columns.iter().chain(&TAIL)).map_err(fault)?;
        let marking = standing.marking.as_ref().map(|marking| inert(&standing::prose(&marking.ja)));
        let tail = [material.run.assessed_at.to_string(), standing.word(), marking.unwrap_or_default()];
        Ok(Self { out, columns: columns.len(), rows: 0, tail })
    }

    /// Writes a row.
    pub fn row(
        &mut self,
        fill: impl for<'r, 't> FnOnce(&'r mut Row<'t, 'w>) -> Written<'r, 't, 'w>,
    ) -> Result<(), ReportError> {
        self.rows += 1;
        fill(&mut Row { out: &mut self.out }).map(drop).map_err(fault)?;
        self.close()
    }

    /// Ends the table. One without rows, of a result that lacks something, says so in a row of its own: that nothing is listed is
    /// no sign that there is nothing.
    pub fn end(mut self) -> Result<(), ReportError> {
        if self.rows == 0 && self.tail[1] != WHOLE {
            for _ in 0..self.columns {
                self.out.write_field("").map_err(fault)?;
            }
            self.close()?;
        }
        Ok(self.out.flush()?)
    }

    fn close(&mut self) -> Result<(), ReportError> {
        for field in &self.tail {
            self.out.write_field(field).map_err(fault)?;
        }
        self.out.write_record(None::<&[u8]>).map_err(fault)
    }
}

impl<'t, 'w> Row<'t, 'w> {
    /// A word of ours, or of a provider's, that is known to be harmless.
    pub fn word(&mut self, word: &str) -> Written<'_, 't, 'w> {
        self.out.write_field(word)?;
        Ok(self)
    }

    /// Somebody's text: a name, an identifier.
    pub fn text(&mut self, text: &str) -> Written<'_, 't, 'w> {
        self.out.write_field(inert(&standing::name(text, CELL_LIMIT)))?;
        Ok(self)
    }

    /// The same, where there may be none.
    pub fn perhaps(&mut self, text: Option<&str>) -> Written<'_, 't, 'w> {
        self.text(text.unwrap_or_default())
    }

    /// Several of them, between semicolons.
    pub fn list<T: AsRef<str>>(&mut self, all: impl IntoIterator<Item = T>) -> Written<'_, 't, 'w> {
        let mut joined = String::new();
        for one in all {
            if !joined.is_empty() {
                joined.push_str("; ");
            }
            joined.push_str(one.as_ref());
        }
        self.text(&joined)
    }

    /// Running text in both languages: two cells.
    pub fn both(&mut self, text: &Text) -> Written<'_, 't, 'w> {
        self.out.write_field(inert(&standing::prose_of(&text.ja, standing::OWN_LIMIT)))?;
        self.out.write_field(inert(&standing::prose_of(&text.en, standing::OWN_LIMIT)))?;
        Ok(self)
    }

    /// A word of ours in both languages: two cells.
    pub fn words(&mut self, word: Word) -> Written<'_, 't, 'w> {
        self.out.write_field(word.ja)?;
        self.out.write_field(word.en)?;
        Ok(self)
    }

    /// A number, which stays one, or a time.
    pub fn number(&mut self, number: impl Display) -> Written<'_, 't, 'w> {
        self.out.write_field(number.to_string())?;
        Ok(self)
    }

    /// A number, where it is known.
    pub fn count(&mut self, number: Option<u64>) -> Written<'_, 't, 'w> {
        self.word(&number.map(|number| number.to_string()).unwrap_or_default())
    }

    /// A property that may not have been seen; empty where there is none of it.
    pub fn seen(&mut self, value: Option<bool>, has: bool) -> Written<'_, 't, 'w> {
        self.word(match (value, has) {
            (Some(true), _) => "true",
            (Some(false), _) => "false",
            (None, true) => "unseen",
            (None, false) => "",
        })
    }
}

/// The word of a verdict in files.
pub const fn status(status: Status) -> &'static str {
    match status {
        Status::Conforms => "conforms",
        Status::Violates => "violates",
        Status::Unverified => "unverified",
        Status::Attested => "attested",
        Status::NotApplicable => "not-applicable",
    }
}

/// The word of how binding something is.
pub const fn level(level: Level) -> &'static str {
    match level {
        Level::Shall => "shall",
        Level::Should => "should",
    }
}

/// A text that no spreadsheet takes for a formula: one that begins like a formula, behind whatever white space, has an apostrophe
/// before it, and so has one that begins with an apostrophe, so that taking one away always gives the text back. The same holds
/// after each semicolon, where spreadsheets of some countries begin a cell.
fn inert(text: &str) -> String {
    const BEGINNINGS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '\''];
    let mut inert = String::with_capacity(text.len() + 1);
    for part in text.split_inclusive(';') {
        if part.starts_with(BEGINNINGS) || part.trim_start().starts_with(BEGINNINGS) {
            inert.push('\'');
        }
        inert.push_str(part);
    }
    inert
}

/// A failure to write keeps its kind (a full disk is no fault of the table).
fn fault(fault: csv::Error) -> ReportError {
    match fault.into_kind() {
        csv::ErrorKind::Io(fault) => ReportError::Write(fault),
        other => ReportError::Compose(io::Error::other(format!("{other:?}")).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn no_text_is_taken_for_a_formula_and_every_one_comes_back() {
        for text in [
            "=cmd|' /C calc'!A0",
            "+1",
            "-1",
            "@SUM(A1)",
            "＝1+1",
            "＋1",
            "－",
            "＠x",
            "  =1",
            "　=1",
            "'already",
            "\tx",
        ] {
            assert_eq!(inert(text), format!("'{text}"));
            assert_eq!(inert(text).strip_prefix('\''), Some(text));
        }
        assert_eq!(inert("a;=cmd|' /C calc'!A0; -1;b"), "a;'=cmd|' /C calc'!A0;' -1;b");
        for text in ["", "plain", "a=b", "a; b", "第1", "arn:aws:s3:::x"] {
            assert_eq!(inert(text), text);
        }
    }
}
