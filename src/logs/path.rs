//! What a log file's path says: whose logs they are, and of which hours.

/// What a path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The source: the logs of an account and region, of a resource, of a folder.
    pub source: String,
    /// The region, where the path names it.
    pub region: Option<String>,
    /// Of whose audit log it is, `provider/id`, where the path names it.
    pub account: Option<String>,
    /// Hours since 1970 of which the name speaks; of a digest file, the one in which its own hour ends.
    pub hours: Vec<i64>,
    /// Whether it is one of CloudTrail's digest files.
    pub digest: bool,
}

/// Reads a path, with `/` between folders.
pub fn label(path: &str) -> Label {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    cloudtrail(name)
        .or_else(|| azure(folder))
        .or_else(|| google(folder, name))
        .or_else(|| server_access(folder, name))
        .unwrap_or_else(|| Label {
            source: within(folder),
            region: None,
            account: None,
            hours: Vec::new(),
            digest: false,
        })
}

impl Label {
    /// Whether everything it speaks of was before this hour since 1970. A digest file speaks of the hour before its own
    /// too.
    pub fn is_before(&self, hour: i64) -> bool {
        let last = self.hours.iter().max().map(|last| last - i64::from(self.digest));
        last.is_some_and(|last| last < hour)
    }
}

/// `111111111111_CloudTrail_ap-northeast-1_20261130T0605Z_abc.json.gz`; digests have the trail's name and region besides.
fn cloudtrail(name: &str) -> Option<Label> {
    let mut parts = name.split('_');
    let account = parts.next().filter(|account| account.len() == 12 && digits(account).is_some())?;
    let digest = match parts.next()? {
        "CloudTrail" => false,
        "CloudTrail-Digest" => true,
        _ => return None,
    };
    let region = parts.next()?;
    // The time a file was delivered: its events are of the minutes before. The names of trails may hold anything.
    let time = if digest { parts.next_back() } else { parts.next() };
    let hour = time.and_then(|time| {
        let (date, clock) = time.split_once('T')?;
        hour(date.get(..4)?, date.get(4..6)?, date.get(6..8)?, clock.get(..2)?)
    });
    Some(Label {
        source: trail_source(account, region),
        region: Some(region.to_owned()),
        account: Some(format!("aws/{account}")),
        hours: hour.into_iter().collect(),
        digest,
    })
}

/// What sources of trails begin with.
pub const TRAILS: &str = "cloudtrail/";

/// The source of a trail's files of an account and region.
pub fn trail_source(account: &str, region: &str) -> String {
    format!("{TRAILS}{account}/{region}")
}

/// `…/resourceId=/SUBSCRIPTIONS/…/y=2026/m=11/d=30/h=06/m=00/PT1H.json`.
fn azure(folder: &str) -> Option<Label> {
    let (before, rest) =
        folder.split_once("/y=").or_else(|| folder.strip_prefix("y=").map(|rest| ("", rest)))?;
    let mut parts = rest.split('/');
    let year = parts.next()?;
    let mut part = |mark: &str| parts.next()?.strip_prefix(mark);
    let hour = hour(year, part("m=")?, part("d=")?, part("h=")?)?;
    // The activity log lies under the subscription itself. Of its other categories none tells what was done.
    let administrative =
        ["insights-logs-administrative/", "insights-activity-logs/", "insights-operational-logs/"];
    let told = administrative.iter().any(|container| before.to_lowercase().contains(container));
    let account = Some(before).filter(|_| told).and_then(|before| {
        before.rsplit_once("resourceId=/").and_then(|(_, id)| {
            let (kind, id) = id.split_once('/')?;
            (kind.eq_ignore_ascii_case("subscriptions") && !id.contains('/'))
                .then(|| format!("azure/{}", id.to_lowercase()))
        })
    });
    Some(Label { source: within(before), region: None, account, hours: vec![hour], digest: false })
}

/// `cloudaudit.googleapis.com/activity/2026/11/30/06:00:00_06:59:59_S0.json`.
fn google(folder: &str, name: &str) -> Option<Label> {
    let (before, day) = dated(folder)?;
    let mut parts = name.split('_');
    let (from, to) = (parts.next()?, parts.next()?);
    let clock = |text: &str| (text.len() == 8).then(|| digits(text.get(..2)?)).flatten();
    let (from, to) = (clock(from)?, clock(to)?);
    let hours = (from..=to.min(23)).map(|hour| day * 24 + hour).collect();
    Some(Label { source: within(before), region: None, account: None, hours, digest: false })
}

/// `2026-11-30-06-05-00-0123456789ABCDEF`, in folders by account, region, bucket and day or without.
fn server_access(folder: &str, name: &str) -> Option<Label> {
    let parts: Vec<&str> = name.split('-').collect();
    let [.., year, month, day, clock, minute, second, unique] = parts.as_slice() else { return None };
    let unique = unique.split('.').next().unwrap_or_default();
    if digits(minute).is_none() || digits(second).is_none() || unique.len() != 16 {
        return None;
    }
    let hour = hour(year.get(year.len().checked_sub(4)?..)?, month, day, clock)?;
    let before = dated(folder).map_or(folder, |(before, _)| before);
    // With a day there are the account, the region and the bucket before it.
    let region = (before.len() < folder.len()).then(|| before.rsplit('/').nth(1)).flatten();
    Some(Label {
        source: within(before),
        region: region.map(str::to_owned),
        account: None,
        hours: vec![hour],
        digest: false,
    })
}

/// A folder that ends with a day, and the day since 1970.
fn dated(folder: &str) -> Option<(&str, i64)> {
    let mut parts = folder.rsplitn(4, '/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    Some((parts.next().unwrap_or_default(), hour(year, month, day, "00")? / 24))
}

fn within(folder: &str) -> String {
    format!("folder/{folder}")
}

fn hour(year: &str, month: &str, day: &str, hour: &str) -> Option<i64> {
    let part = |text: &str, length: usize| (text.len() == length).then(|| digits(text)).flatten();
    let (year, month, day) = (part(year, 4)?, part(month, 2)?, part(day, 2)?);
    let hour = part(hour, 2).filter(|hour| *hour < 24)?;
    let date =
        jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    let midnight = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?.as_second();
    Some(midnight / 3_600 + hour)
}

fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_every_cloud() {
        // 2026-11-30T06:00Z.
        let at = 498_888 + 6;
        for (path, source, region, account, hours, digest) in [
            (
                "o/AWSLogs/111111111111/CloudTrail/ap-northeast-1/2026/11/30/111111111111_CloudTrail_ap-northeast-1_20261130T0605Z_a1B2.json.gz",
                "cloudtrail/111111111111/ap-northeast-1",
                Some("ap-northeast-1"),
                Some("aws/111111111111"),
                vec![at],
                false,
            ),
            (
                "111111111111_CloudTrail-Digest_ap-northeast-1_t_ap-northeast-1_20261130T060500Z.json.gz",
                "cloudtrail/111111111111/ap-northeast-1",
                Some("ap-northeast-1"),
                Some("aws/111111111111"),
                vec![at],
                true,
            ),
            (
                "insights-activity-logs/resourceId=/SUBSCRIPTIONS/S/y=2026/m=11/d=30/h=06/m=00/PT1H.json",
                "folder/insights-activity-logs/resourceId=/SUBSCRIPTIONS/S",
                None,
                Some("azure/s"),
                vec![at],
                false,
            ),
            (
                "b/cloudaudit.googleapis.com/activity/2026/11/30/06:00:00_07:59:59_S0.json",
                "folder/b/cloudaudit.googleapis.com/activity",
                None,
                None,
                vec![at, at + 1],
                false,
            ),
            ("logs/2026-11-30-06-05-00-0123456789ABCDEF", "folder/logs", None, None, vec![at], false),
            (
                "p/1/ap-northeast-1/bucket/2026/11/30/2026-11-30-06-05-00-0123456789ABCDEF",
                "folder/p/1/ap-northeast-1/bucket",
                Some("ap-northeast-1"),
                None,
                vec![at],
                false,
            ),
            ("some/where/events.json", "folder/some/where", None, None, vec![], false),
            ("x.json", "folder/", None, None, vec![], false),
        ] {
            let (region, account) = (region.map(Into::into), account.map(Into::into));
            let expected = Label { source: source.into(), region, account, hours, digest };
            assert_eq!(label(path), expected, "{path}");
            // A digest that ends in an hour speaks of the hour before.
            let last = expected.hours.last().map(|last| last - i64::from(digest));
            assert_eq!(
                last.map(|last| (label(path).is_before(last), label(path).is_before(last + 1))),
                last.map(|_| (false, true))
            );
        }
    }
}
