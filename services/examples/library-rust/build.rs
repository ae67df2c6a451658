//! Compiles the library's proto and keeps its annotations for reflection.

use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    println!("cargo:rerun-if-changed={}", here.join("../library.proto").display());
    let mut compiler = protox::Compiler::new([here.join(".."), here.join("../../../proto")])?;
    compiler.include_imports(true);
    compiler.open_files(["library.proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("library.fds"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_client(false)
        .extern_path(".loket.v1", "::proto::loket::v1")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
