//! Writing XML answers.

use std::fmt::{Display, Write};

use quick_xml::escape::escape;

use crate::answer::Answer;

/// An XML document, or the inside of an element, as it is written.
#[derive(Debug)]
pub(crate) struct Xml(String);

impl Xml {
    /// A document, still without its element.
    pub(crate) fn document() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into())
    }

    /// An element with others inside. The name may carry attributes.
    pub(crate) fn element(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.raw(format_args!("<{name}>"));
        inside(self);
        let tag = name.split(' ').next().unwrap_or(name);
        self.raw(format_args!("</{tag}>"))
    }

    /// An element with text inside.
    pub(crate) fn text(&mut self, name: &str, value: impl Display) -> &mut Self {
        let value = value.to_string();
        self.element(name, |xml| {
            for part in escape(value.as_str()).chars() {
                // As S3 does, although XML 1.0 has no such characters.
                if part.is_control() {
                    xml.raw(format_args!("&#x{:x};", u32::from(part)));
                } else {
                    xml.0.push(part);
                }
            }
        })
    }

    /// An element with text inside, if there is one.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    pub(crate) fn answer(self, status: u16, content_type: &'static str) -> Answer {
        Answer::new(status, content_type, self.0)
    }

    fn raw(&mut self, text: std::fmt::Arguments<'_>) -> &mut Self {
        // Writing to a string cannot fail.
        let _infallible = self.0.write_fmt(text);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let mut xml = Xml::document();
        xml.element("A x=\"1\"", |a| {
            a.text("B", "<&>\"'\u{1}\n").maybe("C", None::<&str>);
        });
        assert!(xml.0.ends_with("<A x=\"1\"><B>&lt;&amp;&gt;&quot;&apos;&#x1;&#xa;</B></A>"), "{}", xml.0);
    }
}
