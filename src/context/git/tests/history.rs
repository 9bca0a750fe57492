//! Which commit changed a file last: the one that git names.

use super::*;
use crate::context::EntryKind;

fn subject(change: &LastChange) -> &str {
    match change {
        LastChange::Commit(commit) => &commit.subject,
        LastChange::Never => "(never)",
        LastChange::Unknown => "(unknown)",
    }
}

impl Project {
    fn commit_as(&self, subject: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", subject]);
    }

    fn last(&self, name: &str) -> String {
        subject(&self.open().last_changes(&[path(name)])[0]).to_owned()
    }

    /// What git names, by its subject.
    fn last_by_git(&self, name: &str) -> String {
        let subject = self.git(&["log", "-1", "--format=%s", "--", name]);
        if subject.is_empty() { "(never)".to_owned() } else { subject }
    }

    fn is_committed(&self, name: &str) -> Option<bool> {
        let disk = snapshot(&self.root, &IgnoreRules::none()).unwrap();
        self.open().is_committed(&path(name), disk.get(&path(name)))
    }
}

/// A history with a merge, a rename, a change of mode, and a file that came and went.
fn history() -> Project {
    let project = Project::new().file("src/app.py", "1").file("README", "r");
    project.commit_as("Begin");
    project.write("src/app.py", "2");
    project.commit_as("Edit the app\n\nBody.");
    project.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    project.write("src/side.py", "s");
    project.commit_as("Add the side");
    project.git(&["checkout", "-q", "main"]);
    project.write("gone", "g");
    project.commit_as("Add what goes");
    project.git(&["rm", "-q", "gone"]);
    project.commit_as("Remove it");
    project.git(&["merge", "-q", "-m", "Merge the side", "side"]);
    let project = project.executable("README");
    project.commit_as("Let it run");
    project.write("other", "o");
    project.commit_as("Something else");
    project
}

#[test]
fn the_last_change_is_the_one_that_git_names() {
    let project = history();
    for name in ["src/app.py", "src/side.py", "README", "gone", "other", "never", "src/app.py/x"] {
        assert_eq!(project.last(name), project.last_by_git(name), "{name}");
    }
    assert_eq!(project.last("gone"), "Remove it");
    assert_eq!(project.last("README"), "Let it run");
    assert_eq!(project.last("never"), "(never)");
}

#[test]
fn a_commit_is_told_with_its_short_id_and_time() {
    let project = history();
    let LastChange::Commit(commit) = &project.open().last_changes(&[path("src/app.py")])[0] else {
        panic!("no commit");
    };
    let by_git = project.git(&["log", "-1", "--format=%H %h %ct", "--", "src/app.py"]);
    let seconds = commit.time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(format!("{} {} {seconds}", commit.id, commit.short_id), by_git);
    assert_eq!(project.open().commit("HEAD~1").unwrap().subject, "Let it run");
    assert_eq!(project.open().commit("HEAD:src"), None);
}

#[test]
fn what_a_shallow_clone_does_not_have_is_not_made_up() {
    let project = history();
    let clone = project.directory.path().join("clone");
    let url = format!("file://{}", project.root.display());
    git(project.directory.path(), &["clone", "-q", "--depth", "2", &url, "clone"]);
    let shallow = Repository::open(&clone, &options()).unwrap();
    let changes = shallow.last_changes(&[path("other"), path("src/app.py"), path("never")]);
    let told: Vec<&str> = changes.iter().map(subject).collect();
    assert_eq!(told, ["Something else", "(unknown)", "(unknown)"]);
}

#[test]
fn a_repository_without_a_commit_has_changed_nothing() {
    let project = Project::new().file("a", "1");
    assert_eq!(project.last("a"), "(never)");
    assert_eq!(project.is_committed("a"), None);
}

#[test]
fn what_is_edited_removed_or_new_is_not_committed() {
    let project = history();
    for name in ["src/app.py", "README", "src", "never"] {
        assert_eq!(project.is_committed(name), Some(true), "{name}");
    }
    project.write("src/app.py", "3");
    project.write("new", "n");
    fs::remove_file(project.path("other")).unwrap();
    fs::set_permissions(project.path("README"), fs::Permissions::from_mode(0o644)).unwrap();
    for name in ["src/app.py", "new", "other", "README"] {
        assert_eq!(project.is_committed(name), Some(false), "{name}");
    }
    let link = Project::new().link("l", "a").committed();
    assert_eq!(link.is_committed("l"), Some(true));
    assert_eq!(
        snapshot(&link.root, &IgnoreRules::none()).unwrap().get(&path("l")).unwrap().kind,
        EntryKind::Symlink
    );
}

#[test]
fn a_long_history_is_searched_only_so_far() {
    let project = Project::new().file("old", "1");
    project.commit_as("Begin");
    // Enough that a commit and its tree each would be more than is read.
    let commit = |number: u32| {
        let time = 1_700_000_000 + number;
        let from = if number == 0 { "from refs/heads/main^0\n" } else { "" };
        let length = number.to_string().len();
        format!(
            "commit refs/heads/main\ncommitter a <a@a> {time} +0000\ndata 1\nx\n{from}\
             M 644 inline n\ndata {length}\n{number}\n"
        )
    };
    let stream: Vec<String> = (0..6000).map(commit).collect();
    let stream = stream.concat();
    let mut child = Command::new("git")
        .current_dir(&project.root)
        .args(["fast-import", "--quiet", "--force"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let changes = project.open().last_changes(&[path("old"), path("n")]);
    assert_eq!(changes.iter().map(subject).collect::<Vec<_>>(), ["(unknown)", "x"]);
}
