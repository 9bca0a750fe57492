//! The table of engines: which Debian suite each comes from.

use std::fmt;

use clap::ValueEnum;

/// An engine that can be started here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Version {
    /// Debian 12's: the oldest engine whose `BuildKit` is on by request
    #[value(name = "20.10")]
    V20_10,
    /// Debian 13's
    #[value(name = "26.1")]
    V26_1,
    /// Debian unstable's
    #[value(name = "28.5")]
    V28_5,
    /// The same program with the containerd image store
    #[value(name = "28.5-containerd")]
    V28_5Containerd,
}

impl Version {
    /// Every one of them, oldest first.
    pub(crate) const ALL: [Self; 4] =
        [Self::V20_10, Self::V26_1, Self::V28_5, Self::V28_5Containerd];

    /// The Debian suite whose packages it is made of. Versions of one suite share a root.
    pub(crate) fn suite(self) -> &'static str {
        match self {
            Self::V20_10 => "bookworm",
            Self::V26_1 => "trixie",
            Self::V28_5 | Self::V28_5Containerd => "sid",
        }
    }

    /// What `dockerd --version` must begin its version with.
    pub(crate) fn release(self) -> &'static str {
        match self {
            Self::V20_10 => "20.10",
            Self::V26_1 => "26.1",
            Self::V28_5 | Self::V28_5Containerd => "28.5",
        }
    }

    /// The Debian packages of its root.
    pub(crate) fn packages(self) -> &'static str {
        match self {
            Self::V20_10 => "docker.io,ca-certificates,iptables,iproute2",
            Self::V26_1 | Self::V28_5 | Self::V28_5Containerd => {
                "docker.io,docker-cli,docker-buildx,ca-certificates,iptables,iproute2"
            }
        }
    }

    /// Whether images are kept by containerd instead of by dockerd itself.
    pub(crate) fn has_containerd_store(self) -> bool {
        self == Self::V28_5Containerd
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V20_10 => "20.10",
            Self::V26_1 => "26.1",
            Self::V28_5 => "28.5",
            Self::V28_5Containerd => "28.5-containerd",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_typed() {
        for version in Version::ALL {
            assert_eq!(Version::from_str(&version.to_string(), false), Ok(version));
        }
    }

    #[test]
    fn a_name_begins_with_the_release_that_it_runs() {
        for version in Version::ALL {
            assert!(version.to_string().starts_with(version.release()), "{version}");
        }
    }

    #[test]
    fn only_the_two_kinds_of_28_5_share_a_root() {
        let mut suites = Version::ALL.map(Version::suite).to_vec();
        suites.dedup();
        assert_eq!(suites, ["bookworm", "trixie", "sid"]);
    }
}
