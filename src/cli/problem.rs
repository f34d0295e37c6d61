//! What can go wrong in a command, and the one place that shows it: what, where, next step.

use super::exit;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, ReportHandler};
use sekisho::tenancy::TenancyError;
use std::fmt;
use std::path::Path;

/// A command that did not do what it was asked.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Problem {
    /// The tenancy file cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tenancy(#[from] Box<TenancyError>),
    /// An argument or a file it names cannot be used.
    #[error("{what}")]
    #[diagnostic(help("{next}"))]
    Usage {
        /// What is wrong, and where.
        what: String,
        /// The next step.
        next: String,
    },
    /// The run failed.
    #[error("{what}")]
    #[diagnostic(help("{next}"))]
    Failed {
        /// What went wrong, and where.
        what: String,
        /// The next step.
        next: String,
    },
}

impl Problem {
    /// A bad argument or file.
    pub fn usage(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), next: next.into() }
    }

    /// A failed run.
    pub fn failed(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), next: next.into() }
    }

    /// A file or folder the system refuses.
    pub fn file(path: &Path, doing: &str, cause: &std::io::Error, next: impl Into<String>) -> Self {
        Self::usage(format!("{}: {doing}: {cause}", path.display()), next)
    }

    /// The code the program ends with.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Tenancy(_) | Self::Usage { .. } => exit::USAGE,
            Self::Failed { .. } => exit::FAILED,
        }
    }
}

/// How diagnostics look on this screen.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether colours may be used.
    pub color: bool,
    /// Whether it is a terminal, and so can draw lines.
    pub terminal: bool,
    /// Its width in columns.
    pub width: usize,
}

/// Renders a diagnostic with its source, place and next step.
pub fn render(diagnostic: &dyn Diagnostic, look: Look) -> String {
    let theme = match (look.terminal, look.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, _) => GraphicalTheme { styles: miette::ThemeStyles::none(), ..GraphicalTheme::ascii() },
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(look.width).with_links(false);
    Rendered { diagnostic, handler }.to_string()
}

struct Rendered<'a> {
    diagnostic: &'a dyn Diagnostic,
    handler: GraphicalReportHandler,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handler.debug(self.diagnostic, f)
    }
}
