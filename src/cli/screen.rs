//! Standard output for results, standard error for everything else.

use super::problem::{Look, Problem, render};
use indicatif::MultiProgress;
use miette::Diagnostic;
use std::io::{self, IsTerminal, Write};
use terminal_size::{Height, Width, terminal_size_of};

/// The screen: the only place that writes to standard output and standard error.
#[derive(Debug, Clone)]
pub struct Screen {
    result: Look,
    message: Look,
    bars: MultiProgress,
}

impl Screen {
    /// Finds out what standard output and standard error are.
    #[allow(clippy::disallowed_methods, reason = "the edge: NO_COLOR and TERM are about this screen")]
    pub fn detect() -> Self {
        let set = |name| std::env::var(name).unwrap_or_default();
        let plain = !set("NO_COLOR").is_empty() || set("TERM") == "dumb";
        let look = |terminal: bool, size: Option<(Width, Height)>| Look {
            color: terminal && !plain,
            terminal,
            width: size.map_or(100, |(width, _)| usize::from(width.0)).clamp(40, 120),
        };
        Self {
            result: look(io::stdout().is_terminal(), terminal_size_of(io::stdout())),
            message: look(io::stderr().is_terminal(), terminal_size_of(io::stderr())),
            bars: MultiProgress::new(),
        }
    }

    /// How results may look.
    pub const fn result_look(&self) -> Look {
        self.result
    }

    /// How messages may look.
    pub const fn message_look(&self) -> Look {
        self.message
    }

    /// Where progress bars are drawn: standard error, and nowhere when it is no terminal.
    pub const fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Writes a result to standard output. A reader that went away is no failure.
    pub fn result(&self, text: &str) -> Result<(), Problem> {
        let written = self.bars.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())
                .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })?;
            out.flush()
        });
        match written {
            Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => Err(Problem::failed(
                format!("standard output cannot be written: {cause}"),
                "free space, or send the output elsewhere",
            )),
            _ => Ok(()),
        }
    }

    /// Writes a value as JSON to standard output.
    pub fn json(&self, value: &impl serde::Serialize) -> Result<(), Problem> {
        let text = serde_json::to_string_pretty(value).map_err(|cause| {
            Problem::failed(format!("the result cannot be written as JSON: {cause}"), "report it")
        })?;
        self.result(&text)
    }

    /// Writes a message to standard error.
    pub fn message(&self, text: &str) {
        self.bars.suspend(|| {
            // Nobody is left to tell when standard error is gone.
            drop(writeln!(io::stderr().lock(), "{text}"));
        });
    }

    /// Shows a problem.
    pub fn problem(&self, problem: &Problem) {
        self.diagnostic(problem);
    }

    /// Shows a diagnostic on standard error.
    pub fn diagnostic(&self, diagnostic: &dyn Diagnostic) {
        self.message(render(diagnostic, self.message).trim_end_matches('\n'));
    }
}
