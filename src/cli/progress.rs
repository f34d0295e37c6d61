//! Progress bars, on a terminal only.

use super::screen::Screen;
use indicatif::{ProgressBar, ProgressStyle};
use sekisho::collect::{Event, Progress};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The bar of a run. Off a terminal it does nothing.
#[derive(Debug, Clone)]
pub struct Bar {
    bar: ProgressBar,
    resources: Arc<AtomicU64>,
    calls: Arc<AtomicU64>,
}

impl Bar {
    /// A bar on standard error, if that is a terminal.
    pub fn new(screen: &Screen) -> Self {
        if !screen.message_look().terminal {
            return Self::of(ProgressBar::hidden());
        }
        let bar = screen.bars().add(ProgressBar::new(0));
        let template = "{spinner} {bar:30} {pos}/{len} cells  {prefix}  {elapsed}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::of(bar)
    }

    fn of(bar: ProgressBar) -> Self {
        Self { bar, resources: Arc::default(), calls: Arc::default() }
    }

    /// The run came to its end.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn note(&self, event: Event<'_>) {
        match event {
            Event::CellsFound(cells) => self.bar.inc_length(cells as u64),
            Event::CellEnded(cell) => {
                self.bar.set_message(format!("{} {} {}", cell.account, cell.region, cell.service));
                self.bar.inc(1);
            }
            Event::CallMade(_) => {
                self.calls.fetch_add(1, Ordering::Relaxed);
            }
            Event::ResourceRead => {
                let read = self.resources.fetch_add(1, Ordering::Relaxed) + 1;
                let calls = self.calls.load(Ordering::Relaxed);
                self.bar.set_prefix(format!("{read} resources, {calls} calls"));
            }
            Event::Planned(_) | Event::Accounts(_) | Event::AccountSurveyed { .. } => {}
        }
    }
}
