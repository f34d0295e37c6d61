//! Finding described things by name, counted entries included, without holding each item.

use std::collections::HashMap;

use crate::description::NameTemplate;

/// An index from names to entries; a counted entry takes one place, however many items it stands for.
#[derive(Debug)]
pub(crate) struct Names<K> {
    plain: HashMap<String, K>,
    counted: Vec<(NameTemplate, u32, K)>,
}

impl<K: Copy> Names<K> {
    pub(crate) fn new() -> Self {
        Self { plain: HashMap::new(), counted: Vec::new() }
    }

    /// Adds an entry. The name of an item that was there before is the error.
    pub(crate) fn add(&mut self, template: &NameTemplate, count: Option<u32>, key: K) -> Result<(), String> {
        let taken = items(count).map(|n| name(template, count, n)).find(|name| self.find(name).is_some());
        if let Some(name) = taken {
            return Err(format!("the name `{name}` is taken"));
        }
        match count {
            Some(count) if template.is_counted() => self.counted.push((template.clone(), count, key)),
            Some(0) => {}
            Some(2..) => {
                let template = template.as_str();
                return Err(format!("`{template}` needs {{n}} in it when there is a count"));
            }
            _ => {
                self.plain.insert(template.as_str().to_owned(), key);
            }
        }
        Ok(())
    }

    /// The entry with that name, and which item of it.
    pub(crate) fn find(&self, name: &str) -> Option<(K, u32)> {
        if let Some(key) = self.plain.get(name) {
            return Some((*key, 0));
        }
        self.counted.iter().find_map(|(template, count, key)| {
            let n = template.number_of(name).filter(|n| n < count)?;
            Some((*key, n))
        })
    }
}

/// The numbers of an entry's items.
pub(crate) fn items(count: Option<u32>) -> std::ops::Range<u32> {
    0..count.unwrap_or(1)
}

/// The name of an entry's item; braces mean nothing without a count.
pub(crate) fn name(template: &NameTemplate, count: Option<u32>, n: u32) -> String {
    match count {
        Some(_) => template.expand(n),
        None => template.as_str().to_owned(),
    }
}
