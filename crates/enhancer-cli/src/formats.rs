//! `enhancer formats`.

/// The page with the table, which tests compare with ffmpeg.
const PAGE: &str = include_str!("formats.md");

/// The table of formats, as paragraphs: its cells are too wide for columns.
pub(crate) fn list() -> String {
    let lines = PAGE.lines().skip_while(|line| !line.starts_with('|'));
    lines.take_while(|line| line.starts_with('|')).skip(2).map(paragraph).collect()
}

fn paragraph(row: &str) -> String {
    let mut cells = row.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('`', ""));
    let mut next = || cells.next().unwrap_or_default();
    let (container, read, written) = (next(), next(), next());
    let written = if written.is_empty() { "no".into() } else { written };
    format!("{container}\n    read     {read}\n    written  {written}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_listed() {
        let list = list();
        assert!(list.starts_with("WAV\n    read     PCM 8-bit, "), "{list}");
        assert!(list.contains("\n    written  16, 24-bit, float; RF64 beyond 4 GiB\n"), "{list}");
        assert!(list.contains("\nMP2\n    read     MP2\n    written  no\n"), "{list}");
        assert!(list.contains("(--source-format)"), "{list}");
        assert!(!list.contains('|'), "{list}");
    }
}
