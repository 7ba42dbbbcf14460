/* What the standard library names of an unwinder, for programs that have no tables to unwind by (panic = "abort"): that
 * there is nothing to walk. libgcc_eh's own functions are 40 KB, and would find nothing either. */
#include <stdlib.h>

struct context;

/* <unwind.h>: the end of the stack. */
int _Unwind_Backtrace(int (*each)(struct context *, void *), void *argument) {
    (void)each, (void)argument;
    return 5;
}

/* Raised by nobody, and asked about frames of which nobody was given one. */
#define NEVER(name) __attribute__((noreturn)) void name(void) { abort(); }
NEVER(_Unwind_RaiseException)
NEVER(_Unwind_DeleteException)
NEVER(_Unwind_Resume)
NEVER(_Unwind_FindEnclosingFunction)
NEVER(_Unwind_GetCFA)
NEVER(_Unwind_GetIP)
NEVER(_Unwind_GetIPInfo)
NEVER(_Unwind_GetGR)
NEVER(_Unwind_SetGR)
NEVER(_Unwind_SetIP)
NEVER(_Unwind_GetLanguageSpecificData)
NEVER(_Unwind_GetRegionStart)
NEVER(_Unwind_GetTextRelBase)
NEVER(_Unwind_GetDataRelBase)
