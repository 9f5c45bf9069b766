/* peer.h: sockets, clock and limits shared by the load generator and the sink. SMTP is left to script and
 * serve. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Prints "name: message" (and the reason, when errno says one) and exits with status 2. */
_Noreturn void peer_die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "127.0.0.1:2525"; anything else ends the program. */
struct sockaddr_in peer_address(const char *text);

/* A decimal number in least..most; anything else ends the program, naming the option. */
size_t peer_number(const char *option, const char *text, size_t least, size_t most);

/* A non-blocking listening socket; *address receives the port the kernel chose for port 0. */
int peer_listen(struct sockaddr_in *address);

/* A non-blocking connection under way, from `source` (host order) unless it is 0; -1 and errno on failure. */
int peer_connect(const struct sockaddr_in *to, in_addr_t source);

/* Sets a TCP socket option to 1. */
void peer_tcp_on(int fd, int option);

/* Descriptor of the signals that end a run, SIGINT and SIGTERM, readable when one came. */
int peer_signals(void);

/* Nanoseconds of the monotonic clock. */
uint64_t peer_now(void);

/* Raises the limit of open files as far as it goes; ends the program when that is below `wanted`. */
void peer_raise_files(size_t wanted);

#endif
