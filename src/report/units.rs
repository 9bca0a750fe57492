//! Numbers as people read them.

use crate::Seconds;

/// `0.02 s`, `0.4 s`, `38 s`, `2 min 5 s`, `42 min`, `1 h 50 min`.
pub fn seconds(duration: Seconds) -> String {
    let value = duration.get();
    if value < 0.095 {
        return format!("{value:.2} s");
    }
    if value < 9.95 {
        return format!("{value:.1} s");
    }
    let whole = std::time::Duration::from_secs_f64(value.round().min(1e12)).as_secs();
    let (minutes, rest) = (whole / 60, whole % 60);
    match (minutes, rest) {
        (0, _) => format!("{whole} s"),
        (1..10, 1..) => format!("{minutes} min {rest} s"),
        (1..100, _) => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// As [`seconds`], with a digit more where that would hide it: `10.5 s`.
pub fn precise_seconds(duration: Seconds) -> String {
    let tenths = (duration.get() * 10.0).round() / 10.0;
    if (9.95..60.0).contains(&tenths) && tenths.fract() != 0.0 {
        return format!("{tenths:.1} s");
    }
    seconds(duration)
}

/// A duration that somebody wrote, as it was written: `10.25 s`.
pub fn exact_seconds(duration: Seconds) -> String {
    let value = duration.get();
    let is_shown = value.fract() == 0.0 && (value < 600.0 || value % 60.0 == 0.0);
    if is_shown && value >= 9.95 { seconds(duration) } else { format!("{value} s") }
}

/// Whether a duration is more than the noise of a build.
pub fn is_worth_saying(duration: Seconds) -> bool {
    duration.get() >= 0.05
}

/// Decimal units as `docker build` uses them: `17 B`, `1.2 kB`, `1.8 MB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1000.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        // What would be shown as 1000.0 belongs to the next unit.
        if value < 999.95 {
            break;
        }
        value /= 1000.0;
        unit = larger;
    }
    format!("{value:.1} {unit}")
}

/// `12,033`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 file`, `12,033 files`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_digits_that_matter() {
        let shown: Vec<String> =
            [0.0, 0.021, 0.4, 3.0, 9.96, 38.2, 59.7, 120.2, 125.0, 2520.0, 6600.0]
                .into_iter()
                .map(|value| seconds(Seconds::new(value)))
                .collect();
        assert_eq!(
            shown,
            [
                "0.00 s",
                "0.02 s",
                "0.4 s",
                "3.0 s",
                "10 s",
                "38 s",
                "1 min",
                "2 min",
                "2 min 5 s",
                "42 min",
                "1 h 50 min"
            ]
        );
    }

    #[test]
    fn a_limit_is_told_as_it_was_written_and_what_is_beyond_it_with_a_digit_more() {
        let exact = |value| exact_seconds(Seconds::new(value));
        assert_eq!(
            [0.25, 3.0, 10.5, 60.0, 615.0, 6600.0].map(exact),
            ["0.25 s", "3 s", "10.5 s", "1 min", "615 s", "1 h 50 min"]
        );
        let precise = |value| precise_seconds(Seconds::new(value));
        assert_eq!(
            [0.4, 10.5, 11.0, 59.96, 75.5].map(precise),
            ["0.4 s", "10.5 s", "11 s", "1 min", "1 min 16 s"]
        );
    }

    #[test]
    fn sizes_and_counts() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_840_233), "1.8 MB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
        assert_eq!(count(12_033), "12,033");
        assert_eq!(count(999), "999");
        assert_eq!(counted(1, "file", "files"), "1 file");
    }
}
