//! Rows in columns, of which a narrow place shows those that matter most: what tells things apart
//! is there whole or not at all.

use super::escape::{columns, fit, fit_middle};

/// The blanks before each column.
const GAP: usize = 2;

/// So many columns of a path come before anything that matters less.
const PATH: usize = 32;

/// A column of safe texts, one for each row.
#[derive(Debug, Clone)]
pub(super) struct Column {
    cells: Vec<String>,
    shape: Shape,
    /// Columns with lower ones are shown first.
    rank: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Whole, at the left of its place.
    Left,
    /// Whole, at the right of its place.
    Right,
    /// Cut at its end where there is too little room, but not below so many columns.
    Text(usize),
    /// What tells the rows apart, cut in its middle but not below so many columns: it takes the
    /// room of columns that matter less.
    Path(usize),
}

impl Column {
    pub(super) fn left(rank: usize, cells: Vec<String>) -> Self {
        Self { cells, shape: Shape::Left, rank }
    }

    pub(super) fn right(rank: usize, cells: Vec<String>) -> Self {
        Self { cells, shape: Shape::Right, rank }
    }

    pub(super) fn text(rank: usize, least: usize, cells: Vec<String>) -> Self {
        Self { cells, shape: Shape::Text(least), rank }
    }

    pub(super) fn path(rank: usize, least: usize, cells: Vec<String>) -> Self {
        Self { cells, shape: Shape::Path(least), rank }
    }

    fn widest(&self) -> usize {
        self.cells.iter().map(|cell| columns(cell)).max().unwrap_or(0)
    }

    fn least(&self) -> usize {
        match self.shape {
            Shape::Left | Shape::Right => self.widest(),
            Shape::Text(least) | Shape::Path(least) => least.min(self.widest()),
        }
    }

    /// What it takes before columns that matter less take anything.
    fn wanted(&self) -> usize {
        match self.shape {
            Shape::Path(_) => self.widest().min(PATH),
            _ => self.least(),
        }
    }

    /// The cell of a row in so many columns.
    fn cell(&self, row: usize, width: usize) -> String {
        let cell = self.cells.get(row).map_or("", String::as_str);
        let blanks = " ".repeat(width.saturating_sub(columns(cell)));
        match self.shape {
            Shape::Right => blanks + cell,
            Shape::Left => cell.to_owned() + &blanks,
            Shape::Text(_) => fit(cell, width).into_owned() + &blanks,
            Shape::Path(_) => fit_middle(cell, width).into_owned() + &blanks,
        }
    }
}

/// The rows, each on a line of at most `width` columns as long as one column has room.
pub(super) fn rows(table: &[Column], width: usize) -> Vec<String> {
    let widths = widths(table, width);
    let count = table.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    let line = |row| {
        let mut line = String::new();
        for (column, width) in table.iter().zip(&widths) {
            if let Some(width) = width {
                line.push_str(&" ".repeat(GAP));
                line.push_str(&column.cell(row, *width));
            }
        }
        line.truncate(line.trim_end().len());
        fit(&line, width).into_owned()
    };
    (0..count).map(line).collect()
}

/// The columns that each takes; nothing for those that are not shown.
fn widths(table: &[Column], width: usize) -> Vec<Option<usize>> {
    let mut ranked: Vec<usize> = (0..table.len()).collect();
    ranked.sort_by_key(|&at| table[at].rank);
    let mut widths = vec![None; table.len()];
    let mut left = width;
    for &at in &ranked {
        let least = table[at].least();
        let is_first = widths.iter().all(Option::is_none);
        if least > 0 && (is_first || GAP + least <= left) {
            let taken = table[at].wanted().min(left.saturating_sub(GAP)).max(least);
            widths[at] = Some(taken);
            left = left.saturating_sub(GAP + taken);
        }
    }
    for &at in &ranked {
        if let Some(width) = &mut widths[at] {
            let more = table[at].widest().saturating_sub(*width).min(left);
            *width += more;
            left -= more;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<Column> {
        let cells = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        vec![
            Column::left(0, cells(["monday", "friday"])),
            Column::left(4, cells(["f950c9e", "-"])),
            Column::right(1, cells(["4.1 s", "12 s"])),
            Column::path(2, 8, cells(["/home/ann/shop", "/home/ann/other"])),
            Column::text(3, 6, cells(["", "src/app.py edited"])),
        ]
    }

    #[test]
    fn a_wide_place_shows_all() {
        let told = rows(&table(), usize::MAX);
        assert_eq!(told[0], "  monday  f950c9e  4.1 s  /home/ann/shop");
        assert_eq!(told[1], "  friday  -         12 s  /home/ann/other  src/app.py edited");
    }

    #[test]
    fn a_narrow_place_shows_what_matters_most_and_no_part_of_a_number() {
        assert_eq!(rows(&table(), 42)[1], "  friday   12 s  /home/ann/other  src/app…");
        assert_eq!(rows(&table(), 31)[1], "  friday   12 s  /home…nn/other");
        assert_eq!(rows(&table(), 26)[1], "  friday   12 s  /ho…other");
        assert_eq!(rows(&table(), 20)[0], "  monday  4.1 s");
        assert_eq!(rows(&table(), 10)[0], "  monday");
        assert_eq!(rows(&table(), 5)[0], "  mo…");
    }

    #[test]
    fn a_column_without_a_word_takes_no_place() {
        let empty = Column::text(0, 6, vec![String::new(); 2]);
        let told = rows(&[empty, Column::left(1, vec!["a".to_owned(), "b".to_owned()])], 80);
        assert_eq!(told, ["  a", "  b"]);
    }
}
