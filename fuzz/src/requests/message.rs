//! An HTTP message as a fuzzer writes it: lines of a head, an empty line, a body.

use super::json;

/// Stands before a body that is made by choices ([`json::made`]) rather than written out.
const MADE: u8 = 1;

/// What arrived. Names that begin with a colon are no headers but say what else a host knows: `:query`,
/// `:status` and the like.
pub(super) struct Message {
    head: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    /// Any bytes are a message; without an empty line all of them are its body.
    pub fn read(input: &[u8]) -> Self {
        let end = input.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((&[][..], input), |at| (&input[..at], &input[at + 2..]));
        let head = crate::text(head)
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let body = match body.split_first() {
            Some((&MADE, choices)) => json::made(choices).to_string().into_bytes(),
            _ => body.to_vec(),
        };
        Self { head, body }
    }

    /// A line of the head.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// A header, as a host hands it out: the values of equal names in one.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .head
            .iter()
            .filter(|(is, _)| is == name)
            .map(|(_, value)| value.as_str())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}
