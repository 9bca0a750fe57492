//! The command line: clap definitions, one file a command. Turns arguments into a request,
//! calls, and hands the result to `report`.

pub mod args;
pub mod ui;
