//! Endpoints: emulators on this machine, never another machine.

use sekisho_wire::is_loopback;
use url::Url;

/// Why an address may not stand as an endpoint, with the next step.
pub(super) fn fault_of(address: &str) -> Option<(String, String)> {
    let example = "write the emulator's base address, such as \"http://127.0.0.1:5000\"";
    let url = match Url::parse(address) {
        Ok(url) => url,
        Err(cause) => return Some((format!("the endpoint is not a URL: {cause}"), example.to_owned())),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Some(("the endpoint is neither http nor https".to_owned(), example.to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let help = "take the part before @ out: no credential belongs in this file";
        return Some(("the endpoint holds a user name or password".to_owned(), help.to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some(("the endpoint has a part after ? or #".to_owned(), example.to_owned()));
    }
    if is_loopback(&url) {
        return None;
    }
    let help = "an endpoint is an emulator on this machine (127.0.0.1, [::1] or localhost); leave the key out to \
                ask the cloud itself";
    let message = if url.scheme() == "http" {
        "plain http to another machine is refused: signed requests and answers would cross the network unprotected"
    } else {
        "the endpoint is another machine: what it says is no evidence of what is in the cloud"
    };
    Some((message.to_owned(), help.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::fault_of;

    #[test]
    fn only_loopback_is_taken() {
        let cases = [
            ("http://127.0.0.1:5000", ""),
            ("https://localhost:8443/aws", ""),
            ("http://[::1]:9000", ""),
            ("http://127.9.9.9", ""),
            ("http://[::ffff:127.0.0.1]:1", ""),
            ("http://192.168.0.4:5000", "plain http"),
            ("http://localhost.example.com", "plain http"),
            ("http://127.0.0.1.example.com", "plain http"),
            ("http://2130706434", ""),
            ("http://[::]:80", "plain http"),
            ("http://0.0.0.0:80", "plain http"),
            ("https://s3.example.com", "another machine"),
            ("http://user:pass@127.0.0.1", "password"),
            ("http://127.0.0.1@example.com", "user name"),
            ("http://127.0.0.1/?a=b", "after ?"),
            ("ftp://127.0.0.1", "neither"),
            ("127.0.0.1:5000", "not a URL"),
            ("localhost:5000", "neither"),
            ("", "not a URL"),
        ];
        for (address, expected) in cases {
            let said = fault_of(address).map(|(message, _)| message).unwrap_or_default();
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{address}: {said}");
        }
    }
}
