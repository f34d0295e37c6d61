//! How well a place is borne out by witnesses other than the control plane that declares it.
//!
//! Pure. A witness that does not speak of a place neither supports nor contradicts it. The level of a place is that of its
//! least borne out endpoint; a contradiction of any counts for all. Nothing here speaks of backups, replicas and logs:
//! no host answers for those.

use super::bounds::{self, Measured};
use super::heard::{Address, Answerer, Heard, PlaceInUse};
use super::measurement::Distrust;
use super::rtt::Nearer;
use crate::text::Text;
use schemars::JsonSchema;
use sekisho_contract::CallId;
use sekisho_contract::fact::Country;
use sekisho_contract::observed::Observed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How well a place is borne out, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A witness disagrees.
    Contradicted,
    /// The control plane says so, and nobody else.
    Declared,
    /// An independent witness agrees.
    Corroborated,
    /// Light is too slow for an answer from any foreign land.
    Bounded,
}

/// What bears a place out, or speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// The provider's published address ranges.
    Ranges,
    /// The certificate of the endpoint.
    Certificate,
    /// What the service tells whoever asks.
    Openly,
    /// Times of round trips.
    RoundTrip,
    /// A country database. It is shown, and decides nothing.
    CountryDatabase,
    /// None: the endpoint was not asked, or did not answer.
    NotAsked,
}

/// What one witness says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// Who.
    pub means: Means,
    /// Whether it supports (`true`) or contradicts (`false`) the declared place; null where it does not tell.
    pub supports: Option<bool>,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// How well a place of a service of an account is borne out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Corroboration {
    /// `provider/account/region/service`.
    pub id: String,
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account.
    pub account: String,
    /// The region, as the control plane declares it.
    pub region: String,
    /// The service's short name.
    pub service: String,
    /// What people call it.
    pub name: String,
    /// The countries the region can mean.
    #[serde(default, skip_serializing_if = "Observed::is_unseen")]
    pub countries: Observed<Vec<Country>>,
    /// How well it is borne out.
    pub level: Level,
    /// How many resources.
    pub resources: u64,
    /// How many names answer for them alone, so that they can be asked.
    pub names: u64,
    /// What witnesses say, contradictions first.
    pub statements: Vec<Statement>,
    /// Always none: witnesses are not asked by calls of the sweep.
    pub evidence: BTreeMap<String, Vec<CallId>>,
}

/// Statements kept of one place.
const STATEMENT_LIMIT: usize = 20;

/// Concludes from what was heard.
pub fn conclude(heard: &Heard, home: &[String]) -> Vec<Corroboration> {
    let vantages = bounds::sound(heard);
    heard.places.iter().map(|place| Bench { heard, home, vantages: &vantages, place }.judge()).collect()
}

struct Bench<'a> {
    heard: &'a Heard,
    home: &'a [String],
    /// Which vantage points count, by their numbers.
    vantages: &'a [Option<bounds::Vantage>],
    place: &'a PlaceInUse,
}

/// How a place that a witness names stands to the declared one: one that the catalogue does not know, and that is not the
/// declared one, may be anywhere.
fn agrees_at(place: &PlaceInUse, told: &str, countries: &[Country]) -> Option<bool> {
    if countries.is_empty() && told != place.region {
        Some(false)
    } else {
        agrees(&place.countries, countries)
    }
}

/// How the countries that a witness names stand to the declared ones.
fn agrees(declared: &[Country], told: &[Country]) -> Option<bool> {
    if declared.is_empty() || told.is_empty() {
        return None;
    }
    if told.iter().all(|country| declared.contains(country)) {
        // Of several declared ones it may be any: a witness that names one of them does not bear out the others.
        return (declared.len() == 1).then_some(true);
    }
    told.iter().all(|country| !declared.contains(country)).then_some(false)
}

impl Bench<'_> {
    fn judge(&self) -> Corroboration {
        let place = self.place;
        let mut statements = Vec::new();
        let answering: Vec<&Answerer> =
            place.endpoints.iter().filter_map(|number| self.heard.endpoints.get(*number)).collect();
        let mut level = answering.iter().map(|one| self.endpoint(one, &mut statements)).min();
        for told in &place.told {
            let supports = agrees_at(place, &told.region, &told.countries);
            statements.push(said(
                Means::Openly,
                supports,
                format!(
                    "署名のない問合せ（{}ほか、計{}件）への回答：{}",
                    told.example, told.resources, told.region
                ),
                format!(
                    "{} ({} in all), asked without credentials: {}",
                    told.example, told.resources, told.region
                ),
            ));
        }
        // Every resource told its place, and no name of one is answered elsewhere.
        let openly: u64 = place.told.iter().map(|told| told.resources).sum();
        let all_told = place.told.iter().all(|told| agrees(&place.countries, &told.countries) == Some(true));
        if openly == place.resources && all_told && openly > 0 {
            level = level.max(Some(Level::Corroborated));
        }
        if statements.iter().any(|one| one.supports == Some(false)) {
            level = Some(Level::Contradicted);
        }
        // What no name answers for rests on the control plane's word.
        let level = match level {
            Some(level) if place.nameless == 0 || level == Level::Contradicted => level,
            _ => Level::Declared,
        };
        if place.emulated && statements.is_empty() && !answering.is_empty() {
            statements.push(said(
                Means::NotAsked,
                None,
                "アカウントの代わりに模擬環境が応答しているため、インターネット上の接続先は確かめていない"
                    .to_owned(),
                "an emulator stands in for the account: its names on the internet were not asked".to_owned(),
            ));
        }
        statements.sort_by_key(|one| match one.supports {
            Some(false) => 0,
            Some(true) => 1,
            None => 2,
        });
        statements.dedup();
        statements.truncate(STATEMENT_LIMIT);
        Corroboration {
            id: format!("{}/{}/{}/{}", place.provider, place.account, place.region, place.service),
            provider: place.provider.clone(),
            account: place.account.clone(),
            region: place.region.clone(),
            service: place.service.clone(),
            name: format!("{} {}", place.service, place.region),
            countries: match place.countries.as_slice() {
                [] => Observed::default(),
                countries => Observed::Seen(countries.to_vec()),
            },
            level,
            resources: place.resources,
            names: answering.iter().filter(|one| self.can_be_asked(one)).count() as u64,
            statements,
            evidence: BTreeMap::new(),
        }
    }

    /// How well one endpoint bears the place out.
    fn endpoint(&self, one: &Answerer, statements: &mut Vec<Statement>) -> Level {
        if one.everywhere {
            statements.push(said(
                Means::Ranges,
                None,
                format!("{}は世界各地から応答する共通の接続先であり、所在を示さない", one.host),
                format!("{} answers from many places, and shows none", one.host),
            ));
            return Level::Declared;
        }
        if let Some(fault) = &one.fault {
            statements.push(said(
                Means::NotAsked,
                None,
                format!("{}から情報を得られなかった（{fault}）", one.host),
                format!("{} gave no information ({fault})", one.host),
            ));
        }
        let before = statements.len();
        let mut addresses = one.addresses.iter().map(|address| self.address(one, address, statements));
        // All of them, since any may be the one that is used.
        let in_bounds =
            addresses.by_ref().fold(None, |all: Option<bool>, bounded| Some(all.unwrap_or(true) && bounded));
        let bounded = in_bounds == Some(true) && one.addresses_left_out == 0;
        let agreeing = statements
            .iter()
            .skip(before)
            .filter(|said| said.means == Means::Ranges && said.supports == Some(true))
            .count();
        let all_agree = agreeing == one.addresses.len() && one.addresses_left_out == 0;
        for said in statements.iter_mut().skip(before).filter(|said| said.supports == Some(true)) {
            let whole = if said.means == Means::RoundTrip { bounded } else { all_agree };
            said.supports = said.supports.filter(|_| whole);
        }
        self.certificate(one, statements);
        // What a stand-in on this machine says bears out nothing but a simulation.
        if one.stand_in && !self.place.emulated {
            for said in statements.iter_mut().skip(before).filter(|said| said.supports == Some(true)) {
                said.supports = None;
            }
        }
        let own = statements.get(before..).unwrap_or_default();
        let deciding = |wanted| own.iter().any(|one| one.supports == Some(wanted));
        if deciding(false) {
            Level::Contradicted
        } else if bounded {
            Level::Bounded
        } else if deciding(true) {
            Level::Corroborated
        } else {
            Level::Declared
        }
    }

    /// Notes what is known of an address; says whether no foreign land can have answered at it.
    fn address(&self, one: &Answerer, address: &Address, statements: &mut Vec<Statement>) -> bool {
        let (host, at) = (&one.host, address.address);
        if address.special && !self.place.emulated {
            statements.push(said(
                Means::Ranges,
                None,
                format!("{host}のアドレス{at}は組織内のもので、所在を示さない"),
                format!("{at}, an address of {host}, is used inside networks and shows no place"),
            ));
            return false;
        }
        match &address.owner {
            Some(owner) => {
                let own = owner.provider == self.place.provider;
                let supports = match &owner.place {
                    Some(place) if own && !owner.everywhere => agrees_at(self.place, place, &owner.countries),
                    _ => None,
                };
                let (ja, en) = match &owner.place {
                    Some(place) => {
                        (format!("{place}（{}）", owner.provider), format!("{place} ({})", owner.provider))
                    }
                    None => (
                        format!("{}（所在を特定しない範囲）", owner.provider),
                        format!("{}, tied to no place", owner.provider),
                    ),
                };
                statements.push(said(
                    Means::Ranges,
                    supports,
                    format!("公開アドレス範囲では、{host}のアドレス{at}は{ja}"),
                    format!("by the published ranges {at}, an address of {host}, is of {en}"),
                ));
            }
            None if self.lists_of_provider() => statements.push(said(
                Means::Ranges,
                None,
                format!("{host}のアドレス{at}は、事業者の公開アドレス範囲にない"),
                format!("{at}, an address of {host}, is in none of the provider's published ranges"),
            )),
            None => {}
        }
        if let Some(country) = &address.country {
            statements.push(said(
                Means::CountryDatabase,
                None,
                format!("国別データベースでは{at}は{country}（参考。判定には用いない）"),
                format!(
                    "the country database says {country} for {at} (for reference; not used for verdicts)"
                ),
            ));
        }
        self.round_trips(one, address, statements)
    }

    fn round_trips(&self, one: &Answerer, address: &Address, statements: &mut Vec<Statement>) -> bool {
        let announced = address.owner.as_ref().is_some_and(|owner| owner.everywhere);
        let measured: Vec<Measured<'_>> = address
            .times
            .iter()
            .filter_map(|time| {
                let vantage = self.vantages.get(time.vantage)?.as_ref()?;
                Some(Measured { vantage, min_us: time.min_us })
            })
            .collect();
        if measured.is_empty() || announced {
            return false;
        }
        let at_home = !self.place.countries.is_empty()
            && self.place.countries.iter().all(|country| self.home.contains(country));
        for time in &measured {
            let (name, ms) = (&time.vantage.name, ms(time.min_us));
            let nearer = self.place.site.as_ref().and_then(|site| time.nearer_than(site));
            match nearer {
                Some(Nearer { site_km: km, .. }) => statements.push(said(
                    Means::RoundTrip,
                    Some(false),
                    format!("{name}から{}（{}）への往復は{ms}ミリ秒で、申告された所在地（{km:.0}km）からの応答としては速すぎる", one.host, address.address),
                    format!("{ms} ms from {name} to {} ({}): too fast for an answer from the declared site, {km:.0} km away", one.host, address.address),
                )),
                None => statements.push(said(
                    Means::RoundTrip,
                    None,
                    format!("{name}から{}（{}）への往復は最短{ms}ミリ秒で、応答元は{:.0}km以内にある", one.host, address.address, time.radius_km()),
                    format!("at least {ms} ms from {name} to {} ({}): what answers is within {:.0} km", one.host, address.address, time.radius_km()),
                )),
            }
        }
        let left = bounds::left_over(&measured, self.home);
        if left.is_none() {
            statements.push(said(
                Means::RoundTrip,
                at_home.then_some(true),
                format!(
                    "{}（{}）への往復時間から、国外のどの陸地からの応答でもない",
                    one.host, address.address
                ),
                format!("the round trips to {} ({}) exclude every foreign land", one.host, address.address),
            ));
        }
        left.is_none() && at_home
    }

    fn certificate(&self, one: &Answerer, statements: &mut Vec<Statement>) {
        let Some(shown) = &one.certificate else { return };
        if !shown.tls.trusted {
            let (ja, en) = distrust(shown.tls.why);
            statements.push(said(
                Means::Certificate,
                None,
                format!("{}の証明書は検証できず、用いない（{ja}）", one.host),
                format!("the certificate of {} cannot be confirmed and is not used ({en})", one.host),
            ));
            return;
        }
        if shown.regions.is_empty() {
            return;
        }
        let told: BTreeSet<Country> =
            shown.regions.iter().flat_map(|region| region.countries.iter().cloned()).collect();
        let names_it = shown.regions.iter().any(|region| region.id == self.place.region);
        let told: Vec<Country> = told.into_iter().collect();
        // One that names this region beside others is made out to this region as well.
        let supports = if names_it && !self.place.countries.is_empty() {
            (shown.regions.len() == 1).then_some(true)
        } else {
            agrees(&self.place.countries, &told)
        };
        // Of names that were left out one may be of a region abroad.
        let supports = supports.filter(|supports| !supports || shown.tls.names_left_out == 0);
        let names: Vec<&str> = shown.regions.iter().map(|region| region.id.as_str()).collect();
        let names = names.join("、");
        statements.push(said(
            Means::Certificate,
            supports,
            format!("{}の証明書は{names}のものである", one.host),
            format!("the certificate of {} is made out to {names}", one.host),
        ));
    }

    /// Whether anything could follow from how a name answers.
    fn can_be_asked(&self, one: &Answerer) -> bool {
        !one.everywhere && (!self.place.emulated || !one.addresses.is_empty())
    }

    fn lists_of_provider(&self) -> bool {
        let editions = self.heard.ranges.iter().filter_map(|used| used.edition.as_ref());
        editions.into_iter().any(|edition| edition.provider == self.place.provider)
    }
}

const fn distrust(why: Option<Distrust>) -> (&'static str, &'static str) {
    match why {
        Some(Distrust::Expired) => ("有効期間が過ぎている", "it is no longer valid"),
        Some(Distrust::NotValidYet) => ("有効期間が始まっていない", "it is not valid yet"),
        Some(Distrust::WrongName) => ("別の名前のものである", "it is for other names"),
        Some(Distrust::UnknownIssuer) => ("信頼する認証局に至らない", "it leads to no root that is trusted"),
        Some(Distrust::NoRoots) => ("信頼する認証局が一つもない", "no root is trusted here"),
        Some(Distrust::NotHeld) => ("鍵の保持が示されていない", "its key was not shown to be held"),
        Some(Distrust::Other) | None => ("その他の理由", "for another reason"),
    }
}

fn said(means: Means, supports: Option<bool>, ja: String, en: String) -> Statement {
    Statement { means, supports, ja, en }
}

/// Milliseconds, to the hundredth.
fn ms(us: u64) -> String {
    format!("{}.{:02}", us / 1_000, us % 1_000 / 10)
}

impl Statement {
    /// Its words.
    pub fn text(&self) -> Text {
        Text { ja: self.ja.clone(), en: self.en.clone() }
    }
}

#[cfg(test)]
mod tests;
