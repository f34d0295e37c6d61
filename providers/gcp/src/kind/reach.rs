//! Who can reach a bucket: by its own policy, and by those of the managed folders in it.

use super::draft::Draft;
use super::inventory::{Found, Policies, Policy};
use super::list::{Page, pages};
use super::principal;
use crate::method::Ask;
use crate::quota;
use crate::session::Session;
use futures::StreamExt;
use sekisho_contract::call::CallId;
use sekisho_contract::fact::Exposure;
use sekisho_contract::operation::Per;
use sekisho_contract::{GapReason, Observed, Shortfall};
use serde::Deserialize;
use serde_json::Value;

operation!(
    /// The managed folders of a bucket; only buckets without lists for single objects have any.
    LIST_FOLDERS = "storage" "managedFolders.list", at "storage/v1/b/{bucket}/managedFolders",
    needs "storage.managedFolders.list", quota quota::STORAGE, Per::Resource, Get,
    facts "folders of a bucket that have a policy of their own"
);
operation!(
    /// The policy on a managed folder: it adds to that of the bucket.
    GET_FOLDER_POLICY = "storage" "managedFolders.getIamPolicy",
    at "storage/v1/b/{bucket}/managedFolders/{managedFolder}/iam", needs "storage.managedFolders.getIamPolicy",
    quota quota::STORAGE, Per::Sometimes, Get, facts "who is let in to a folder of a bucket"
);

/// What the policies of a bucket's folders are, as far as that was seen.
pub type Folders = Result<Vec<(Policy, CallId)>, Shortfall>;

/// What a bucket says of access to it.
pub struct Access<'b> {
    /// `enforced`, `inherited` or nothing.
    pub prevention: Option<&'b str>,
    /// Whether its objects have no lists of their own.
    pub uniform: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManagedFolders {
    #[serde(default)]
    items: Vec<ManagedFolder>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct ManagedFolder {
    name: String,
}

impl Page for ManagedFolders {
    type Item = ManagedFolder;
    fn split(self) -> (Vec<ManagedFolder>, Option<String>) {
        (self.items, self.next_page_token)
    }
    fn name(item: &ManagedFolder) -> String {
        item.name.clone()
    }
}

/// Folders whose policies are asked for at once.
const AT_ONCE: usize = 8;

/// The policies of a bucket's folders. A bucket whose objects have lists of their own cannot have any
/// (cloud.google.com/storage/docs/managed-folders).
pub async fn folders(session: &Session, found: &Found) -> Folders {
    let uniform = found.data.pointer("/iamConfiguration/uniformBucketLevelAccess/enabled");
    if uniform.and_then(Value::as_bool) != Some(true) {
        return Ok(Vec::new());
    }
    let bucket = found.name.trim_start_matches("//storage.googleapis.com/");
    let ask = Ask::of(&LIST_FOLDERS, [("bucket", bucket), ("pageSize", "1000")]).about(&found.name);
    let (folders, missing) = pages::<ManagedFolders>(session, ask).await;
    if let Some(missing) = missing {
        return Err(missing);
    }
    let asks = folders.into_iter().map(|(folder, _)| {
        let of = [
            ("bucket", bucket),
            ("managedFolder", folder.name.as_str()),
            ("optionsRequestedPolicyVersion", "3"),
        ];
        Ask::of(&GET_FOLDER_POLICY, of).about(&format!("{}/{}", found.name, folder.name))
    });
    let asks: Vec<Ask> = asks.collect();
    let mut answers = futures::stream::iter(asks)
        .map(|ask| async move { session.told::<Policy>(&ask).await })
        .buffered(AT_ONCE);
    let mut policies = Vec::new();
    while let Some(heard) = answers.next().await {
        let heard = heard?;
        let wrong = || {
            let operation = &GET_FOLDER_POLICY.operation;
            Shortfall::of(operation, GapReason::Malformed, Some(heard.call), "no policy")
        };
        policies.push((heard.told.ok_or_else(wrong)?, heard.call));
    }
    Ok(policies)
}

/// Whether anyone is let in, and who.
pub fn expose(
    session: &Session,
    draft: &mut Draft<'_>,
    access: &Access<'_>,
    policies: &Policies,
    folders: &Folders,
) {
    let not_read = |detail: &str| Shortfall::without_call(GapReason::NotRead, detail);
    let blocked = match (access.prevention, session.public_access_prevented.get()) {
        (Some("enforced"), _) => Observed::Seen(true),
        // `inherited`, and the same where nothing is said: the organization's policy decides.
        (_, Some(Ok(prevented))) => Observed::Seen(*prevented),
        (_, Some(Err(shortfall))) => draft.sheet.unseen("exposure.public_access_blocked", shortfall),
        (_, None) => {
            let detail = "whether a policy of the organization prevents public access was not read";
            draft.sheet.unseen("exposure.public_access_blocked", &not_read(detail))
        }
    };
    let (public, principals) = let_in(session, draft, access.uniform, policies, folders);
    let tls_only = match session.encrypted_transport.get() {
        Some(Ok(enforced)) => Observed::Seen(*enforced),
        Some(Err(shortfall)) => draft.sheet.unseen("exposure.tls_only", shortfall),
        None => {
            let detail = "whether a policy of the organization refuses plain http was not read";
            draft.sheet.unseen("exposure.tls_only", &not_read(detail))
        }
    };
    let public = public.and(blocked.not());
    draft.resource.exposure = Some(Exposure { public, public_access_blocked: blocked, tls_only, principals });
}

/// Whether any policy lets anyone in, whatever prevents that; and everyone who is let in.
fn let_in(
    session: &Session,
    draft: &mut Draft<'_>,
    uniform: bool,
    policies: &Policies,
    folders: &Folders,
) -> (Observed<bool>, Observed<Vec<sekisho_contract::fact::Principal>>) {
    let (policy, calls) = match policies.on(&draft.resource.id) {
        Ok(told) => told,
        Err(shortfall) => {
            let inside = folders
                .iter()
                .flatten()
                .find(|(policy, _)| principal::open(&principal::all(session, policy)));
            let public = match inside {
                Some((_, call)) => {
                    draft.sheet.shown("exposure", call);
                    Observed::Seen(true)
                }
                None => draft.sheet.unseen("exposure.public", shortfall),
            };
            // Whom its folders let in was not seen either, and says so by itself.
            if let Err(shortfall) = folders {
                draft.sheet.unseen::<()>("exposure.principals", shortfall);
            }
            return (public, draft.sheet.unseen("exposure.principals", shortfall));
        }
    };
    calls.iter().for_each(|call| draft.sheet.shown("exposure", call));
    let mut principals = principal::all(session, &policy);
    // Without uniform access each object can carry a list of its own.
    let lists = Shortfall::without_call(GapReason::NotRead, "access lists of single objects were not read");
    let unseen = match folders {
        _ if !uniform => Some(&lists),
        Ok(folders) => {
            for (policy, call) in folders {
                draft.sheet.shown("exposure", call);
                principals.extend(principal::all(session, policy));
            }
            principals.sort();
            principals.dedup();
            None
        }
        Err(shortfall) => Some(shortfall),
    };
    match (principal::open(&principals), unseen) {
        (open, None) => (Observed::Seen(open), Observed::Seen(principals)),
        (true, Some(unseen)) => (Observed::Seen(true), draft.sheet.unseen("exposure.principals", unseen)),
        (false, Some(unseen)) => {
            let public = draft.sheet.unseen("exposure.public", unseen);
            (public, draft.sheet.unseen("exposure.principals", unseen))
        }
    }
}
