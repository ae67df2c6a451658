//! Compiles this ministry's own proto. The descriptor set keeps the annotations: reflection gives them to Loket.

use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let own = here.join("proto");
    println!("cargo:rerun-if-changed={}", own.display());
    let mut compiler = protox::Compiler::new([own, here.join("../../proto")])?;
    compiler.include_imports(true);
    compiler.open_files(["gov/municipality/v1/municipality.proto"])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("municipality.fds"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .build_client(true)
        .extern_path(".loket.v1", "::proto::loket::v1")
        .extern_path(".google.longrunning", "::proto::google::longrunning")
        .extern_path(".google.type", "::agency_kit::google::types")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
