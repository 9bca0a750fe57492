//! Predicted against measured seconds, as a table and in sum.

use std::collections::BTreeMap;

use super::work::Edit;

/// The columns of [`Measured::line`].
pub(super) const HEAD: &str = "build  after                predicted   measured   error";

/// One build.
#[allow(clippy::struct_field_names, reason = "measured stands against predicted")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    /// What was done before it.
    pub(super) edit: Edit,
    /// Seconds, by the forecast.
    pub(super) predicted: f64,
    /// Seconds that it then took.
    pub(super) measured: f64,
}

impl Measured {
    /// The distance as a share of what it took.
    fn error(&self) -> f64 {
        (self.predicted - self.measured).abs() / self.measured.max(f64::MIN_POSITIVE)
    }

    /// One line of the table.
    pub(super) fn line(&self, number: usize) -> String {
        let Self { edit, predicted, measured } = self;
        let error = self.error() * 100.0;
        format!(
            "{number:>5}  {:<18} {predicted:>9.2} s {measured:>8.2} s {error:>5.0} %",
            edit.name()
        )
    }
}

/// The builds that are counted.
#[derive(Debug, Default)]
pub(super) struct Figures(Vec<Measured>);

impl Figures {
    pub(super) fn add(&mut self, measured: Measured) {
        self.0.push(measured);
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The median error of all, and of each kind of edit.
    pub(super) fn summary(&self) -> String {
        let mut by_edit: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for measured in &self.0 {
            by_edit.entry(measured.edit.name()).or_default().push(measured.error());
        }
        let all = self.0.iter().map(Measured::error).collect();
        let told = |errors: Vec<f64>| {
            let count = errors.len();
            format!("{:.0} % over {count} builds", median(errors) * 100.0)
        };
        let mut lines = vec![format!("median error {}", told(all))];
        lines.extend(
            by_edit.into_iter().map(|(edit, errors)| format!("  {edit}: {}", told(errors))),
        );
        lines.join("\n")
    }
}

/// The middle value, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_a_share_of_what_was_measured() {
        let of = |edit, predicted| Measured { edit, predicted, measured: 2.0 };
        let line = of(Edit::Source, 2.5).line(7);
        assert_eq!(line, "    7  app.py                  2.50 s     2.00 s    25 %");
        assert_eq!(HEAD.len(), line.len());
        let mut figures = Figures::default();
        for (edit, predicted) in [(Edit::Source, 2.2), (Edit::Source, 1.0), (Edit::Base, 2.0)] {
            figures.add(of(edit, predicted));
        }
        assert_eq!(
            figures.summary(),
            "median error 10 % over 3 builds\n  app.py: 30 % over 2 builds\n  the base image: 0 % over 1 builds"
        );
    }
}
