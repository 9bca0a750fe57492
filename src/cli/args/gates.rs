//! What `smartbuild impact` may be told about costs.

use clap::Args;

use crate::Seconds;
use crate::impact::gate::{ByteSize, Denied, Limits, trailer_name};

/// Limits for each image. What they do not say, `smartbuild.toml` may.
#[derive(Debug, Clone, PartialEq, Default, Args)]
#[command(next_help_heading = "Limits for each image (else exit status 3)")]
pub struct GateFlags {
    /// The most seconds that its next build may take for steps that are lost
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub max_seconds: Option<Seconds>,
    /// The most steps that it may lose
    #[arg(long, value_name = "N", value_parser = steps, allow_negative_numbers = true)]
    pub max_steps: Option<usize>,
    /// The most that COPY and ADD may bring more than before, such as 10MB
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true)]
    pub max_image_growth: Option<ByteSize>,
    /// For what no step may be lost: `base_image`, `dependency_layer` (a step that installs
    /// packages), `files`, `instruction`, `argument`, `environment` or `option`
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub deny: Vec<Denied>,
    /// Accept the cost where a commit of the change has this trailer, such as
    /// `Build-Cost: REASON` for Build-Cost
    #[arg(long, value_name = "NAME", value_parser = trailer_name)]
    pub allow_trailer: Option<String>,
}

impl GateFlags {
    /// The limits.
    pub fn limits(&self) -> Limits {
        let deny = (!self.deny.is_empty()).then(|| self.deny.iter().copied().collect());
        Limits {
            max_seconds: self.max_seconds,
            max_steps: self.max_steps,
            max_image_growth: self.max_image_growth,
            deny,
        }
    }
}

fn seconds(text: &str) -> Result<Seconds, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(Seconds::new(value)),
        _ => Err("write a number of seconds from 0 on, such as 30 or 2.5".to_owned()),
    }
}

fn steps(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "write a whole number of steps from 0 on, such as 3".to_owned())
}
