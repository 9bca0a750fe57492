//! What `--chmod` makes of a mode.

/// Bits of user, group and others, with set-user-id and set-group-id, and without the sticky bit.
const ALL: u32 = 0o6777;
const USER: u32 = 0o4700;
const GROUP: u32 = 0o2070;
const OTHERS: u32 = 0o0007;

const READ: u32 = 0o444;
const WRITE: u32 = 0o222;
const EXECUTE: u32 = 0o111;
const SET_ID: u32 = 0o6000;

/// `--chmod`, as far as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chmod {
    /// An octal number: the mode of everything.
    Number(u32),
    /// `u=rwX,go-w`: changes, in their order, of the mode that something has.
    Changes(Vec<Change>),
}

/// One change of a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// Bits that go first.
    clear: u32,
    /// Bits that come then.
    set: u32,
    /// Bits that come as well where it is a directory, or where it could be executed before.
    set_if_executable: u32,
}

/// Reads an octal number without a sign.
pub(super) fn octal(text: &str) -> Option<u32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    u32::from_str_radix(text, 8).ok().filter(|_| is_number)
}

impl Chmod {
    /// Reads an octal number or a list of symbolic changes; `None` for what is neither, and for
    /// the sticky bit and copies of other bits (`g=u`), which are not followed.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(number) = octal(text) {
            return Some(Self::Number(number));
        }
        let mut changes = Vec::new();
        for clause in text.split(',') {
            let start = clause.find(['+', '-', '='])?;
            let (who, mut open) = clause.split_at(start);
            let who = who.chars().try_fold(0, |all, who| {
                Some(all | [ALL, USER, GROUP, OTHERS]["augo".find(who)?])
            })?;
            while let Some(operator) = open.chars().next() {
                let rest = &open[1..];
                let end = rest.find(['+', '-', '=']).unwrap_or(rest.len());
                changes.push(Change::parse(who, operator, &rest[..end])?);
                open = &rest[end..];
            }
        }
        Some(Self::Changes(changes))
    }

    /// The mode where it is the same for everything.
    pub(super) fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Changes(_) => None,
        }
    }

    /// What becomes of a mode.
    pub(super) fn apply(&self, before: u32, is_directory: bool) -> u32 {
        let changes = match self {
            Self::Number(number) => return *number,
            Self::Changes(changes) => changes,
        };
        let is_executable = is_directory || before & EXECUTE != 0;
        changes.iter().fold(before, |mode, change| {
            let more = if is_executable { change.set_if_executable } else { 0 };
            (mode & !change.clear) | change.set | more
        })
    }
}

impl Change {
    /// One operator with its permissions, for these bits; of none, for all.
    fn parse(who: u32, operator: char, permissions: &str) -> Option<Self> {
        let who = if who == 0 { ALL } else { who };
        let (mut bits, mut if_executable) = (0, 0);
        for permission in permissions.chars() {
            match permission {
                'r' => bits |= READ,
                'w' => bits |= WRITE,
                'x' => bits |= EXECUTE,
                // Taken away it is like any other.
                'X' if operator == '-' => bits |= EXECUTE,
                'X' => if_executable |= EXECUTE,
                's' if who != OTHERS => bits |= SET_ID,
                's' => {}
                _ => return None,
            }
        }
        let (bits, set_if_executable) = (bits & who, if_executable & who);
        Some(match operator {
            '-' => Self { clear: bits, set: 0, set_if_executable: 0 },
            '+' => Self { clear: 0, set: bits, set_if_executable },
            _ => Self { clear: who, set: bits, set_if_executable },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str, before: u32) -> u32 {
        Chmod::parse(text).expect("it is understood").apply(before, false)
    }

    #[test]
    fn numbers_are_the_mode_of_everything() {
        assert_eq!(file("4755", 0o600), 0o4755);
        assert_eq!(Chmod::parse("755").and_then(|mode| mode.number()), Some(0o755));
    }

    #[test]
    fn changes_follow_one_another() {
        assert_eq!(file("u=rw,go=r", 0o777), 0o644);
        assert_eq!(file("a=r,u+w", 0o777), 0o644);
        assert_eq!(file("+x", 0o644), 0o755);
        assert_eq!(file("g+w-r", 0o644), 0o624);
        assert_eq!(file("go=", 0o4777), 0o4700);
        assert_eq!(file("=", 0o1777), 0o1000);
        assert_eq!(file("u+s,o+s", 0o755), 0o4755);
    }

    #[test]
    fn a_capital_x_is_for_directories_and_what_was_executable() {
        assert_eq!(file("u=rwX,go=rX", 0o600), 0o644);
        assert_eq!(file("u=rwX,go=rX", 0o700), 0o755);
        assert_eq!(file("a-X", 0o755), 0o644);
        let directory = Chmod::parse("go=rX").expect("it is understood").apply(0o700, true);
        assert_eq!(directory, 0o755);
        // What it was before all changes counts.
        assert_eq!(file("u+x,g+X", 0o644), 0o744);
    }

    #[test]
    fn what_is_not_followed_is_said() {
        for text in ["", "u", "g=u", "+t", "8", "u=rw,", "u=rq", "x+r", "u=rw go=r", "+755"] {
            assert_eq!(Chmod::parse(text), None, "{text}");
        }
    }
}
