//! Manifests in XML.

use roxmltree::{Document, Node};

use crate::optimize::Reason;

/// An XML file of the context.
pub(super) struct Xml<'a> {
    source: &'a str,
    document: Document<'a>,
}

impl<'a> Xml<'a> {
    /// Reads a file; `source` is where the context has it.
    pub(super) fn parse(source: &'a str, text: &'a str) -> Result<Self, Reason> {
        match Document::parse(text) {
            Ok(document) => Ok(Self { source, document }),
            Err(error) => {
                let place = format!("{source}:{}", error.pos().row);
                Err(Reason::NotUnderstood { place, text: error.to_string() })
            }
        }
    }

    /// The outermost element.
    pub(super) fn root(&self) -> Node<'_, 'a> {
        self.document.root_element()
    }

    /// Every element, in order.
    pub(super) fn elements(&self) -> impl Iterator<Item = Node<'_, 'a>> {
        self.document.descendants().filter(Node::is_element)
    }

    /// The refusal of something in the file that is not understood.
    pub(super) fn not_understood(&self, at: Node<'_, '_>, text: &str) -> Reason {
        Reason::NotUnderstood { place: self.place(at), text: text.to_owned() }
    }

    /// The refusal of something in the file by which the install needs the sources.
    pub(super) fn needs_sources(&self, at: Node<'_, '_>, text: &str) -> Reason {
        Reason::NeedsSources { place: self.place(at), text: text.to_owned() }
    }

    fn place(&self, at: Node<'_, '_>) -> String {
        let line = self.document.text_pos_at(at.range().start).row;
        format!("{}:{line}", self.source)
    }
}

/// The elements of this name right below one.
pub(super) fn children<'a, 'b: 'a>(
    of: Node<'a, 'b>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'b>> {
    of.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The trimmed text of an element without elements in it.
pub(super) fn text<'a>(of: Node<'a, '_>) -> &'a str {
    of.text().map_or("", str::trim)
}
