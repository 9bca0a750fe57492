//! Hooks in real repositories, run by git itself.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::*;
use crate::context::git::GitOptions;

/// A repository, and beside it a `smartbuild` that says how it was called.
struct Story {
    directory: tempfile::TempDir,
}

impl Story {
    fn new() -> Self {
        let story = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(story.top()).unwrap();
        assert!(story.git(&["init", "-q", "--template="]).status.success());
        story.program("echo smartbuild \"$@\"");
        story
    }

    fn top(&self) -> PathBuf {
        self.directory.path().join("shop")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top().join(name)
    }

    fn programs(&self) -> PathBuf {
        self.directory.path().join("bin")
    }

    /// Has `smartbuild` do this.
    fn program(&self, shell: &str) {
        fs::create_dir_all(self.programs()).unwrap();
        script(&self.programs().join("smartbuild"), shell);
    }

    fn git(&self, arguments: &[&str]) -> Output {
        self.git_in(&self.top(), arguments)
    }

    fn git_in(&self, directory: &Path, arguments: &[&str]) -> Output {
        let path = std::env::var("PATH").unwrap();
        Command::new("git")
            .current_dir(directory)
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.programs().display()))
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@a")])
            .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@a")])
            .output()
            .unwrap()
    }

    /// What a commit says, and whether it was made.
    /// Commits; again where a program that another test starts at this moment still has the script
    /// open that it inherited, so that the system runs it for nobody.
    fn commit(&self) -> (bool, String) {
        loop {
            let told = said(&self.git(&["commit", "-q", "--allow-empty", "-m", "Open the shop"]));
            if !told.1.contains("Text file busy") {
                return told;
            }
            std::thread::yield_now();
        }
    }

    fn set(&self, name: &str, value: &str) {
        assert!(self.git(&["config", name, value]).status.success());
    }

    fn hook(&self, shell: &str) {
        fs::create_dir_all(self.path(".git/hooks")).unwrap();
        script(&self.path(".git/hooks/pre-commit"), shell);
    }

    fn open(&self) -> Repository {
        open(&self.top())
    }

    fn install(&self) -> Result<Installed, HookError> {
        install(&self.open(), None)
    }

    fn remove(&self) -> Result<Removed, HookError> {
        remove(&self.open())
    }

    /// The names and texts of all hooks.
    fn hooks(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.path(".git/hooks")).unwrap();
        let mut all: Vec<_> = entries
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let text = if entry.path().is_dir() {
                    let links = fs::read_dir(entry.path()).unwrap();
                    let mut names: Vec<_> = links.map(|it| it.unwrap().file_name()).collect();
                    names.sort();
                    format!("{names:?}")
                } else {
                    fs::read_to_string(entry.path()).unwrap()
                };
                (entry.file_name().into_string().unwrap(), text)
            })
            .collect();
        all.sort();
        all
    }
}

fn open(path: &Path) -> Repository {
    let options = GitOptions { user_configuration: false, ..GitOptions::default() };
    Repository::open(path, &options).unwrap()
}

fn script(path: &Path, shell: &str) {
    fs::write(path, format!("#!/bin/sh\n{shell}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn said(output: &Output) -> (bool, String) {
    let text = [&*output.stdout, &*output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn git_runs_it_before_a_commit_and_its_status_decides() {
    let story = Story::new();
    let installed = story.install().unwrap();
    assert_eq!(installed.hook.canonicalize().unwrap(), story.path(".git/hooks/pre-commit"));
    assert!(!installed.was_there && installed.kept.is_none());
    assert_eq!(story.commit(), (true, "smartbuild impact --staged\n".to_owned()));
    story.program("echo too slow >&2; exit 3");
    assert_eq!(story.commit(), (false, "too slow\n".to_owned()));
    assert!(matches!(story.remove().unwrap(), Removed::Hook { is_restored: false, .. }));
    assert_eq!(story.commit(), (true, String::new()));
    assert_eq!(story.hooks(), []);
}

#[test]
fn doing_it_again_changes_nothing() {
    let story = Story::new();
    story.hook("echo before");
    story.install().unwrap();
    let hooks = story.hooks();
    assert!(story.install().unwrap().was_there);
    assert_eq!(story.hooks(), hooks);
    story.remove().unwrap();
    assert!(matches!(story.remove(), Err(HookError::Foreign { .. })));
    fs::remove_file(story.path(".git/hooks/pre-commit")).unwrap();
    assert!(matches!(story.remove().unwrap(), Removed::Nothing { .. }));
}

#[test]
fn a_hook_that_cannot_be_run_any_more_can_be_again() {
    let story = Story::new();
    let hook = story.install().unwrap().hook;
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(story.install().unwrap().was_there);
    assert_eq!(story.commit(), (true, "smartbuild impact --staged\n".to_owned()));
}

#[test]
fn the_hook_that_was_there_runs_first_and_comes_back_as_it_was() {
    let story = Story::new();
    story.hook("echo before \"$#\"");
    let before = story.hooks();
    let kept = story.install().unwrap().kept.unwrap();
    assert!(kept.ends_with(".git/hooks/pre-commit.before-smartbuild"));
    assert_eq!(story.commit(), (true, "before 0\nsmartbuild impact --staged\n".to_owned()));
    script(&kept, "echo no; exit 7");
    assert_eq!(story.commit(), (false, "no\n".to_owned()));
    script(&kept, "echo before \"$#\"");
    assert!(matches!(story.remove().unwrap(), Removed::Hook { is_restored: true, .. }));
    assert_eq!(story.hooks(), before);
    assert_eq!(story.commit(), (true, "before 0\n".to_owned()));
}

#[test]
fn the_hook_that_was_there_runs_under_its_name_beside_its_files() {
    let story = Story::new();
    story.hook(". \"$(dirname \"$0\")/beside.sh\"\necho \"$(basename \"$0\")\"");
    fs::write(story.path(".git/hooks/beside.sh"), "echo beside\n").unwrap();
    let before = story.hooks();
    story.install().unwrap();
    let said_then = "beside\npre-commit\nsmartbuild impact --staged\n".to_owned();
    assert_eq!(story.commit(), (true, said_then.clone()));
    // A file that comes later is there after the next installation.
    fs::rename(story.path(".git/hooks/beside.sh"), story.path(".git/hooks/other.sh")).unwrap();
    script(&story.path(".git/hooks/pre-commit.before-smartbuild"), ". \"${0%/*}/other.sh\"");
    story.install().unwrap();
    assert_eq!(story.commit(), (true, "beside\nsmartbuild impact --staged\n".to_owned()));
    fs::rename(story.path(".git/hooks/other.sh"), story.path(".git/hooks/beside.sh")).unwrap();
    fs::write(story.path(".git/hooks/pre-commit.before-smartbuild"), &before[1].1).unwrap();
    story.remove().unwrap();
    assert_eq!(story.hooks(), before);
}

#[test]
fn the_hook_that_was_there_finds_what_lies_above_it() {
    let above = "cd \"$(dirname \"$0\")/..\" && basename \"$PWD\"";
    let story = Story::new();
    story.hook(above);
    story.install().unwrap();
    assert_eq!(story.commit(), (true, ".git\nsmartbuild impact --staged\n".to_owned()));
    story.remove().unwrap();
    assert!(!story.path(".git/hooks.before-smartbuild.d").exists());
    // Beside a directory that is a link the way up is another one.
    let story = Story::new();
    fs::create_dir_all(story.path("tools/hooks")).unwrap();
    script(&story.path("tools/hooks/pre-commit"), "ls \"$(dirname \"$0\")/..\"");
    symlink("../tools/hooks", story.path(".git/hooks")).unwrap();
    story.install().unwrap();
    assert_eq!(story.commit(), (true, "hooks\nsmartbuild impact --staged\n".to_owned()));
    story.remove().unwrap();
    assert_eq!(fs::read_dir(story.path("tools/hooks")).unwrap().count(), 1);
}

#[test]
fn an_installation_of_an_earlier_version_is_removed_and_brought_up_to_date() {
    let story = Story::new();
    story.hook("echo before");
    let before = story.hooks();
    let earlier = || {
        story.install().unwrap();
        fs::remove_dir_all(story.path(".git/hooks.before-smartbuild.d")).unwrap();
        let links = story.path(".git/hooks/pre-commit.before-smartbuild.d");
        fs::create_dir(&links).unwrap();
        symlink("../pre-commit.before-smartbuild", links.join("pre-commit")).unwrap();
        let body = "\"$(dirname \"$0\")/pre-commit.before-smartbuild.d/pre-commit\"\n";
        let digest = crate::Digest::of(body.as_bytes());
        let text = format!("#!/bin/sh\n# written by `smartbuild hook install`, {digest}\n{body}");
        fs::write(story.path(".git/hooks/pre-commit"), text).unwrap();
        assert_eq!(story.commit(), (true, "before\n".to_owned()));
        links
    };
    earlier();
    story.remove().unwrap();
    assert_eq!(story.hooks(), before);
    let links = earlier();
    story.install().unwrap();
    assert!(!links.exists() && story.path(".git/hooks.before-smartbuild.d").exists());
    // Its hook was deleted by hand.
    fs::remove_file(story.path(".git/hooks/pre-commit")).unwrap();
    story.remove().unwrap();
    assert_eq!(story.hooks(), before);
}

#[test]
fn a_file_that_has_the_name_of_a_kept_hook_by_chance_is_none() {
    let story = Story::new();
    story.hook("exit 1");
    let kept = story.path(".git/hooks/pre-commit.before-smartbuild");
    fs::rename(story.path(".git/hooks/pre-commit"), &kept).unwrap();
    let before = story.hooks();
    let refused = story.install().unwrap_err().to_string();
    assert!(refused.contains("no hook of smartbuild runs it"), "{refused}");
    assert!(matches!(story.remove().unwrap(), Removed::Nothing { .. }));
    assert_eq!(story.hooks(), before);
    // One that comes later is none either.
    fs::rename(&kept, story.path("elsewhere")).unwrap();
    story.install().unwrap();
    fs::rename(story.path("elsewhere"), &kept).unwrap();
    assert!(story.install().unwrap().was_there);
    assert_eq!(story.commit(), (true, "smartbuild impact --staged\n".to_owned()));
    assert!(matches!(story.remove().unwrap(), Removed::Hook { is_restored: false, .. }));
    assert_eq!(story.hooks(), before);
}

#[test]
fn what_others_put_beside_the_kept_hook_stays() {
    let story = Story::new();
    story.hook("echo before");
    story.install().unwrap();
    let links = story.path(".git/hooks.before-smartbuild.d");
    fs::write(links.join("mine"), "mine").unwrap();
    story.remove().unwrap();
    assert_eq!(fs::read_to_string(links.join("mine")).unwrap(), "mine");
    assert_eq!(story.commit(), (true, "before\n".to_owned()));
}

#[test]
fn a_hook_that_git_passes_by_is_passed_by_when_chained_and_stays_so() {
    let story = Story::new();
    story.hook("exit 1");
    let hook = story.path(".git/hooks/pre-commit");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o600)).unwrap();
    story.install().unwrap();
    assert_eq!(story.commit(), (true, "smartbuild impact --staged\n".to_owned()));
    story.remove().unwrap();
    assert_eq!(hook.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_link_to_a_hook_is_kept_as_a_link() {
    let story = Story::new();
    fs::create_dir_all(story.path(".git/hooks")).unwrap();
    script(&story.path("check.sh"), "echo checked");
    symlink("../../check.sh", story.path(".git/hooks/pre-commit")).unwrap();
    story.install().unwrap();
    assert_eq!(story.commit(), (true, "checked\nsmartbuild impact --staged\n".to_owned()));
    story.remove().unwrap();
    let link = fs::read_link(story.path(".git/hooks/pre-commit")).unwrap();
    assert_eq!(link, Path::new("../../check.sh"));
    assert_eq!(fs::read_to_string(story.path("check.sh")).unwrap(), "#!/bin/sh\necho checked\n");
}

#[test]
fn the_setting_that_moves_hooks_is_followed_from_the_root_of_the_working_tree() {
    let story = Story::new();
    story.set("core.hooksPath", "tools/hooks");
    fs::create_dir(story.path("deep")).unwrap();
    let installed = install(&open(&story.path("deep")), None).unwrap();
    assert_eq!(installed.setting, HooksSetting::Repository);
    assert_eq!(installed.place, HooksPlace::WorkingTree);
    assert!(story.path("tools/hooks/pre-commit").is_file());
    assert_eq!(story.commit(), (true, "smartbuild impact --staged\n".to_owned()));
    story.remove().unwrap();
    assert!(!story.path("tools/hooks/pre-commit").exists());
}

#[test]
fn hooks_that_others_have_as_well_are_told_from_its_own() {
    let story = Story::new();
    let place = |path: &str| {
        story.set("core.hooksPath", path);
        story.install().unwrap().place
    };
    assert_eq!(place(".git/hooks"), HooksPlace::Repository);
    assert_eq!(place(story.path(".git/hooks").to_str().unwrap()), HooksPlace::Repository);
    assert_eq!(place(".githooks"), HooksPlace::WorkingTree);
    assert_eq!(place("../of-all"), HooksPlace::Elsewhere);
}

#[test]
fn a_setting_that_leads_nowhere_is_refused() {
    let story = Story::new();
    story.set("core.hooksPath", "");
    let empty = story.install().unwrap_err().to_string();
    assert!(empty.contains("core.hooksPath cannot be used: it is empty,"), "{empty}");
    story.set("core.hooksPath", "/dev/null");
    assert!(matches!(story.install(), Err(HookError::Directory { .. })));
}

#[test]
fn a_linked_working_tree_has_the_hooks_of_the_main_one() {
    let story = Story::new();
    story.commit();
    let linked = story.directory.path().join("linked");
    let added = story.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    assert!(added.status.success(), "{added:?}");
    let installed = install(&open(&linked), None).unwrap();
    assert_eq!(installed.hook, story.path(".git/hooks/pre-commit").canonicalize().unwrap());
    assert_eq!(installed.place, HooksPlace::Repository);
    let commit = ["commit", "-q", "--allow-empty", "-m", "Open the other shop"];
    assert_eq!(
        said(&story.git_in(&linked, &commit)),
        (true, "smartbuild impact --staged\n".to_owned())
    );
}

#[test]
fn a_bare_repository_is_refused() {
    let story = Story::new();
    story.set("core.bare", "true");
    let bare = open(&story.path(".git"));
    assert!(matches!(install(&bare, None), Err(HookError::Bare { .. })));
}

#[test]
fn huskys_directory_is_left_alone() {
    let story = Story::new();
    story.set("core.hooksPath", ".husky/_");
    let refused = story.install().unwrap_err().to_string();
    assert!(refused.contains("to .husky/pre-commit instead"), "{refused}");
    assert!(!story.path(".husky").exists());
}

#[test]
fn what_somebody_edited_is_neither_overwritten_nor_removed() {
    let story = Story::new();
    let hook = story.install().unwrap().hook;
    let edited = fs::read_to_string(&hook).unwrap() + "echo mine\n";
    for text in [&edited, &edited.replace("#!/bin/sh", "#!/bin/bash")] {
        fs::write(&hook, text).unwrap();
        assert!(matches!(story.install(), Err(HookError::Edited { .. })));
        assert!(matches!(story.remove(), Err(HookError::Edited { .. })));
        assert_eq!(&fs::read_to_string(&hook).unwrap(), text);
    }
}

#[test]
fn a_hook_with_another_programs_path_is_replaced() {
    let story = Story::new();
    let repository = story.open();
    install(&repository, Some(Path::new("/old/smartbuild"))).unwrap();
    let installed = install(&repository, Some(Path::new("/new/smartbuild"))).unwrap();
    assert!(!installed.was_there && installed.kept.is_none());
    assert!(fs::read_to_string(installed.hook).unwrap().contains("'/new/smartbuild'"));
}

#[test]
fn two_hooks_are_not_made_one() {
    let story = Story::new();
    story.hook("echo one");
    story.install().unwrap();
    story.hook("echo two");
    let hooks = story.hooks();
    let refused = story.install().unwrap_err().to_string();
    assert!(refused.contains("join them into one file"), "{refused}");
    assert_eq!(story.hooks(), hooks);
}

#[test]
fn an_installation_that_was_broken_off_is_finished() {
    let story = Story::new();
    story.hook("echo before");
    let kept = story.path(".git/hooks/pre-commit.before-smartbuild");
    fs::hard_link(story.path(".git/hooks/pre-commit"), &kept).unwrap();
    story.install().unwrap();
    assert_eq!(story.commit(), (true, "before\nsmartbuild impact --staged\n".to_owned()));
}

#[test]
fn a_directory_in_its_place_is_refused() {
    let story = Story::new();
    fs::create_dir_all(story.path(".git/hooks/pre-commit")).unwrap();
    assert!(matches!(story.install(), Err(HookError::NoFile { .. })));
}

#[test]
fn without_the_program_the_commit_is_made_and_says_what_to_do() {
    let story = Story::new();
    story.install().unwrap();
    fs::remove_file(story.programs().join("smartbuild")).unwrap();
    let (is_made, said) = story.commit();
    assert!(is_made, "{said}");
    assert!(said.contains("smartbuild is not installed here"), "{said}");
    assert!(said.contains("take this hook away: rm '.git/hooks/pre-commit'"), "{said}");
}

#[test]
fn the_command_that_takes_it_away_can_be_run_as_it_is() {
    let story = Story::new();
    let hooks = story.directory.path().join("it's \"my\" $hooks");
    fs::create_dir(&hooks).unwrap();
    script(&hooks.join("pre-commit"), "echo before");
    story.set("core.hooksPath", hooks.to_str().unwrap());
    story.install().unwrap();
    fs::remove_file(story.programs().join("smartbuild")).unwrap();
    let (_, said) = story.commit();
    let command = said.split_once("take this hook away: ").unwrap().1;
    let status = Command::new("sh").args(["-c", command]).current_dir(story.top()).status();
    assert!(status.unwrap().success(), "{command}");
    assert_eq!(story.commit(), (true, "before\n".to_owned()));
}

#[test]
fn the_program_that_installed_it_runs_where_the_path_has_none() {
    let story = Story::new();
    let elsewhere = story.directory.path().join("it's \"$HOME\" `here`\n");
    fs::create_dir(&elsewhere).unwrap();
    let program = elsewhere.join("smartbuild");
    fs::rename(story.programs().join("smartbuild"), &program).unwrap();
    install(&story.open(), Some(&program)).unwrap();
    assert_eq!(story.commit(), (true, "smartbuild impact --staged\n".to_owned()));
}

#[test]
fn the_text_is_one_that_people_can_read() {
    let text = script::text(Some(Path::new("/usr/bin/smartbuild")), true);
    insta::assert_snapshot!(String::from_utf8(text).unwrap());
}
