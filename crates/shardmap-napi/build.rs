//! Links the addon.

fn main() {
    napi_build::setup();
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("macos") {
        // Otherwise it would be called by the path at which it was built.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/shardmap.node");
    }
}
