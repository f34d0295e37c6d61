//! A browser without a window, driven over WebDriver, and axe-core from npm.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up is to fail")]

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The release of axe-core that pages are held to.
const AXE: &str = "axe-core@4.14.1";

/// Whether a program is there. Where tests have to be whole (`CI`), one that is missing fails them.
pub fn have(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()));
    assert!(found || std::env::var_os("CI").is_none(), "{program} is not installed (see docs/testing.md)");
    if !found {
        eprintln!("skipped: {program} is not installed (see docs/testing.md)");
    }
    found
}

/// ChromeDriver on a free port of this machine; ends with the value.
pub struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    pub fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let said = BufReader::new(process.stdout.take().expect("its output is ours"));
        let line = said.lines().map_while(Result::ok).find(|line| line.contains("successfully on port"));
        let line = line.expect("chromedriver says its port");
        let port: String = line.chars().filter(char::is_ascii_digit).collect();
        Self { process, address: format!("http://127.0.0.1:{port}") }
    }

    /// A fresh window of this size, light or dark.
    pub async fn window(&self, (width, height): (u32, u32), dark: bool) -> Client {
        let scheme = if dark { 0 } else { 1 };
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", format!("--blink-settings=preferredColorScheme={scheme}")],
            "mobileEmulation": {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1}},
        });
        let wanted = [("goog:chromeOptions".to_owned(), options)].into_iter().collect();
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted).connect(&self.address).await.expect("a session begins")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What axe-core finds wrong with the page in the window: rule, and the first element it names.
pub async fn axe(window: &Client) -> Vec<String> {
    let source = fs::read_to_string(package().join("axe.min.js")).expect("axe-core is there");
    window.execute(&format!("{source}; window.axe = axe;"), Vec::new()).await.expect("axe-core loads");
    let ask = "const told = arguments[0]; \
        axe.run(document, {resultTypes: ['violations']}).then((found) => told(found.violations.map((one) => one.id + ': ' + one.nodes[0].html)))";
    let found = window.execute_async(ask, Vec::new()).await.expect("axe-core runs");
    serde_json::from_value(found).expect("a list of texts")
}

/// The folder of axe-core, got once from npm.
fn package() -> PathBuf {
    let own = std::env::current_exe().expect("this test has a file");
    let folder = own.ancestors().nth(3).expect("this test is inside the target directory").join("npm");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let lock = File::create(folder.join("lock")).expect("the lock file can be made");
    lock.lock().expect("the lock file can be locked");
    let package = folder.join("node_modules/axe-core");
    if !is_wanted(&package) {
        let got = Command::new("npm")
            .current_dir(&folder)
            .args([
                "install",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--no-save",
                "--prefix",
                ".",
                AXE,
            ])
            .output()
            .expect("npm runs");
        assert!(got.status.success(), "{}", String::from_utf8_lossy(&got.stderr));
    }
    package
}

fn is_wanted(package: &Path) -> bool {
    let told = fs::read_to_string(package.join("package.json")).unwrap_or_default();
    let version = AXE.rsplit('@').next().unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&told).is_ok_and(|told| told["version"] == version)
}
