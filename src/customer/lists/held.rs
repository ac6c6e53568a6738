//! The lists in a server's memory.

use core::cmp::Ordering;

use super::List;

/// Returns the lines of a list.
pub(in super::super) const fn lines(list: List) -> &'static str {
    match list {
        List::Countries => include_str!("countries.txt"),
        List::States => include_str!("states.txt"),
        List::Genders => include_str!("genders.txt"),
    }
}

pub(super) fn meaning(list: List, word: &str) -> Option<String> {
    let mut left = lines(list);
    while !left.is_empty() {
        // Find the line that the middle is in.
        let before = left.as_bytes().get(..left.len() / 2)?;
        let from = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let (earlier, rest) = left.split_at_checked(from)?;
        let (line, later) = rest.split_once('\n').unwrap_or((rest, ""));
        let (known, meaning) = line.split_once(' ').unwrap_or((line, ""));
        left = match word.cmp(known) {
            Ordering::Equal => return Some(meaning.to_owned()),
            Ordering::Less => earlier,
            Ordering::Greater => later,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::super::text::{clean, letters};
    use super::*;

    const ALL: [List; 3] = [List::Countries, List::States, List::Genders];

    #[test]
    fn words_ascend_by_bytes() {
        for list in ALL {
            let words = lines(list).lines().filter_map(|line| line.split(' ').next());
            let words: Vec<&str> = words.collect();
            assert!(words.is_sorted_by(|one, next| one < next));
        }
    }

    #[test]
    fn every_word_is_written_as_values_are_and_is_found() {
        for list in ALL {
            assert!(lines(list).ends_with('\n'));
            for line in lines(list).lines() {
                let (word, expected) = line.split_once(' ').unwrap();
                assert_eq!(letters(&clean(word)), word);
                assert_eq!(meaning(list, word).as_deref(), Some(expected), "{word}");
            }
        }
    }
}
