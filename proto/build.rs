//! Compiles the contract without protoc. The descriptor set keeps every extension option: it is what server
//! reflection, REST and OpenAPI read.

use std::path::{Path, PathBuf};
use std::{env, fs};

const FILES: [&str; 7] = [
    "loket/v1/annotations.proto",
    "loket/portal/v1/portal.proto",
    "loket/desk/v1/desk.proto",
    "loket/operations/v1/operations.proto",
    "loket/log/v1/log.proto",
    "google/longrunning/operations.proto",
    "google/rpc/error_details.proto",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    for folder in ["loket", "google"] {
        println!("cargo:rerun-if-changed={}", root.join(folder).display());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut compiler = protox::Compiler::new([Path::new(&root)])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(FILES)?;
    fs::write(out.join("contract.fds"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure().bytes(".loket.log").compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
