//! The part of a fact that a rule reads. Two facts that agree on it get the same answer, so that the answer
//! to one of them can be given to the other without asking again.

use super::node::Node;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The paths a rule reads, as a tree.
#[derive(Debug, Default)]
pub struct Projection {
    parts: BTreeMap<String, Projection>,
}

impl Projection {
    /// The tree of these paths.
    pub fn of(reads: &BTreeSet<Vec<String>>) -> Self {
        let mut root = Self::default();
        for path in reads {
            path.iter().fold(&mut root, |at, step| at.parts.entry(step.clone()).or_default());
        }
        root
    }

    /// Writes what the rule reads of a fact: the same bytes for the same parts, others for others.
    pub fn write(&self, fact: &Node<'_>, key: &mut Vec<u8>) {
        match fact {
            Node::Null(_) => key.push(1),
            Node::Bool(value) => key.push(2 + u8::from(*value.inner())),
            Node::Int(number) => {
                key.push(4);
                key.extend(number.inner().to_le_bytes());
            }
            Node::Float(number) => {
                key.push(5);
                key.extend(number.inner().to_bits().to_le_bytes());
            }
            Node::Text(text) => {
                key.push(6);
                key.extend((text.inner().len() as u64).to_le_bytes());
                key.extend(text.inner().as_bytes());
            }
            Node::List(_) => {
                key.push(7);
                key.extend((fact.members().len() as u64).to_le_bytes());
                fact.members().iter().for_each(|member| self.write(member, key));
            }
            // Of an object an expression can use nothing but the fields it names.
            Node::Object(_) => {
                key.push(8);
                for (name, part) in &self.parts {
                    match fact.get(name) {
                        Some(field) => part.write(field, key),
                        None => key.push(0),
                    }
                }
            }
        }
    }
}

/// Answers given before, by what was read. Holds a bounded number.
#[derive(Debug)]
pub struct Answers<T> {
    known: HashMap<Box<[u8]>, T>,
}

/// Most answers kept of one rule.
const ANSWER_LIMIT: usize = 4096;
/// Longest key worth keeping, in bytes.
const KEY_LIMIT: usize = 4096;

impl<T: Clone> Answers<T> {
    /// The answer for this key: the one given before, or a new one.
    pub fn answer(&mut self, key: &[u8], ask: impl FnOnce() -> T) -> T {
        if let Some(known) = self.known.get(key) {
            return known.clone();
        }
        let answer = ask();
        if key.len() <= KEY_LIMIT {
            if self.known.len() >= ANSWER_LIMIT {
                self.known.clear();
            }
            self.known.insert(key.into(), answer.clone());
        }
        answer
    }
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { known: HashMap::new() }
    }
}
