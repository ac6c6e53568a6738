//! Templates: compose a product's id from its fields, such as `wc_post_id_{variation_id|product_id}`.
//!
//! The name between braces is a field of the product, one of the table's parts, or a field of the
//! event if it starts with `$.`. With `|` between names the first one that says something counts.

use std::borrow::Cow;

use super::paths::cut;

/// Returns true if a column is a template and not a path.
pub(super) fn is_template(column: &str) -> bool {
    !column.starts_with('=') && column.bytes().any(|byte| matches!(byte, b'{' | b'}'))
}

/// Returns true if the braces of a template stand in pairs, with names between them.
pub(super) fn is_sound(template: &str) -> bool {
    // Names consist of letters, digits, `_`, `-`, `.` and `$`.
    let (mut is_inside, mut last) = (false, b'{');
    for byte in template.bytes() {
        let is_sound = match byte {
            b'{' => !std::mem::replace(&mut is_inside, true),
            b'}' => std::mem::take(&mut is_inside) && !matches!(last, b'{' | b'|'),
            b'|' if is_inside => !matches!(last, b'{' | b'|'),
            _ => {
                !is_inside || byte > b'}' || byte.is_ascii_alphanumeric() || b"_-.$".contains(&byte)
            }
        };
        if !is_sound {
            return false;
        }
        last = byte;
    }
    !is_inside
}

/// Returns the names of a template, those of each part together.
pub(super) fn parts(template: &str) -> impl Iterator<Item = impl Iterator<Item = &str>> {
    template.split('{').skip(1).map(|part| cut(part, b"}").0.split('|'))
}

/// Composes a text. `value` returns the value of a name. Returns `None` if a part says nothing.
pub(super) fn compose<'t>(
    template: &'t str,
    value: &dyn Fn(&'t str) -> Option<Cow<'_, str>>,
) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    loop {
        let (literal, part) = cut(rest, b"{");
        text.push_str(literal);
        let Some(part) = part else { return Some(text) };
        let (names, after) = cut(part, b"}");
        let mut names = Some(names);
        let found = loop {
            let (name, others) = cut(names?, b"|");
            if let Some(found) = value(name) {
                break found;
            }
            names = others;
        };
        text.push_str(found.trim_ascii());
        rest = after?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(template: &str, fields: &[(&str, &'static str)]) -> Option<String> {
        compose(template, &|name| {
            fields.iter().find(|(key, _)| *key == name).map(|(_, value)| Cow::Borrowed(*value))
        })
    }

    #[test]
    fn the_first_name_that_says_something_counts() {
        let variation = [("product_id", "31"), ("variation_id", "34"), ("sku", " TEE-M ")];
        let template = "wc_post_id_{variation_id|product_id}";
        assert_eq!(composed(template, &variation).unwrap(), "wc_post_id_34");
        assert_eq!(composed(template, &variation[..1]).unwrap(), "wc_post_id_31");
        assert_eq!(composed("{sku}_{variation_id}", &variation).unwrap(), "TEE-M_34");
        assert_eq!(composed("{sku}", &variation).unwrap(), "TEE-M");
        assert_eq!(composed("a|b{sku}c", &variation).unwrap(), "a|bTEE-Mc");
    }

    #[test]
    fn a_part_that_says_nothing_leaves_nothing() {
        let fields = [("id", "34")];
        for template in ["{sku}_{id}", "{id}_{sku}", "{id}_{variation_id|product_id}", "{sku}"] {
            assert_eq!(composed(template, &fields), None, "{template}");
        }
    }

    #[test]
    fn the_names_of_a_template_are_listed() {
        let names: Vec<Vec<&str>> = parts("x{a|b}_{$.c}").map(Iterator::collect).collect();
        assert_eq!(names, [vec!["a", "b"], vec!["$.c"]]);
    }

    #[test]
    fn braces_stand_in_pairs_around_names() {
        for template in ["{sku}", "x{a}{b|c}y", "{variant.product.id}", "{$.data.id}", "{größe}"]
        {
            assert!(is_sound(template), "{template}");
        }
        for template in ["{sku", "sku}", "{{sku}}", "{a}}", "{a}{", "}{"] {
            assert!(!is_sound(template), "{template}");
        }
        for template in ["{}", "{a|}", "{|a}", "{a||b}", "{a b}", "{sku:upper}", "{a?}", "{\"a\"}"]
        {
            assert!(!is_sound(template), "{template}");
        }
    }

    #[test]
    fn a_text_of_the_table_is_no_template() {
        assert!(is_template("{sku}") && is_template("sku}"));
        assert!(!is_template("sku") && !is_template("={sku}"));
    }
}
