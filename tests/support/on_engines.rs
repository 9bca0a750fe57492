//! Stories that are told on several engines.

/// Each story on the oldest engine and on a new one.
macro_rules! on_engines {
    ($($story:ident),* $(,)?) => {
        mod on_20_10 {
            $(#[test] fn $story() { super::$story(&super::engine("20.10")); })*
        }
        mod on_28_5 {
            $(#[test] fn $story() { super::$story(&super::engine("28.5")); })*
        }
    };
}
