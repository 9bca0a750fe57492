//! Stories of changes, in repositories made by git itself.
