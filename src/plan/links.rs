//! Following links in a tree of files, as the engine does: inside the tree only, which an absolute
//! link takes for the root.

use crate::context::ContextPath;

/// How many links may follow one another before a path counts as not there, as in Linux.
const MAX_LINKS: usize = 40;

/// What is at a path that is being followed.
pub(super) enum At<T> {
    /// A link that leads there, and is to be followed.
    Link(T),
    /// Anything else, or a link that is not to be followed.
    Stay,
}

/// Where a path leads with the links on the way followed. `look` says what is at a path, given
/// whether it is the last component for now, or why nobody can go on; `loops` says it of a loop.
pub(super) fn follow<T: AsRef<[u8]>, E>(
    path: &ContextPath,
    loops: E,
    mut look: impl FnMut(&ContextPath, bool) -> Result<At<T>, E>,
) -> Result<ContextPath, E> {
    let mut links = 0;
    let mut done = ContextPath::root();
    let mut open: Vec<Vec<u8>> = path.components().rev().map(<[u8]>::to_vec).collect();
    while let Some(component) = open.pop() {
        if component == b".." {
            done = done.parent().unwrap_or_default();
            continue;
        }
        let next = done.join(&component);
        let target = match look(&next, open.is_empty())? {
            At::Link(target) => target,
            At::Stay => {
                done = next;
                continue;
            }
        };
        links += 1;
        if links > MAX_LINKS {
            return Err(loops);
        }
        let target = target.as_ref();
        if target.starts_with(b"/") {
            done = ContextPath::root();
        }
        let parts = target.split(|&byte| byte == b'/').rev();
        open.extend(parts.filter(|part| !matches!(*part, b"" | b".")).map(<[u8]>::to_vec));
    }
    Ok(done)
}
