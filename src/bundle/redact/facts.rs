//! The facts, replaced and in sekisho's order again.

use super::stand_in::StandIns;
use super::{Order, RedactFault, known, replaced};
use crate::run_folder::{At, FileRecord, FolderFault, LineIndex, LineReader, RunFolder};
use sekisho_contract::fact::{Fact, Resource};
use sekisho_contract::{Endpoint, Provider, Thing};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::sync::Arc;

/// Host and port before, and after.
pub(super) type Hosts = BTreeMap<(String, u16), (String, u16)>;

/// Where resources wait for their order.
const WAITING: &str = "resources.waiting";

/// Writes the facts. Resources rest on the disk while they are put in order: their keys are held, and not they.
pub(super) fn write(
    order: &Order<'_>,
    made: &StandIns,
    folder: &RunFolder,
) -> Result<(FileRecord, Hosts), RedactFault> {
    let path = folder.file(WAITING);
    let writing = || FolderFault::io(&path, "making a working file");
    let mut waiting = BufWriter::with_capacity(1 << 16, File::create_new(&path).map_err(writing())?);
    let (mut index, mut offset, mut line) = (LineIndex::default(), 0_u64, Vec::new());
    let (mut settings, mut cells, mut signals) = (Vec::new(), Vec::new(), Vec::new());
    let mut hosts = Hosts::new();
    let mut writer = folder.facts_writer()?;
    for (number, text) in (1..).zip(order.open.folder.facts().pass()) {
        let whole = known::read(&text?, number)?;
        let told: Fact = replaced(made, "facts", &whole)?;
        match told {
            Fact::Setting(one) => settings.push(one),
            Fact::Cell(one) => cells.push(one),
            Fact::Signal(one) => signals.push(one),
            Fact::Gap(one) => writer.gap(one)?,
            Fact::Resource(one) => {
                if let Fact::Resource(whole) = &whole {
                    renamed(order.providers, whole, &one, &mut hosts)?;
                }
                line.clear();
                serde_json::to_writer(&mut line, &one)?;
                let length = u32::try_from(line.len()).unwrap_or(u32::MAX);
                let group =
                    [&one.provider, &one.account, &one.region, &one.service, one.kind.as_str()].join("\0");
                index.push(&group, &one.id, At { offset, length });
                waiting.write_all(&line).map_err(writing())?;
                offset += u64::from(length);
            }
        }
    }
    waiting.flush().map_err(writing())?;
    drop(waiting);
    let mut reader = LineReader::open(&path)?;
    for same in index.runs() {
        for at in same {
            reader.read(at, &mut line)?;
            writer.resource(serde_json::from_slice::<Resource>(&line)?)?;
        }
    }
    let record = writer.finish(settings, cells, signals)?;
    fs::remove_file(&path).map_err(FolderFault::io(&path, "removing"))?;
    Ok((record, hosts))
}

/// Notes under which name a thing answers before and after; one that answers before has to answer after.
fn renamed(
    providers: &[Arc<dyn Provider>],
    whole: &Resource,
    told: &Resource,
    hosts: &mut Hosts,
) -> Result<(), RedactFault> {
    let Some(provider) = providers.iter().find(|provider| provider.name() == whole.provider) else {
        return Ok(());
    };
    let of = |one: &Resource| {
        let (region, service, kind) = (&one.region, &one.service, one.kind);
        provider.endpoint(&Thing { region, service, kind, id: &one.id, name: &one.name })
    };
    let place = |one: Endpoint| (one.host, one.port);
    match (of(whole), of(told)) {
        (None, None) => Ok(()),
        (Some(was), Some(is)) => {
            hosts.insert(place(was), place(is));
            Ok(())
        }
        (Some(_), None) | (None, Some(_)) => Err(RedactFault::Witnesses),
    }
}
