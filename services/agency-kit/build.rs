//! Compiles the common types of Google that ministries use in their protos.

use std::env;
use std::path::PathBuf;

const FILES: [&str; 4] = [
    "google/type/date.proto",
    "google/type/money.proto",
    "google/type/decimal.proto",
    "google/type/postal_address.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.join("google/type").display());
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true);
    compiler.open_files(FILES)?;
    tonic_prost_build::configure().compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
