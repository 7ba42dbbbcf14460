/*
 * The floor: only the kernel calls that `limpet run --rm` of a static true needs, and nothing else.
 *
 * No parsing, no record on disk, no image, no name, no log, no checks beyond "it worked". What limpet takes longer than
 * this is its own. In: LOWER and SCRATCH directories, then the cgroup directories to make. Out: the exit code of /true.
 *
 * Like limpet: a parent (the keeper's part: cgroup, id maps, detached mounts of the board) and a child in new
 * namespaces, with the user namespace among them, that puts the mounts in their places, drops what it may not be and
 * executes. Mounts are made by descriptors (Linux 6.15 for the overlay of id-mapped layers).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_ID 100000
#define FIRST_ID_TEXT "100000"
#define IDS 65536
#define GROUPS_MAX 16
#define PATH_BYTES 512
#define FILTER_RULES 350
#define CAP_LAST 40
#define DOCKER_CAPS 0xa80425fbULL
#define NOBODY_ELSES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWTIME)
#define OVERLAY 0
#define DEV 1
#define PREPARED 2

static const char *const masked[] = {"proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats",
    "proc/timer_list", "proc/timer_stats", "proc/sched_debug", "proc/scsi", "sys/firmware", "sys/devices/virtual/powercap"};
static const char *const readonly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
static const struct { const char *name; unsigned minor_number; } nodes[] = {
    {"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};
static const struct { const char *target, *name; } links[] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"},
    {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};

static void fail(const char *what) {
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    exit(125);
}

static long need(long result, const char *what) {
    if (result < 0) fail(what);
    return result;
}

/* --- calls without a wrapper --- */

static int open_tree_of(int dir, const char *path, unsigned flags) {
    return need(syscall(SYS_open_tree, dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags), path);
}

static void attach(int mount, int dir, const char *path) {
    need(syscall(SYS_move_mount, mount, "", dir, path, MOVE_MOUNT_F_EMPTY_PATH), path);
    close(mount);
}

static int context_of(const char *type) { return need(syscall(SYS_fsopen, type, 1), type); }

static void set_string(int context, const char *key, const char *value) {
    need(syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, value, 0), key);
}

static void set_fd(int context, const char *key, int fd) {
    need(syscall(SYS_fsconfig, context, FSCONFIG_SET_FD, key, NULL, fd), key);
}

static int mount_of(int context, unsigned attributes) {
    need(syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "create a file system");
    int mount = need(syscall(SYS_fsmount, context, 1, attributes), "fsmount");
    close(context);
    return mount;
}

static void set_attributes(int mount, unsigned flags, struct mount_attr attr) {
    need(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr), "mount_setattr");
}

/* --- the parent --- */

static void write_file(int dir, const char *name, const char *text) {
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return; /* another controller's file */
    need(write(fd, text, strlen(text)), name);
    close(fd);
}

static void allow_devices(int dir) {
    static const char *const rules[] = {"c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm",
        "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};
    int deny = openat(dir, "devices.deny", O_WRONLY | O_CLOEXEC);
    if (deny < 0) return;
    need(write(deny, "a", 1), "devices.deny");
    close(deny);
    int allow = need(openat(dir, "devices.allow", O_WRONLY | O_CLOEXEC), "devices.allow");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) need(write(allow, rules[i], strlen(rules[i])), rules[i]);
    close(allow);
}

/* A cpuset of v1 is empty until it is told otherwise. */
static void inherit(int dir, const char *path, const char *name) {
    char from[PATH_BYTES], text[256];
    snprintf(from, sizeof from, "%s/../%s", path, name);
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    ssize_t size = need(read(fd, text, sizeof text - 1), from);
    close(fd);
    text[size] = 0;
    write_file(dir, name, text);
}

/* Gives the file through which the child joins on v1, or the directory that it is cloned into on v2. */
static int make_group(const char *path) {
    need(mkdir(path, 0755), path);
    int dir = need(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
    write_file(dir, "memory.limit_in_bytes", "67108864");
    write_file(dir, "memory.memsw.limit_in_bytes", "67108864");
    write_file(dir, "memory.max", "67108864");
    write_file(dir, "cpu.cfs_quota_us", "50000");
    write_file(dir, "cpu.max", "50000 100000");
    write_file(dir, "pids.max", "100");
    allow_devices(dir);
    if (strstr(path, "/cpuset/")) {
        inherit(dir, path, "cpuset.cpus");
        inherit(dir, path, "cpuset.mems");
    }
    int tasks = openat(dir, "tasks", O_WRONLY | O_CLOEXEC);
    if (tasks < 0) return dir;
    close(dir);
    return tasks;
}

static int is_directory(int fd) {
    struct stat status;
    need(fstat(fd, &status), "fstat");
    return S_ISDIR(status.st_mode);
}

static pid_t clone_child(int into) {
    struct clone_args args = {.flags = NOBODY_ELSES, .exit_signal = SIGCHLD};
    if (into >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = into;
    }
    return need(syscall(SYS_clone3, &args, sizeof args), "clone3");
}

static int open_proc(pid_t pid, const char *name, int flags) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return need(open(path, flags | O_CLOEXEC), path);
}

static void map_ids(pid_t pid) {
    char map[64];
    int size = snprintf(map, sizeof map, "0 %d %d\n", FIRST_ID, IDS);
    for (int i = 0; i < 2; i++) {
        int fd = open_proc(pid, i ? "gid_map" : "uid_map", O_WRONLY);
        need(write(fd, map, size), "map ids");
        close(fd);
    }
}

/* Leaving file system user 0 took the capabilities over files out of force. */
static void restore_capabilities(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    need(syscall(SYS_capget, &header, data), "capget");
    for (int i = 0; i < 2; i++) data[i].effective = data[i].permitted;
    need(syscall(SYS_capset, &header, data), "capset");
}

/* All layers come from one detached tree that shows them id-mapped. */
static int overlay(int userns, const char *lower, const char *scratch) {
    int tree = open_tree_of(AT_FDCWD, "/", 0);
    set_attributes(tree, 0, (struct mount_attr){.attr_set = MOUNT_ATTR_IDMAP, .propagation = 1 << 18, .userns_fd = userns});
    int context = context_of("overlay");
    char path[PATH_BYTES];
    const char *const keys[] = {"lowerdir+", "upperdir", "workdir"};
    const char *const names[] = {"", "/upper", "/work"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", i ? scratch : lower, names[i]);
        int layer = need(openat(tree, path + 1, O_PATH | O_DIRECTORY | O_CLOEXEC), path);
        set_fd(context, keys[i], layer);
        close(layer);
    }
    /* What overlayfs makes in its work directory must belong to somebody whom the mapping knows. */
    need(syscall(SYS_setfsgid, FIRST_ID), "setfsgid");
    need(syscall(SYS_setfsuid, FIRST_ID), "setfsuid");
    restore_capabilities();
    int mount = mount_of(context, 0);
    syscall(SYS_setfsuid, 0);
    syscall(SYS_setfsgid, 0);
    /* Not before: the tree goes with its last descriptor. */
    close(tree);
    return mount;
}

static int devices(void) {
    int context = context_of("tmpfs");
    set_string(context, "mode", "755");
    set_string(context, "size", "65536k");
    set_string(context, "uid", FIRST_ID_TEXT);
    set_string(context, "gid", FIRST_ID_TEXT);
    int mount = mount_of(context, MOUNT_ATTR_NOSUID);
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        need(mknodat(mount, nodes[i].name, S_IFCHR | 0666, makedev(1, nodes[i].minor_number)), nodes[i].name);
    }
    need(mknodat(mount, "tty", S_IFCHR | 0666, makedev(5, 0)), "tty");
    return mount;
}

static void send_fds(int channel, const int *fds, int count) {
    char byte = 'p', control[CMSG_SPACE(sizeof(int) * (GROUPS_MAX + PREPARED))] = {0};
    struct iovec iov = {&byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
        .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * count)};
    memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
    need(sendmsg(channel, &message, 0), "send the mounts");
}

/* --- the child --- */

static void receive_fds(int channel, int *fds, int count) {
    char byte, control[CMSG_SPACE(sizeof(int) * (GROUPS_MAX + PREPARED))];
    struct iovec iov = {&byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1) fail("receive the mounts");
    memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int) * count);
}

static void become_root(void) {
    need(syscall(SYS_setgroups, 0, NULL), "setgroups");
    need(syscall(SYS_setresgid, 0, 0, 0), "setresgid");
    need(syscall(SYS_setresuid, 0, 0, 0), "setresuid");
}

static void loopback_up(void) {
    int socket_fd = need(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    need(ioctl(socket_fd, SIOCSIFFLAGS, &request), "lo up");
    close(socket_fd);
}

static int file_system(const char *type, unsigned attributes, const char *const *options) {
    int context = context_of(type);
    for (; options && *options; options += 2) set_string(context, options[0], options[1]);
    return mount_of(context, attributes);
}

static void mount_all(int root, int dev) {
    static const char *const pts[] = {"ptmxmode", "0666", "mode", "0620", "gid", "5", NULL};
    static const char *const shm[] = {"mode", "1777", "size", "65536k", NULL};
    const unsigned strict = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    attach(dev, root, "dev");
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        char path[64];
        snprintf(path, sizeof path, "dev/%s", links[i].name);
        need(symlinkat(links[i].target, root, path), path);
    }
    need(mkdirat(root, "dev/pts", 0755), "dev/pts");
    need(mkdirat(root, "dev/shm", 0755), "dev/shm");
    need(mkdirat(root, "dev/mqueue", 0755), "dev/mqueue");
    attach(file_system("proc", strict, NULL), root, "proc");
    attach(file_system("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, pts), root, "dev/pts");
    attach(file_system("tmpfs", strict, shm), root, "dev/shm");
    attach(file_system("mqueue", strict, NULL), root, "dev/mqueue");
    attach(file_system("sysfs", strict | MOUNT_ATTR_RDONLY, NULL), root, "sys");
}

/* What a program finds of itself at /sys/fs/cgroup: every v1 controller that it is in, or v2; "cpu" of ".../cpu/NAME". */
static void mount_cgroups(int root, int groups, char *const *paths) {
    static const char *const top[] = {"mode", "755", NULL};
    const unsigned strict = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    if (groups == 0) {
        attach(file_system("cgroup2", strict | MOUNT_ATTR_RDONLY, NULL), root, "sys/fs/cgroup");
        return;
    }
    int tmpfs = file_system("tmpfs", strict, top);
    for (int i = 0; i < groups; i++) {
        char name[64], path[PATH_BYTES];
        const char *end = strrchr(paths[i], '/'), *begin = end;
        while (begin[-1] != '/') begin--;
        snprintf(name, sizeof name, "%.*s", (int)(end - begin), begin);
        snprintf(path, sizeof path, "sys/fs/cgroup/%s", name);
        if (i == 0) need(syscall(SYS_move_mount, tmpfs, "", root, "sys/fs/cgroup", MOVE_MOUNT_F_EMPTY_PATH), "sys/fs/cgroup");
        need(mkdirat(tmpfs, name, 0755), name);
        int context = context_of("cgroup");
        need(syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, name, NULL, 0), name);
        attach(mount_of(context, strict | MOUNT_ATTR_RDONLY), tmpfs, name);
    }
    close(tmpfs);
}

/* The names by which the container knows itself and others: in its writable layer. */
static void name_it(int root) {
    static const struct { const char *path, *text; } files[] = {{"etc/hostname", "floor\n"},
        {"etc/hosts", "127.0.0.1\tlocalhost floor\n::1\tlocalhost\n"}, {"etc/resolv.conf", ""}};
    if (mkdirat(root, "etc", 0755) < 0 && errno != EEXIST) fail("etc");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int fd = need(openat(root, files[i].path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644), files[i].path);
        if (*files[i].text) need(write(fd, files[i].text, strlen(files[i].text)), files[i].path);
        close(fd);
    }
}

static void hide(int root) {
    static const char *const empty[] = {"size", "0", "nr_inodes", "2", NULL};
    for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
        struct stat status;
        if (fstatat(root, masked[i], &status, 0) < 0) continue;
        if (S_ISDIR(status.st_mode)) attach(file_system("tmpfs", MOUNT_ATTR_RDONLY, empty), root, masked[i]);
        else attach(open_tree_of(root, "dev/null", 0), root, masked[i]);
    }
    for (size_t i = 0; i < sizeof readonly / sizeof *readonly; i++) {
        if (faccessat(root, readonly[i], F_OK, 0) < 0) continue;
        int tree = open_tree_of(root, readonly[i], AT_RECURSIVE);
        set_attributes(tree, AT_RECURSIVE, (struct mount_attr){.attr_set = MOUNT_ATTR_RDONLY});
        attach(tree, root, readonly[i]);
    }
}

static void drop_capabilities(void) {
    for (int cap = 0; cap <= CAP_LAST; cap++) {
        if (!(DOCKER_CAPS >> cap & 1)) need(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "drop a capability");
    }
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{(uint32_t)DOCKER_CAPS, (uint32_t)DOCKER_CAPS, 0}, {0, 0, 0}};
    need(syscall(SYS_capset, &header, data), "capset");
}

/* As long as a compiled default profile: what the kernel does with a filter at its start depends on the length. */
static void filter_calls(void) {
    static struct sock_filter code[FILTER_RULES * 2 + 2];
    size_t length = 0;
    code[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < FILTER_RULES; i++) {
        code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 100000 + i, 0, 1);
        code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {length, code};
    need(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

static void child(const int *ends, int groups, char *const *paths) {
    char mapped;
    int channel = ends[1];
    int fds[GROUPS_MAX + PREPARED];
    close(ends[0]);
    if (read(channel, &mapped, 1) != 1) fail("hear of the ids");
    become_root();
    receive_fds(channel, fds, groups + PREPARED);
    for (int i = 0; i < groups; i++) need(write(fds[PREPARED + i], "0", 1), "join a cgroup");
    need(unshare(CLONE_NEWCGROUP), "unshare");
    loopback_up();
    need(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &(struct mount_attr){.propagation = 1 << 18}, sizeof(struct mount_attr)),
        "make mounts private");
    int root = fds[OVERLAY];
    need(syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH), "attach the root");
    name_it(root);
    mount_all(root, fds[DEV]);
    mount_cgroups(root, groups, paths);
    hide(root);
    need(setsid(), "setsid");
    need(fchdir(root), "fchdir");
    need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    need(syscall(SYS_umount2, ".", 2), "let the old root go");
    need(chdir("/"), "chdir");
    need(sethostname("floor", 5), "sethostname");
    /* The filter wants CAP_SYS_ADMIN, so it comes first. */
    filter_calls();
    drop_capabilities();
    char *const args[] = {"/true", NULL}, *const env[] = {"PATH=/", NULL};
    execve("/true", args, env);
    fail("exec");
}

/* --- all of it --- */

static void make_scratch(const char *scratch) {
    char path[PATH_BYTES];
    static const char *const names[] = {"", "/upper", "/work"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", scratch, names[i]);
        need(mkdir(path, 0755), path);
    }
}

static void remove_scratch(const char *scratch) {
    char path[PATH_BYTES];
    static const char *const names[] = {"/upper/etc/hostname", "/upper/etc/hosts", "/upper/etc/resolv.conf", "/upper/etc", "/upper",
        "/work/work", "/work", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s%s", scratch, names[i]);
        need(i < 3 ? unlink(path) : rmdir(path), path);
    }
}

int main(int argc, char **argv) {
    if (argc < 3 || argc - 3 > GROUPS_MAX) {
        fprintf(stderr, "usage: floor LOWER SCRATCH CGROUP...\n");
        return 2;
    }
    int fds[GROUPS_MAX + PREPARED], groups = 0, into = -1, channel[2], status;
    for (int i = 3; i < argc; i++) {
        int fd = make_group(argv[i]);
        if (is_directory(fd)) into = fd;
        else fds[PREPARED + groups++] = fd;
    }
    make_scratch(argv[2]);
    need(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), "socketpair");
    pid_t pid = clone_child(into);
    if (pid == 0) child(channel, groups, argv + 3);
    map_ids(pid);
    close(channel[1]);
    need(write(channel[0], "i", 1), "tell of the ids");
    int userns = open_proc(pid, "ns/user", O_RDONLY);
    fds[OVERLAY] = overlay(userns, argv[1], argv[2]);
    fds[DEV] = devices();
    send_fds(channel[0], fds, groups + PREPARED);
    for (int i = 0; i < groups + PREPARED; i++) close(fds[i]);
    need(waitpid(pid, &status, 0), "wait");
    for (int i = 3; i < argc; i++) need(rmdir(argv[i]), argv[i]);
    remove_scratch(argv[2]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
