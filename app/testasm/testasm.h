/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TESTASM_H
#define TESTASM_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <rte_assembler.h>
#include <rte_assembler_discovery.h>
#include <rte_disassembler.h>

#define TESTASM_NAME "dpdk-testasm"
#define TESTASM_VERSION "0.1.0"

#define TESTASM_MAX_BURST 512
/* Of each mempool, per lcore. */
#define TESTASM_MBUF_CACHE 256
/* Of the library's rings; with four workers their packets still fit the default --mbufs. */
#define TESTASM_RING_SIZE 512
/* Control frames that wait for the lcore which sends to the trunk. */
#define TESTASM_CONTROL_RING 64
/* Bytes that a frame takes on the wire besides itself: FCS, preamble and gap. */
#define TESTASM_WIRE_OVERHEAD 24


/* With --interrupt, what an lcore waits without work before it sleeps, besides the hold time. */
#define TESTASM_PATIENCE_US 1000

struct fwd_engine;
struct testasm;

/** One turn of a task; returns how many packets it moved. */
typedef uint16_t (*fwd_poll_t)(struct testasm *t);

/* Destinations with a trunk peer of their own. */
#define TESTASM_MAX_ROUTES 64
/* Peers that are counted one by one: the default one, and those of routes. */
#define TESTASM_PEERS (1 + TESTASM_MAX_ROUTES)

/** Packets to *dst*, or to *prefix*, go to *peer*. Fields that do not count are 0. */
struct testasm_route {
	struct rte_ether_addr peer;
	struct rte_ether_addr dst;
	bool has_prefix;
	struct rte_assembler_prefix prefix;
};

/** The command line. Every number is 32 bits wide, so that one parser fills all. */
struct testasm_conf {
	const struct fwd_engine *engine;
	uint32_t access;
	uint32_t trunk;
	struct rte_ether_addr peer;
	bool peer_set;
	uint32_t max_frame;
	uint32_t max_count;
	uint32_t min_count;
	uint32_t hold_us;
	uint32_t max_pkt;
	uint32_t ether_type;
	uint32_t workers;
	uint32_t nb_rxd;
	uint32_t nb_txd;
	uint32_t burst;
	uint32_t mbufs;
	uint32_t txpkts;
	uint32_t stats_period;
	uint32_t duration;
	const char *stats_json;
	const char *lcore_map;
	const char *cmdline_file;
	bool idle_flush;
	bool lz4;
	bool adaptive;
	bool interrupt;
	bool interactive;
	bool start;
	uint32_t nb_routes;
	struct testasm_route routes[TESTASM_MAX_ROUTES];
};

/** The two ports, and the two directions, each named by the port that it sends out of. */
enum fwd_side {
	FWD_ACCESS,
	FWD_TRUNK,
	FWD_SIDES
};

/** What a forwarding engine does in one turn, in the order in which one lcore does it. */
enum fwd_task {
	FWD_RX,   /* what the access port receives: to the assembler, or on to the trunk */
	FWD_TX,   /* what the assembler made out of the trunk port */
	FWD_BACK, /* what the trunk port receives out of the access port */
	FWD_TASKS
};

/** Which lcore does what. */
struct lcores {
	unsigned int task[FWD_TASKS];
	unsigned int worker[RTE_ASSEMBLER_MAX_WORKERS];
	uint16_t nb_workers;
};

/** One Ethernet port. Written by the main lcore only. */
struct fwd_port {
	uint16_t id;
	bool link_up;   /* as polled last; other lcores read it */
	bool started;
	bool closed;
	struct rte_ether_addr mac;
	struct rte_ether_addr peer; /* destination that mac, txonly and flowgen write */
	uint16_t nb_rxd;
	uint16_t nb_txd;
	uint16_t mtu;
	char driver[64];
};

/** Packets on their way: pkts[head] is the next to hand on, nb are left. */
struct fwd_burst {
	uint16_t head;
	uint16_t nb;
	struct rte_mbuf *pkts[TESTASM_MAX_BURST];
};

/** One direction of forwarding. */
struct fwd_dir {
	const struct fwd_port *rx;
	const struct fwd_port *tx;
	uint16_t burst;
	struct fwd_burst in;   /* received; the library has not taken them yet */
	struct fwd_burst out __rte_cache_aligned; /* the port tx has not taken them yet */
	uint64_t tx_dropped;   /* packets given up: no link on tx, or stopped */
	uint64_t tx_full;      /* bursts that tx had no room for: the rest of them waited */
};

/** What an lcore needs to wait for packets asleep; without --interrupt no port. */
struct sleeper {
	const struct fwd_port *port[FWD_SIDES]; /* that it receives from */
	const struct fwd_dir *dir[FWD_SIDES];
	unsigned int nb_ports;
	fwd_poll_t polls[FWD_TASKS];
	unsigned int nb_polls;
	bool collects; /* what workers made */
	struct rte_epoll_event collect;
	int epfd;      /* -1: the lcore does not sleep */
	uint64_t patience; /* TSC cycles without a packet before it sleeps */
	uint64_t busy_at;
};

/** What the user was told of the trunk last. */
struct discovery_watch {
	uint32_t looks;
	bool other; /* somebody speaks another version */
	uint16_t nb_up;
	uint16_t nb_peers;
	struct rte_assembler_discovery_peer peers[RTE_ASSEMBLER_DISCOVERY_MAX_PEERS];
};

/** Who sent assembled frames, and who got some. */
struct stats_peers {
	uint32_t nb_senders;
	uint32_t nb_receivers;
	uint64_t heard_ms[TESTASM_PEERS]; /* the sender; on the timer's clock */
	struct rte_disassembler_peer_stats sender[TESTASM_PEERS];
	struct rte_assembler_peer_stats receiver[TESTASM_PEERS];
};

/** What is added to the library's and the directions' running sums. */
struct stats_past {
	struct stats_peers peers;
	uint64_t tx_dropped[FWD_SIDES];
	uint64_t tx_full[FWD_SIDES];
	struct rte_assembler_stats assembler;
	struct rte_disassembler_stats disassembler;
};

/** One run of the program. */
struct testasm {
	struct testasm_conf conf;
	cpu_set_t cpus; /* that the program may use, as it was started */
	struct fwd_port port[FWD_SIDES];
	struct fwd_dir dir[FWD_SIDES];
	struct lcores lcores;
	bool halt; /* lcores are to leave their loops */
	bool forwarding;
	bool stale;       /* the engine is to begin anew before it starts */
	uint32_t verbose; /* lines for assembled frames */
	const struct fwd_engine *engine; /* that has begun; conf.engine is the next one */
	fwd_poll_t polls[FWD_TASKS];     /* of the main lcore while forwarding */
	unsigned int nb_polls;
	struct sleeper sleeper[FWD_TASKS]; /* of the lcore that has the task first */
	struct rte_mempool *pkt_pool;
	struct rte_mempool *frame_pool; /* pkt_pool, unless a frame does not fit its mbufs */
	struct rte_assembler *assembler;
	struct rte_assembler_client *client;
	struct rte_disassembler *disassembler;
	struct rte_assembler_discovery *discovery; /* NULL with --peer */
	struct rte_ring *control; /* from the discovery's lcore to that of the trunk's TX */
	struct discovery_watch watch;
	struct stats_past past; /* of engines that have ended, or below 0 once cleared */
};

/** What statistics on screen and as JSON show. */
struct testasm_stats {
	bool assembles;
	bool disassembles;
	struct rte_eth_stats port[FWD_SIDES];
	uint64_t tx_dropped[FWD_SIDES];
	uint64_t tx_full[FWD_SIDES];
	struct rte_assembler_stats assembler;
	struct rte_disassembler_stats disassembler;
	struct stats_peers peers;
	uint32_t mbufs_total;
	uint32_t mbufs_in_use;
};

/** A group of counters, one for each cause. */
struct stats_causes {
	const char *key;    /* in JSON */
	const char *title;  /* on screen */
	const char *(*name)(unsigned int cause);
	unsigned int nb;
	size_t offset;      /* of the uint64_t counters in struct testasm_stats */
};

extern const struct stats_causes stats_bypassed;
extern const struct stats_causes stats_flushed;
extern const struct stats_causes stats_dropped_packets;
extern const struct stats_causes stats_dropped_frames;
extern const char *const fwd_side_name[FWD_SIDES];

/* main.c */
/** One line on stderr, with the program's name. */
void testasm_error(const char *fmt, ...) __rte_format_printf(1, 2);
/** A signal came, or the duration is over. */
bool testasm_stopped(void);
/** Ask for that. Any thread, signal handlers too. */
void testasm_stop(void);

/* forward.c */
/** Make what the engine of the configuration needs. Ports are set up. Main lcore, as all below. */
int forward_begin(struct testasm *t);
/** Have all lcores forward; with another engine than before if the configuration has one. */
int forward_start(struct testasm *t);
/** Have them leave their loops, and send what was received. */
void forward_stop(struct testasm *t);
/**
 * Take over a configuration: between two packets what can change so, by a stop and a start
 * the rest; another mode with the next start. One line on stderr if it cannot be.
 */
int forward_update(struct testasm *t, const struct testasm_conf *conf);
/** Undo forward_begin(). */
void forward_end(struct testasm *t);
/** The main lcore's loop, until testasm_stopped(). */
void forward_run(struct testasm *t);
/** Statistics on screen and, if wanted, into the file. */
int forward_show(const struct testasm *t, const struct testasm_stats *stats);

/* calls.c */
typedef int (*call_t)(struct testasm *t, const void *arg);
/**
 * Have the main lcore call *fn* between two turns of its loop, and wait for it.
 * Any other thread, one at a time.
 *
 * @return
 *   What *fn* returned, or -ESHUTDOWN: the loop has ended.
 */
int calls_make(call_t fn, const void *arg);
/** Do what is asked for. Main lcore. */
void calls_serve(struct testasm *t);
/** From now on calls fail. Main lcore. */
void calls_close(void);

/* lcores.c */
/** Choose an lcore for each task; one line on stderr if there are too few. */
int lcores_plan(struct testasm *t);
/** Say in one line who does what. */
void lcores_print(const struct testasm *t);
/** Lcores that have something to do, the main one always counted. */
unsigned int lcores_count(const struct lcores *l);
/** Wait until the workers of the assembler have returned. */
void lcores_wait_workers(const struct lcores *l);

/* options.c */
/**
 * Handle --help and --version, which work without EAL and device.
 *
 * @return
 *   Whether the program has nothing else to do.
 */
bool options_inform(int argc, char **argv);
/** Parse what follows "--"; one line on stderr for the first error. */
int options_parse(int argc, char **argv, struct testasm_conf *conf);
/** -ENOTSUP with a line that says why: LZ4 is asked for, and this build has none. */
int options_lz4_check(const struct testasm_conf *conf);
/** Give the option *name* a new value. -ENOENT: no option with a value is called so. */
int option_set(const char *name, const char *value, struct testasm_conf *conf);
/** The number of arguments that belong to EAL, the program's name counted. */
int options_eal_count(int argc, char **argv);

/* config.c */
/** Options from a file of rte_cfgfile's format; one line on stderr for the first error. */
int config_load(const char *path, struct testasm_conf *conf);

/* discovery.c */
/** Search for trunk peers for what the engine has begun. */
int discovery_begin(struct testasm *t);
/** Undo it. */
void discovery_end(struct testasm *t);
/** Make control frames that are due, and return how many: 0, no more are. The discovery's lcore. */
uint16_t discovery_make(struct testasm *t);
/** Send them. The lcore that sends to the trunk. */
void discovery_send(struct testasm *t);
/** Receive on the trunk port for control frames alone. The discovery's lcore. */
void discovery_listen(struct testasm *t);
/** Send BYE. Main lcore, when no other one forwards. */
void discovery_leave(struct testasm *t);
/** Say what has changed. Main lcore, ten times a second. */
void discovery_watch(struct testasm *t);
/** A line for each peer that is known. */
void discovery_print(const struct testasm *t);

/* explain.c */
/** Say what it means that a peer is as it is now. */
void explain_peer(const struct testasm *t, const struct rte_assembler_discovery_peer *peer);
/** Say what follows from several peers. */
void explain_many_peers(const struct testasm *t, unsigned int nb);
/** Say what to do where nobody answers. */
void explain_no_peer(const struct testasm *t);
void explain_other_version(void);
/** Say in one line why EAL did not start and what to do. */
void explain_eal(int argc, char **argv, int err);
/** Say in words why packets are not assembled, where few are. */
void explain_assembling(const struct testasm *t, const struct testasm_stats *stats);
/** Say in one line why *port* (the value of *option*) is missing and what to do. */
void explain_port(int argc, char **argv, const char *option, uint32_t port);

/* mbufs.c */
/** Whether --mbufs is enough for the lcores' plan; one line on stderr if not. */
int mbufs_check(const struct testasm *t);
int mbufs_create(struct testasm *t);
void mbufs_print(const struct testasm *t);
void mbufs_count(const struct testasm *t, struct testasm_stats *stats);

/* port.c */
int ports_find(struct testasm *t, int argc, char **argv);
int ports_setup(struct testasm *t);
int ports_start(struct testasm *t);
void ports_poll_link(struct testasm *t);
/** Let the TX rings run empty onto the wire. */
void ports_finish_tx(const struct testasm *t);
/** Free what waits in the RX rings of ports that are rings themselves. */
void ports_drain_rx(const struct testasm *t);
void ports_close(struct testasm *t);

/** The port *text* names by number; one line on stderr if it is none of the two. */
struct fwd_port *port_by_text(struct testasm *t, const char *text);
/** As the port was told at its set-up; it must be stopped. */
int port_start(struct fwd_port *p);
int port_stop(struct fwd_port *p);
int port_close(struct fwd_port *p);
/** Stop, reset and set up again. */
int port_reset(const struct testasm *t, struct fwd_port *p);

/* routes.c; what fails prints one line on stderr */
/** Packets to *text*, a MAC address or an IP prefix, go to *peer*. */
int route_add(struct testasm_conf *conf, const char *text, const struct rte_ether_addr *peer);
int route_del(struct testasm_conf *conf, const char *text);
/** Read the address of a peer; *text* may be NULL. */
int routes_peer(const char *text, struct rte_ether_addr *peer);
/** Make room for the routes. */
void routes_size(const struct testasm_conf *conf, struct rte_assembler_conf *c);
/** Tell the assembler of them. */
int routes_assemble(struct testasm *t);
/** Take frames of their peers, which are not searched for. Returns -errno, prints nothing. */
int routes_disassemble(struct testasm *t, const struct testasm_conf *conf);
void routes_print(const struct testasm_conf *conf);

/* prompt.c */
/** Read and run commands on a thread of its own. */
int prompt_begin(struct testasm *t);
/** Wait until that thread has ended, which it does when testasm_stopped(). */
void prompt_end(void);

/* stats.c */
/** As rte_eth_stats_get(), by one thread at a time. */
int stats_port(uint16_t port, struct rte_eth_stats *stats);
void stats_read(const struct testasm *t, struct testasm_stats *stats);
/** Keep what the engine counted, which is about to end. Main lcore. */
void stats_keep(struct testasm *t);
/** Count from 0 again. Main lcore. */
void stats_clear(struct testasm *t);
void stats_print(const struct testasm *t, const struct testasm_stats *stats);
/** What happened in the *sec* seconds between two readings, in short. */
void stats_period(const struct testasm *t, const struct testasm_stats *now,
		const struct testasm_stats *before, double sec);
void stats_print_assembler(const struct testasm_stats *stats);
/** Those of the counters that are not 0, to the end of the line; *width*: of the title. */
void stats_counts_print(const struct stats_causes *causes, const uint64_t *counts, int width);
/** For sums that outlive what they are of: modulo 2^64. */
void stats_sums_add(void *sums, const void *more, size_t nb);
void stats_sums_negate(void *sums, size_t nb);

/* stats_peers.c */
/** Add what the assembler and the disassembler that there are have counted. */
void stats_peers_add(const struct testasm *t, struct stats_peers *peers);
/** Modulo 2^64, as for all sums that are cleared. */
void stats_peers_negate(struct stats_peers *peers);
/** A line or two for each peer. */
void stats_senders_print(const struct stats_peers *peers);
void stats_receivers_print(const struct stats_peers *peers);
/** A line: how long frames were open, and what closed them. */
void stats_closes_print(const struct rte_assembler_closes *closes);

/* stats_json.c */
/** Whether *path* can be written; one line on stderr if not. */
int stats_json_check(const char *path);
/** Replace the file at once: a reader sees the old or the new one, whole. */
int stats_json_write(const struct testasm *t, const struct testasm_stats *stats);

#endif /* TESTASM_H */
