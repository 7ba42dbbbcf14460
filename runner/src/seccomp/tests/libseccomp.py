"""Makes libseccomp's filter of a docker profile, the way moby and runc do, for the comparison in libseccomp.rs.

In: docker's JSON on stdin; arguments: amd64 or arm64, the kernel's version ("6.18"), the capabilities (comma separated).
Out: one line for each served ABI, "last AUDIT_ARCH FIRST_NUMBER HIGHEST_NAMED", then the packed instructions in hex,
one a line. Exit code 77: python3-seccomp is missing.
"""

import ctypes
import json
import sys
import tempfile

try:
    import seccomp
except ImportError:
    sys.exit(77)

LIBRARY = ctypes.CDLL("libseccomp.so.2")
TOKENS = {
    "SCMP_ARCH_X86_64": (seccomp.Arch.X86_64, 0xC000003E, 0, 0xC000003E),
    "SCMP_ARCH_X86": (seccomp.Arch.X86, 0x40000003, 0, 0x40000003),
    "SCMP_ARCH_X32": (seccomp.Arch.X32, 0xC000003E, 0x40000000, 0x4000003E),
    "SCMP_ARCH_AARCH64": (seccomp.Arch.AARCH64, 0xC00000B7, 0, 0xC00000B7),
    "SCMP_ARCH_ARM": (seccomp.Arch.ARM, 0x40000028, 0, 0x40000028),
}
NATIVE = {"amd64": "SCMP_ARCH_X86_64", "arm64": "SCMP_ARCH_AARCH64"}
COMPARE = {
    "SCMP_CMP_EQ": seccomp.EQ,
    "SCMP_CMP_NE": seccomp.NE,
    "SCMP_CMP_LT": seccomp.LT,
    "SCMP_CMP_LE": seccomp.LE,
    "SCMP_CMP_GT": seccomp.GT,
    "SCMP_CMP_GE": seccomp.GE,
}


def action(name, errno):
    errno = 1 if errno is None else errno
    return {
        "SCMP_ACT_ALLOW": seccomp.ALLOW,
        "SCMP_ACT_ERRNO": seccomp.ERRNO(errno),
        "SCMP_ACT_TRACE": seccomp.TRACE(errno),
        "SCMP_ACT_LOG": seccomp.LOG,
        "SCMP_ACT_TRAP": seccomp.TRAP,
        "SCMP_ACT_KILL": seccomp.KILL,
        "SCMP_ACT_KILL_PROCESS": seccomp.KILL_PROCESS,
    }[name]


def number(name, token):
    return LIBRARY.seccomp_syscall_resolve_name_arch(ctypes.c_uint32(token), name.encode())


def applies(rule, arch, kernel, capabilities):
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    at_least = lambda text: kernel >= tuple(map(int, text.split(".")))
    if includes.get("arches") and arch not in includes["arches"]:
        return False
    if not set(includes.get("caps") or []) <= capabilities:
        return False
    if includes.get("minKernel") and not at_least(includes["minKernel"]):
        return False
    if arch in (excludes.get("arches") or []) or set(excludes.get("caps") or []) & capabilities:
        return False
    return not (excludes.get("minKernel") and at_least(excludes["minKernel"]))


def argument(arg):
    if arg["op"] == "SCMP_CMP_MASKED_EQ":
        return seccomp.Arg(arg["index"], seccomp.MASKED_EQ, arg["value"], arg.get("valueTwo", 0))
    return seccomp.Arg(arg["index"], COMPARE[arg["op"]], arg["value"])


def architectures(profile, native):
    for entry in profile.get("archMap") or []:
        if entry["architecture"] == native:
            return [native] + (entry["subArchitectures"] or [])
    return [native] + [name for name in profile.get("architectures") or [] if name != native]


def add(made, rule, default):
    said = action(rule["action"], rule.get("errnoRet"))
    if said == default:
        return
    arguments = rule.get("args") or []
    repeated = len({arg["index"] for arg in arguments}) < len(arguments)
    for name in rule["names"]:
        if number(name, TOKENS["SCMP_ARCH_X86_64"][3]) == -1:
            continue
        for together in [[arg] for arg in arguments] if repeated else [arguments]:
            made.add_rule(said, name, *map(argument, together))


def main(arch, kernel, capabilities):
    profile = json.load(sys.stdin)
    capabilities, kernel = set(capabilities.split(",")), tuple(map(int, kernel.split(".")))
    served = [TOKENS[name] for name in architectures(profile, NATIVE[arch])]
    default = action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    made = seccomp.SyscallFilter(default)
    for entry in served:
        if entry[1] != 0xC000003E or entry[2]:
            made.add_arch(entry[0])
    if arch != "amd64":
        made.remove_arch(seccomp.Arch.X86_64)
    rules = [rule for rule in profile["syscalls"] if applies(rule, arch, kernel, capabilities)]
    for rule in rules:
        add(made, rule, default)
    for _, audit, first, token in served:
        highest = max((number(name, token) for rule in rules for name in rule["names"]), default=-1)
        print("last", audit, first, highest)
    with tempfile.TemporaryFile() as out:
        made.export_bpf(out)
        out.seek(0)
        program = out.read()
    for at in range(0, len(program), 8):
        print(f"{int.from_bytes(program[at:at + 8], 'little'):x}")


main(*sys.argv[1:])
