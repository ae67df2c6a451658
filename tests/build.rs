//! Compiles the benchmark's protos: one file per ministry, so that each registers what is its own.

use std::path::PathBuf;
use std::{env, fs};

const MINISTRIES: [&str; 7] = ["registry", "tax", "health", "council", "benefit", "post", "office"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let (own, contract) = (here.join("bench/proto"), here.join("../proto"));
    println!("cargo:rerun-if-changed={}", own.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for ministry in MINISTRIES {
        let mut compiler = protox::Compiler::new([own.clone(), contract.clone()])?;
        compiler.include_imports(true);
        compiler.open_file(format!("bench/{ministry}.proto"))?;
        fs::write(out.join(format!("{ministry}.fds")), compiler.encode_file_descriptor_set())?;
    }
    let mut compiler = protox::Compiler::new([own, contract])?;
    compiler.include_imports(true);
    compiler.open_files(MINISTRIES.iter().chain(&["bare"]).map(|file| format!("bench/{file}.proto")))?;
    tonic_prost_build::configure()
        .extern_path(".loket.v1", "::proto::loket::v1")
        .extern_path(".google.longrunning", "::proto::google::longrunning")
        .include_file("bench.rs")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
