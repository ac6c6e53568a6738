//! Finds the second of two events that tell one moment in two vocabularies.
//!
//! GTM4WP pushes `gtm4wp.addProductToCartEEC` and `add_to_cart` for one click. Both become AddToCart
//! and have no id in common, so Meta would count two. A page decides the same by the time of its
//! pushes (`shell/browser/rules/one-moment.ts`); a body has the events of one page.

use serde_json::{Map, Value};

/// The code of an event that tells the moment of an earlier one.
pub const SAME_MOMENT: &str = "same_moment";
/// The maximum time between two events of one moment, in seconds.
const WITHIN_SECONDS: u64 = 2;

/// The events of one body that are not yet told twice.
#[derive(Debug, Default)]
pub struct Moments(Vec<Moment>);

#[derive(Debug)]
struct Moment {
    vocabulary: String,
    name: String,
    subject: Value,
    time: i64,
}

impl Moments {
    /// Returns true for the second event of a moment: an earlier one has another vocabulary, the same
    /// name, and the same order or products. An event is the first of one other event at most.
    pub fn is_second(
        &mut self,
        vocabulary: &str,
        name: &str,
        custom_data: &Map<String, Value>,
        time: i64,
    ) -> bool {
        let subject = ["order_id", "content_ids"].iter().find_map(|key| custom_data.get(*key));
        let subject = subject.cloned().unwrap_or_default();
        let first = self.0.iter().position(|one| {
            one.vocabulary != vocabulary
                && one.name == name
                && one.subject == subject
                && one.time.abs_diff(time) <= WITHIN_SECONDS
        });
        match first {
            Some(first) => drop(self.0.swap_remove(first)),
            None => self.0.push(Moment {
                vocabulary: vocabulary.to_owned(),
                name: name.to_owned(),
                subject,
                time,
            }),
        }
        first.is_some()
    }
}

/// Returns the vocabulary of an event by its name at the source: GTM4WP's names have a prefix.
pub(super) fn vocabulary(name: &str) -> &str {
    name.split_once('.').map_or("", |(prefix, _)| prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn heard(moments: &mut Moments, source: &str, name: &str, data: Value, time: i64) -> bool {
        moments.is_second(vocabulary(source), name, data.as_object().unwrap(), time)
    }

    #[test]
    fn one_click_in_two_vocabularies_is_one_event() {
        let ids = json!({ "content_ids": ["34"], "value": 5 });
        let mut moments = Moments::default();
        let mut add = |source: &str, data: &Value, time| {
            heard(&mut moments, source, "AddToCart", data.clone(), time)
        };
        assert!(!add("gtm4wp.addProductToCartEEC", &ids, 100));
        assert!(add("add_to_cart", &json!({ "content_ids": ["34"] }), 101));
        // Two clicks, in the other order.
        assert!(!add("add_to_cart", &ids, 110));
        assert!(!add("add_to_cart", &ids, 110));
        assert!(add("gtm4wp.addProductToCartEEC", &ids, 110));
        assert!(add("gtm4wp.addProductToCartEEC", &ids, 110));
        assert!(!add("gtm4wp.addProductToCartEEC", &ids, 110));
    }

    #[test]
    fn an_order_counts_before_its_products_and_other_moments_are_events() {
        let mut moments = Moments::default();
        let order = |id: &str, product: &str| json!({ "order_id": id, "content_ids": [product] });
        assert!(!heard(&mut moments, "purchase", "Purchase", order("7", "A"), 100));
        assert!(!heard(&mut moments, "gtm4wp.orderCompletedEEC", "Purchase", order("8", "A"), 100));
        assert!(heard(&mut moments, "gtm4wp.orderCompletedEEC", "Purchase", order("7", "B"), 100));
        assert!(!heard(
            &mut moments,
            "view_item",
            "ViewContent",
            json!({ "content_ids": ["A"] }),
            100
        ));
        let other = json!({ "content_ids": ["B"] });
        assert!(!heard(&mut moments, "gtm4wp.productClickEEC", "ViewContent", other, 100));
        let late = json!({ "content_ids": ["A"] });
        assert!(!heard(&mut moments, "gtm4wp.productClickEEC", "ViewContent", late, 103));
    }
}
