/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef RTE_ASSEMBLER_H
#define RTE_ASSEMBLER_H

/**
 * @file
 * Packet assembler: packs many small Ethernet frames into one large frame to
 * one trunk peer (the wire format is in rte_assembler_frame.h).
 *
 * An assembler has clients. A client is one producing lcore's pair of
 * submission and completion rings: small packets are submitted, assembled
 * frames (and, in their place in the order, the packets that travel natively)
 * are collected. With workers the packing runs on the lcores that execute
 * rte_assembler_worker_main(); without, it runs inline in
 * rte_assembler_submit_burst() and rte_assembler_collect_burst() on the
 * caller's lcore. The library starts no threads.
 *
 * Lengths are in bytes and do not count the FCS.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_compat.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include <rte_assembler_frame.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most workers of one assembler. */
#define RTE_ASSEMBLER_MAX_WORKERS 16
/** Most clients of one assembler at one time. */
#define RTE_ASSEMBLER_MAX_CLIENTS 64
/** Largest value of rte_assembler_conf::min_count. */
#define RTE_ASSEMBLER_MAX_MIN_COUNT 64
/** Most peers besides the default one. */
#define RTE_ASSEMBLER_MAX_PEERS 1024
/** Most classes. */
#define RTE_ASSEMBLER_MAX_CLASSES 8

struct rte_assembler;
struct rte_assembler_client;
struct rte_assembler_worker;

/** What closes an open frame. */
enum rte_assembler_flush_reason {
	RTE_ASSEMBLER_FLUSH_SIZE,  /**< The next packet does not fit. */
	RTE_ASSEMBLER_FLUSH_COUNT, /**< max_count is reached. */
	RTE_ASSEMBLER_FLUSH_TIME,  /**< hold_us passed since its first packet. */
	RTE_ASSEMBLER_FLUSH_IDLE,  /**< A receive burst came back empty. */
	RTE_ASSEMBLER_FLUSH_ORDER, /**< A bypassed packet, or one to another peer, comes next. */
	RTE_ASSEMBLER_FLUSH_STOP,  /**< rte_assembler_flush() was called. */
	RTE_ASSEMBLER_FLUSH_MAX
};

/** Why a packet travels natively instead of inside an assembled frame. */
enum rte_assembler_bypass_reason {
	RTE_ASSEMBLER_BYPASS_LARGE,    /**< Longer than max_pkt, or than any frame can take. */
	RTE_ASSEMBLER_BYPASS_FEW,      /**< Fewer than min_count came, or were to come. */
	RTE_ASSEMBLER_BYPASS_RESERVED, /**< To a link-local address 01-80-C2-00-00-0x. */
	RTE_ASSEMBLER_BYPASS_PEER,     /**< No trunk peer is known. */
	RTE_ASSEMBLER_BYPASS_MAX
};

/** Why a submitted packet was dropped. */
enum rte_assembler_drop_reason {
	RTE_ASSEMBLER_DROP_NESTED, /**< Its EtherType is the assembled one's. */
	RTE_ASSEMBLER_DROP_RUNT,   /**< Shorter than an Ethernet header. */
	RTE_ASSEMBLER_DROP_MAX
};

/** Buckets of rte_assembler_stats::fill_histogram: 1, 2-3, 4-7 ... packets a frame. */
#define RTE_ASSEMBLER_FILL_BUCKETS 13

/** Configuration of an assembler. rte_assembler_conf_default() fills it in. */
struct rte_assembler_conf {
	struct rte_ether_addr src; /**< Own trunk address: source of assembled frames. */
	/** Assembled frames come from here; data room >= headroom + max_frame. */
	struct rte_mempool *frame_pool;
	/**
	 * Microseconds, 0..1000000. 0: close at the end of each submitted burst,
	 * with workers: of each burst that a worker takes from the ring.
	 */
	uint32_t hold_us;
	uint16_t max_frame;   /**< Bytes with Ethernet header, 60..16384; default 1514. */
	/** Packets a frame, 0: no limit; default 0. Below min_count: none is assembled. */
	uint16_t max_count;
	uint16_t min_count;   /**< Fewer go natively, 1..64; default 3. */
	uint16_t max_pkt;     /**< Larger packets go natively, 60..16383 bytes; default 200. */
	/** Host order, as rte_assembler_ether_type_check(); default RTE_ASSEMBLER_ETHER_TYPE. */
	uint16_t ether_type;
	uint16_t nb_workers;  /**< 0: inline; at most RTE_ASSEMBLER_MAX_WORKERS. */
	/** Of submission and completion rings, power of two, 64..32768; default 1024. */
	uint16_t ring_size;
	bool idle_flush;      /**< Close on an empty receive burst; default false. */
	/**
	 * Compress frames with LZ4, where that makes them smaller; default false.
	 * Peers that are not discovered must understand it. Each peer then takes
	 * 16 times what frame_pool's mbufs have room for, at most 65535 bytes, for
	 * each class, client and worker, and a frame that is open up to two mbufs.
	 */
	bool lz4;
	/**
	 * Microseconds, 0..1000000. rte_assembler_worker_main() sleeps when it had
	 * nothing to do for so long, until a client submits, flushes or a hold time
	 * ends; 0: never; default 0. Clients of workers can wait only if it is not 0;
	 * without workers they always can.
	 */
	uint32_t sleep_us;
	/**
	 * Several workers: all packets to a peer go through one, whose frames fill
	 * faster, but for the peers of rte_assembler_peer_spread(). The lcore that
	 * submits looks up peers then. Default false: all are spread, by flow.
	 */
	bool by_peer;
	int socket_id;        /**< Of its memory, or SOCKET_ID_ANY. */
	/**
	 * Peers that rte_assembler_peer_add() can add, at most
	 * RTE_ASSEMBLER_MAX_PEERS; default 0. Each takes 768 bytes for each
	 * class, client and worker, and 832 for its statistics: for each worker or,
	 * without workers, client, and once more.
	 */
	uint16_t max_peers;
	/** Classes, 1..8; default 1. Class of a packet: priority * nb_classes / 8. */
	uint16_t nb_classes;
	/** Destination addresses with a peer of their own, max_peers..1048576; default 0. */
	uint32_t max_dsts;
	/**
	 * IPv4 and IPv6 prefixes that rte_assembler_prefix_add() can add, 0..65536
	 * each, 0 without max_peers; default 0. Above 0, 64 MB are taken for IPv4,
	 * and 128 MB for IPv6, and 1 KB and 26 KB for each prefix.
	 */
	uint32_t max_prefixes4;
	uint32_t max_prefixes6;
};

/** What of the configuration bounds a frame and its packets: as in rte_assembler_conf. */
struct rte_assembler_sizes {
	uint16_t max_frame; /**< At most what rte_assembler_conf::frame_pool has room for. */
	uint16_t max_count;
	uint16_t min_count;
	uint16_t max_pkt;
};

/** Counters of an assembler. All but the *_us are running sums. */
struct rte_assembler_stats {
	uint64_t packets;     /**< Packets that left inside assembled frames. */
	uint64_t bytes;       /**< Their bytes. */
	uint64_t frames;      /**< Assembled frames made. */
	uint64_t frame_bytes; /**< Their bytes with Ethernet header and padding. */
	uint64_t lz4_frames;  /**< Those among them that were compressed. */
	uint64_t lz4_bytes_saved; /**< Bytes that these are smaller by. */
	uint64_t bypassed[RTE_ASSEMBLER_BYPASS_MAX]; /**< Packets that went natively, by reason. */
	uint64_t dropped[RTE_ASSEMBLER_DROP_MAX]; /**< Packets, by reason. */
	/** Closes by reason, native ones too; not those of no_mbuf. */
	uint64_t flushed[RTE_ASSEMBLER_FLUSH_MAX];
	uint64_t fill_histogram[RTE_ASSEMBLER_FILL_BUCKETS]; /**< Assembled frames by packets. */
	/** Times that a client began to be refused packets: retries count no more. */
	uint64_t ring_full;
	/** Frames given up as frame_pool was empty; their packets went natively (few). */
	uint64_t no_mbuf;
	/** Against native frames, with 24 bytes of FCS, preamble and gap for each. */
	int64_t wire_bytes_saved;
	/** Median time from a frame's first packet to its close, good to 1/8. */
	uint32_t hold_p50_us;
	uint32_t hold_p99_us; /**< 99 in 100 are not longer. */
	uint32_t hold_max_us; /**< The longest. */
};

/**
 * Frames of one client, or to one peer: as in struct rte_assembler_stats. The hold times
 * of a peer are good to 1/2, but for the longest.
 */
struct rte_assembler_closes {
	uint64_t flushed[RTE_ASSEMBLER_FLUSH_MAX];
	uint64_t fill_histogram[RTE_ASSEMBLER_FILL_BUCKETS];
	uint32_t hold_p50_us;
	uint32_t hold_p99_us;
	uint32_t hold_max_us;
};

/** Counters of a client since it was opened: running sums over its workers. */
struct rte_assembler_client_stats {
	uint64_t packets;     /**< Packets taken from it, to be assembled or not. */
	uint64_t bytes;       /**< Their bytes: what fairness among clients is measured in. */
	uint64_t assembled;   /**< Packets that left inside assembled frames. */
	uint64_t frames;      /**< Assembled frames made. */
	uint64_t bypassed;    /**< Packets that went natively. */
	uint64_t dropped;     /**< Packets dropped. */
	uint64_t ring_full;   /**< Times that it began to be refused packets. */
	struct rte_assembler_closes closes; /**< Of its frames. */
};

/**
 * Counters of a peer, over all clients: running sums. A peer that no destination names any
 * more keeps them until another one needs its place.
 */
struct rte_assembler_peer_stats {
	struct rte_ether_addr addr; /**< All 0: there is no default peer now. */
	bool is_default;      /**< It counts all that were the default peer, one after the other. */
	bool known;           /**< It gets assembled frames now. */
	uint64_t packets;     /**< Packets that left inside assembled frames. */
	uint64_t frames;      /**< Assembled frames made. */
	struct rte_assembler_closes closes; /**< Of frames to it, native ones too. */
};

/** Fill *conf* with the defaults; src and frame_pool stay to be set. Any lcore. */
__rte_experimental
void rte_assembler_conf_default(struct rte_assembler_conf *conf);

/**
 * Create an assembler.
 *
 * @param name
 *   Unique; prefixes the names of its rings (1 to 16 characters).
 * @param conf
 *   Copied. frame_pool must outlive the assembler.
 * @return
 *   The assembler, or NULL with rte_errno: EINVAL (a value out of range, one
 *   log line says which), ENOMEM, EEXIST, E_RTE_SECONDARY (in a secondary process).
 *   Control path: one caller at a time.
 */
__rte_experimental
struct rte_assembler *rte_assembler_create(const char *name,
		const struct rte_assembler_conf *conf);

/**
 * Find an assembler, in the process that created it or in a secondary one, from when
 * rte_assembler_create() returns until rte_assembler_free() is called. Any lcore. In a
 * secondary process rte_assembler_client_open(), which needs workers, and what is done
 * with a client, rte_assembler_stats_get(), rte_assembler_client_stats_get() and
 * rte_assembler_peer_stats_iterate() may be called; all else is for the primary process.
 *
 * @return
 *   The assembler, or NULL with rte_errno ENOENT.
 */
__rte_experimental
struct rte_assembler *rte_assembler_lookup(const char *name);

/**
 * Free an assembler and its clients. Workers have returned, its discovery is freed, and
 * no process uses the assembler or a client any more; one that was killed does not.
 * Telemetry and rte_assembler_lookup() may ask for it meanwhile. mbufs that were submitted
 * and not collected are freed. NULL is allowed. Control path.
 */
__rte_experimental
void rte_assembler_free(struct rte_assembler *a);

/**
 * Set the default peer, to which all packets go that have no peer of their own; NULL:
 * none is known, and they are bypassed. May be called while lcores run; takes effect with
 * the next packet, before which a frame to another peer closes. Each peer but the
 * same again gets frames with a new epoch, so that it counts as lost nothing that
 * went to others. Any lcore; may wait for another one that changes settings.
 *
 * @param peer
 *   Copied.
 * @return
 *   0. -EBUSY: a discovery says who the peer is. -EINVAL: *peer* is not the address
 *   of a port. Nothing is changed then.
 */
__rte_experimental
int rte_assembler_peer_set(struct rte_assembler *a,
		const struct rte_ether_addr *peer);

/**
 * Send packets to *dst* to a peer of their own. All destinations of a peer share
 * its frames. What goes to other destinations goes to the default peer of
 * rte_assembler_peer_set(). May be called while lcores run, by one caller at a
 * time; takes effect with the next burst, and does not move what is in a frame.
 *
 * @param dst
 *   Destination address of packets. If it is known already, its peer changes.
 * @param peer
 *   Trunk address of the peer.
 * @return
 *   0. -EINVAL: max_peers is 0, or *peer* is not the address of a port.
 *   -ENOSPC: there are max_peers peers, or max_dsts destinations.
 */
__rte_experimental
int rte_assembler_peer_add(struct rte_assembler *a, const struct rte_ether_addr *dst,
		const struct rte_ether_addr *peer);

/**
 * Send packets to *dst* to the default peer again. As rte_assembler_peer_add(),
 * but waits until no lcore is in the middle of a burst. A peer that no
 * destination names any more makes room for another one when that is needed;
 * until then it goes on where it was if it is named again.
 *
 * @return
 *   0, or -ENOENT: *dst* was never added.
 */
__rte_experimental
int rte_assembler_peer_del(struct rte_assembler *a, const struct rte_ether_addr *dst);

/**
 * With rte_assembler_conf::by_peer: spread a hot peer over all workers, by flow,
 * or take that back. Each flow keeps its order, but around the change some of its
 * packets may pass others. May be called while lcores run, by one caller at a time
 * together with rte_assembler_peer_add().
 *
 * @param peer
 *   Trunk address of a peer of rte_assembler_peer_add() or
 *   rte_assembler_prefix_add(); NULL: the default peer.
 * @return
 *   0. -EINVAL: by_peer is not set. -ENOENT: there is no such peer.
 */
__rte_experimental
int rte_assembler_peer_spread(struct rte_assembler *a, const struct rte_ether_addr *peer,
		bool spread);

/** Destinations of IP packets. */
struct rte_assembler_prefix {
	uint8_t addr[16]; /**< Network order; of IPv4 the first four bytes count. */
	uint8_t depth;    /**< Leading bits of addr that count, 1..32 or 1..128. */
	bool ipv6;
};

/**
 * Send IP packets to *prefix*, the longest one that fits, to a peer of their
 * own, unless rte_assembler_peer_add() names one for their destination address.
 * Behind up to two VLAN tags. Otherwise as rte_assembler_peer_add(); may wait
 * until no lcore is in the middle of a burst.
 *
 * @return
 *   0. -EINVAL: max_prefixes4 or max_prefixes6 is 0, or a value is out of
 *   range. -ENOSPC: there are as many peers or prefixes as configured. Nothing
 *   is changed then.
 */
__rte_experimental
int rte_assembler_prefix_add(struct rte_assembler *a,
		const struct rte_assembler_prefix *prefix, const struct rte_ether_addr *peer);

/**
 * Take a prefix back: a shorter one, or the default peer, serves its packets.
 *
 * @return
 *   0. -EINVAL: as above. -ENOENT: it was never added.
 */
__rte_experimental
int rte_assembler_prefix_del(struct rte_assembler *a,
		const struct rte_assembler_prefix *prefix);

/**
 * Set the hold time of a class, which is rte_assembler_conf::hold_us at first.
 * May be called while lcores run; counts for frames that are open, too. Any lcore.
 *
 * @param class_id
 *   0 .. nb_classes - 1. A packet's priority is the PCP of its VLAN tag or,
 *   untagged, the precedence (first three bits) of its DSCP.
 * @param hold_us
 *   0..1000000. 0: urgent, frames of the class close at the end of each burst.
 * @return
 *   0 or -EINVAL.
 */
__rte_experimental
int rte_assembler_class_set(struct rte_assembler *a, uint16_t class_id, uint32_t hold_us);

/**
 * Turn adaptive mode on or off; it is off at first. May be called while lcores
 * run. Any lcore.
 *
 * In adaptive mode packets of a stream go natively at once, counted as
 * RTE_ASSEMBLER_BYPASS_FEW, after 48 frames in a row were closed by time with fewer
 * than min_count packets, until two packets come within the hold time. And a frame
 * stays open for up to four times the hold time while assembled frames wait to be
 * collected. Order is kept. A hold time of 0 is not changed.
 */
__rte_experimental
void rte_assembler_adaptive_set(struct rte_assembler *a, bool adaptive);

/**
 * Set the sizes of frames and packets, which are those of rte_assembler_conf at
 * first. May be called while lcores run; takes effect with the next frame that
 * opens, of all of its sizes at once. Any lcore; may wait for another one that
 * changes settings.
 *
 * @return
 *   0, or -EINVAL: a value is out of range, one log line says which; nothing is
 *   changed then.
 */
__rte_experimental
int rte_assembler_sizes_set(struct rte_assembler *a,
		const struct rte_assembler_sizes *sizes);

/**
 * Open a client: a pair of SP/SC submission and completion rings for each
 * worker (inline: one output ring). Control path, while lcores run or not.
 *
 * @return
 *   The client, or NULL with rte_errno: ENOMEM, ENOSPC (MAX_CLIENTS are open),
 *   without workers also EMFILE and others of timerfd_create();
 *   in a secondary process also ENOTSUP (there are no workers) and ETIMEDOUT (the
 *   primary process does not answer). If a secondary process ends with a client
 *   open, however it ends, the primary one frees what the client holds.
 */
__rte_experimental
struct rte_assembler_client *rte_assembler_client_open(struct rte_assembler *a);

/**
 * Close a client that is drained (rte_assembler_flush() returned 0). Control path.
 *
 * @return
 *   0, or -EBUSY while it still holds mbufs: nothing is changed then. In a secondary
 *   process also -ETIMEDOUT and others of rte_mp_request_sync(): the primary process
 *   does not answer.
 */
__rte_experimental
int rte_assembler_client_close(struct rte_assembler_client *c);

/**
 * Submit small packets. Never blocks. Of an mbuf that is copied only the bytes count: no
 * tag that a port has stripped, no checksum that one is to make.
 *
 * One lcore at a time per client. nb == 0 says that a receive burst came back
 * empty (what idle_flush acts on) and lets inline clients check hold times.
 *
 * @return
 *   How many were accepted: pkts[0..ret-1] belong to the library, the caller
 *   keeps the rest (fewer than nb: a ring is full, collect and try again).
 */
__rte_experimental
uint16_t rte_assembler_submit_burst(struct rte_assembler_client *c,
		struct rte_mbuf **pkts, uint16_t nb);

/**
 * Collect assembled frames and bypassed packets, in order within a stream.
 * Never blocks. One lcore at a time per client; without workers the same lcore
 * as submits (hold times are checked here too).
 *
 * @return
 *   How many were stored in pkts: they belong to the caller.
 */
__rte_experimental
uint16_t rte_assembler_collect_burst(struct rte_assembler_client *c,
		struct rte_mbuf **pkts, uint16_t nb);

/**
 * As rte_assembler_collect_burst(), but sleep if there is nothing to collect,
 * until there is or *timeout_us* microseconds have passed. Where the client
 * cannot wait (rte_assembler_collect_fd()) it does not sleep. Inline clients
 * sleep no longer than until the next hold time ends.
 *
 * @return
 *   How many were stored in pkts: they belong to the caller. 0: the time is
 *   over, a signal came, or what was there is not worth a packet; call it again.
 */
__rte_experimental
uint16_t rte_assembler_collect_wait(struct rte_assembler_client *c,
		struct rte_mbuf **pkts, uint16_t nb, uint32_t timeout_us);

/**
 * The file that is readable, after rte_assembler_collect_arm(), when there is
 * something to collect: for programs that wait for other files, too. It belongs
 * to the client: do not read or close it. Any lcore.
 *
 * @return
 *   Its descriptor. -ENOTSUP: rte_assembler_conf has workers, but sleep_us is 0.
 */
__rte_experimental
int rte_assembler_collect_fd(const struct rte_assembler_client *c);

/**
 * Prepare to wait for rte_assembler_collect_fd(). On the lcore that collects,
 * each time before it waits.
 *
 * @return
 *   0: wait. 1: do not, there is something to collect. -ENOTSUP: as
 *   rte_assembler_collect_fd().
 */
__rte_experimental
int rte_assembler_collect_arm(struct rte_assembler_client *c);

/**
 * Close what is open (reason stop). Never blocks: call it, and
 * rte_assembler_collect_burst(), until it returns 0. Called on the lcore that
 * submits.
 *
 * @return
 *   0: everything that was submitted has been collected.
 *   -EAGAIN: not yet.
 */
__rte_experimental
int rte_assembler_flush(struct rte_assembler_client *c);

/** The worker numbered *index* (0..nb_workers-1), or NULL. Any lcore. */
__rte_experimental
struct rte_assembler_worker *rte_assembler_worker_get(struct rte_assembler *a,
		uint16_t index);

/**
 * Serve all clients once: what rte_assembler_worker_main() and a service do in
 * a loop. All clients get the same bytes in a round, 1920: 32 packets of 60 bytes, or
 * fewer larger ones. What the last one costs beyond that counts against the client's
 * next rounds. One lcore at a time per worker.
 *
 * @return
 *   Packets moved.
 */
__rte_experimental
uint32_t rte_assembler_worker_poll(struct rte_assembler_worker *w);

/**
 * lcore function: poll worker *arg* until rte_assembler_workers_stop().
 * For rte_eal_remote_launch(). What is open stays open; flush first.
 *
 * @return
 *   0.
 */
__rte_experimental
int rte_assembler_worker_main(void *arg);

/**
 * Make every rte_assembler_worker_main() return once: one that has not begun
 * yet returns at once when it does. Any lcore. Never blocks.
 */
__rte_experimental
void rte_assembler_workers_stop(struct rte_assembler *a);

/**
 * Make every worker a service, for programs that run on service lcores instead
 * of launching rte_assembler_worker_main(). The caller maps the services to
 * lcores and starts them (rte_service_map_lcore_set(), rte_service_runstate_set(),
 * rte_service_lcore_start()), and before rte_assembler_free(), which unregisters
 * them, stops them and waits until rte_service_may_be_active() returns 0. A
 * service may move to another lcore while it runs; none runs on two at once.
 * Control path.
 *
 * @param ids
 *   Room for nb_workers: ids[i] becomes the id of worker i's service, which is
 *   called NAME_wi.
 * @return
 *   0. -EINVAL: no workers, or they are services already. Other negative
 *   values are those of rte_service_component_register(); nothing is changed.
 */
__rte_experimental
int rte_assembler_service_register(struct rte_assembler *a, uint32_t *ids);

/**
 * Sum the counters of all clients, closed ones too. Any lcore; values are
 * those of a moment, each counter by itself.
 */
__rte_experimental
void rte_assembler_stats_get(struct rte_assembler *a,
		struct rte_assembler_stats *stats);

/**
 * Read the counters of one client that is open. Any lcore; values are those of
 * a moment, each counter by itself.
 */
__rte_experimental
void rte_assembler_client_stats_get(const struct rte_assembler_client *c,
		struct rte_assembler_client_stats *stats);

/**
 * Read the counters of one peer after the other: first the default one, then those of
 * rte_assembler_peer_add() and rte_assembler_prefix_add(). Any lcore; values are those of
 * a moment, each counter by itself.
 *
 * @param next
 *   Where to go on, at first 0, or so many peers are left out.
 * @return
 *   0, -ENOENT: there is no other one.
 */
__rte_experimental
int rte_assembler_peer_stats_iterate(struct rte_assembler *a, uint32_t *next,
		struct rte_assembler_peer_stats *stats);

/** Words for the enums above, as in "size" or "large"; NULL out of range. Any lcore. */
__rte_experimental
const char *rte_assembler_flush_name(enum rte_assembler_flush_reason reason);
__rte_experimental
const char *rte_assembler_bypass_name(enum rte_assembler_bypass_reason reason);
__rte_experimental
const char *rte_assembler_drop_name(enum rte_assembler_drop_reason reason);

#ifdef __cplusplus
}
#endif

#endif /* RTE_ASSEMBLER_H */
