//! The options of a `build:` that count for every RUN.

use super::super::limits::{RunLimits, size};
use super::scalar::Scalar;
use super::service::{Reading, present};
use super::yaml::{Fault, Mark, Node, Value};

impl Reading<'_> {
    /// Reads `shm_size`, `ulimits` and `extra_hosts`.
    pub(super) fn limits(&self, build: &Node) -> Result<RunLimits, Fault> {
        let mut limits = RunLimits::default();
        if let Some(node) = present(build, "shm_size") {
            let bytes = size(&self.number(node)?);
            limits.shm_size = bytes.map_err(|message| Fault::new(node.line, message))?;
        }
        let ulimits = present(build, "ulimits").filter(|node| !node.is_null());
        if let Some(node) = ulimits.filter(|node| !matches!(node.value, Value::Mapping(_))) {
            return Err(Fault::new(node.line, "`ulimits` must be a mapping: write NAME: LIMIT"));
        }
        for (name, node) in ulimits.map(Node::entries).unwrap_or_default() {
            if node.tag == Mark::Reset {
                continue;
            }
            let text = match (node.get("soft"), node.get("hard")) {
                (Some(soft), Some(hard)) => {
                    format!("{name}={}:{}", self.number(soft)?, self.number(hard)?)
                }
                _ => format!("{name}={}", self.number(node)?),
            };
            limits.add_ulimit(&text).map_err(|message| Fault::new(node.line, message))?;
        }
        match present(build, "extra_hosts").map(|node| (node, &node.value)) {
            Some((_, Value::List(list))) => {
                for node in list {
                    let text = self.text(node)?;
                    let (name, address) =
                        text.split_once('=').or_else(|| text.split_once(':')).ok_or_else(|| {
                            let message = format!("`{text}` is no host: write NAME=ADDRESS");
                            Fault::new(node.line, message)
                        })?;
                    limits.add_host(name, address);
                }
            }
            Some((_, Value::Mapping(entries))) => {
                for (name, node) in entries.iter().filter(|(_, node)| node.tag != Mark::Reset) {
                    let Value::List(list) = &node.value else {
                        limits.add_host(name, &self.number(node)?);
                        continue;
                    };
                    for node in list {
                        limits.add_host(name, &self.number(node)?);
                    }
                }
            }
            Some((node, Value::Scalar(_))) if !node.is_null() => {
                let message = "`extra_hosts` must be a mapping, or a list of NAME=ADDRESS";
                return Err(Fault::new(node.line, message));
            }
            _ => {}
        }
        Ok(limits)
    }

    /// A text, or a number as it is written.
    fn number(&self, node: &Node) -> Result<String, Fault> {
        match &node.value {
            Value::Scalar(Scalar::Other(text)) => Ok(text.clone()),
            _ => self.text(node),
        }
    }
}
