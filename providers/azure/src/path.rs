//! Identifiers of Resource Manager: paths whose letters' case does not count.

/// The identifier as sekisho writes it: in small letters, as Resource Manager takes no account of case and its services
/// spell one and the same name differently.
pub fn id(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    // Some services leave the first slash out.
    if text.starts_with("subscriptions/") { format!("/{text}") } else { text }
}

/// Whether a text has the form of an identifier below a subscription: it becomes part of the path that is asked.
pub fn is_resource(text: &str) -> bool {
    let sound = |part: &str| {
        !matches!(part, "" | "." | "..")
            && !part.chars().any(|c| c.is_control() || matches!(c, '?' | '#' | '\\'))
    };
    let mut parts = text.split('/');
    text.len() < 1_500
        && parts.next() == Some("")
        && parts.next().is_some_and(|first| first.eq_ignore_ascii_case("subscriptions"))
        && parts.all(sound)
        && text.split('/').count() > 2
}

/// The subscription an identifier lies in.
pub fn subscription(id: &str) -> Option<&str> {
    let mut parts = id.split('/');
    let first = (parts.next() == Some("")
        && parts.next().is_some_and(|s| s.eq_ignore_ascii_case("subscriptions")))
    .then(|| parts.next());
    first.flatten().filter(|part| !part.is_empty())
}

/// Whether an identifier is another's, or lies below it.
pub fn is_below(id: &str, scope: &str) -> bool {
    let (id, scope) = (id.to_ascii_lowercase(), scope.trim_end_matches('/').to_ascii_lowercase());
    id == scope || id.strip_prefix(scope.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

/// The resource that a child is a part of: without its last type and name.
pub fn parent(id: &str) -> Option<&str> {
    id.rsplit_once('/')?.0.rsplit_once('/').map(|(above, _)| above)
}

/// The last part of an identifier.
pub fn name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or_default()
}

/// The canonical name of a place, of which answers give the display name as well: `Japan East` is `japaneast`.
pub fn place(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}

/// Whether a text has the form of a subscription's or tenant's id.
pub fn is_guid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The name by which a key is known whatever its version: its address in its vault, without version and port.
pub fn key(address: &str) -> String {
    let address = address.trim().to_ascii_lowercase();
    let Some((host, rest)) = address.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else {
        return address;
    };
    let host = host.strip_suffix(":443").unwrap_or(host);
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    match (parts.next(), parts.next()) {
        (Some("keys"), Some(name)) => format!("https://{host}/keys/{name}"),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_places_keys_and_resources_have_one_form() {
        for (told, name) in
            [("Japan East", "japaneast"), ("WestUS", "westus"), ("global", "global"), ("", "")]
        {
            assert_eq!(place(told), name);
        }
        for (told, name) in [
            ("https://Vault.vault.azure.net:443/keys/K/0123", "https://vault.vault.azure.net/keys/k"),
            ("https://vault.vault.azure.net/keys/k", "https://vault.vault.azure.net/keys/k"),
            ("elsewhere", "elsewhere"),
        ] {
            assert_eq!(key(told), name);
        }
        assert_eq!(id("subscriptions/A/resourceGroups/G"), "/subscriptions/a/resourcegroups/g");
        assert_eq!(subscription("/Subscriptions/a/b"), Some("a"));
        assert_eq!(parent("/subscriptions/a/x/servers/s/databases/d"), Some("/subscriptions/a/x/servers/s"));
        assert!(
            is_below("/subscriptions/A/b", "/subscriptions/a")
                && !is_below("/subscriptions/ab", "/subscriptions/a")
        );
        assert!(is_guid("00000000-0000-0000-0000-00000000000a") && !is_guid("00000000-0000-0000-0000"));
    }

    #[test]
    fn only_identifiers_become_part_of_a_path() {
        for good in ["/subscriptions/a", "/subscriptions/a/resourceGroups/g (old)/providers/x/y/z"] {
            assert!(is_resource(good), "{good}");
        }
        for bad in [
            "",
            "/",
            "/subscriptions",
            "/subscriptions/",
            "/subscriptions/a/../b",
            "/subscriptions/a?x",
            "subscriptions/a",
            "/tenants/a",
            "/subscriptions/a//b",
        ] {
            assert!(!is_resource(bad), "{bad}");
        }
    }
}
