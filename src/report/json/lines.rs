//! A layout between pretty and compact: each row of a list on a line of its own, so that `grep`, `diff`
//! and eyes find their way in a file with a million findings.

use serde_json::ser::Formatter;
use std::io::{self, Write};

/// Breaks lines in the outer objects and lists only.
pub struct Lines {
    depth: usize,
    objects: usize,
    lists: usize,
}

/// The whole, and what is directly in it (`coverage`).
const OBJECTS: usize = 2;
/// Lists in those (`findings`, `coverage.cells`).
const LISTS: usize = 3;

impl Default for Lines {
    fn default() -> Self {
        Self::down_to(OBJECTS, LISTS)
    }
}

impl Lines {
    /// Breaks lines in objects and in lists down to these depths.
    pub fn down_to(objects: usize, lists: usize) -> Self {
        Self { depth: 0, objects, lists }
    }

    fn row<W: ?Sized + Write>(&self, out: &mut W, first: bool, breaks: bool) -> io::Result<()> {
        match (first, breaks) {
            (true, false) => Ok(()),
            (false, false) => out.write_all(b", "),
            (first, true) => {
                out.write_all(if first { b"\n" } else { b",\n" })?;
                self.indent(out, self.depth)
            }
        }
    }

    fn end<W: ?Sized + Write>(&mut self, out: &mut W, breaks: bool, with: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if breaks {
            out.write_all(b"\n")?;
            self.indent(out, self.depth)?;
        }
        out.write_all(with)
    }

    fn indent<W: ?Sized + Write>(&self, out: &mut W, depth: usize) -> io::Result<()> {
        (0..depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"{")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.row(out, first, self.depth <= self.objects)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let breaks = self.depth <= self.objects;
        self.end(out, breaks, b"}")
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.row(out, first, self.depth <= self.lists)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let breaks = self.depth <= self.lists;
        self.end(out, breaks, b"]")
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use serde::Serialize;

    #[test]
    fn rows_stand_on_lines_of_their_own() {
        let value = serde_json::json!({"a": [{"b": [1, 2], "c": {}}, {}], "d": {"e": [{"f": null}]}, "g": 1});
        let mut out = Vec::new();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Lines::default())).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        {
          "a": [
            {"b": [1, 2], "c": {}},
            {}
          ],
          "d": {
            "e": [
              {"f": null}
            ]
          },
          "g": 1
        }
        "#);
    }
}
