//! The configurations that the documents show, read by the real validator, and a fact that the
//! documents repeat.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use capi_bridge::relay::Config;
    use serde_json::{Map, Value, json};

    /// Documents whose configurations a reader copies as they stand.
    const WHOLE: [&str; 3] = ["docs/self-hosting.md", "docs/segment-recipe.md", "README.md"];

    /// Returns the blocks of JSON in a document.
    fn blocks(text: &str) -> Vec<&str> {
        text.split("```json\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
    }

    /// Returns the keys of a configuration, as the validator lists them.
    fn known_keys() -> Vec<String> {
        let error = Config::read(r#"{ "no such key": 1 }"#).unwrap_err().to_string();
        let (_, list) = error.split_once("expected one of ").unwrap();
        list.split(", ").map(|key| key.trim_matches('"').to_owned()).collect()
    }

    fn documents() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = vec!["README.md".to_owned()];
        for entry in fs::read_dir(root.join("docs")).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                paths.push(format!("docs/{name}"));
            }
        }
        paths
            .into_iter()
            .map(|path| (fs::read_to_string(root.join(&path)).unwrap(), path))
            .collect()
    }

    #[test]
    fn every_configuration_in_the_documents_is_valid() {
        let known = known_keys();
        assert!(known.iter().any(|key| key == "allowedOrigins"), "{known:?}");
        let mut read = 0;
        for (text, path) in documents() {
            for block in blocks(&text) {
                // An example of an event or an answer may leave things out with "…".
                let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(block) else {
                    continue;
                };
                if !fields.keys().any(|key| known.contains(key)) {
                    continue;
                }
                let whole = if WHOLE.contains(&path.as_str()) {
                    block.to_owned()
                } else {
                    completed(fields)
                };
                if let Err(error) = Config::read(&whole) {
                    panic!("{path}: {error} in\n{block}");
                }
                read += 1;
            }
        }
        // The documents have at least so many: a change of their form must not pass unseen.
        assert!(read >= 8, "only {read} configurations were found");
    }

    #[test]
    fn every_block_of_the_guide_to_self_hosting_is_a_whole_configuration() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(root.join("docs/self-hosting.md")).unwrap();
        let found = blocks(&text);
        assert!(found.len() >= 3);
        for block in found {
            if let Err(error) = Config::read(block) {
                panic!("{error} in\n{block}");
            }
        }
    }

    /// Safari deletes a script's cookie after 7 days (WebKit, "Intelligent Tracking Prevention 2.1"),
    /// but after 24 hours if the visit began with a click on an ad ("Intelligent Tracking Prevention
    /// 2.2"), and that is the visit that these cookies are for.
    #[test]
    fn a_text_that_names_safaris_limit_of_seven_days_names_the_24_hours_after_a_click_too() {
        let mut texts = documents();
        collect_sources(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(), &mut texts);
        let mut found = 0;
        for (text, path) in &texts {
            for paragraph in paragraphs(text) {
                let is_about_it = paragraph.contains("Safari")
                    && ["7 days", "seven days"].iter().any(|limit| paragraph.contains(limit));
                if is_about_it {
                    assert!(paragraph.contains("24 hours"), "{path}: {paragraph}");
                    found += 1;
                }
            }
        }
        assert!(found >= 4, "only {found} texts were found");
    }

    /// Adds the Rust and TypeScript files below a folder.
    fn collect_sources(folder: &Path, texts: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect_sources(&path, texts);
            } else if path.extension().is_some_and(|ending| ending == "rs" || ending == "ts") {
                texts.push((fs::read_to_string(&path).unwrap(), path.display().to_string()));
            }
        }
    }

    /// Returns the paragraphs of a document or of a file's comments, each in one line.
    fn paragraphs(text: &str) -> Vec<String> {
        let bare =
            |line: &str| line.trim_start().trim_start_matches(['/', '*', '!']).trim().to_owned();
        let mut paragraphs = vec![String::new()];
        for line in text.lines() {
            let words = bare(line);
            if words.is_empty() || line.starts_with("- ") {
                paragraphs.push(String::new());
            }
            if let Some(last) = paragraphs.last_mut() {
                last.push_str(&words);
                last.push(' ');
            }
        }
        paragraphs
    }

    /// Returns a part of a configuration as a whole one.
    fn completed(part: Map<String, Value>) -> String {
        let mut whole =
            json!({ "datasets": ["1234567890"], "allowedOrigins": ["https://shop.example"] });
        whole.as_object_mut().unwrap().extend(part);
        whole.to_string()
    }

    /// Returns the names of the dependencies that a manifest declares, in any of its tables.
    fn declared(manifest: &str) -> Vec<&str> {
        let mut is_dependencies = false;
        let mut names = Vec::new();
        for line in manifest.lines() {
            if line.starts_with('[') {
                is_dependencies = line.ends_with("dependencies]");
            } else if let Some((name, rest)) = line.split_once('=').filter(|_| is_dependencies) {
                let renamed =
                    rest.split_once("package = \"").and_then(|(_, to)| to.split_once('"'));
                names.push(renamed.map_or(name.trim(), |(package, _)| package));
            }
        }
        names
    }

    #[test]
    fn every_crate_has_its_reason_in_the_documents_and_no_other_has() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        let manifests = [text("Cargo.toml"), text("xtask/Cargo.toml"), text("fuzz/Cargo.toml")];
        let names: Vec<&str> = manifests.iter().flat_map(|manifest| declared(manifest)).collect();
        assert!(names.contains(&"sha2") && names.contains(&"stateright"), "{names:?}");
        let document = text("docs/dependencies.md");
        let (of_the_crate, _) = document.split_once("## Beside the package").unwrap();
        for name in names.iter().filter(|name| **name != "capi-bridge") {
            assert!(document.contains(&format!("`{name}`")), "docs/dependencies.md lacks {name}");
        }
        let rows =
            of_the_crate.lines().filter_map(|line| line.strip_prefix("| `")?.split_once(" | "));
        for name in rows.flat_map(|(cell, _)| cell.split(", ").map(|name| name.trim_matches('`'))) {
            assert!(
                names.contains(&name),
                "docs/dependencies.md explains {name}, which nothing needs"
            );
        }
    }
}
