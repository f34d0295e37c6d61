//! What other witnesses than the control plane said in a run: `sekisho/corroboration/v1`.
//!
//! Everything that [`super::levels`] concludes from is in it: the lists and catalogues it was read with are not kept.

use super::address::CountryDatabase;
use super::measurement::Tls;
use super::ranges::Edition;
use super::survey::Silence;
use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_contract::fact::Country;
use sekisho_contract::place::Site;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The schema's name.
pub const SCHEMA: &str = "sekisho/corroboration/v1";

/// What other witnesses said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    /// `sekisho/corroboration/v1`.
    pub schema: String,
    /// When they were asked.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub asked_at: Timestamp,
    /// Whether names were resolved and endpoints connected to: a run may be forbidden to.
    pub network: bool,
    /// Published address ranges.
    pub ranges: Vec<RangesUsed>,
    /// The user's country database.
    pub country_database: Option<CountryDatabase>,
    /// Vantage points.
    pub vantages: Vec<VantageUsed>,
    /// What is in use, by provider, account, region and service.
    pub places: Vec<PlaceInUse>,
    /// The endpoints of that.
    pub endpoints: Vec<Answerer>,
    /// Endpoints, and things to be asked of openly, that were too many for one run.
    pub left_out: u64,
}

/// A published file of address ranges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RangesUsed {
    /// The path or URL it was imported from, as given.
    pub from: String,
    /// What was imported.
    pub edition: Option<Edition>,
    /// Why it was not.
    pub fault: Option<String>,
}

/// A measurement from a vantage point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VantageUsed {
    /// The file, as given.
    pub file: String,
    /// What it calls itself.
    pub name: Option<String>,
    /// Where it says it is.
    pub at: Option<Position>,
    /// SHA-256 of the public key that signed it.
    pub keyid: Option<String>,
    /// When the last handshake was made.
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub measured: Option<Timestamp>,
    /// Why it does not count.
    pub fault: Option<String>,
}

/// A position in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// North of the equator.
    pub latitude: f64,
    /// East of Greenwich.
    pub longitude: f64,
}

/// What is in use of a service in a region of an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceInUse {
    /// `aws`, `azure`, `gcp` or a plugin's name.
    pub provider: String,
    /// The account.
    pub account: String,
    /// The region, as the control plane declares it.
    pub region: String,
    /// The service's short name.
    pub service: String,
    /// The countries that region can mean; none where the place catalogue does not know it.
    pub countries: Vec<Country>,
    /// Its one site, where the provider publishes one.
    pub site: Option<Site>,
    /// How many resources.
    pub resources: u64,
    /// How many of them no name answers for.
    pub nameless: u64,
    /// The endpoints of the others, as numbers in [`Heard::endpoints`].
    pub endpoints: Vec<usize>,
    /// Whether an emulator stands in for the account: names on the internet say nothing of it.
    pub emulated: bool,
    /// Regions that the service told to whoever asks, unsigned, with how many of the resources.
    pub told: Vec<Told>,
}

/// A region told to whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The region.
    pub region: String,
    /// The countries it can mean; none where the place catalogue does not know it.
    pub countries: Vec<Country>,
    /// How many resources.
    pub resources: u64,
    /// The first of them.
    pub example: String,
}

/// A name that answers, and what came of asking it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answerer {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it answers from many places: then nothing follows from how.
    pub everywhere: bool,
    /// Whether a stand-in on this machine was asked in its place.
    pub stand_in: bool,
    /// Addresses beyond those that were asked.
    pub addresses_left_out: u32,
    /// Its addresses, in order.
    pub addresses: Vec<Address>,
    /// The certificate that it showed to this run.
    pub certificate: Option<Shown>,
    /// Why it was not asked, or did not answer this run.
    pub fault: Option<String>,
}

/// A certificate and the regions it names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// The certificate.
    pub tls: Tls,
    /// Regions of the provider among its names.
    pub regions: Vec<Region>,
}

/// A region and what it can mean.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its identifier.
    pub id: String,
    /// The countries it can mean.
    pub countries: Vec<Country>,
}

/// An address of an endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address.
    #[schemars(with = "String")]
    pub address: IpAddr,
    /// Whether this run resolved the name to it; else a vantage point did.
    pub resolved_here: bool,
    /// Whether it is of a range that is used inside networks.
    pub special: bool,
    /// Whose it is by the published ranges.
    pub owner: Option<OwnerTold>,
    /// The country database's opinion. Shown; nothing is decided on it.
    pub country: Option<Country>,
    /// Why round trips to it say nothing.
    pub silent: Option<Silence>,
    /// The shortest round trips from vantage points that count.
    pub times: Vec<Time>,
}

/// Whose an address is, as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnerTold {
    /// The provider.
    pub provider: String,
    /// The region, or the network border group within it; absent where the file ties it to none.
    pub place: Option<String>,
    /// The service, where the file names one.
    pub service: Option<String>,
    /// Announced from many places.
    pub everywhere: bool,
    /// The countries the place can mean.
    pub countries: Vec<Country>,
}

/// The shortest of several round trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// The vantage point, as a number in [`Heard::vantages`].
    pub vantage: usize,
    /// In microseconds.
    pub min_us: u64,
}
