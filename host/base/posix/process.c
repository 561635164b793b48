/* What differs between systems, for POSIX: locks, users, clocks, terminals, the watchdog. */
#define _GNU_SOURCE
#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct rh_lock {
  int descriptor;
};

static rh_status lock_folder(rh_lock **out, const char *folder, int how, rh_error *error) {
  int failed = 0;
  *out = NULL;
  rh_lock *lock = rh_alloc(sizeof *lock);
  if (!lock)
    return rh_error_memory(error);
  lock->descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock->descriptor < 0) {
    failed = errno;
    rh_free(lock);
    return rh_error_system(error, failed, folder, "cannot open the folder");
  }
  do
    failed = flock(lock->descriptor, how) != 0 ? errno : 0;
  while (failed == EINTR && !rh_platform_stop_asked());
  if (failed == 0) {
    *out = lock;
    return RH_OK;
  }
  rh_platform_unlock(lock);
  if (failed == EINTR)
    return rh_check_stop(error);
  if (failed != EWOULDBLOCK)
    return rh_error_system(error, failed, folder, "cannot lock");
  rh_error_set(error, RH_ERR_LOCKED, folder, "another rehome process works here");
  rh_error_hint(error, "wait until it ends, then run the command again");
  return RH_ERR_LOCKED;
}

rh_status rh_platform_lock_folder(rh_lock **out, const char *folder, rh_error *error) {
  return lock_folder(out, folder, LOCK_EX | LOCK_NB, error);
}

rh_status rh_platform_wait_folder(rh_lock **out, const char *folder, rh_error *error) {
  return lock_folder(out, folder, LOCK_EX, error);
}

void rh_platform_unlock(rh_lock *lock) {
  if (!lock)
    return;
  close(lock->descriptor);
  rh_free(lock);
}

rh_status rh_platform_user_name(rh_buffer *out, rh_error *error) {
  struct passwd entry, *found = NULL;
  char text[4096];
  rh_buffer_clear(out);
  if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found)
    return rh_buffer_append_text(out, found->pw_name, error);
  return rh_buffer_printf(out, error, "%lu", (unsigned long)geteuid());
}

uint64_t rh_platform_filetime(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return ((uint64_t)now.tv_sec + 11644473600u) * 10000000u + (uint64_t)now.tv_nsec / 100u;
}

double rh_platform_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

bool rh_platform_is_terminal(FILE *stream) {
  return isatty(fileno(stream)) == 1;
}

static const struct {
  int number;
  const char *name;
} stops[] = {{SIGINT, "SIGINT"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};
enum { STOP_COUNT = sizeof stops / sizeof *stops };

static volatile sig_atomic_t stop_asked; /* the number of the signal */

static void on_stop(int number) {
  stop_asked = number;
  for (size_t i = 0; i < STOP_COUNT; i++)
    signal(stops[i].number, SIG_DFL);
}

const char *rh_platform_stop_asked(void) {
  for (size_t i = 0; i < STOP_COUNT; i++)
    if (stops[i].number == stop_asked)
      return stops[i].name;
  return NULL;
}

/* Without SA_RESTART: what waits for an answer has to end. What is ignored stays so (nohup). */
static void note_stops(void) {
  struct sigaction before, action = {.sa_handler = on_stop};
  for (size_t i = 0; i < STOP_COUNT; i++)
    if (sigaction(stops[i].number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(stops[i].number, &action, NULL);
}

/* Waits for something to read. The signals are let in only while it waits: none gets lost before.
 */
static bool wait_for_input(int descriptor) {
  struct pollfd file = {.fd = descriptor, .events = POLLIN};
  sigset_t ours, before;
  sigemptyset(&ours);
  for (size_t i = 0; i < STOP_COUNT; i++)
    sigaddset(&ours, stops[i].number);
  sigprocmask(SIG_BLOCK, &ours, &before);
  while (!stop_asked && ppoll(&file, 1, NULL, &before) < 0 && errno == EINTR)
    ;
  sigprocmask(SIG_SETMASK, &before, NULL);
  return !stop_asked;
}

bool rh_platform_wait_for_line(FILE *stream) {
  return wait_for_input(fileno(stream));
}

rh_status rh_platform_ask_secret(rh_buffer *out, const char *prompt, rh_error *error) {
  struct termios before, quiet;
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0 || tcgetattr(terminal, &before) != 0) {
    if (terminal >= 0)
      close(terminal);
    return rh_error_set(error, RH_ERR_UNSUPPORTED, "passphrase", "there is no terminal to ask on");
  }
  quiet = before;
  /* Ctrl-C ends the line instead of the process, which would leave the terminal without echo. */
  quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
  quiet.c_cc[VEOL] = before.c_cc[VINTR];
  rh_status status = RH_OK;
  rh_buffer_clear(out);
  if (write(terminal, prompt, strlen(prompt)) < 0 || tcsetattr(terminal, TCSAFLUSH, &quiet) != 0)
    status = rh_error_system(error, errno, "terminal", "cannot ask");
  while (status == RH_OK) {
    char sign;
    if (!wait_for_input(terminal)) {
      status = rh_check_stop(error);
      break;
    }
    ssize_t got = read(terminal, &sign, 1);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      status = rh_error_system(error, errno, "terminal", "cannot read");
    if (got <= 0 || sign == '\n')
      break;
    status = (cc_t)sign == before.c_cc[VINTR]
                 ? rh_error_set(error, RH_ERR_ARGUMENT, "passphrase", "was not given")
                 : rh_buffer_append(out, &sign, 1, error);
  }
  tcsetattr(terminal, TCSAFLUSH, &before);
  if (write(terminal, "\n", 1) < 0)
    errno = 0;
  close(terminal);
  return status;
}

static volatile sig_atomic_t lost_file_exit_code; /* a signal brings no payload */

/* The page that was read is not in the file any more, and no value can stand for it. */
static void on_lost_file(int number, siginfo_t *info, void *context) {
  static const char text[] =
      "\nrehome: a file that was being read became shorter, or its disk failed; the program ends "
      "here. Copy the file and work on the copy. Of a run that was going on, 'rehome status RUN' "
      "tells where it stands.\n";
  (void)context;
  if (info->si_code != BUS_ADRERR) {
    signal(number, SIG_DFL);
    raise(number);
    return;
  }
  ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
  (void)written;
  _exit(lost_file_exit_code);
}

void rh_platform_survive_readers(void) {
  signal(SIGPIPE, SIG_IGN);
}

bool rh_platform_is_writable(FILE *stream) {
  int flags = fcntl(fileno(stream), F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

void rh_platform_prepare_process(int exit_code) {
  struct sigaction action = {.sa_sigaction = on_lost_file, .sa_flags = SA_SIGINFO};
  lost_file_exit_code = exit_code;
  sigaction(SIGBUS, &action, NULL);
  note_stops();
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
  /* A limit on file sizes is told as an error of the write. */
  signal(SIGXFSZ, SIG_IGN);
  /* Opened the wrong way round, so that using one fails as it did while it was closed. */
  for (int stream = 0; stream <= 2; stream++)
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF)
      open("/dev/null", stream == 0 ? O_WRONLY : O_RDONLY);
}

static struct {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool running, stopped;
  unsigned seconds;
  void (*on_late)(void *);
  void *payload;
} watchdog = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *watch(void *unused) {
  struct timespec until;
  (void)unused;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += (time_t)watchdog.seconds;
  pthread_mutex_lock(&watchdog.mutex);
  int waited = 0;
  while (!watchdog.stopped && waited == 0)
    waited = pthread_cond_timedwait(&watchdog.changed, &watchdog.mutex, &until);
  bool late = !watchdog.stopped;
  pthread_mutex_unlock(&watchdog.mutex);
  if (late)
    watchdog.on_late(watchdog.payload);
  return NULL;
}

rh_status rh_platform_start_watchdog(unsigned seconds, void (*on_late)(void *), void *payload,
                                     rh_error *error) {
  rh_platform_stop_watchdog();
  watchdog.seconds = seconds;
  watchdog.on_late = on_late;
  watchdog.payload = payload;
  watchdog.stopped = false;
  /* Signals are for the thread that works: only it can be waiting for an answer. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&watchdog.thread, NULL, watch, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed)
    return rh_error_system(error, failed, "watchdog", "cannot start a thread");
  watchdog.running = true;
  return RH_OK;
}

void rh_platform_stop_watchdog(void) {
  if (!watchdog.running)
    return;
  pthread_mutex_lock(&watchdog.mutex);
  watchdog.stopped = true;
  pthread_cond_signal(&watchdog.changed);
  pthread_mutex_unlock(&watchdog.mutex);
  pthread_join(watchdog.thread, NULL);
  watchdog.running = false;
}
