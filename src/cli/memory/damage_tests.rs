//! A store of which a part cannot be read tells nothing, and says so once.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::UNIX_EPOCH;

use super::*;
use crate::cli::ui::Surroundings;
use crate::store::{FILE_NAME, FileRecord, Seen};
use crate::{CacheRecord, RecordKind};

const TABLES: [&str; 7] =
    ["step_key", "build", "step", "manifest", "key_record", "cache_record", "engine"];

/// What is written to it can be read by whoever has another copy.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }
}

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn line() -> Line {
    Line {
        engine: "engine".to_owned(),
        project: "/project".to_owned(),
        dockerfile: "Dockerfile".to_owned(),
        target: None,
    }
}

fn planned() -> Plan {
    let dockerfile = crate::dockerfile::Dockerfile::parse("Dockerfile", "FROM scratch\nRUN make\n");
    crate::plan::plan(crate::plan::PlanRequest {
        dockerfile: &dockerfile.expect("a Dockerfile"),
        snapshot: &crate::context::Snapshot::new(Vec::new(), 0),
        images: &std::collections::BTreeMap::new(),
        options: &crate::plan::BuildOptions::default(),
        dialect: crate::plan::Dialect::default(),
    })
    .expect("a plan")
}

/// A store in which the plan's only step is known, with the record that holds it.
fn keep(directory: &Path, step: &Step) {
    let mut store = Store::open(directory).expect("a store");
    let line = line();
    let file = FileRecord {
        path: "file".to_owned(),
        kind: "file".into(),
        mode: 0o644,
        size: 1,
        modified: (1, 2),
        digest: Some(Digest::of(b"file")),
        target: None,
    };
    let run = StepRecord {
        key: step.key.0,
        other_keys: Vec::new(),
        name: step.name.clone(),
        line: step.line,
        instruction: step.instruction.clone(),
        kind: kind_name(step.kind).to_owned(),
        inputs: "[]".to_owned(),
        outcome: Outcome::Ran,
        seconds: None,
        span: None,
        needs: Vec::new(),
        reusable: true,
        left_open: false,
        cause: None,
    };
    let build = BuildRecord {
        engine: line.engine.clone(),
        project: line.project.clone(),
        dockerfile: line.dockerfile,
        target: None,
        started: UNIX_EPOCH,
        seconds: Seconds::ZERO,
        succeeded: true,
        image: None,
        image_inputs: None,
        steps: vec![run],
        files: vec![file],
        context_lost: false,
        context_copy: None,
        commit: None,
    };
    store.record(&build).expect("it is kept");
    let record = CacheRecord {
        id: "r".to_owned(),
        kind: RecordKind::Layer,
        parents: Vec::new(),
        description: "mount / from exec /bin/sh -c make".to_owned(),
        created: UNIX_EPOCH,
        used: None,
        is_in_use: false,
        is_mutable: false,
    };
    let seen = Seen {
        listing: Some(vec![record]),
        holdings: vec![(step.key.0, vec!["r".to_owned()])],
        ..Seen::default()
    };
    store.saw(&line.engine, &line.project, &seen).expect("it is kept");
}

/// Fills the pages of a table with zeros, as a file system does after a power cut.
fn zero(directory: &Path, table: &str) {
    let path = directory.join(FILE_NAME);
    let connection = rusqlite::Connection::open(&path).expect("the file");
    let page: u32 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))
        .expect("the table");
    drop(connection);
    let mut file = std::fs::File::options().read(true).write(true).open(&path).expect("the file");
    let mut header = [0; 18];
    file.read_exact(&mut header).expect("a header");
    let size = u64::from(u16::from_be_bytes([header[16], header[17]]));
    file.seek(SeekFrom::Start(u64::from(page - 1) * size)).expect("the page");
    file.write_all(&vec![0; usize::try_from(size).expect("a size")]).expect("the page");
}

/// Asks all that a forecast rests on, as [`project`](crate::cli::project) does.
fn ask(memory: &Memory, plan: &Plan) -> Knowledge {
    let line = line();
    memory.sight_numbers();
    let sight = memory.sight(&line.engine);
    let listing = sight.as_ref().map(|sight| sight.records.clone()).unwrap_or_default();
    let survey = Survey::new(sight.as_ref(), listing, false);
    let previous = memory.previous(&line, plan);
    memory.context_records(&line);
    memory.engine_copy(&line);
    memory.told_files(&line);
    memory.knowledge(&line, plan, previous, Some(&survey))
}

#[test]
fn a_store_that_cannot_be_read_is_one_warning_and_tells_nothing() {
    let plan = planned();
    let forecast = |memory: &mut Memory, ui: &mut Ui| {
        let mut knowledge = ask(memory, &plan);
        if memory.give_up_if_damaged(ui).expect("it is said") {
            knowledge = ask(memory, &plan);
        }
        let nothing = crate::context::Snapshot::new(Vec::new(), 0);
        predict::predict(&plan, &nothing, &knowledge).steps.remove(0).verdict
    };
    for table in TABLES.into_iter().map(Some).chain([None]) {
        let directory = tempfile::tempdir().expect("a directory");
        keep(directory.path(), &plan.steps[0]);
        if let Some(table) = table {
            zero(directory.path(), table);
        }
        let environment = Environment {
            cache_directory: Some(directory.path().to_owned()),
            ..Environment::default()
        };
        let said = Shared::default();
        let (out, messages) = (Box::new(std::io::sink()), Box::new(said.clone()));
        let mut ui = Ui::new(&Surroundings::default(), out, messages);
        let mut memory = Memory::open(&environment, &mut ui).expect("it is said");
        let verdict = forecast(&mut memory, &mut ui);
        let warnings = said.text().matches("going on without records").count();
        let is_unknown = matches!(verdict, predict::Verdict::Unknown(_));
        let is_damaged = table.is_some();
        let found = (warnings, is_unknown, !memory.is_written());
        let expected = (usize::from(is_damaged), is_damaged, is_damaged);
        assert_eq!(found, expected, "{table:?}: {}", said.text());
    }
}
