//! What stands on the cover and nowhere on the HTML page: who asked.

use crate::report::display::{self, NAME_LIMIT, Shown};
use crate::report::{Material, in_japan};
use serde::Serialize;

/// The cover's own.
#[derive(Serialize)]
pub struct Front {
    request: Option<Asked>,
}

/// What the run answers, as the officer wrote it.
#[derive(Serialize)]
struct Asked {
    body: Shown,
    person: Option<Shown>,
    contract: Shown,
    nonce: Shown,
    issued: String,
    expires: String,
}

impl Front {
    pub fn new(material: &Material<'_>) -> Self {
        let name = |text: &String| display::name(text, NAME_LIMIT);
        let request = material.run.request.as_ref().map(|request| Asked {
            body: name(&request.body),
            person: request.person.as_ref().map(name),
            contract: name(&request.contract),
            nonce: name(&request.nonce),
            issued: in_japan(request.issued_at),
            expires: in_japan(request.expires_at),
        });
        Self { request }
    }
}
