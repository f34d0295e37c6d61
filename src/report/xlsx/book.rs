//! A workbook under way: its sheets, their columns, and how they look on a screen and on paper.

use crate::assess::Status;
use crate::report::standing::{self, Standing};
use crate::report::words::{self, Outcome};
use crate::report::{Material, ReportError, in_japan};
use crate::text::{Language, Text};
use crate::words::{Word, word};
use rust_xlsxwriter::{
    Color, ConditionalFormatText, ConditionalFormatTextRule, DocProperties, ExcelDateTime, Format,
    FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Most rows of a sheet; a spreadsheet takes 1,048,576 with those above the list.
/// Tests make do with fewer.
const ROWS: u32 = if cfg!(test) { 2_500 } else { 1_000_000 };
/// Longest name or identifier, in characters: the longest that clouds give; a cell takes 32,767.
pub const CELL_LIMIT: usize = 2_048;
/// Longest marking on a printed page, in characters: a spreadsheet takes 255 of all there is, with its codes.
const MARKING_LIMIT: usize = 90;
/// Narrowest column, in half-width characters.
const NARROWEST: u16 = 6;
/// A line's height in points, and the greatest that a row can have: more text than that is whole in its cell.
const LINE: f64 = 15.0;
const TALLEST: f64 = 409.0;
/// A4, as spreadsheets number papers.
const A4: u8 = 9;

/// A workbook under way.
pub struct Book {
    workbook: Workbook,
    pub language: Language,
    formats: Formats,
    header: String,
    footer: String,
    sheets: usize,
    /// What a list without rows says, where that is no sign that there is nothing.
    nothing: Option<String>,
}

struct Formats {
    head: Format,
    text: Format,
    quoted: Format,
    number: Format,
    note: Format,
}

/// What stands in a cell.
pub enum Cell {
    /// Somebody's text, or ours.
    Text(String),
    /// A number.
    Number(u64),
    /// How something comes out: its sign and its word.
    Outcome(Outcome),
    /// A word that stands out, with the sign it goes by.
    Signed(&'static str, Word),
}

impl Cell {
    /// A number, where it is known.
    pub fn perhaps(number: Option<u64>) -> Self {
        number.map_or_else(|| Self::Text(String::new()), Self::Number)
    }
}

/// A column: its heading, and how wide it gets, in half-width characters; what is wider is wrapped. A list's columns are narrow
/// enough together for the letters to be read where it is printed.
#[derive(Clone, Copy)]
pub struct Column {
    heading: Word,
    most: u16,
}

/// A column of at most this width.
pub const fn col(heading: Word, most: u16) -> Column {
    Column { heading, most }
}

/// A list on a sheet, and on as many more as it needs.
pub struct List<'b> {
    book: &'b mut Book,
    title: Word,
    columns: &'b [Column],
    notice: Option<String>,
    part: u32,
    at: usize,
    head: u32,
    next: u32,
    /// Lines of the last row.
    lines: usize,
    widths: Vec<usize>,
    outcomes: Vec<bool>,
}

impl Book {
    /// An empty workbook, with the properties that tell what it is. The same material gives the same bytes.
    pub fn new(material: &Material<'_>, language: Language) -> Result<Self, ReportError> {
        let Material { assessment, run, .. } = *material;
        let standing = Standing::of(material);
        let marking =
            standing.marking.as_ref().map(|marking| standing::name(marking.get(language), MARKING_LIMIT));
        let told: Vec<&str> = standing.told.iter().map(|text| text.get(language)).collect();
        let tenancy = standing::name(&run.tenancy, 120);
        let title = match language {
            Language::Ja => format!("{tenancy} クラウド情報保全評価報告書"),
            Language::En => format!("{tenancy}: cloud residency and assurance report"),
        };
        let made = ExcelDateTime::from_timestamp(run.assessed_at.as_second()).map_err(fault)?;
        let properties = DocProperties::new()
            .set_title(&title)
            .set_subject(standing::name(assessment.profile_title.get(language), 200))
            .set_author(format!("sekisho {}", run.version))
            .set_category(marking.as_deref().unwrap_or_default())
            .set_status(standing.word())
            .set_comment(told.join("\n"))
            .set_creation_datetime(&made);
        let mut workbook = Workbook::new();
        workbook.set_properties(&properties);
        // In headers and footers `&` begins a code; doubled, it could make them too long to be taken at all.
        let plain = |text: &str| text.replace('&', "＆");
        let (marking, title) = (plain(&marking.unwrap_or_default()), plain(&title));
        let title: String = title.chars().take(60).collect();
        let base = || {
            Format::new()
                .set_align(FormatAlign::Top)
                .set_border(FormatBorder::Thin)
                .set_border_color(Color::RGB(0xBF_BFBF))
        };
        let formats = Formats {
            head: base()
                .set_bold()
                .set_text_wrap()
                .set_background_color(Color::RGB(0xDD_E6F0))
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            text: base().set_text_wrap(),
            quoted: base().set_text_wrap().set_quote_prefix(),
            number: base().set_num_format("#,##0"),
            note: Format::new().set_bold(),
        };
        Ok(Self {
            workbook,
            language,
            formats,
            // One beneath the other: beside each other long ones would be printed over one another.
            header: match marking.as_str() {
                "" => format!("&L&8 {title}"),
                marking => format!("&L&8 {marking}\n{title}"),
            },
            // A space keeps digits apart from those of the size.
            footer: format!("&L&8 {}&R&8&P / &N", in_japan(run.assessed_at)),
            sheets: 0,
            nothing: (standing.word() != standing::WHOLE).then(|| nothing(material, language)),
        })
    }

    /// One of our words.
    pub fn word(&self, word: Word) -> Cell {
        Cell::Text(word.get(self.language).to_owned())
    }

    /// Running text.
    pub fn prose(&self, text: &Text) -> Cell {
        Cell::Text(standing::prose_of(text.get(self.language), standing::OWN_LIMIT))
    }

    /// Begins a list under a title.
    pub fn list<'b>(
        &'b mut self,
        title: Word,
        columns: &'b [Column],
        notice: Option<String>,
    ) -> Result<List<'b>, ReportError> {
        let mut list = List {
            book: self,
            title,
            columns,
            notice,
            part: 0,
            at: 0,
            head: 0,
            next: 0,
            lines: 1,
            widths: Vec::new(),
            outcomes: vec![false; columns.len()],
        };
        list.begin()?;
        Ok(list)
    }

    /// Writes the workbook as a file.
    pub fn save(mut self, out: impl Write + Send) -> Result<(), ReportError> {
        self.workbook.save_to_writer(out).map_err(fault)
    }

    fn sheet(&mut self, at: usize) -> Result<&mut Worksheet, ReportError> {
        self.workbook.worksheet_from_index(at).map_err(fault)
    }
}

/// What stands in a list without rows.
fn nothing(material: &Material<'_>, language: Language) -> String {
    let state = Standing::of(material).word();
    let taken = material.assessment.withheld.is_some();
    match (language, taken) {
        (Language::Ja, true) => {
            format!("（判定だけの写しのため、一覧は取り除かれている。結果の状態：{state}）")
        }
        (Language::Ja, false) => format!("（一覧に載せるものはない。結果の状態：{state}）"),
        (Language::En, true) => {
            format!("(This copy tells verdicts alone: the list was taken out. State of the result: {state})")
        }
        (Language::En, false) => format!("(Nothing is listed. State of the result: {state})"),
    }
}

/// What a text of this width takes up: full-width letters are a little wider than two digits, and fonts differ.
const fn room(width: usize) -> usize {
    (width * 11).div_ceil(10)
}

/// A name or identifier, where there is one.
pub fn name(text: &str) -> Cell {
    Cell::Text(standing::name(text, CELL_LIMIT))
}

impl List<'_> {
    /// One of our words.
    pub fn word(&self, word: Word) -> Cell {
        self.book.word(word)
    }

    /// Running text.
    pub fn prose(&self, text: &Text) -> Cell {
        self.book.prose(text)
    }

    /// The language it is written in.
    pub fn language(&self) -> Language {
        self.book.language
    }

    /// A row beneath the last.
    pub fn row(&mut self, cells: Vec<Cell>) -> Result<(), ReportError> {
        if self.next - self.head > ROWS {
            self.close()?;
            self.begin()?;
        }
        self.heighten()?;
        let (row, language) = (self.next, self.book.language);
        self.next += 1;
        let mut lines = 1;
        for (column, cell) in (0_u16..).zip(cells) {
            let at = usize::from(column);
            let text = match cell {
                Cell::Number(number) => {
                    self.widen(at, number.to_string().len() * 4 / 3);
                    #[allow(clippy::cast_precision_loss, reason = "a spreadsheet counts no further")]
                    let number = number as f64;
                    let (sheet, formats) = self.parts()?;
                    sheet.write_number_with_format(row, column, number, &formats.number).map_err(fault)?;
                    continue;
                }
                Cell::Outcome(outcome) => {
                    if let Some(known) = self.outcomes.get_mut(at) {
                        *known = true;
                    }
                    format!("{} {}", outcome.sign, outcome.word.get(language))
                }
                Cell::Signed(sign, word) => {
                    if let Some(known) = self.outcomes.get_mut(at) {
                        *known = true;
                    }
                    format!("{sign} {}", word.get(language))
                }
                Cell::Text(text) => text,
            };
            let width = text.width_cjk();
            self.widen(at, width);
            lines = lines.max(self.lines(at, width));
            let (sheet, formats) = self.parts()?;
            let format = if begins_like_a_formula(&text) { &formats.quoted } else { &formats.text };
            sheet.write_string_with_format(row, column, text, format).map_err(fault)?;
        }
        self.lines = lines;
        Ok(())
    }

    /// How many lines a text of this width takes in a column. Words are not broken: a fifth is allowed for.
    fn lines(&self, column: usize, width: usize) -> usize {
        let most = self.columns.get(column).map_or(1, |column| usize::from(column.most));
        if room(width) <= most { 1 } else { (width * 6).div_ceil(most * 5).max(2) }
    }

    /// Makes the last row as high as its lines before another follows: not every program does so by itself. The library writes the
    /// last row of a sheet twice where its height is set; that one is left to the program that shows it.
    fn heighten(&mut self) -> Result<(), ReportError> {
        if self.lines > 1 {
            let (row, lines) = (self.next - 1, u32::try_from(self.lines).unwrap_or(u32::MAX));
            let (sheet, _) = self.parts()?;
            sheet.set_row_height(row, (f64::from(lines) * LINE).min(TALLEST)).map_err(fault)?;
        }
        Ok(())
    }

    /// Ends the list. One without rows, of a result that lacks something, says so: that nothing is listed is no sign that there is
    /// nothing.
    pub fn end(mut self) -> Result<(), ReportError> {
        if let Some(nothing) =
            self.book.nothing.clone().filter(|_| self.part == 1 && self.next == self.head + 1)
        {
            self.row(vec![Cell::Text(nothing)])?;
        }
        self.close()
    }

    /// Ends a list that has no filter of its columns.
    pub fn end_plain(mut self) -> Result<(), ReportError> {
        self.lay_out()
    }

    fn parts(&mut self) -> Result<(&mut Worksheet, &Formats), ReportError> {
        let sheet = self.book.workbook.worksheet_from_index(self.at).map_err(fault)?;
        Ok((sheet, &self.book.formats))
    }

    fn widen(&mut self, column: usize, width: usize) {
        if let Some(widest) = self.widths.get_mut(column) {
            *widest = (*widest).max(width);
        }
    }

    fn begin(&mut self) -> Result<(), ReportError> {
        self.part += 1;
        let language = self.book.language;
        let title = self.title.get(language);
        let title = if self.part == 1 { title.to_owned() } else { format!("{title} ({})", self.part) };
        let (header, footer) = (self.book.header.clone(), self.book.footer.clone());
        let sheet = self.book.workbook.add_worksheet_with_constant_memory().map_err(fault)?;
        sheet.set_name(title).map_err(fault)?;
        sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        sheet.set_header(header).set_footer(footer);
        sheet.set_margins(0.4, 0.4, 0.7, 0.6, 0.3, 0.3);
        self.at = self.book.sheets;
        self.book.sheets += 1;
        self.head = 0;
        if let Some(notice) = self.notice.clone() {
            let (sheet, formats) = self.parts()?;
            sheet.write_string_with_format(0, 0, notice, &formats.note).map_err(fault)?;
            self.head = 1;
        }
        // Room for the arrow of the filter.
        let headings = self.columns.iter().map(|column| column.heading.get(language));
        self.widths = headings.clone().map(|heading| heading.width_cjk() + 4).collect();
        let lines = self.widths.iter().enumerate().map(|(at, width)| self.lines(at, *width)).max();
        let head = self.head;
        let (sheet, formats) = self.parts()?;
        for (at, heading) in (0_u16..).zip(headings) {
            sheet.write_string_with_format(head, at, heading, &formats.head).map_err(fault)?;
        }
        self.lines = lines.unwrap_or(1);
        let (sheet, _) = self.parts()?;
        sheet.set_freeze_panes(head + 1, 0).map_err(fault)?;
        sheet.set_repeat_rows(head, head).map_err(fault)?;
        self.next = head + 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), ReportError> {
        let (head, last) = (self.head, self.next - 1);
        let columns = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
        let (sheet, _) = self.parts()?;
        sheet.autofilter(head, 0, last.max(head), columns - 1).map_err(fault)?;
        self.lay_out()
    }

    /// Widths that fit, and colours for how things come out. The sign and the word say the same without them.
    fn lay_out(&mut self) -> Result<(), ReportError> {
        let (first, last) = (self.head + 1, self.next.max(self.head + 2) - 1);
        let (widths, outcomes, columns) = (self.widths.clone(), self.outcomes.clone(), self.columns);
        let sheet = self.book.sheet(self.at)?;
        for (((at, width), is_outcome), column) in (0_u16..).zip(widths).zip(outcomes).zip(columns) {
            // A line that fits has room at its sides.
            let fits = u16::try_from(room(width)).unwrap_or(u16::MAX).clamp(NARROWEST, column.most) + 2;
            sheet.set_column_width(at, f64::from(fits)).map_err(fault)?;
            for (sign, fore, back) in COLOURS.iter().filter(|_| is_outcome) {
                let format =
                    Format::new().set_font_color(Color::RGB(*fore)).set_background_color(Color::RGB(*back));
                let begins = ConditionalFormatTextRule::BeginsWith((*sign).to_owned());
                let rule = ConditionalFormatText::new().set_rule(begins).set_format(format);
                sheet.add_conditional_format(first, at, last, at, &rule).map_err(fault)?;
            }
        }
        Ok(())
    }
}

/// Letter and ground of each sign: of outcomes, and of places abroad and unknown.
const COLOURS: [(&str, u32, u32); 8] = [
    (words::status(Status::Violates).sign, 0x9C_0006, 0xFF_D9D9),
    (words::status(Status::Unverified).sign, 0x7F_5A00, 0xFF_EFC2),
    (words::RECOMMENDATION_UNMET.sign, 0x6B_3A00, 0xFC_E4CF),
    (words::status(Status::Attested).sign, 0x1F_3F7A, 0xDC_E8FA),
    (words::status(Status::Conforms).sign, 0x0B_5A24, 0xD8_F0DD),
    (words::status(Status::NotApplicable).sign, 0x55_5555, 0xEE_EEEE),
    ("◆", 0x9C_0006, 0xFF_D9D9),
    ("？", 0x7F_5A00, 0xFF_EFC2),
];

/// Whether a text would become a formula if somebody edited its cell, or saved the sheet as text and opened that.
fn begins_like_a_formula(text: &str) -> bool {
    text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// The heading of a column that more than one list has.
pub const EVIDENCE: Word = word("証跡番号", "evidence");

/// A failure to write keeps its kind (a full disk is no fault of the workbook).
fn fault(fault: XlsxError) -> ReportError {
    match fault {
        XlsxError::IoError(fault) => ReportError::Write(fault),
        XlsxError::ZipError(fault) => match fault {
            zip::result::ZipError::Io(fault) => ReportError::Write(fault),
            other => ReportError::Compose(other.to_string()),
        },
        other => ReportError::Compose(other.to_string()),
    }
}
