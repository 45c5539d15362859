"""Checks one built addon and says what it is, as JSON: check.py <platform> <file> <place of this machine...>

The kind of file and machine, what it asks of the system, what it gives (the function that Node calls), and that it names no place of the machine
that built it. Ends non-zero with one sentence for each thing that must not be."""

import json
import sys

import lief

platform, path, *places = sys.argv[1:]
system, cpu = platform.split("-")[:2]
faults = []
ENTRY = "napi_register_module_v1"


def expect(what, found, allowed):
    if found not in allowed:
        faults.append(f"{what} is {found}, not {' or '.join(map(str, allowed))}")


def subset(what, found, allowed):
    if set(found) - set(allowed):
        faults.append(f"{what}: {', '.join(sorted(set(found) - set(allowed)))}")


def exports(names, alone):
    """`alone`: where zig's linker takes Rust's list of what is exported; for macOS and Windows it exports more, which nobody looks up."""
    found = list(names)
    if ENTRY not in found or (alone and len(found) > 1):
        faults.append(f"it exports {', '.join(found[:9]) or 'nothing'}, not {ENTRY}{' alone' if alone else ''}")


def elf(file):
    machines = {"x64": lief.ELF.ARCH.X86_64, "arm64": lief.ELF.ARCH.AARCH64, "arm": lief.ELF.ARCH.ARM}
    expect("the machine", file.header.machine_type, [machines[cpu]])
    expect("the kind of file", file.header.file_type, [lief.ELF.Header.FILE_TYPE.DYN])
    if cpu == "arm" and not file.header.has(lief.ELF.PROCESSOR_FLAGS.ARM_EABI_VER5):
        faults.append("it is not of ARM's EABI 5")
    musl = platform.endswith("musl")
    loaders = ["ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "ld-linux-armhf.so.3"]
    glibc = ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", *loaders]
    subset("it needs libraries that not every system has", file.libraries, ["libc.so"] if musl else glibc)
    expect("whether it needs the C library", any(name.startswith("libc.so") for name in file.libraries), [True])
    tags = [entry.tag for entry in file.dynamic_entries]
    if lief.ELF.DynamicEntry.TAG.RPATH in tags or lief.ELF.DynamicEntry.TAG.RUNPATH in tags:
        faults.append("it has a path where libraries are looked for")
    # musl unloads nothing; with glibc the maps of a process would go with the last worker that loaded the addon.
    flags = file.get(lief.ELF.DynamicEntry.TAG.FLAGS_1)
    if not musl and not (flags and flags.has(lief.ELF.DynamicEntryFlags.FLAG.NODELETE)):
        faults.append("it may be unloaded")
    if len(file.symtab_symbols) > 0:
        faults.append("it is not stripped")
    exports((symbol.name for symbol in file.exported_symbols), alone=True)
    subset("it leaves functions of Node to the linker", [s.name for s in file.imported_symbols if s.name.startswith("napi_")], [])
    versions = [aux.name for need in file.symbols_version_requirement for aux in need.get_auxiliary_symbols()]
    newest = max((tuple(map(int, name[6:].split("."))) for name in versions if name.startswith("GLIBC_")), default=None)
    if musl:
        expect("the versions of symbols that it asks for", versions, [[]])
        return "musl"
    if newest > (2, 17):
        faults.append(f"it needs glibc {'.'.join(map(str, newest))}")
    return f"glibc {'.'.join(map(str, newest))}"


def macho(file):
    cpus = {"x64": lief.MachO.Header.CPU_TYPE.X86_64, "arm64": lief.MachO.Header.CPU_TYPE.ARM64}
    expect("the machine", file.header.cpu_type, [cpus[cpu]])
    expect("the kind of file", file.header.file_type, [lief.MachO.Header.FILE_TYPE.DYLIB])
    minimum = (file.build_version.minos if file.build_version else file.version_min.version)[:2]
    expect("the oldest macOS", tuple(minimum), [(11, 0)])
    own = [command.name for command in file.libraries if command.command == lief.MachO.LoadCommand.TYPE.ID_DYLIB]
    expect("its own name", own, [["@rpath/shardmap.node"]])
    needed = [command.name for command in file.libraries if command.command != lief.MachO.LoadCommand.TYPE.ID_DYLIB]
    subset("it needs libraries that not every system has", needed, ["/usr/lib/libSystem.B.dylib", "/usr/lib/libiconv.2.dylib", "/usr/lib/libcharset.1.dylib"])
    # macOS on arm64 runs nothing that has no signature.
    if cpu == "arm64" and not file.has_code_signature:
        faults.append("it has no signature")
    if any(symbol.category == lief.MachO.Symbol.CATEGORY.LOCAL for symbol in file.symbols):
        faults.append("it is not stripped")
    exports((symbol.name.removeprefix("_") for symbol in file.exported_symbols), alone=False)
    return f"macOS {'.'.join(map(str, minimum))}"


def pe(file):
    machines = {"x64": lief.PE.Header.MACHINE_TYPES.AMD64, "arm64": lief.PE.Header.MACHINE_TYPES.ARM64}
    expect("the machine", file.header.machine, [machines[cpu]])
    if not file.header.has_characteristic(lief.PE.Header.CHARACTERISTICS.DLL):
        faults.append("it is no library")
    wanted = lief.PE.OptionalHeader.DLL_CHARACTERISTICS
    for flag in (wanted.DYNAMIC_BASE, wanted.NX_COMPAT, wanted.HIGH_ENTROPY_VA):
        if not file.optional_header.has(flag):
            faults.append(f"it is not {flag.name}")
    system_libraries = {"kernel32.dll", "ntdll.dll", "advapi32.dll", "bcryptprimitives.dll", "userenv.dll", "ws2_32.dll", "user32.dll", "shell32.dll"}
    needed = [entry.name.lower() for entry in [*file.imports, *file.delay_imports]]
    subset("it needs libraries that not every system has", [name for name in needed if not name.startswith("api-ms-win-")], system_libraries)
    table = file.get_export()
    exports((entry.name for entry in table.entries), alone=False)
    return "UCRT" if any("crt" in name for name in needed) else "kernel32"


binary = lief.parse(path)
kind = {"linux": (lief.ELF.Binary, elf), "darwin": (lief.MachO.Binary, macho), "win32": (lief.PE.Binary, pe)}[system]
if isinstance(binary, lief.MachO.FatBinary):
    binary = binary.at(0)
if not isinstance(binary, kind[0]):
    sys.exit(f"{path}: {type(binary).__name__} is no file for {system}")
needs = kind[1](binary)
with open(path, "rb") as file:
    content = file.read()
for place in places:
    # A home of `/` would be in every path.
    if len(place) > 1 and any(place.rstrip("/\\").encode() + end in content for end in (b"/", b"\\")):
        faults.append(f"it names a place of this machine, {place}")
for fault in faults:
    print(f"{path}: {fault}", file=sys.stderr)
json.dump({"platform": platform, "needs": needs}, sys.stdout)
sys.exit(1 if faults else 0)
