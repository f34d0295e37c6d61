//! Progress bars, on a terminal only.

use super::screen::Screen;
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The bar of a run. Off a terminal it does nothing.
#[derive(Debug, Clone)]
pub struct Bar {
    bar: ProgressBar,
}

#[allow(dead_code, reason = "told by the walk")]
impl Bar {
    /// A bar on standard error, if that is a terminal.
    pub fn new(screen: &Screen) -> Self {
        if !screen.message_look().terminal {
            return Self { bar: ProgressBar::hidden() };
        }
        let bar = screen.bars().add(ProgressBar::new(0));
        let template = "{spinner} {bar:30} {pos}/{len} cells  {elapsed}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }

    /// More cells were found.
    pub fn cells_found(&self, cells: u64) {
        self.bar.inc_length(cells);
    }

    /// A cell came to its end.
    pub fn cell_ended(&self, account: &str, region: &str, service: &str) {
        self.bar.set_message(format!("{account} {region} {service}"));
        self.bar.inc(1);
    }

    /// The run came to its end.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
