#!/usr/bin/env python3
"""A bad line between the controller and one board: packets of its port come late, and some never.

usage: far.py BOARD PORT LOSS_PERCENT DELAY_MS
Makes far-BOARD here and eth0 in the network namespace /run/netns/BOARD, and carries packets between the two until it is
ended. What is not for that port passes at once. For kernels without sch_netem. Prints how many were carried and lost.
"""
import ctypes, fcntl, heapq, os, random, select, signal, struct, sys, time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 0x0001, 0x1000, 0x40000000
PROTOCOL_TCP, PACKET_BYTES_MAX = 6, 65536


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def enter(board):
    with open(f"/run/netns/{board}") as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            sys.exit(f"far: enter the network of {board}: {os.strerror(ctypes.get_errno())}")


def is_for(packet, port):
    if packet[0] >> 4 != 4 or packet[9] != PROTOCOL_TCP:
        return False
    start = (packet[0] & 15) * 4
    return port in struct.unpack("!HH", packet[start:start + 4])


def put(fd, packet):
    try:
        os.write(fd, packet)
    except OSError:
        pass  # That end is unplugged.


def main():
    board, port, loss, delay_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 100, int(sys.argv[4]) / 1000
    here = tun(f"far-{board}")
    enter(board)
    there = tun("eth0")
    other = {here: there, there: here}
    dice, late, counts = random.Random(board), [], [0, 0, 0]

    def end(*_):
        print(f"{board}: {counts[0]} packets of port {port}, {counts[1]} lost, {counts[2]} bytes", flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    while True:
        wait = max(0, late[0][0] - time.monotonic()) if late else None
        for fd in select.select([here, there], [], [], wait)[0]:
            packet = os.read(fd, PACKET_BYTES_MAX)
            if not is_for(packet, port):
                put(other[fd], packet)
                continue
            counts[0] += 1
            counts[2] += len(packet)
            if dice.random() < loss:
                counts[1] += 1
            else:
                heapq.heappush(late, (time.monotonic() + delay_s, counts[0], other[fd], packet))
        while late and late[0][0] <= time.monotonic():
            _, _, fd, packet = heapq.heappop(late)
            put(fd, packet)


main()
