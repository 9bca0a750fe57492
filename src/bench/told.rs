//! What a build of a copy said, told of the Dockerfile that was copied.

use std::borrow::Cow;

use super::step::Numbered;

/// A Dockerfile that is built as a copy, with steps of ours in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuiltCopy {
    /// The path of the copy of the Dockerfile.
    pub dockerfile: String,
    /// The path of the copy of the context.
    pub context: String,
    /// What people call the Dockerfile.
    pub name: String,
    /// The lines of the copy that the original does not have, counted from 1, in their order.
    pub added_lines: Vec<usize>,
    /// The stages that have a step of ours right after their FROM, as the engine names them; empty
    /// is that of a Dockerfile which has one stage without a name.
    pub added_in: Vec<String>,
}

impl BuiltCopy {
    /// A message about the copy as one about the original: with its name, its lines, and the
    /// numbers of its steps.
    ///
    /// ```
    /// use smartbuild::bench::BuiltCopy;
    ///
    /// let copy = BuiltCopy {
    ///     dockerfile: "/tmp/1/Dockerfile".to_owned(),
    ///     context: "/tmp/1/context".to_owned(),
    ///     name: "docker/Dockerfile".to_owned(),
    ///     added_lines: vec![2],
    ///     added_in: vec![String::new()],
    /// };
    /// let said = "error: step 3/3 failed: exit code: 1\n/tmp/1/Dockerfile:3 | RUN false";
    /// let told = "error: step 2/2 failed: exit code: 1\ndocker/Dockerfile:2 | RUN false";
    /// assert_eq!(copy.told(said), told);
    /// ```
    pub fn told(&self, message: &str) -> String {
        let lines: Vec<String> = message.lines().filter_map(|line| self.line(line)).collect();
        lines.join("\n")
    }

    /// One line; none where it shows a line that is ours.
    fn line(&self, line: &str) -> Option<String> {
        let line = match self.excerpt(line)? {
            Cow::Owned(excerpt) => return Some(excerpt),
            Cow::Borrowed(line) => self.named(line)?,
        };
        let line = line.replace(&format!("{}/", self.context), "");
        Some(self.numbered(&line))
    }

    /// `   6 | >>> RUN make` of docker and ` 6 │ RUN make` of ours with the original's number.
    fn excerpt<'l>(&self, line: &'l str) -> Option<Cow<'l, str>> {
        let after = line.trim_start();
        let (digits, rest) = after.split_at(after.len() - after.trim_start_matches(digit).len());
        if !rest.starts_with(" | ") && !rest.starts_with(" │") {
            return Some(line.into());
        }
        let Ok(number) = digits.parse() else { return Some(line.into()) };
        let number = self.original(number)?.to_string();
        let width = line.len() - rest.len();
        Some(format!("{number:>width$}{rest}").into())
    }

    /// With the original's name and lines in place of the copy's.
    fn named(&self, line: &str) -> Option<String> {
        let base = self.dockerfile.rsplit('/').next().unwrap_or_default();
        // Docker's client tells of the file without its directory.
        if let Some(number) = line.strip_prefix(base).and_then(|rest| rest.strip_prefix(':'))
            && let Ok(number) = number.parse()
        {
            return Some(format!("{}:{}", self.name, self.original(number)?));
        }
        let mut told = String::new();
        let mut parts = line.split(&*self.dockerfile);
        told.push_str(parts.next().unwrap_or_default());
        for rest in parts {
            told.push_str(&self.name);
            let numbered = rest.strip_prefix(':').unwrap_or_default();
            let digits = &numbered[..numbered.len() - numbered.trim_start_matches(digit).len()];
            match digits.parse() {
                Ok(number) => {
                    told.push(':');
                    told.push_str(&self.original(number)?.to_string());
                    told.push_str(&numbered[digits.len()..]);
                }
                Err(_) => told.push_str(rest),
            }
        }
        Some(told)
    }

    /// The number of a line in the original; none where it is ours.
    fn original(&self, number: usize) -> Option<usize> {
        let above = self.added_lines.iter().filter(|added| **added < number).count();
        (!self.added_lines.contains(&number)).then(|| number - above)
    }

    /// With the numbers that steps have in the original: in `[build 3/4] RUN make` and
    /// `step build 3/4 failed`.
    fn numbered(&self, line: &str) -> String {
        let mut told = String::new();
        let mut rest = line;
        while let Some((start, end)) = step(rest) {
            told.push_str(&rest[..start]);
            told.push_str(&self.step(&rest[start..end]));
            rest = &rest[end..];
        }
        told + rest
    }

    /// `build 3/4` as `build 2/3` where the stage has a step of ours.
    fn step(&self, step: &str) -> String {
        let bracketed = format!("[{step}]");
        let Some(Numbered { start, number, of, .. }) = Numbered::of(&bracketed) else {
            return step.to_owned();
        };
        let before = &step[..start - 1];
        // A platform may stand before the stage.
        let stage = before.trim_end().rsplit(' ').next().unwrap_or_default();
        let is_it = |added: &String| {
            added.eq_ignore_ascii_case(stage) || (added.is_empty() && stage.contains('/'))
        };
        if !self.added_in.iter().any(is_it) {
            return step.to_owned();
        }
        // FROM is the first, and ours the second.
        let number = if number > 1 { number - 1 } else { number };
        format!("{before}{number}/{}", of.saturating_sub(1))
    }
}

const fn digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// Where the next step is named, from the stage's name to behind the number.
fn step(line: &str) -> Option<(usize, usize)> {
    let named = |before: &str, after: &str| {
        let until = |(at, _): (usize, &str)| {
            let start = at + before.len();
            Some((start, start + line[start..].find(after)?))
        };
        let is_step = |(start, end): &(usize, usize)| is_numbered(&line[*start..*end]);
        line.match_indices(before).filter_map(until).find(is_step)
    };
    named("[", "]").into_iter().chain(named("step ", " failed")).min()
}

fn is_numbered(step: &str) -> bool {
    let bracketed = format!("[{step}]");
    Numbered::of(&bracketed).is_some_and(|it| it.end + 1 == bracketed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy() -> BuiltCopy {
        BuiltCopy {
            dockerfile: "/tmp/x/now/dockerfile/Dockerfile".to_owned(),
            context: "/tmp/x/now/context".to_owned(),
            name: "web/Dockerfile".to_owned(),
            added_lines: vec![2, 8],
            added_in: vec!["base".to_owned(), "stage-2".to_owned()],
        }
    }

    #[test]
    fn steps_and_lines_are_those_of_the_original() {
        let told = |message: &str| copy().told(message);
        let path = &copy().dockerfile;
        let said = format!(
            "#7 [base 3/4] RUN [ 3/4 ]\nerror: step base 3/4 failed: exit code: 1\n{path}:4 | RUN \
             false \\\n{path}:9 | x"
        );
        let wanted = "#7 [base 2/3] RUN [ 3/4 ]\nerror: step base 2/3 failed: exit code: 1\n\
                      web/Dockerfile:3 | RUN false \\\nweb/Dockerfile:7 | x";
        assert_eq!(told(&said), wanted);
        // What stands on another stage has no step of ours.
        assert_eq!(told("#8 [stage-1 2/2] COPY a b"), "#8 [stage-1 2/2] COPY a b");
        assert_eq!(told("[linux/arm64 stage-2 1/3] FROM a"), "[linux/arm64 stage-2 1/2] FROM a");
        assert_eq!(told(&format!("no {path}; [é")), "no web/Dockerfile; [é");
        let context = format!("{}/src/a: no such file", copy().context);
        assert_eq!(told(&context), "src/a: no such file");
    }

    #[test]
    fn a_stage_alone_has_no_name() {
        let copy = BuiltCopy { added_in: vec![String::new()], ..copy() };
        assert_eq!(copy.told("error: step 3/3 failed"), "error: step 2/2 failed");
        assert_eq!(copy.told("[linux/amd64 2/3] COPY"), "[linux/amd64 1/2] COPY");
        assert_eq!(copy.told("[other 2/3] COPY"), "[other 2/3] COPY");
    }

    #[test]
    fn excerpts_leave_out_what_is_ours() {
        let docker = "Dockerfile:9\n--------------------\n   7 |     \n   8 |     COPY salt /\n   9 | \
                      >>> RUN false\n  10 |     RUN b\n--------------------\n > [base 3/4] RUN false:";
        let wanted = "web/Dockerfile:7\n--------------------\n   6 |     \n   7 | >>> RUN false\n   \
                      8 |     RUN b\n--------------------\n > [base 2/3] RUN false:";
        assert_eq!(copy().told(docker), wanted);
        let path = &copy().dockerfile;
        let ours =
            format!("  × no such flag\n   ╭─[{path}:9:5]\n 8 │ COPY salt /\n 9 │ RUN\n   ·     ─");
        let wanted = "  × no such flag\n   ╭─[web/Dockerfile:7:5]\n 7 │ RUN\n   ·     ─";
        assert_eq!(copy().told(&ours), wanted);
    }
}
