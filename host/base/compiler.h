/* What compilers spell differently. */
#ifndef RH_BASE_COMPILER_H
#define RH_BASE_COMPILER_H

/* Lets the compiler check a printf format: the places of the format and of its first argument.
 * mingw-w64 keeps the name printf for an older library's formats, which know neither %zu nor %lld.
 */
#if defined(__MINGW32__) && !defined(__clang__)
#define RH_PRINTF(format_at, first_at) __attribute__((format(gnu_printf, format_at, first_at)))
#else
#define RH_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#endif

/* Tells the compiler and a static analyser what they cannot see and always holds. The sanitizers'
 * build ends where it does not. */
#define RH_ASSUME(condition)                                                                       \
  do {                                                                                             \
    if (!(condition))                                                                              \
      __builtin_unreachable();                                                                     \
  } while (0)

#endif
