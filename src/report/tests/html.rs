//! `report.html`.

use super::{sample, written};
use crate::run_folder::{REPORT_HTML, REPORT_JSON};
use base64::Engine;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let rest = &text[text.find(from).unwrap_or_else(|| panic!("no {from}")) + from.len()..];
    &rest[..rest.find(to).unwrap_or_else(|| panic!("no {to} after {from}"))]
}

/// The page without its own style and script.
fn body(page: &str) -> String {
    page.replace(between(page, "<style>", "</style>"), "").replace(between(page, "<script>", "</script>"), "")
}

/// The tags of the page, read by a strict little reader: any stray `<` or unquoted attribute fails.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag that never ends");
        let tag = rest[..end].trim_end_matches('/');
        rest = &rest[end + 1..];
        if tag.starts_with(['/', '!']) {
            continue;
        }
        let (name, mut inside) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "tag {name:?}");
        let mut attributes = Vec::new();
        loop {
            inside = inside.trim_start();
            if inside.is_empty() {
                break;
            }
            let end = inside.find(['=', ' ']).unwrap_or(inside.len());
            let key = inside[..end].to_owned();
            assert!(
                key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "attribute {key:?} of {name}"
            );
            inside = &inside[end..];
            let mut value = String::new();
            if let Some(quoted) = inside.strip_prefix("=\"") {
                let end = quoted.find('"').expect("a value that never ends");
                value = quoted[..end].to_owned();
                inside = &quoted[end + 1..];
            }
            attributes.push((key, value));
        }
        tags.push((name.to_owned(), attributes));
    }
    tags
}

#[test]
fn the_policy_allows_this_style_and_script_and_nothing_else() {
    let page = written(&sample(3), REPORT_HTML);
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\">")
        .replace("&#x27;", "'")
        .replace("&#x2f;", "/");
    let hash = |text| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
    let style = hash(between(&page, "<style>", "</style>"));
    let script = hash(between(&page, "<script>", "</script>"));
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    let running = hash(between(&page, "</style>\n<style>", "</style>"));
    assert!(policy.contains(&format!("style-src 'sha256-{style}' 'sha256-{running}';")), "{policy}");
    assert!(policy.contains(&format!("script-src 'sha256-{script}';")), "{policy}");
    assert!(!policy.contains("unsafe"));
    // The other is data, which nothing runs.
    let scripts = ["<style", "<script", "<script>", "<script type=\"application/json\""];
    assert_eq!(scripts.map(|tag| page.matches(tag).count()), [2, 2, 1, 1]);
}

#[test]
fn it_loads_nothing_and_other_peoples_text_is_only_text() {
    let page = body(&written(&sample(3), REPORT_HTML));
    let ours: BTreeSet<&str> = "html head meta title style body a p span header nav div button main section h1 h2 h3 h4 \
        dl dt dd br small ul ol li strong bdi code table caption thead tbody tr th td figure figcaption svg path g \
        circle polygon rect text tspan form label input select fieldset legend output article details summary footer script"
        .split_whitespace()
        .collect();
    for (tag, attributes) in tags(&page) {
        assert!(ours.contains(tag.as_str()), "<{tag}>");
        for (key, value) in attributes {
            assert!(!key.starts_with("on") && key != "style" && key != "src", "{tag} {key}");
            let leads_within = key != "href" || value.starts_with('#');
            assert!(leads_within, "{tag} {key}={value}");
        }
    }
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(page.contains("invoice[U+202E]fdp.exe"));
    for hidden in ['\u{202e}', '\u{200b}', '\u{7}', '\u{1b}', '\0', '\u{2028}'] {
        assert!(!page.contains(hidden), "{hidden:?}");
    }
    assert!(page.contains("（全100,000文字）"));
    let style_and_script = [include_str!("../html/report.css"), include_str!("../html/report.js")].concat();
    for load in ["http:", "https:", "url(", "@import", "fetch(", "eval(", "innerHTML", "localStorage"] {
        assert!(!style_and_script.contains(load), "{load}");
    }
}

#[test]
fn every_label_stands_in_both_languages() {
    let page = body(&written(&sample(3), REPORT_HTML));
    let tags = tags(&page);
    for element in ["span", "bdi", "tspan", "button"] {
        let count = |language: &str| {
            let marked = |(tag, attributes): &&(String, Vec<(String, String)>)| {
                tag == element && attributes.iter().any(|(key, value)| key == "lang" && value == language)
            };
            tags.iter().filter(marked).count()
        };
        assert_eq!(count("ja"), count("en"), "{element}");
        assert!(count("ja") > 0, "{element}");
        for language in ["ja", "en"] {
            assert!(!page.contains(&format!("lang=\"{language}\"></{element}>")), "empty {element}");
        }
    }
}

#[test]
fn links_lead_to_something_and_ids_are_unique() {
    let page = body(&written(&sample(3), REPORT_HTML));
    let tags = tags(&page);
    let values = |wanted: &str| -> Vec<String> {
        tags.iter()
            .flat_map(|(_, attributes)| attributes)
            .filter(|(key, _)| key == wanted)
            .map(|(_, v)| v.clone())
            .collect()
    };
    let ids = values("id");
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(ids.len(), unique.len());
    for target in values("href")
        .iter()
        .map(|href| href.trim_start_matches('#').to_owned())
        .chain(values("for"))
        .chain(values("aria-describedby"))
        .chain(values("aria-labelledby"))
    {
        assert!(unique.contains(&target), "{target}");
    }
    let levels: Vec<u32> = tags
        .iter()
        .filter_map(|(tag, _)| tag.strip_prefix('h').and_then(|level| level.parse().ok()))
        .collect();
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    assert!(tags.iter().filter(|(tag, _)| tag == "th").all(|(_, a)| a.iter().any(|(key, _)| key == "scope")));
}

#[test]
fn a_recommendation_unmet_is_never_called_a_violation() {
    let page = written(&sample(0), REPORT_HTML);
    let clause = between(&page, "id=\"clause-V-6\"", "</article>");
    assert!(clause.contains("推奨未達") && clause.contains("recommendation unmet"));
    assert!(!clause.contains("class=\"badge violates\""));
}

#[test]
fn many_findings_stay_bounded_and_are_counted() {
    let page = written(&sample(20_000), REPORT_HTML);
    assert!(page.len() < 20_000_000, "{} bytes", page.len());
    assert!(page.contains("所見 20,003件のうち 500件を示した。残る 19,503件は report.json に収める。"));
    assert!(page.contains("件の根拠があり、report.json に収める。"));
}

#[test]
fn every_finding_can_be_searched_for_and_none_of_it_is_markup() {
    let sample = sample(1_200);
    let page = written(&sample, REPORT_HTML);
    let data = between(&page, "<script type=\"application/json\" id=\"findings-data\">", "</script>");
    assert!(!data.contains(['<', '>', '&', '\u{202e}', '\u{2028}', '\0']));
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    let told = |row: &serde_json::Value| {
        let (check, word) = (row[0].as_u64().unwrap() as usize, row[1].as_u64().unwrap() as usize);
        let (name, reason) = (row[2].as_str().unwrap(), row[4].as_i64().unwrap() as usize);
        let check = data["checks"][check]["anchor"].as_str().unwrap();
        let class = data["words"][word]["class"].as_str().unwrap();
        format!("{check} {class} {name} {}", data["reasons"][reason][0].as_str().unwrap())
    };
    let rows: Vec<String> = data["rows"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(rows.len(), sample.assessment.findings.len());
    let archive = "check-copies-in-home-country violates tohoku-survey-archive 「tohoku-survey-archive」の複製が国外（シンガポール）に置かれている。";
    assert_eq!(rows.iter().filter(|row| *row == archive).count(), 1);
    assert!(rows.iter().any(|row| row.contains("<script>alert(1)</script>")));
    // An advised shortfall is called nothing worse here either.
    assert!(rows.iter().any(|row| row.contains(" advised ")));
    let anchors = data["checks"].as_array().unwrap();
    assert!(
        anchors.iter().all(|check| page.contains(&format!("id=\"{}\"", check["anchor"].as_str().unwrap())))
    );
}

#[test]
fn setting_back_is_told_side_by_side_with_a_time_line() {
    let page = body(&written(&sample(20), REPORT_HTML));
    let section = between(&page, "<section id=\"recovery\"", "</section>");
    for words in [
        "最悪 7日",
        "使える復旧時点がない",
        "復旧は未証明",
        "restore unproven",
        "定めなし",
        "失敗したジョブ 3件",
        "間隔の中央値 24時間",
    ] {
        assert!(section.contains(words), "{words}: {section}");
    }
    assert_eq!(section.matches("<svg").count(), 2);
    assert!(section.matches("class=\"tick\"").count() >= 18 && section.contains("class=\"gap\""));
    assert!(section.contains("&lt;script&gt;alert(1)"), "escaped");
}

#[test]
fn the_calendar_says_when_and_who_lifts_it() {
    let page = body(&written(&sample(20), REPORT_HTML));
    let section = between(&page, "<section id=\"erasure\"", "</section>");
    for words in [
        "2031-03-31",
        "コンプライアンスモードの保持",
        "誰にも解除できない",
        "期限なし",
        "あるかもしれない妨げ",
        "（Ⅴ-６）",
        "不可（オブジェクトごとに鍵が異なり得る）",
        "写し &lt;b&gt;copy",
    ] {
        assert!(section.contains(words), "{words}: {section}");
    }
    // Twenty-one stores share three obstacles.
    assert_eq!(between(section, "calendar-title", "</table>").matches("<tr>").count(), 1 + 3);
}

#[test]
fn a_hundred_thousand_resources_do_not_blow_up_the_page() {
    let mut sample = sample(0);
    (sample.assessment.recovery, sample.assessment.erasure) = super::sample::prospects(100_000);
    let page = written(&sample, REPORT_HTML);
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
    assert!(page.contains("ほか49,996件は、これらより良いか同じである。"));
    let report = written(&sample, REPORT_JSON);
    assert!(report.len() < 20_000_000, "{} bytes", report.len());
}

#[test]
fn each_language_has_its_own_clause_numbers() {
    let page = body(&written(&sample(0), REPORT_HTML));
    for clause in ["clause-V-3", "clause-III-1-5"] {
        let title = between(&page, &format!("id=\"{clause}-title\">"), "</h3>");
        let id = clause.trim_start_matches("clause-");
        assert!(title.contains(&format!("<span class=\"clause-ref\" lang=\"en\">{id}</span>")), "{title}");
    }
    assert!(page.contains("<span class=\"clause-ref\" lang=\"ja\">Ⅲ-１（５）</span>"));
}

#[test]
fn a_sweep_without_holes_is_said_to_be_whole() {
    let mut sample = sample(0);
    let told = |sample: &super::sample::Sample| body(&written(sample, REPORT_HTML));
    assert!(told(&sample).contains("単位を確認できなかった。"));
    for cell in &mut sample.assessment.cells {
        cell.state = sekisho_contract::fact::CellState::Listed;
    }
    let page = told(&sample);
    assert!(
        page.contains("93単位をすべて確認した。") && !page.contains("単位を確認できなかった。"),
        "{page}"
    );
}

#[test]
fn the_cover_names_the_profiles_version_and_when_facts_were_gathered() {
    let page = written(&sample(0), REPORT_HTML);
    let cover = between(&page, "<div class=\"cover\">", "<section id=\"summary\"");
    for words in ["2026-11-2", "2026-11-23 19:36 JST", "2026-11-23 19:43 JST"] {
        assert!(cover.contains(words), "{words}");
    }
}

#[test]
fn copies_at_home_abroad_and_of_unknown_place_are_told_apart() {
    let page = written(&sample(0), REPORT_HTML);
    let map = between(&page, "<section id=\"map\"", "</section>");
    assert!(map.contains("国内 409件（うち要機密 387件）"));
    assert!(map.contains("国外 9件（うち要機密 6件）") && map.contains("所在不明 3件（うち要機密 3件）"));
    assert!(map.contains("<title>シンガポール / Singapore: 1</title>"));
    assert_eq!(map.matches("<g class=\"mark abroad\">").count(), 1 + 4);
    assert!(map.contains("国は分かるが拠点が公表されていない保存先1件"));
}
