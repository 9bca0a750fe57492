//! Laying one tree over another, as the engine does with what `COPY --link` copied.

use super::tree::{Node, Tree, Write};
use crate::context::{ContextPath, EntryKind};
use crate::plan::key::FieldHasher;

impl Tree {
    /// Puts everything of `layer`, which stands on nothing, over what is here: directories become
    /// one, with the layer's owner and mode, and anything else is replaced. No link is followed.
    pub(super) fn lay_over(&mut self, layer: Tree) {
        let root = ContextPath::root();
        if !self.is_closed() {
            // A link in the layer's way is no link any more: what was written through another
            // directory than the root may be elsewhere now.
            self.nodes.retain(|_, node| node.certain && node.anchor.is_root());
        }
        let write = self.writes.len();
        let mut content = FieldHasher::new();
        for (path, node) in layer.nodes {
            content.field(path.as_bytes());
            content.field(node.header().as_bytes());
            if node.entry.kind != EntryKind::Directory {
                self.nodes.retain(|below, _| !below.starts_with(&path));
            }
            let node = Node { anchor: root.clone(), certain: true, write, ..node };
            self.nodes.insert(path, node);
        }
        let shape = layer.writes.iter().map(|write| &*write.shape).collect::<Vec<_>>().join(" ");
        let evidence = layer.writes.into_iter().flat_map(|write| write.evidence).collect();
        let shape = format!("over all: {shape}");
        self.writes.push(Write { anchor: root, shape, content: content.finish(), evidence });
    }
}
