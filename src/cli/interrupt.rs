//! Ctrl-C: the first stops in order, the second at once.

use super::exit;
use super::screen::Screen;
use tokio_util::sync::CancellationToken;

/// A token that the first Ctrl-C (or a request to terminate) cancels; the second ends the program.
/// Needs a runtime.
pub fn token(screen: &Screen) -> CancellationToken {
    let token = CancellationToken::new();
    let (cancel, screen) = (token.clone(), screen.clone());
    tokio::spawn(async move {
        asked_to_stop().await;
        screen.message("Stopping: what was gathered is kept and reported. Ctrl-C again ends at once.");
        cancel.cancel();
        asked_to_stop().await;
        std::process::exit(i32::from(exit::FAILED));
    });
    token
}

/// Waits for Ctrl-C or a request to terminate.
pub async fn asked_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the system's own ends the program; there is nothing to wait for.
        std::future::pending::<()>().await;
    }
}
