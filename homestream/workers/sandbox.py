"""Shutting a worker in: no path, no network, no other process, bounded memory.

Limits by setrlimit everywhere; on Linux also Landlock without a rule, no capabilities, and a
seccomp filter, all by ctypes. What a system lacks is left out and said.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from typing import Final

# Numbers of system calls: name, x86_64, aarch64 ("-" where it has none). From Linux's
# arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_FILES: Final = """
    open 2 -                creat 85 -              openat 257 56           openat2 437 437
    open_by_handle_at 304 265                       name_to_handle_at 303 264
    truncate 76 45          link 86 -               linkat 265 37           symlink 88 -
    symlinkat 266 36        unlink 87 -             unlinkat 263 35         rename 82 -
    renameat 264 38         renameat2 316 276       mkdir 83 -              mkdirat 258 34
    rmdir 84 -              mknod 133 -             mknodat 259 33          chmod 90 -
    fchmod 91 52            fchmodat 268 53         fchmodat2 452 452       chown 92 -
    lchown 94 -             fchown 93 55            fchownat 260 54         utime 132 -
    utimes 235 -            futimesat 261 -         utimensat 280 88        setxattr 188 5
    lsetxattr 189 6         fsetxattr 190 7         setxattrat 463 463      removexattr 197 14
    lremovexattr 198 15     fremovexattr 199 16     removexattrat 466 466   chroot 161 51
    chdir 80 49             fchdir 81 50            inotify_init 253 -      inotify_init1 294 26
    fanotify_init 300 262   memfd_create 319 279    memfd_secret 447 447
"""
_REST: Final = """
    socket 41 198           socketpair 53 199       connect 42 203          bind 49 200
    listen 50 201           accept 43 202           accept4 288 242         sendmsg 46 211
    sendmmsg 307 269
    fork 57 -               vfork 58 -              clone 56 220            execve 59 221
    execveat 322 281        ptrace 101 117          process_vm_readv 310 270
    process_vm_writev 311 271                       process_madvise 440 440
    kcmp 312 272            kill 62 129             tkill 200 130           rt_sigqueueinfo 129 138
    rt_tgsigqueueinfo 297 240                       pidfd_open 434 434      pidfd_getfd 438 438
    pidfd_send_signal 424 424                       setsid 112 157          setpgid 109 154
    prctl 157 167           seccomp 317 277         unshare 272 97          setns 308 268
    setpriority 141 140     ioprio_set 251 30       sched_setscheduler 144 119
    sched_setparam 142 118  sched_setattr 314 274   sched_setaffinity 203 122
    migrate_pages 256 238   move_pages 279 239      mbind 237 235           set_mempolicy 238 237
    setuid 105 146          setgid 106 144          setreuid 113 145        setregid 114 143
    setresuid 117 147       setresgid 119 149       setgroups 116 159       setfsuid 122 151
    setfsgid 123 152        capset 126 91
    mount 165 40            umount2 166 39          pivot_root 155 41       move_mount 429 429
    open_tree 428 428       fsopen 430 430          fsconfig 431 431        fsmount 432 432
    fspick 433 433          mount_setattr 442 442   swapon 167 224          swapoff 168 225
    reboot 169 142          acct 163 89             quotactl 179 60         quotactl_fd 443 443
    syslog 103 116          sethostname 170 161     setdomainname 171 162   settimeofday 164 170
    clock_settime 227 112   adjtimex 159 171        clock_adjtime 305 266   init_module 175 105
    finit_module 313 273    delete_module 176 106   kexec_load 246 104      kexec_file_load 320 294
    bpf 321 280             perf_event_open 298 241 userfaultfd 323 282     io_uring_setup 425 425
    io_uring_enter 426 426  io_uring_register 427 427                       io_setup 206 0
    io_submit 209 2         add_key 248 217         request_key 249 218     keyctl 250 219
    personality 135 92      iopl 172 -              ioperm 173 -            modify_ldt 154 -
    uselib 134 -            lookup_dcookie 212 18   nfsservctl 180 42       vhangup 153 58
    vmsplice 278 75         shmget 29 194           shmat 30 196            msgget 68 186
    msgsnd 69 189           semget 64 190           semop 65 193            mq_open 240 180
"""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2
_CLONE3: Final = 435  # on both
_LANDLOCK_CREATE_RULESET: Final = 444  # on both
_LANDLOCK_RESTRICT_SELF: Final = 446  # on both
_CAPABILITY_VERSION_3: Final = 0x20080522

# machine: (column in the tables above, AUDIT_ARCH_*, tgkill, prlimit64)
_MACHINES: Final = {
    "x86_64": (1, 0xC000003E, 234, 302),
    "aarch64": (2, 0xC00000B7, 131, 261),
}


class _Unavailable(Exception):
    """Why a means of shutting in cannot be had here."""


def die_with(parent: int) -> None:
    """Ends this process when `parent`, which forked it, ends; on Linux only."""
    if sys.platform != "linux":
        return
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def enter(*, memory_bytes: int, descriptors: int) -> str:
    """Shuts this process in for good; says by what, and why by no more.

    `memory_bytes` is the whole address space, `descriptors` how many may be open.
    """
    limits = {
        resource.RLIMIT_AS: memory_bytes,
        resource.RLIMIT_NOFILE: descriptors,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    applied: list[str] = []
    missing: list[str] = []
    for which, limit in limits.items():
        try:
            resource.setrlimit(which, (limit, limit))
        except (ValueError, OSError) as error:
            missing.append(f"no limit {which}: {error}")
    for name, means in (("landlock", _enter_landlock), ("seccomp", _enter_seccomp)):
        try:
            means()
        except _Unavailable as reason:
            missing.append(f"no {name}: {reason}")
        else:
            applied.append(name)
    return "; ".join(["+".join(applied) or "rlimits only", *missing])


def allow_cpu(seconds: float) -> None:
    """Lets this process compute for so much longer; past it, SIGXCPU ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 2
    if most != resource.RLIM_INFINITY:
        soft = min(soft, most)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, most))


def _enter_landlock() -> None:
    """Landlock with no rule: every access that it handles is refused (kernel: landlock.rst)."""
    if sys.platform != "linux":
        raise _Unavailable("linux alone has it")
    libc = _libc()
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        raise _Unavailable(_last_error())
    files = (1 << 13) - 1
    if version >= 2:
        files |= 1 << 13  # REFER
    if version >= 3:
        files |= 1 << 14  # TRUNCATE
    if version >= 5:
        files |= 1 << 15  # IOCTL_DEV
    attributes = struct.pack("=Q", files)
    if version >= 4:
        attributes += struct.pack("=Q", 0b11)  # bind and connect of TCP
    if version >= 6:
        attributes += struct.pack("=Q", 0b11)  # abstract Unix sockets, signals
    _forbid_new_privileges()
    rules = libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        raise _Unavailable(_last_error())
    try:
        if libc.syscall(_LANDLOCK_RESTRICT_SELF, rules, 0) < 0:
            raise _Unavailable(_last_error())
    finally:
        os.close(rules)


def _enter_seccomp() -> None:
    if sys.platform != "linux":
        raise _Unavailable("linux alone has it")
    machine = platform.machine()
    if machine not in _MACHINES or sys.maxsize < 2**32:
        raise _Unavailable(f"no list of system calls for {machine}")
    libc = _libc()
    _forbid_new_privileges()
    # a worker of root's would otherwise keep root's way round limits and other people's files
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    if libc.capset(header, bytes(24)) < 0:
        raise _Unavailable(f"capabilities stay: {_last_error()}")
    code = _filter(machine)
    instructions = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(instructions))
    _prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program)


def _filter(machine: str) -> bytes:
    """The filter as BPF for struct seccomp_data: nr at 0, arch at 4, low half of args[0] at 16."""
    column, architecture, tgkill, prlimit64 = _MACHINES[machine]
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000, 0x80000000

    def step(code: int, value: int, true: int = 0, false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, true, false, value)

    program = [
        step(load, 4),
        step(equal, architecture, 1, 0),
        step(give, kill),
        step(load, 0),
    ]
    if machine == "x86_64":  # the x32 ABI has numbers of its own
        program += [step(at_least, 0x40000000, 0, 1), step(give, kill)]
    for table, reason in ((_FILES, errno.EACCES), (_REST, errno.EPERM)):
        words = table.split()
        for number in words[column::3]:
            if number != "-":
                program += [step(equal, int(number), 0, 1), step(give, refuse | reason)]
    # ENOSYS lets a C library fall back to clone, whose arguments a filter could look at
    program += [step(equal, _CLONE3, 0, 1), step(give, refuse | errno.ENOSYS)]
    for special, only in ((tgkill, os.getpid()), (prlimit64, 0)):  # abort() signals itself
        program += [
            step(equal, special, 0, 4),
            step(load, 16),
            step(equal, only, 0, 1),
            step(give, allow),
            step(give, refuse | errno.EPERM),
        ]
    program.append(step(give, allow))
    return b"".join(program)


def _forbid_new_privileges() -> None:
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def _prctl(option: int, value: int, pointer: bytes | None = None) -> None:
    # the kernel compares all 64 bits of the arguments that are not used
    zero = ctypes.c_ulong(0)
    if _libc().prctl(option, ctypes.c_ulong(value), pointer or zero, zero, zero) < 0:
        raise _Unavailable(_last_error())


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _last_error() -> str:
    return os.strerror(ctypes.get_errno()).lower()
