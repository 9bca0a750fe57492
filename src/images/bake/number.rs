//! Numbers as bake has them: exact, whatever their size, within what any file needs.

use std::cmp::Ordering;

/// Digits after the point that are kept; more are refused.
const SCALE_LIMIT: u32 = 18;

/// A decimal number: `digits / 10^scale`, with no zero at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    digits: i128,
    scale: u32,
}

impl Number {
    pub(super) fn whole(number: i64) -> Self {
        Self { digits: number.into(), scale: 0 }
    }

    /// Reads `-1`, `2.50` and `1e3`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
        let unsigned = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        if unsigned.is_empty() || !is_digits(unsigned) || !is_digits(fraction) {
            return None;
        }
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if scale >= 0 {
            return Self::new(digits, u32::try_from(scale).ok()?);
        }
        let power = 10_i128.checked_pow(u32::try_from(-scale).ok()?)?;
        Self::new(digits.checked_mul(power)?, 0)
    }

    fn new(mut digits: i128, mut scale: u32) -> Option<Self> {
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        (scale <= SCALE_LIMIT).then_some(Self { digits, scale })
    }

    /// The same number where it is whole and not very large.
    pub(super) fn as_whole(self) -> Option<i64> {
        if self.scale > 0 { None } else { i64::try_from(self.digits).ok() }
    }

    /// Both numbers' digits at one scale.
    fn aligned(self, other: Self) -> Option<(i128, i128, u32)> {
        let scale = self.scale.max(other.scale);
        let raise = |it: Self| it.digits.checked_mul(10_i128.checked_pow(scale - it.scale)?);
        Some((raise(self)?, raise(other)?, scale))
    }

    pub(super) fn add(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        Self::new(a.checked_add(b)?, scale)
    }

    pub(super) fn negate(self) -> Self {
        Self { digits: -self.digits, ..self }
    }

    pub(super) fn multiply(self, other: Self) -> Option<Self> {
        Self::new(self.digits.checked_mul(other.digits)?, self.scale + other.scale)
    }

    /// Whether it is 0.
    pub(super) fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// `None` where the result has no end, or is infinite.
    pub(super) fn divide(self, other: Self) -> Option<Self> {
        let (a, b, _) = self.aligned(other)?;
        if b == 0 {
            return None;
        }
        let scaled = a.checked_mul(10_i128.pow(SCALE_LIMIT))?;
        if scaled % b != 0 {
            return None;
        }
        Self::new(scaled / b, SCALE_LIMIT)
    }

    /// What is left of a division, with the sign of this number.
    pub(super) fn modulo(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        // Of nothing, all is left.
        if b == 0 { Some(self) } else { Self::new(a % b, scale) }
    }

    /// The next whole number below.
    pub(super) fn floor(self) -> Self {
        Self { digits: self.digits.div_euclid(10_i128.pow(self.scale)), scale: 0 }
    }

    pub(super) fn compare(self, other: Self) -> Option<Ordering> {
        let (a, b, _) = self.aligned(other)?;
        Some(a.cmp(&b))
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.digits);
        }
        let sign = if self.digits < 0 { "-" } else { "" };
        let power = 10_u128.pow(self.scale);
        let (whole, fraction) =
            (self.digits.unsigned_abs() / power, self.digits.unsigned_abs() % power);
        write!(f, "{sign}{whole}.{fraction:0width$}", width = self.scale as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Number {
        Number::read(text).unwrap()
    }

    #[test]
    fn numbers_are_exact() {
        for (text, expected) in
            [("1.50", "1.5"), ("-0.07", "-0.07"), ("1e3", "1000"), ("12e-1", "1.2"), ("007", "7")]
        {
            assert_eq!(read(text).to_string(), expected);
        }
        assert_eq!(read("0.1").add(read("0.2")).unwrap().to_string(), "0.3");
        assert_eq!(read("7").divide(read("4")).unwrap().to_string(), "1.75");
        assert_eq!(read("-7").modulo(read("4")).unwrap().to_string(), "-3");
        assert_eq!(read("7").modulo(read("0")).unwrap().to_string(), "7");
        assert_eq!(read("-1.5").floor().to_string(), "-2");
    }

    #[test]
    fn what_cannot_be_exact_is_nothing() {
        assert_eq!(read("1").divide(read("3")), None);
        assert_eq!(read("1").divide(read("0")), None);
        for text in ["", "-", "1x", ".5", "1e999999999", &"9".repeat(60)] {
            assert_eq!(Number::read(text), None, "{text}");
        }
    }
}
