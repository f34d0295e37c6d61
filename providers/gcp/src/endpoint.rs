//! Where each API is asked.

use sekisho_contract::provider::AccountSection;
use sekisho_contract::{GapReason, Shortfall};
use std::collections::BTreeMap;
use url::Url;

/// The endpoints of one project: the provider's own, or emulators.
#[derive(Debug, Clone)]
pub struct Endpoints {
    all: Option<Url>,
    by_api: BTreeMap<String, Url>,
}

impl Endpoints {
    /// The endpoints an account's section names.
    pub fn of(section: &AccountSection) -> Result<Self, Shortfall> {
        let all = section.endpoint.as_deref().map(parse).transpose()?;
        let by_api = section
            .endpoints
            .iter()
            .map(|(api, text)| Ok((api.clone(), parse(text)?)))
            .collect::<Result<_, Shortfall>>()?;
        Ok(Self { all, by_api })
    }

    /// The root of an API. An emulator has every API below its address under the API's name, unless it stands for
    /// that API alone.
    pub fn root(&self, api: &str) -> Result<Url, Shortfall> {
        if let Some(own) = self.by_api.get(api) {
            return Ok(own.clone());
        }
        match &self.all {
            Some(emulator) => {
                let mut url = emulator.clone();
                let path = format!("{}/{api}", url.path().trim_end_matches('/'));
                url.set_path(&path);
                Ok(url)
            }
            None => parse(&format!("https://{api}.googleapis.com/")),
        }
    }
}

fn parse(text: &str) -> Result<Url, Shortfall> {
    Url::parse(text).map_err(|error| {
        Shortfall::without_call(GapReason::Failed, format!("the endpoint `{text}` is not a URL: {error}"))
    })
}
