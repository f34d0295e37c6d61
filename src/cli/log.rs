//! Logs: to standard error, of this program only, and never with a secret.

use super::screen::Screen;
use std::io;
use tracing_subscriber::EnvFilter;

/// Starts logging at the level `-v` asks for. Other crates' logs stay off: they may hold headers.
pub fn start(verbose: u8, screen: &Screen) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let own = [
        "sekisho",
        "sekisho_contract",
        "sekisho_wire",
        "sekisho_aws",
        "sekisho_azure",
        "sekisho_gcp",
        "sekisho_simulator",
    ];
    let filter = own.map(|name| format!("{name}={level}")).join(",");
    let started = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(screen.message_look().color)
        .with_target(false)
        .try_init();
    if started.is_err() {
        screen.message("logs could not be started");
    }
}
