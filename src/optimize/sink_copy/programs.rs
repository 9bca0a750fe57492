//! The commands of the table of effects, as `surroundings` sees a
//! tool: what leads them to files that they do not name.

use crate::optimize::Reason;
use crate::optimize::shell::Words;
use crate::optimize::tools::{Command, Habits, Install, Needs, Tool, Variables, View};

/// Any command of the table.
#[derive(Debug)]
pub(super) struct Programs;

const HABITS: Habits = Habits {
    read_anywhere: &[
        ".curlrc",
        "_curlrc",
        ".wgetrc",
        ".netrc",
        "_netrc",
        ".gnupg",
        ".perltidyrc",
        ".rpmmacros",
        ".rpmrc",
        ".pearrc",
    ],
    read_at_home: &[".config", ".local", ".fonts", ".debconfrc"],
    variables: &[
        Variables { prefix: "TAR_", harmless: &[], addresses: &[], paths: &[] },
        Variables { prefix: "POSIXLY", harmless: &[], addresses: &[], paths: &[] },
        Variables { prefix: "WGETRC", harmless: &[], addresses: &[], paths: &[] },
        Variables {
            prefix: "DEBCONF_",
            harmless: &["DEBCONF_NONINTERACTIVE_SEEN", "DEBCONF_NOWARNINGS"],
            addresses: &[],
            paths: &[],
        },
        Variables { prefix: "DPKG_", harmless: &[], addresses: &[], paths: &[] },
    ],
    leading: &[
        "APT",
        "PHP",
        "PEAR",
        "PERL",
        "PYTHON",
        "RPM",
        "DNF",
        "YUM",
        "LOCPATH",
        "FONTCONFIG",
        "GNUPG",
        "JAVA",
        "RUBY",
        "GEM",
    ],
    settings: &[],
};

impl Tool for Programs {
    fn name(&self) -> &'static str {
        "the command"
    }

    fn habits(&self) -> &'static Habits {
        &HABITS
    }

    fn is_manifest(&self, _name: &str) -> bool {
        false
    }

    fn is_mentioned(&self, _text: &str) -> bool {
        false
    }

    fn read(&self, _command: &Words) -> Option<Result<Command, Reason>> {
        None
    }

    fn follow(&self, _: &Install, _: &View<'_>, _: &mut Needs) -> Result<(), Reason> {
        Ok(())
    }
}
