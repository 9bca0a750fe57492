//! Stories of projects that are bettered and of those that are not.
