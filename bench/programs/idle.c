/* Waits for ever: poll(2) of nothing, without end. Linked with -static -nostdlib. */
void _start(void) {
    for (;;) {
#if defined(__x86_64__)
        register long sigset __asm__("r10") = 0;
        long result;
        __asm__ volatile("syscall" : "=a"(result) : "a"(271), "D"(0), "S"(0), "d"(0), "r"(sigset) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
        register long number __asm__("x8") = 73;
        register long fds __asm__("x0") = 0;
        register long count __asm__("x1") = 0;
        register long timeout __asm__("x2") = 0;
        register long sigset __asm__("x3") = 0;
        __asm__ volatile("svc 0" : "+r"(fds) : "r"(number), "r"(count), "r"(timeout), "r"(sigset) : "memory");
#endif
    }
}
