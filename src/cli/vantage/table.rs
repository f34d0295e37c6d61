//! Measurements for people.

use sekisho::checks::bounded;
use sekisho::corroborate::measurement::{Age, Distrust, Measurement, Reached, Target, Tls};
use sekisho::corroborate::rtt::{Left, Reach, Speed, radius_km};
use sekisho::corroborate::survey::{Endpoint, Place, Seat, Silence, Standing, Survey};
use sekisho::text::Language;
use std::fmt::Write;

/// Texts in one language.
#[derive(Clone, Copy)]
struct Say(Language);

impl Say {
    fn say<'t>(self, ja: &'t str, en: &'t str) -> &'t str {
        match self.0 {
            Language::Ja => ja,
            Language::En => en,
        }
    }
}

/// What was measured.
pub fn measured(measurement: &Measurement, language: Language) -> String {
    let say = Say(language);
    let mut text = String::new();
    for target in &measurement.targets {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{}", title(target, say));
        if let Some(fault) = &target.fault {
            let _ = writeln!(text, "  {}: {}", say.say("測定できない", "not measured"), bounded(fault));
        }
        for reached in &target.addresses {
            let _ = writeln!(text, "  {}: {}", reached.address, seen(reached, say));
        }
    }
    text
}

fn title(target: &Target, say: Say) -> String {
    let left_out = match target.addresses_left_out {
        0 => String::new(),
        count => format!(" ({} {count})", say.say("測定しなかったアドレス数", "addresses not asked:")),
    };
    format!("{}:{}{left_out}", bounded(&target.host), target.port)
}

fn seen(reached: &Reached, say: Say) -> String {
    let mut parts = Vec::new();
    if let Some(rtt) = &reached.rtt {
        parts.push(format!(
            "{} {} ({} {}, {}/{})",
            say.say("最短", "least"),
            milliseconds(rtt.min_us),
            say.say("中央値", "median"),
            milliseconds(rtt.median_us),
            rtt.answered,
            u32::from(rtt.answered) + u32::from(rtt.failed)
        ));
    }
    if let Some(tls) = &reached.tls {
        parts.push(certificate(tls, say));
    }
    if let Some(fault) = &reached.fault {
        parts.push(bounded(fault));
    }
    parts.join("; ")
}

fn certificate(tls: &Tls, say: Say) -> String {
    let names = tls.names.iter().take(3).map(|name| bounded(name)).collect::<Vec<_>>().join(", ");
    let standing = match tls.why {
        None => say.say("証明書は信頼できる", "certificate trusted"),
        Some(Distrust::Expired) => say.say("証明書の期限切れ", "certificate expired"),
        Some(Distrust::NotValidYet) => say.say("証明書は期間前", "certificate not valid yet"),
        Some(Distrust::WrongName) => say.say("証明書の名前が違う", "certificate for another name"),
        Some(Distrust::UnknownIssuer) => say.say("証明書の発行者が不明", "certificate of an unknown issuer"),
        Some(Distrust::NoRoots) => say.say("信頼するルート証明書がない", "no root certificates to trust"),
        Some(Distrust::NotHeld) => say.say("証明書の鍵を示さない", "the certificate's key was not shown"),
        Some(Distrust::Other) => say.say("証明書を信頼できない", "certificate not trusted"),
    };
    if names.is_empty() { standing.to_owned() } else { format!("{standing} [{names}]") }
}

/// What signed measurements say together.
pub fn checked(measurements: &[Measurement], keys: &[&str], found: &Survey, language: Language) -> String {
    let say = Say(language);
    let mut text = String::new();
    let _ = writeln!(text, "{}", say.say("測定地点", "vantage points"));
    for (at, ((seat, measurement), key)) in found.vantages.iter().zip(measurements).zip(keys).enumerate() {
        let place = measurement.vantage.as_ref().map_or_else(
            || say.say("場所の記載なし", "no place told").to_owned(),
            |vantage| format!("{} ({}, {})", bounded(&vantage.name), vantage.latitude, vantage.longitude),
        );
        let _ = writeln!(text, "  [{at}] {place}: {}", standing(seat, say));
        let _ = writeln!(
            text,
            "      {} .. {}{}; {} {}",
            seat.taken_from,
            seat.taken_until,
            age(seat.age, say),
            say.say("鍵", "key"),
            key.get(..16).unwrap_or(key)
        );
    }
    for contradiction in &found.contradictions {
        let [one, other] = contradiction.vantages;
        let (apart, most) = (contradiction.excess.apart_km, contradiction.excess.at_most_km);
        let address = contradiction.address;
        let _ = match language {
            Language::Ja => writeln!(
                text,
                "矛盾: [{one}] と [{other}] は {apart:.0} km 離れているとされるが、{address} の往復時間からは {most:.0} km 以内でなければならない（{:.0} km の超過）。いずれも数えない。",
                apart - most
            ),
            Language::En => writeln!(
                text,
                "contradiction: [{one}] and [{other}] say they are {apart:.0} km apart, and round trips to {address} leave {most:.0} km at most ({:.0} km too far); neither counts",
                apart - most
            ),
        };
    }
    for endpoint in &found.endpoints {
        let _ = writeln!(text, "\n{}:{}: {}", bounded(&endpoint.host), endpoint.port, verdict(endpoint, say));
        for place in &endpoint.addresses {
            address(&mut text, place, say);
        }
        for (at, fault) in &endpoint.faults {
            let _ = writeln!(text, "  [{at}] {}", bounded(fault));
        }
    }
    text
}

fn standing(seat: &Seat, say: Say) -> &'static str {
    match (seat.standing, say.0) {
        (Standing::Counts, Language::Ja) => "有効",
        (Standing::Counts, Language::En) => "counts",
        (Standing::Nowhere, Language::Ja) => "場所が不明のため数えない",
        (Standing::Nowhere, Language::En) => "does not count: nobody says where it is",
        (Standing::Elsewhere, Language::Ja) => "日本の陸地にないため数えない",
        (Standing::Elsewhere, Language::En) => "does not count: it is not on Japan's land",
        (Standing::Future, Language::Ja) => "測定時刻が未来のため数えない",
        (Standing::Future, Language::En) => "does not count: it was taken at a time that has not come yet",
        (Standing::Contradicted, Language::Ja) => "他の地点と矛盾するため数えない",
        (Standing::Contradicted, Language::En) => "does not count: it and another contradict each other",
    }
}

fn age(age: Age, say: Say) -> String {
    match age {
        Age::Recent => String::new(),
        Age::Old(days) => format!(" ({days} {})", say.say("日前の測定", "days old")),
        Age::Future => format!(" ({})", say.say("未来", "in the future")),
    }
}

fn verdict(endpoint: &Endpoint, say: Say) -> String {
    match (endpoint.all_foreign_excluded, endpoint.all_foreign_excluded_in_vacuum, &endpoint.nearest_left) {
        (true, true, _) => say.say(
            "国外の陸地はすべて除外される（真空中の光速でも）",
            "all foreign land is excluded (at the speed of light in a vacuum too)",
        ),
        (true, false, _) => say.say(
            "国外の陸地はすべて除外される（光ファイバー中の光速による）",
            "all foreign land is excluded (at the speed of light in fibre)",
        ),
        (false, _, Some(left)) => {
            return format!("{} {}", say.say("除外できない国外:", "not excluded:"), country(left));
        }
        (false, _, None) => say.say("何も言えない", "nothing can be said"),
    }
    .to_owned()
}

fn country(left: &Left) -> String {
    format!("{} ({}, {:.0} km)", left.country, left.name, left.km)
}

fn address(text: &mut String, place: &Place, say: Say) {
    let times = place.rtt_us.iter().map(|(at, rtt_us)| {
        format!("[{at}] {} (≤ {:.0} km)", milliseconds(*rtt_us), radius_km(*rtt_us, Speed::Fibre))
    });
    let times = times.collect::<Vec<_>>().join(", ");
    let said = match (place.silent, &place.exclusion) {
        (Some(Silence::StandIn), _) => say.say("代わりの宛先", "a stand-in: says nothing").to_owned(),
        (Some(Silence::AnnouncedEverywhere), _) => say
            .say(
                "世界各地から広告されるアドレスであり何も言えない",
                "announced from everywhere: says nothing",
            )
            .to_owned(),
        (Some(Silence::NotItself), _) => say
            .say("信頼できない証明書であり何も言えない", "its certificate is not trusted: says nothing")
            .to_owned(),
        (Some(Silence::AnsweredOnTheWay), _) => say
            .say(
                "TLS の応答が遅く、途中の機器が TCP に応答した疑いがある",
                "TLS took much longer: something on the way may have answered for it",
            )
            .to_owned(),
        (Some(Silence::NotMeasured), _) | (None, None) => {
            say.say("有効な測定がない", "not measured from any vantage point that counts").to_owned()
        }
        (None, Some(exclusion)) => {
            let left = |reach: &Reach| match reach.nearest_left() {
                None => say.say("国外なし", "nothing foreign").to_owned(),
                Some(nearest) => match reach.left.len() - 1 {
                    0 => country(nearest),
                    more => format!("{} {} {more}", country(nearest), say.say("ほか", "and others:")),
                },
            };
            format!(
                "{times}; {} {}; {} {}",
                say.say("残る国（光ファイバー）", "left in fibre:"),
                left(&exclusion.fibre),
                say.say("（真空）", "in a vacuum:"),
                left(&exclusion.vacuum)
            )
        }
    };
    let _ = writeln!(text, "  {}: {said}", place.address);
}

/// Microseconds as milliseconds, to the microsecond.
fn milliseconds(us: u64) -> String {
    format!("{}.{:03} ms", us / 1_000, us % 1_000)
}
