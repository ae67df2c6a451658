//! Lists the dictionary and life-event files of the tree, so that adding one is adding a file.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut list = String::from("&[\n");
    for folder in ["dictionary", "life-events"] {
        println!("cargo:rerun-if-changed={}", root.join(folder).display());
        for name in yaml_files(&root.join(folder))? {
            println!("cargo:rerun-if-changed={}", root.join(folder).join(&name).display());
            list.push_str(&format!(
                "    (\"{folder}/{name}\", include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{folder}/{name}\"))),\n"
            ));
        }
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("seeds.rs"), list)?;
    Ok(())
}

fn yaml_files(folder: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name =
            entry?.file_name().into_string().map_err(|name| format!("{} is not UTF-8", name.display()))?;
        if name.ends_with(".yaml") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
