//! The names at which the bytes of things can be had.

use sekisho_contract::{Endpoint, Thing};

/// By type: what follows the name, the port, and whether TLS comes first. SQL Server and MySQL begin it within their
/// own protocols. <https://learn.microsoft.com/azure/private-link/private-endpoint-dns>
const NAMES: &[(&str, &str, u16, bool)] = &[
    ("microsoft.storage/storageaccounts", "blob.core.windows.net", 443, true),
    ("microsoft.keyvault/vaults", "vault.azure.net", 443, true),
    ("microsoft.keyvault/managedhsms", "managedhsm.azure.net", 443, true),
    ("microsoft.sql/servers", "database.windows.net", 1433, false),
    ("microsoft.dbforpostgresql/flexibleservers", "postgres.database.azure.com", 5432, false),
    ("microsoft.dbformysql/flexibleservers", "mysql.database.azure.com", 3306, false),
    ("microsoft.containerregistry/registries", "azurecr.io", 443, true),
    ("microsoft.servicebus/namespaces", "servicebus.windows.net", 443, true),
    ("microsoft.eventhub/namespaces", "servicebus.windows.net", 443, true),
    ("microsoft.search/searchservices", "search.windows.net", 443, true),
    ("microsoft.cache/redis", "redis.cache.windows.net", 6380, true),
];
/// Cosmos DB answers under a name for each region; the one without a region answers from any of them.
const COSMOS: &str = "microsoft.documentdb/databaseaccounts";

/// The name at which the bytes of a thing can be had: that of the account, server or vault they are in.
pub fn of_thing(thing: &Thing<'_>) -> Option<Endpoint> {
    let id = thing.id.to_ascii_lowercase();
    let (_, path) = id.split_once("/providers/")?;
    let mut parts = path.split('/');
    let sort = format!("{}/{}", parts.next()?, parts.next()?);
    let name = parts.next().filter(|name| is_label(name))?;
    if sort == COSMOS {
        let region = is_label(thing.region).then_some(thing.region)?;
        return Some(Endpoint::https(format!("{name}-{region}.documents.azure.com")));
    }
    let (_, suffix, port, tls) = NAMES.iter().find(|(known, ..)| *known == sort)?;
    Some(Endpoint { port: *port, tls: *tls, ..Endpoint::https(format!("{name}.{suffix}")) })
}

/// Whether a text is one label of a host's name.
fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(plain)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_contract::fact::Kind;

    #[test]
    fn names_at_which_bytes_can_be_had() {
        const GROUP: &str = "/subscriptions/0/resourceGroups/g/providers";
        for (id, expected) in [
            ("Microsoft.Storage/storageAccounts/Uketsuke", Some("uketsuke.blob.core.windows.net:443")),
            ("Microsoft.KeyVault/vaults/kagi/keys/one", Some("kagi.vault.azure.net:443")),
            ("Microsoft.Sql/servers/s/databases/d", Some("s.database.windows.net:1433")),
            ("Microsoft.DocumentDB/databaseAccounts/c", Some("c-japaneast.documents.azure.com:443")),
            ("Microsoft.Compute/disks/d", None),
            ("Microsoft.Storage/storageAccounts/evil.example", None),
            ("Microsoft.Storage/storageAccounts", None),
        ] {
            let id = format!("{GROUP}/{id}");
            let found = of_thing(&Thing {
                region: "japaneast",
                service: "",
                kind: Kind::ObjectStore,
                id: &id,
                name: "",
            });
            let found = found.map(|found| format!("{}:{}", found.host, found.port));
            assert_eq!(found.as_deref(), expected, "{id}");
        }
    }
}
