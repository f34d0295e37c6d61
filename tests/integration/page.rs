//! The page as its readers use it: in a browser, with the keyboard, by the rules of screen readers, on paper.

#[path = "../support/browser.rs"]
mod browser;

use self::browser::{Driver, axe, have};
use super::ceremony::Desk;
use fantoccini::wd::PrintConfiguration;
use fantoccini::{Client, Locator};
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

const LAPTOP: (u32, u32) = (1280, 800);
/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const PHONE: (u32, u32) = (390, 844);

/// A run's page, and its findings.
fn page(desk: &Desk) -> (String, Vec<Value>) {
    desk.ceremony();
    let report = fs::read(desk.file("run/report.json")).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let findings = report["findings"].as_array().unwrap().clone();
    (format!("file://{}", desk.file("run/report.html").display()), findings)
}

async fn text(window: &Client, selector: &str) -> String {
    window.find(Locator::Css(selector)).await.unwrap().text().await.unwrap()
}

/// Waits until the list of findings says so.
async fn says(window: &Client, wanted: &str) {
    let asked = Instant::now();
    loop {
        let told = text(window, "#matching").await;
        if told == wanted {
            break;
        }
        assert!(asked.elapsed() < PATIENCE, "{wanted}: {told}");
    }
}

async fn script(window: &Client, script: &str) -> Value {
    window.execute(script, Vec::new()).await.unwrap()
}

#[tokio::test]
async fn it_is_searched_read_in_two_languages_walked_by_keys_and_printed() {
    if !have("chromedriver") {
        return;
    }
    let desk = Desk::new();
    let (address, findings) = page(&desk);
    let driver = Driver::start();
    let window = driver.window(LAPTOP, false).await;
    window.goto(&address).await.unwrap();

    assert_eq!(
        script(&window, "return performance.getEntriesByType('resource').length").await,
        0,
        "it loads nothing"
    );
    says(&window, &format!("{}件", findings.len())).await;
    let about = |word: &str| {
        let holds = |finding: &&Value| {
            ["name", "subject"].iter().any(|key| finding[key].as_str().unwrap().contains(word))
                || finding["reason"]["ja"].as_str().unwrap().contains(word)
        };
        findings.iter().filter(holds).count()
    };
    let field = window.find(Locator::Css("#words")).await.unwrap();
    field.send_keys("ＵＴＳＵＳＨＩ").await.unwrap();
    assert!((1..findings.len()).contains(&about("utsushi")));
    says(&window, &format!("{}件", about("utsushi"))).await;
    let rows = window.find_all(Locator::Css("#found tr")).await.unwrap();
    assert_eq!(rows.len(), about("utsushi").min(50));
    field.send_keys(" そのような語はない").await.unwrap();
    says(&window, "当てはまる所見はない。").await;
    window.find(Locator::Css(".search button[type=reset]")).await.unwrap().click().await.unwrap();
    says(&window, &format!("{}件", findings.len())).await;

    // One result of three, and a check.
    for status in ["unverified", "advised"] {
        let boxed = format!("input[data-status={status}]");
        window.find(Locator::Css(&boxed)).await.unwrap().click().await.unwrap();
    }
    let violating =
        findings.iter().filter(|one| one["status"] == "violates" && one["level"] == "shall").count();
    says(&window, &format!("{violating}件")).await;
    let select = window.find(Locator::Css("#of-check")).await.unwrap();
    select.select_by_label("要機密情報の保存先がすべて国内であること").await.unwrap();
    says(&window, "1件").await;
    assert!(text(&window, "#found tr").await.contains("utsushi"));

    // From the finding to its check, and to the call that showed it.
    window
        .find(Locator::Css("#found tr a[href='#check-copies-in-home-country']"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    assert_eq!(script(&window, "return document.activeElement.id").await, "check-copies-in-home-country");
    script(&window, "document.querySelector('#found a.evidence').scrollIntoView({block: 'center'})").await;
    let cited = window.find(Locator::Css("#found a.evidence")).await.unwrap();
    let number = cited.text().await.unwrap();
    cited.click().await.unwrap();
    assert_eq!(script(&window, "return document.activeElement.id").await, number.as_str());

    // The other language: what is read out and shown, and the address that leads there again.
    window.find(Locator::Css("button[data-choose=en]")).await.unwrap().click().await.unwrap();
    says(&window, "1 found").await;
    assert_eq!(script(&window, "return document.documentElement.lang").await, "en");
    assert!(text(&window, "#findings").await.contains("violates"));
    assert!(!text(&window, "#clauses").await.contains('不'), "no Japanese is left");
    assert!(window.current_url().await.unwrap().fragment().unwrap().starts_with("en"));

    // By keys alone: the first stop leads past the bar to the report.
    window.goto("about:blank").await.unwrap();
    window.goto(&address).await.unwrap();
    let body = window.find(Locator::Css("body")).await.unwrap();
    body.send_keys("\u{e004}").await.unwrap();
    assert_eq!(script(&window, "return document.activeElement.className").await, "skip");
    window.active_element().await.unwrap().send_keys("\u{e007}").await.unwrap();
    assert_eq!(script(&window, "return document.activeElement.id").await, "summary");

    // On paper: A4, numbered pages, everything open, and no controls.
    let paper = window.print(PrintConfiguration::default()).await.unwrap();
    let paper = lopdf::Document::load_mem(&paper).unwrap();
    assert!(paper.get_pages().len() > 3);
    window.close().await.unwrap();
}

#[tokio::test]
async fn no_rule_of_accessibility_is_broken_in_either_language_or_scheme() {
    if !have("chromedriver") || !have("npm") {
        return;
    }
    let desk = Desk::new();
    let (address, _) = page(&desk);
    let driver = Driver::start();
    for (size, dark, language) in
        [(LAPTOP, false, "ja"), (LAPTOP, true, "en"), (PHONE, false, "en"), (PHONE, true, "ja")]
    {
        let window = driver.window(size, dark).await;
        window.goto(&format!("{address}#{language}")).await.unwrap();
        let told =
            "return [matchMedia('(prefers-color-scheme: dark)').matches, document.documentElement.lang]";
        assert_eq!(script(&window, told).await, serde_json::json!([dark, language]));
        assert_eq!(axe(&window).await, Vec::<String>::new(), "{size:?} {dark} {language}");
        // Nothing sticks out sideways.
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert_eq!(script(&window, wide).await, 0, "{size:?} {language}");
        window.close().await.unwrap();
    }
}
