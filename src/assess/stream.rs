//! Reads resources in batches and hands them to one judge a thread.

use super::AssessError;
use super::ground::{Sort, sort_of};
use super::judge::{Bench, Judge};
use super::source::FactSource;
use super::tally::Tally;
use sekisho_contract::fact::Signal;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Lines handed over at once.
const BATCH: usize = 256;

/// How the reading ended.
pub(super) enum Streamed {
    /// Every resource was judged; and what other witnesses say.
    Judged(Box<Tally>, Vec<Signal>),
    /// A setting, cell or gap came after a resource that was judged without knowing it.
    OutOfOrder,
}

/// Lines of resources, with the number of each.
type Batch = Vec<(u64, String)>;

/// Judges every resource of the facts. `whole` says that the ground was gathered from the whole file.
pub(super) fn judge_all<S: FactSource + ?Sized>(
    facts: &S,
    bench: Bench<'_>,
    whole: bool,
    threads: Option<NonZeroUsize>,
) -> Result<Streamed, AssessError> {
    let threads = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Batch>(threads * 2);
        // Owned by the judges alone: when none is left, sending fails instead of waiting for ever.
        let receiver = Arc::new(Mutex::new(receiver));
        let judges: Vec<_> = (0..threads)
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                scope.spawn(move || work(&receiver, bench))
            })
            .collect();
        drop(receiver);
        let read = read(facts, bench, whole, |batch| sender.send(batch).is_ok());
        drop(sender);
        let mut sum = Tally::new(bench.rules.len());
        let mut first_fault: Option<(u64, AssessError)> = None;
        for judge in judges {
            match judge.join() {
                Ok(Ok(tally)) => sum.add(tally),
                Ok(Err(fault)) if first_fault.as_ref().is_none_or(|first| fault.0 < first.0) => {
                    first_fault = Some(fault);
                }
                Ok(Err(_)) => {}
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        match (first_fault, read) {
            (Some((_, fault)), _) | (None, Err(fault)) => Err(fault),
            (None, Ok(Some(signals))) => Ok(Streamed::Judged(Box::new(sum), signals)),
            (None, Ok(None)) => Ok(Streamed::OutOfOrder),
        }
    })
}

/// One thread: takes batches until there are no more. After a fault it goes on taking, so that the fault of
/// the lowest line is found whatever the number of threads.
fn work(receiver: &Mutex<Receiver<Batch>>, bench: Bench<'_>) -> Result<Tally, (u64, AssessError)> {
    let mut judge = Judge::new(bench);
    let mut first_fault: Option<(u64, AssessError)> = None;
    loop {
        let batch = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(batch) = batch else { break };
        for (number, line) in batch {
            if first_fault.is_some() {
                break;
            }
            first_fault = judge.resource(&line, number).err().map(|fault| (number, fault));
        }
    }
    match first_fault {
        Some(fault) => Err(fault),
        None => {
            // Each thread sorts its own: what is left for the end is to merge.
            judge.tally.sort();
            Ok(judge.tally)
        }
    }
}

/// Reads the lines; gives what other witnesses say, or nothing where something that must be known first came late. What was
/// read before a fault is handed over too: a fault in an earlier line is the one to name.
fn read<S: FactSource + ?Sized>(
    facts: &S,
    bench: Bench<'_>,
    whole: bool,
    mut hand_over: impl FnMut(Batch) -> bool,
) -> Result<Option<Vec<Signal>>, AssessError> {
    let ground = bench.ground.settings.len() + bench.ground.cells.len() + bench.ground.gaps.len();
    let (mut known, mut batch) = (0_usize, Vec::with_capacity(BATCH));
    let mut signals = Vec::new();
    let mut end = Ok(true);
    for (at, line) in facts.pass().enumerate() {
        let number = at as u64 + 1;
        let sorted = line.map_err(AssessError::from).and_then(|line| Ok((sort_of(&line, number)?, line)));
        match sorted {
            Err(fault) => end = Err(fault),
            Ok((Sort::Resource, line)) => batch.push((number, line)),
            Ok((Sort::Signal, line)) => match serde_json::from_str(&line) {
                Ok(signal) => signals.push(signal),
                Err(source) => end = Err(AssessError::Malformed { line: number, source }),
            },
            Ok((Sort::Setting | Sort::Cell | Sort::Gap, _)) => {
                known += 1;
                if known > ground && !whole {
                    end = Ok(false);
                }
            }
        }
        if !matches!(end, Ok(true)) {
            break;
        }
        if batch.len() == BATCH && !hand_over(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))) {
            break;
        }
    }
    hand_over(batch);
    end.map(|in_order| in_order.then_some(signals))
}
