//! Requests by chance alone: what a fuzzer would choose by what it reaches, chosen blindly, and many
//! times as fast. The same seed gives the same requests.

use super::json;

/// The lines of heads that the targets read, from the dictionary of libFuzzer.
const DICTIONARY: &str = include_str!("../../dictionaries/requests.dict");
/// Choices that a body is made of: as many as its largest shapes need.
const CHOICES: usize = 96;

/// A target, and its name.
pub type Target = (&'static str, fn(&[u8]));
/// The targets that read whole requests, answers and configurations.
pub const TARGETS: [Target; 8] = [
    ("page_intake", super::page::any),
    ("server_intake", super::server::any),
    ("graph", super::graph::any),
    ("segment", super::segment::any),
    ("metas_answer", super::metas_answer::any),
    ("configuration", super::configuration::any),
    ("documents", super::documents::any),
    ("status", super::status::any),
];
/// Those whose input is a request with events, and what they are worth: of ten, eight.
const INTAKES: usize = 4;

/// Requests of a seed.
pub struct Chance {
    state: u64,
    lines: Vec<String>,
}

impl Chance {
    /// Begins with a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let lines = DICTIONARY
            .lines()
            .filter_map(|line| line.strip_prefix('"')?.strip_suffix("\\x0a\""))
            .filter(|line| line.contains(": "))
            .map(|line| line.replace("\\\"", "\"").replace("\\\\", "\\"))
            .collect();
        Self { state: seed, lines }
    }

    /// The next request, and the target that takes it.
    pub fn request(&mut self) -> (&'static Target, Vec<u8>) {
        let target = match self.below(10) {
            0 => INTAKES + self.below(TARGETS.len() - INTAKES),
            1 => self.below(TARGETS.len()),
            _ => self.below(INTAKES),
        };
        let mut input = self.head();
        let choices: Vec<u8> = (0..CHOICES).flat_map(|_| self.number().to_le_bytes()).collect();
        let at = input.len();
        match self.below(8) {
            // A head as the body: what documents have.
            0 => input.extend(self.head()),
            // Something of it is broken.
            1 => {
                input.extend(json::made(&choices).to_string().into_bytes());
                for _ in 0..=self.below(3) {
                    let place = at + self.below((input.len() - at).max(1));
                    let byte = self.number().to_le_bytes()[0];
                    if let Some(found) = input.get_mut(place) {
                        *found = byte;
                    }
                }
                let end = at + self.below(2 * (input.len() - at).max(1));
                input.truncate(end.max(at));
            }
            // A text has half a surrogate pair, or a number is too large for a double.
            2 => {
                let body = json::made(&choices).to_string();
                input.extend(self.with_what_json_cannot_say(&body).into_bytes());
            }
            _ => {
                input.push(1);
                input.extend(choices);
            }
        }
        (&TARGETS[target], input)
    }

    fn with_what_json_cannot_say(&mut self, body: &str) -> String {
        let (mark, with) = match self.below(4) {
            0 => (':', ":1e999,\"x\":"),
            1 => (':', ":NaN,\"x\":"),
            2 => ('"', "\"\\udc00\\ud83d"),
            _ => (',', ",tru,"),
        };
        let places: Vec<usize> = body.match_indices(mark).map(|(at, _)| at).collect();
        let Some(&at) = places.get(self.below(places.len().max(1))) else { return body.to_owned() };
        let (before, after) = body.split_at(at);
        format!("{before}{with}{}", after.get(1..).unwrap_or_default())
    }

    fn head(&mut self) -> Vec<u8> {
        let mut head = String::new();
        for _ in 0..self.below(6) {
            let line = self.below(self.lines.len());
            head.push_str(&self.lines[line]);
            if self.below(4) == 0 {
                head.push_str(&self.number().to_string());
            }
            head.push('\n');
        }
        if head.is_empty() {
            head.push('\n');
        }
        head.push('\n');
        head.into_bytes()
    }

    /// A number below another, which is not 0.
    fn below(&mut self, most: usize) -> usize {
        let most = u64::try_from(most).unwrap_or(1);
        usize::try_from(self.number() % most).unwrap_or_default()
    }

    /// The next number (splitmix64).
    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
