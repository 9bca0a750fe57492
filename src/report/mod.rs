//! Rendering only: result types in, text or JSON out.
