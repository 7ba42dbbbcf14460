/* What Debian's libgcc_eh expects of glibc when it unwinds, for static programs on musl: part of their libunwind.a.
 * What ships does not unwind, but names it where nothing is optimised across crates; tests do. */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stdint.h>

/* libgcc_eh names these weakly, so that alone they are not linked, and calls them all the same. */
__attribute__((used)) static void *const linked[] = {
    pthread_once, pthread_mutex_lock, pthread_mutex_unlock, pthread_key_create, pthread_getspecific, pthread_setspecific,
};

/* <dlfcn.h> of glibc 2.35 */
struct dl_find_object {
    unsigned long long flags;
    void *map_start, *map_end;
    void *link_map;
    void *eh_frame;
    unsigned long long reserved[7];
};

struct search {
    uintptr_t address;
    struct dl_find_object *found;
};

static int look(struct dl_phdr_info *object, size_t size, void *data) {
    struct search *search = data;
    int holds = 0;
    void *table = 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_GNU_EH_FRAME) table = (void *)start;
        if (header->p_type != PT_LOAD || search->address - start >= header->p_memsz) continue;
        holds = 1;
        search->found->map_start = (void *)start;
        search->found->map_end = (void *)(start + header->p_memsz);
    }
    search->found->eh_frame = table;
    return holds && table;
}

/* The table of unwind information of the object that holds an address. */
int _dl_find_object(void *address, struct dl_find_object *found) {
    struct search search = {(uintptr_t)address, found};
    return dl_iterate_phdr(look, &search) ? 0 : -1;
}
