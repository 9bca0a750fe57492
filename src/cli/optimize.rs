//! `smartbuild optimize`.

use super::args::OptimizeArgs;
use super::environment::Environment;
use super::failure::Failure;
use super::ui::Ui;

pub(super) async fn run(
    _args: &OptimizeArgs,
    _environment: &Environment,
    _ui: &mut Ui,
) -> Result<(), Failure> {
    Err(anyhow::anyhow!("not yet").into())
}
