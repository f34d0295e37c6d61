//! Profiles: which checks, documents and statements each numbered demand needs. A YAML file each.

mod profile;

pub use profile::{
    Clause, ClauseCheck, Due, Each, Level, Matter, Paper, Profile, ProfileFault, Scope, Source, Submission,
};

/// The profiles there are, with their files, in order.
const FILES: &[(&str, &str)] = &[("jp-annex-2.yaml", include_str!("jp-annex-2.yaml"))];

/// The ids of the profiles there are.
pub fn ids() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(file, _)| file.trim_end_matches(".yaml"))
}

/// The profile of this id; `None` when there is none.
pub fn find(id: &str) -> Result<Option<Profile>, ProfileFault> {
    match FILES.iter().find(|(file, _)| file.trim_end_matches(".yaml") == id) {
        Some((file, yaml)) => Profile::load(file, yaml).map(Some),
        None => Ok(None),
    }
}

/// The text of a profile's file; `None` when there is none of this id.
pub fn source(id: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| file.trim_end_matches(".yaml") == id).map(|(_, yaml)| *yaml)
}
