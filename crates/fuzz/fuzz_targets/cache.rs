#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| shardmap_fuzz_bodies::run("cache", data));
