//! Reads an HTTP message as a fuzzer writes it: lines of a head, an empty line, a body.

use super::json;

/// The first byte of a body that is made by choices ([`json::made`]), not written out.
const MADE: u8 = 1;

/// An HTTP message. Names that begin with a colon are not headers. They are other facts that a host
/// knows: `:query`, `:status` and the like.
pub(super) struct Message {
    head: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Message {
    /// Reads any bytes as a message. Without an empty line all of them are the body.
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

    /// Returns the value of a line of the head.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.head.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// Returns a header as a host does: values of the same name in one text.
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
