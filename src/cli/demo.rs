//! `sekisho demo`: the whole job on an embedded simulated tenancy.

use super::assess::drive;
use super::demo_ceremony::Ceremony;
use super::engine::{self, Begin, Order, Outcome};
use super::problem::Problem;
use super::screen::Screen;
use super::{demo_logs, demo_witnesses, drift, exit, out_folder, tenancy};
use sekisho::documents::file::{FileFound, FileState};
use sekisho::documents::{Register, gather};
use sekisho::text::Language;
use sekisho_simulator::{Description, Simulator, dated};
use serde_json::Value;
use std::path::{Path, PathBuf};

const CLOUD: &str = include_str!("demo/cloud.yaml");
const TENANCY: &str = include_str!("demo/tenancy.toml");
/// The demo's register: what a contractor would keep in `documents/`.
const DOCUMENTS: &[(&str, &str)] = &[
    ("aws-contract", include_str!("demo/documents/aws-contract.toml")),
    ("aws-ismap", include_str!("demo/documents/aws-ismap.toml")),
    ("aws-iso27001", include_str!("demo/documents/aws-iso27001.toml")),
    ("aws-sla", include_str!("demo/documents/aws-sla.toml")),
    ("aws-soc2", include_str!("demo/documents/aws-soc2.toml")),
    ("aws-vulnerabilities", include_str!("demo/documents/aws-vulnerabilities.toml")),
    ("azure-contract", include_str!("demo/documents/azure-contract.toml")),
    ("azure-iso27001", include_str!("demo/documents/azure-iso27001.toml")),
    ("azure-sla", include_str!("demo/documents/azure-sla.toml")),
    ("azure-soc2", include_str!("demo/documents/azure-soc2.toml")),
    ("azure-vulnerabilities", include_str!("demo/documents/azure-vulnerabilities.toml")),
    ("contractor-profile", include_str!("demo/documents/contractor-profile.toml")),
    ("declared-rpo", include_str!("demo/documents/declared-rpo.toml")),
    ("disclosure-agreed", include_str!("demo/documents/disclosure-agreed.toml")),
    ("disclosure-list", include_str!("demo/documents/disclosure-list.toml")),
    ("export-formats", include_str!("demo/documents/export-formats.toml")),
    ("gcp-contract", include_str!("demo/documents/gcp-contract.toml")),
    ("gcp-iso27001", include_str!("demo/documents/gcp-iso27001.toml")),
    ("gcp-soc2", include_str!("demo/documents/gcp-soc2.toml")),
    ("gcp-vulnerabilities", include_str!("demo/documents/gcp-vulnerabilities.toml")),
    ("handling-marking", include_str!("demo/documents/handling-marking.toml")),
    ("incident-contact", include_str!("demo/documents/incident-contact.toml")),
    ("monitoring-organisation", include_str!("demo/documents/monitoring-organisation.toml")),
    ("no-equipment", include_str!("demo/documents/no-equipment.toml")),
    ("no-subcontracting", include_str!("demo/documents/no-subcontracting.toml")),
    ("privacy-mark", include_str!("demo/documents/privacy-mark.toml")),
    ("reviewed", include_str!("demo/documents/reviewed.toml")),
    ("security-measures", include_str!("demo/documents/security-measures.toml")),
];
/// The tenancy's name in it.
const NAME: &str = "文書管理システム(デモ)";
/// What stands in the embedded tenancy file for the simulator's address.
const ENDPOINT: &str = "http://127.0.0.1:0";

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder to write to; an earlier demo that is there is replaced.
    #[arg(long, value_name = "DIR", default_value = "sekisho-demo")]
    pub out: PathBuf,
    /// The language of the summary.
    #[arg(long, value_name = "ja|en", default_value = "ja", value_parser = super::assess::language)]
    pub lang: Language,
}

/// Where the files that the demo's tenancy names are written, in the run's folder.
const INPUTS: &str = "demo-inputs";

/// The run that is made a while later, in the run's folder.
const LATER: &str = "later";
/// The draft of a change application, in the run's folder.
const APPLICATION: &str = "change-application.md";
/// The forms of the report that are made beside the page.
const PAPERS: [&str; 2] = ["pdf", "xlsx"];
/// What is planted between the two runs: in the place of the first stands the second.
const CHANGES: &[(&str, &str)] = &[
    // What was copied to Osaka is copied to Singapore (V-3).
    (
        "{id: to-osaka, destination_bucket: bunsho-osaka-00}",
        "{id: to-osaka, destination_bucket: bunsho-export-tmp}",
    ),
    // Who signs in is kept for two weeks in place of a month (V-6).
    (
        "name: /bunsho/login, count: ~, retention_days: 30",
        "name: /bunsho/login, count: ~, retention_days: 14",
    ),
    // A trail was stopped (V-6).
    ("{<<: *trail, name: kansa-hokan}", "{<<: *trail, name: kansa-hokan, logging: false}"),
];

/// Assesses the demo tenancy as an officer asks for it, verifies the sealed answer, and tells what changed a while later.
pub fn run(arguments: &Arguments, screen: &Screen) -> Result<u8, Problem> {
    let begin = if is_demo(&arguments.out) { Begin::Replace } else { Begin::Fresh };
    out_folder::prepare(&arguments.out, begin)?;
    let (inputs, now) = (arguments.out.join(INPUTS), jiff::Timestamp::now());
    demo_logs::write(&inputs, &open_regions(), now)?;
    demo_witnesses::write(&inputs, now)?;
    let stage = Stage { register: register(), inputs, language: arguments.lang };
    let (outcome, ceremony) = stage.assess(CLOUD, &arguments.out, begin, true, screen)?;
    screen.result(&outcome.summary)?;
    engine::rebuild(&arguments.out, &PAPERS.map(str::to_owned), None, screen.result_look())?;
    if let Some(ceremony) = ceremony {
        ceremony.end(&arguments.out, arguments.lang, screen)?;
    }

    let later = arguments.out.join(LATER);
    let begin = if is_demo(&later) { Begin::Replace } else { Begin::Fresh };
    out_folder::prepare(&later, begin)?;
    screen.message("A while later, three things have changed. What sekisho drift tells of them:");
    let cloud = CHANGES.iter().fold(CLOUD.to_owned(), |cloud, (was, is)| cloud.replace(was, is));
    stage.assess(&cloud, &later, begin, false, screen)?;
    let application = arguments.out.join(APPLICATION);
    let told = drift::told(&arguments.out, &later, &application, arguments.lang, screen)?;
    screen.result(&format!("\n{told}"))?;

    let page = arguments.out.join("report.html");
    screen.message(&format!(
        "Open {} in a browser; report.pdf and report.xlsx beside it say the same on paper and in a workbook. {} is what the change application would begin with.",
        page.display(),
        application.display()
    ));
    screen.message(
        "The demo worked (exit code 0). Its tenancy has problems planted in it; on a tenancy of your own \
         `sekisho assess` would end with the code of its verdict.",
    );
    Ok(exit::CONFORMS)
}

/// What every run of the demo uses.
struct Stage {
    register: Register,
    inputs: PathBuf,
    language: Language,
}

impl Stage {
    /// Assesses a simulated cloud, as an officer asks for it where `asked`.
    fn assess(
        &self,
        cloud: &str,
        out: &Path,
        begin: Begin,
        asked: bool,
        screen: &Screen,
    ) -> Result<(Outcome, Option<Ceremony>), Problem> {
        let stopped = |cause: String| {
            Problem::failed(format!("the simulated cloud did not start: {cause}"), "try again")
        };
        let cloud = dated(cloud, jiff::Timestamp::now());
        let description = Description::parse(&cloud).map_err(|cause| stopped(cause.to_string()))?;
        let simulator = Simulator::start(description).map_err(|cause| stopped(cause.to_string()))?;
        let text =
            TENANCY.replace(ENDPOINT, &simulator.endpoint()) + demo_logs::TENANCY + demo_witnesses::TENANCY;
        let tenancy = tenancy::read_text("the demo's tenancy.toml", &text, screen)?;
        screen.message(&format!(
            "A simulated contractor's tenancy ({} accounts) answers at {}; nothing leaves this machine.",
            tenancy.accounts.len(),
            simulator.endpoint()
        ));
        let ceremony = match asked {
            true => Some(Ceremony::begin(&tenancy, &self.inputs, jiff::Timestamp::now())?),
            false => None,
        };
        let request = ceremony.as_ref().map(|ceremony| &ceremony.request);
        let order = Order {
            tenancy: &tenancy,
            request: request.map(|(request, envelope)| (request, envelope.as_slice())),
            register: &self.register,
            inputs: &self.inputs,
            out,
            begin,
            simulated: Some(simulator.credentials()),
            language: self.language,
            look: screen.result_look(),
        };
        let outcome = drive(order, screen)?;
        match &outcome.incomplete {
            Some(why) => {
                let what = format!("the demo was stopped: {}", why.get(self.language));
                Err(Problem::failed(what, "run it again"))
            }
            None => Ok((outcome, ceremony)),
        }
    }
}

/// The regions that every AWS account has open.
fn open_regions() -> Vec<&'static str> {
    let aws = sekisho::providers::all().iter().find(|provider| provider.name() == "aws");
    let regions = aws.into_iter().flat_map(|aws| aws.places().regions());
    regions.filter(|(_, place)| !place.opt_in).map(|(region, _)| region).collect()
}

/// The register of the demo. Its documents are not there: their digests stand for them.
fn register() -> Register {
    let texts = DOCUMENTS.iter().map(|(id, text)| ((*id).to_owned(), Ok((*text).to_owned())));
    gather(texts.collect(), &|_, _| FileFound { state: FileState::Withheld, signatures: Vec::new() }).register
}

/// Whether the folder holds an earlier demo: any other run is evidence, and is not overwritten.
fn is_demo(folder: &Path) -> bool {
    let run = std::fs::read(folder.join("run.json")).ok();
    let run: Option<Value> = run.and_then(|text| serde_json::from_slice(&text).ok());
    run.is_some_and(|run| run["tenancy"]["name"] == NAME)
}

#[cfg(test)]
mod tests {
    use super::{CLOUD, DOCUMENTS, ENDPOINT, NAME, TENANCY};
    use sekisho_simulator::Description;

    #[test]
    fn every_document_of_the_folder_is_embedded_and_sound() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/demo/documents");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), DOCUMENTS.len());
        let register = super::register();
        assert_eq!((register.documents.len(), &register.faulty), (DOCUMENTS.len(), &Vec::new()));
    }

    #[test]
    fn what_is_planted_later_is_there_to_be_planted() {
        for (was, is) in super::CHANGES {
            assert_eq!(CLOUD.matches(was).count(), 1, "{was}");
            assert!(Description::parse(&CLOUD.replace(was, is)).is_ok(), "{is}");
        }
    }

    #[test]
    fn the_embedded_files_are_sound_and_name_the_same_accounts() {
        let description = Description::parse(CLOUD).unwrap();
        assert!(TENANCY.contains(ENDPOINT));
        assert!(TENANCY.contains(&format!("name = \"{NAME}\"")));
        let aws = description.accounts.iter().map(|account| account.id.to_string());
        let azure = description.azure.iter().flat_map(|azure| &azure.subscriptions).map(|one| one.id.clone());
        let gcp = description.gcp.iter().flat_map(|gcp| &gcp.projects).map(|project| project.id.clone());
        let described: Vec<String> = aws.chain(azure).chain(gcp).collect();
        assert_eq!(described.len(), TENANCY.matches("[[account]]").count());
        for id in described {
            assert!(TENANCY.contains(&format!("id = \"{id}\"")), "{id}");
        }
    }
}
