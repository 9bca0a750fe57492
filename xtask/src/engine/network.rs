//! A bridge and an address range for each engine.
//!
//! Several engines on one machine would overwrite each other's firewall chains, so none of them
//! manages any: the few rules that containers need to reach package registries are set here.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::command;

/// One engine's network: a number that gives the bridge's name and the address range.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Network(u8);

impl Network {
    /// The bridge's name.
    pub(super) fn bridge(self) -> String {
        format!("smartbuild{}", self.0)
    }

    fn gateway(self) -> String {
        format!("172.30.{}.1/24", self.0)
    }

    fn range(self) -> String {
        format!("172.30.{}.0/24", self.0)
    }

    /// The rules that let its containers out, as arguments after iptables' `-C`, `-I` or `-D`.
    fn rules(self) -> [Vec<String>; 3] {
        let rule = |text: String| text.split(' ').map(str::to_owned).collect();
        let (bridge, range) = (self.bridge(), self.range());
        [
            rule(format!("POSTROUTING -t nat -s {range} ! -o {bridge} -j MASQUERADE")),
            rule(format!("FORWARD -i {bridge} -j ACCEPT")),
            rule(format!("FORWARD -o {bridge} -j ACCEPT")),
        ]
    }
}

/// The network whose number this file keeps, with its bridge up; a free one where there is none.
///
/// # Errors
///
/// When bridges or firewall rules cannot be made here.
pub(super) fn ensure(file: &Path) -> Result<Network> {
    let network = if let Some(network) = read(file).filter(|it| is_ours(*it, file)) {
        network
    } else {
        let network = add_bridge(file)?;
        fs::write(file, network.0.to_string()).context("cannot write the network's number")?;
        network
    };
    fs::write("/proc/sys/net/ipv4/ip_forward", "1").context(
        "cannot turn on IP forwarding; in a container, start it privileged or turn it on outside",
    )?;
    for rule in network.rules() {
        if !command::succeeds(iptables("-C").args(&rule)) {
            command::output(iptables("-I").args(&rule)).context("cannot add a firewall rule")?;
        }
    }
    Ok(network)
}

/// Takes the bridge and its rules away.
///
/// # Errors
///
/// When the number's file cannot be removed.
pub(super) fn remove(file: &Path) -> Result<()> {
    let Some(network) = read(file) else { return Ok(()) };
    if is_ours(network, file) {
        for rule in network.rules() {
            command::succeeds(iptables("-D").args(&rule));
        }
        command::succeeds(Command::new("ip").args(["link", "del", &network.bridge()]));
    }
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}

fn read(file: &Path) -> Option<Network> {
    fs::read_to_string(file).ok()?.trim().parse().ok().map(Network)
}

fn exists(network: Network) -> bool {
    interface(network).exists()
}

/// Whether the bridge is there and was made for this file: after a restart of the machine the
/// number may have gone to an engine of another home. The bridge's alias tells.
fn is_ours(network: Network, file: &Path) -> bool {
    let alias = fs::read_to_string(interface(network).join("ifalias"));
    alias.is_ok_and(|alias| alias.trim_end() == file.to_string_lossy())
}

fn interface(network: Network) -> PathBuf {
    Path::new("/sys/class/net").join(network.bridge())
}

/// Makes the first bridge that is free. Two homes may look at once; only one gets the name.
fn add_bridge(file: &Path) -> Result<Network> {
    let routes = command::output(Command::new("ip").args(["-4", "route", "show", "table", "all"]))?;
    let mut refused = None;
    for network in (0..=u8::MAX).map(Network).filter(|it| is_free(*it, &routes)) {
        let bridge = network.bridge();
        let add = ["link", "add", &bridge, "type", "bridge"];
        if let Err(error) = command::output(Command::new("ip").args(add)) {
            if exists(network) {
                continue;
            }
            refused = Some(error);
            break;
        }
        let gateway = network.gateway();
        let owner = file.to_string_lossy();
        command::output(Command::new("ip").args(["link", "set", &bridge, "alias", &owner]))?;
        command::output(Command::new("ip").args(["addr", "add", &gateway, "dev", &bridge]))?;
        command::output(Command::new("ip").args(["link", "set", &bridge, "up"]))?;
        return Ok(network);
    }
    match refused {
        Some(error) => Err(error.context(
            "cannot make a network bridge; a container must be privileged (CAP_NET_ADMIN)",
        )),
        None => bail!("every address range in 172.30.0.0/16 is in use"),
    }
}

fn is_free(network: Network, routes: &str) -> bool {
    let start = format!("172.30.{}.", network.0);
    let whole = "172.30.0.0/16";
    !exists(network) && !routes.split_whitespace().any(|it| it.starts_with(&start) || it == whole)
}

/// iptables, waiting for others that change rules at the same time.
fn iptables(action: &str) -> Command {
    let mut iptables = Command::new("iptables");
    iptables.args(["--wait", action]);
    iptables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_has_a_route_is_not_free() {
        let routes = "default via 192.0.2.1 dev eth0\n172.30.200.0/24 dev other scope link\n";
        assert!(!is_free(Network(200), routes));
        assert!(is_free(Network(20), routes));
    }

    #[test]
    fn a_bridge_name_fits_the_kernel() {
        assert!(Network(255).bridge().len() <= 15, "IFNAMSIZ is 16 with the closing zero");
    }

    #[test]
    fn a_bridge_of_another_home_is_not_taken_over() {
        let file = Path::new("/another/home/run-28.5/network");
        let made = (0..=u8::MAX).map(Network).filter(|it| exists(*it));
        assert!(made.chain([Network(255)]).all(|it| !is_ours(it, file)));
    }

    #[test]
    fn the_number_is_kept_between_runs() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("network");
        assert_eq!(read(&file), None);
        fs::write(&file, "7").unwrap();
        assert_eq!(read(&file), Some(Network(7)));
        fs::write(&file, "half").unwrap();
        assert_eq!(read(&file), None);
    }
}
