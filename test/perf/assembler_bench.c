/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What the assembler costs, without a NIC. The limit of packing is to copy the
 * same bytes and to free the same mbufs in bulk; that of unpacking, to allocate
 * them in bulk and to copy. All cases run in turn, many times for a short
 * while, so that what else the machine does disturbs all of them alike; medians
 * are shown, and of ratios, which are taken within one turn, the middle 80 %.
 * Beside them is what only one run in 50 undercuts, which tells more of two lcores
 * on a machine that is busy. Nothing here passes or fails.
 *
 * assembler_bench EAL-OPTIONS [-- JSON-FILE]     two lcores
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_gro.h>
#include <rte_ip.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>
#include <rte_pause.h>
#include <rte_ring.h>
#include <rte_tcp.h>

#include <rte_assembler.h>
#include <rte_disassembler.h>

#define BURST 32
#define BATCH 256     /* packets between two looks at the clock */
#define NB_BATCHES 64 /* in one run of a case */
#define NB_RUNS 201
#define LEAST (NB_RUNS / 50)
#define PKT_LEN 60
#define NB_DSTS 1024
#define RING_SIZE 512
#define FRAME_ROOM 9216
#define FRAME_STRIDE 1536
#define WARM 128       /* batches; an lcore that rested comes to its speed in them, too */
#define WARM_PEERS 128 /* all frames of 1024 peers were opened in them */
#define NB_PKTS (BATCH * NB_BATCHES)

static const struct rte_ether_addr here = { { 0x02, 0, 0, 0, 0, 0x01 } };
static const struct rte_ether_addr there = { { 0x02, 0, 0, 0, 0, 0x02 } };

static struct rte_mempool *pkt_pool, *frame_pool, *rx_pool;

/*
 * As the guide advises where one lcore's mbufs are freed on another: those freed last are
 * used first. From a ring an lcore would use all of them in turn.
 */
static struct rte_mempool *
pool_create(const char *name, unsigned int nb, unsigned int cache, uint16_t room)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create_by_ops(name, nb, cache, 0, room,
			SOCKET_ID_ANY, "stack");

	if (pool == NULL)
		rte_exit(EXIT_FAILURE, "no memory, or DPDK was built without mempool/stack\n");
	return pool;
}

/* Flows come in turn; those of a table of peers, and what is copied to places, in any order. */
static inline uint32_t
next_flow(uint32_t flow, uint16_t nb_flows)
{
	return nb_flows == NB_DSTS ? flow * 1664525 + 1013904223 : flow + (1 << 16);
}

/* BATCH packets that this lcore has just written. */
static void
prepare(struct rte_mbuf **pkts, uint16_t nb_flows)
{
	static const uint8_t data[PKT_LEN] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0,
			[PKT_LEN - 1] = 1 };
	uint32_t flow = rte_rdtsc(); /* so that a batch does not begin at flow 0 */
	uint8_t *pkt;
	uint32_t i;

	if (rte_pktmbuf_alloc_bulk(pkt_pool, pkts, BATCH) != 0)
		rte_exit(EXIT_FAILURE, "no mbufs\n");
	for (i = 0; i < BATCH; i++) {
		pkt = (uint8_t *)rte_pktmbuf_append(pkts[i], PKT_LEN);
		memcpy(pkt, data, PKT_LEN);
		flow = next_flow(flow, nb_flows);
		pkt[4] = (flow >> 16 & (nb_flows - 1)) >> 8;
		pkt[5] = flow >> 16 & (nb_flows - 1);
	}
}

#define PORT_RING 1024 /* descriptors */
#define PORT_SLOT 64   /* bytes */
#define PORT_SLOTS 32  /* in an mbuf */

/*
 * Stands for a port whose NIC wrote the packets: their bytes are in the last cache or in
 * memory. They were written long ago, in so many places that by the next turn of each of them
 * no core has it in caches of its own. Only the mbufs are written, as a driver does.
 */
struct port {
	struct rte_mbuf *ring[PORT_RING];
	uint32_t next;
	uint32_t nb_batches;
};

static void
port_write(struct rte_mempool *pool, void *arg, void *obj, unsigned int i)
{
	struct rte_mbuf *m = obj;
	const uint8_t *data = arg;
	int slot;

	(void)pool;
	(void)i;
	for (slot = 0; slot < PORT_SLOTS; slot++)
		memcpy((uint8_t *)m->buf_addr + slot * PORT_SLOT, data, PKT_LEN);
}

static void
port_start(struct port *port)
{
	static uint8_t data[PKT_LEN] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0,
			[PKT_LEN - 1] = 1 };

	rte_mempool_obj_iter(rx_pool, port_write, data);
	if (rte_pktmbuf_alloc_bulk(rx_pool, port->ring, PORT_RING) != 0)
		rte_exit(EXIT_FAILURE, "no mbufs\n");
}

/* BATCH packets that were just received. */
static void
receive(struct port *port, struct rte_mbuf **pkts)
{
	const uint16_t data_off = port->nb_batches++ % PORT_SLOTS * PORT_SLOT;
	struct rte_mbuf *fresh[BATCH];
	uint32_t i, j;

	if (rte_pktmbuf_alloc_bulk(rx_pool, fresh, BATCH) != 0)
		rte_exit(EXIT_FAILURE, "no mbufs\n");
	for (i = 0; i < BATCH; i++) {
		j = port->next++ % PORT_RING;
		pkts[i] = port->ring[j];
		port->ring[j] = fresh[i];
		pkts[i]->data_off = data_off;
		pkts[i]->data_len = PKT_LEN;
		pkts[i]->pkt_len = PKT_LEN;
	}
}

/* BATCH packets; *port*: or NULL, the lcore writes them. */
static inline void
feed(struct port *port, struct rte_mbuf **pkts, uint16_t nb_flows)
{
	if (port != NULL)
		receive(port, pkts);
	else
		prepare(pkts, nb_flows);
}

static struct rte_assembler *
assembler_make(const char *name, uint16_t nb_workers, uint32_t hold_us, uint16_t nb_peers)
{
	struct rte_ether_addr dst = { { 0x02 } }, peer = there;
	struct rte_assembler_conf conf;
	struct rte_assembler *a;
	uint32_t i;

	rte_assembler_conf_default(&conf);
	conf.src = here;
	conf.frame_pool = frame_pool;
	conf.nb_workers = nb_workers;
	conf.hold_us = hold_us;
	conf.max_peers = nb_peers;
	conf.max_dsts = NB_DSTS;
	conf.ring_size = RING_SIZE; /* eight clients fill theirs */
	a = rte_assembler_create(name, &conf);
	if (a == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_assembler_peer_set(a, &there);
	for (i = 0; nb_peers != 0 && i < NB_DSTS; i++) {
		dst.addr_bytes[4] = i >> 8;
		dst.addr_bytes[5] = i;
		peer.addr_bytes[4] = (i & (nb_peers - 1)) >> 8;
		peer.addr_bytes[3] = i & (nb_peers - 1);
		if (rte_assembler_peer_add(a, &dst, &peer) != 0)
			rte_exit(EXIT_FAILURE, "no room for peers\n");
	}
	return a;
}

static struct rte_assembler_client *
client_open(struct rte_assembler *a)
{
	struct rte_assembler_client *c = rte_assembler_client_open(a);

	if (c == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	return c;
}

static void
collect_and_free(struct rte_assembler_client *c)
{
	struct rte_mbuf *frames[BURST];

	rte_pktmbuf_free_bulk(frames, rte_assembler_collect_burst(c, frames, BURST));
}

static void
pass_batch(struct rte_assembler_client *c, struct rte_mbuf **pkts)
{
	uint16_t done = 0;

	while (done < BATCH) {
		done += rte_assembler_submit_burst(c, pkts + done, RTE_MIN(BURST, BATCH - done));
		collect_and_free(c);
	}
}

/* The least that packing can do with them. */
static void
copy_batch(struct rte_mbuf **pkts)
{
	static __thread uint8_t frame[2 * BATCH * PKT_LEN];
	uint32_t i, j, used = 0;

	for (i = 0; i < BATCH; i += BURST) {
		for (j = i; j < i + BURST; j++) {
			rte_memcpy(frame + used, rte_pktmbuf_mtod(pkts[j], void *),
					pkts[j]->data_len);
			used += pkts[j]->data_len;
		}
		rte_pktmbuf_free_bulk(pkts + i, BURST);
	}
}

static void
drain(struct rte_assembler_client *c)
{
	while (rte_assembler_flush(c) != 0)
		collect_and_free(c);
}

/* The cases. Each handles NB_PKTS packets and returns its cycles. */

/* Copy to as many places as there may be open frames, in any order, and free. */
static uint64_t
run_places_limit(void *arg)
{
	static uint8_t frames[NB_DSTS][FRAME_STRIDE];
	static uint16_t used[NB_DSTS];
	uint32_t flow = rte_rdtsc(), place, i, j;
	uint64_t cycles = 0, start;
	struct rte_mbuf *pkts[BATCH];
	int batch;

	(void)arg;
	for (batch = -WARM_PEERS; batch < NB_BATCHES; batch++) {
		if (batch == 0)
			cycles = 0;
		prepare(pkts, 1);
		start = rte_rdtsc();
		for (i = 0; i < BATCH; i += BURST) {
			for (j = i; j < i + BURST; j++) {
				flow = next_flow(flow, NB_DSTS);
				place = flow >> 16 & (NB_DSTS - 1);
				if (used[place] > FRAME_STRIDE - 2 * PKT_LEN)
					used[place] = 0;
				rte_memcpy(frames[place] + used[place],
						rte_pktmbuf_mtod(pkts[j], void *),
						pkts[j]->data_len);
				used[place] += pkts[j]->data_len;
			}
			rte_pktmbuf_free_bulk(pkts + i, BURST);
		}
		cycles += rte_rdtsc() - start;
	}
	return cycles;
}

struct pack {
	struct rte_assembler_client *c; /* or NULL: copy only */
	struct port *port; /* as in feed() */
	uint16_t nb_flows;
	uint16_t warm; /* batches before those that count */
	bool whole;    /* count what prepares the packets, too */
	bool keep;     /* leave frames open for the next run */
	bool meets;    /* another lcore, before what counts */
	uint64_t cycles;
};

/* Two lcores wait for each other. */
static void
meet(void)
{
	static uint32_t met;

	__atomic_add_fetch(&met, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&met, __ATOMIC_ACQUIRE) & 1)
		rte_pause();
}

static uint64_t
run_pack(void *arg)
{
	struct pack *p = arg;
	struct rte_mbuf *pkts[BATCH];
	uint64_t cycles = 0, start, begin = 0;
	int batch;

	for (batch = -p->warm; batch < NB_BATCHES; batch++) {
		if (batch == 0) {
			if (p->meets)
				meet();
			cycles = 0;
			begin = rte_rdtsc();
		}
		feed(p->port, pkts, p->nb_flows);
		start = rte_rdtsc();
		if (p->c != NULL)
			pass_batch(p->c, pkts);
		else
			copy_batch(pkts);
		cycles += rte_rdtsc() - start;
	}
	if (p->c != NULL && !p->keep)
		drain(p->c);
	p->cycles = p->whole ? rte_rdtsc() - begin : cycles;
	return p->cycles;
}

static int
pack_remote(void *arg)
{
	run_pack(arg);
	return 0;
}

/* Two clients on two lcores, which begin together: cycles for NB_PKTS of each. */
static uint64_t
run_pack_two(void *arg)
{
	struct pack *p = arg;
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);

	rte_eal_remote_launch(pack_remote, &p[1], lcore);
	run_pack(&p[0]);
	rte_eal_wait_lcore(lcore);
	return RTE_MAX(p[0].cycles, p[1].cycles) / 2;
}

struct work {
	struct rte_assembler *a;
	struct pack pack;
};

static uint64_t
run_worker(void *arg)
{
	struct work *w = arg;
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0);
	uint64_t cycles;

	rte_eal_remote_launch(rte_assembler_worker_main, rte_assembler_worker_get(w->a, 0), lcore);
	cycles = run_pack(&w->pack);
	rte_assembler_workers_stop(w->a);
	rte_eal_wait_lcore(lcore);
	return cycles;
}

/* Where a packet's bytes are, for another lcore, and what that puts back. */
struct handed {
	const void *data;
	struct rte_mbuf *mbuf;
};

struct hand_over {
	struct rte_ring *ring;
	struct port *port; /* as in feed() */
	bool stop;
};

static int
hand_over_remote(void *arg)
{
	static uint8_t frame[2 * BURST * PKT_LEN];
	struct hand_over *h = arg;
	struct handed pkts[BURST];
	void *used[BURST];
	uint32_t nb, i;

	while (!__atomic_load_n(&h->stop, __ATOMIC_ACQUIRE)) {
		nb = rte_ring_sc_dequeue_burst_elem(h->ring, pkts, sizeof(pkts[0]), BURST, NULL);
		for (i = 0; i < nb; i++)
			rte_prefetch0(pkts[i].data);
		for (i = 0; i < nb; i++) {
			rte_memcpy(frame + i * PKT_LEN, pkts[i].data, PKT_LEN);
			used[i] = pkts[i].mbuf;
		}
		if (nb != 0)
			rte_mempool_put_bulk(h->port != NULL ? rx_pool : pkt_pool, used, nb);
		else
			rte_pause();
	}
	return 0;
}

/*
 * The least that a worker can do: fetch the bytes, copy them, and put the mbufs back. Both
 * lcores know what each packet has; neither makes frames.
 */
static uint64_t
run_worker_limit(void *arg)
{
	unsigned int lcore = rte_get_next_lcore(-1, 1, 0), done, i, n;
	struct hand_over *h = arg;
	struct handed burst[BURST];
	struct rte_mbuf *pkts[BATCH];
	uint64_t begin = 0;
	int batch;

	h->stop = false;
	rte_eal_remote_launch(hand_over_remote, h, lcore);
	for (batch = -WARM; batch < NB_BATCHES; batch++) {
		if (batch == 0)
			begin = rte_rdtsc();
		feed(h->port, pkts, 1);
		for (done = 0; done < BATCH; done += n) {
			n = RTE_MIN(BATCH - done, (unsigned int)BURST);
			n = RTE_MIN(n, rte_ring_free_count(h->ring));
			for (i = 0; i < n; i++)
				burst[i] = (struct handed){
					rte_pktmbuf_mtod(pkts[done + i], void *), pkts[done + i] };
			rte_ring_sp_enqueue_bulk_elem(h->ring, burst, sizeof(burst[0]), n, NULL);
		}
	}
	while (!rte_ring_empty(h->ring))
		rte_pause();
	begin = rte_rdtsc() - begin;
	__atomic_store_n(&h->stop, true, __ATOMIC_RELEASE);
	rte_eal_wait_lcore(lcore);
	return begin;
}

static uint64_t
run_unpack_limit(void *arg)
{
	static const uint8_t frame[BATCH * PKT_LEN];
	struct rte_mbuf *pkts[BATCH];
	uint64_t cycles = 0, start;
	uint32_t i, j;
	int batch;

	(void)arg;
	for (batch = 0; batch < NB_BATCHES; batch++) {
		start = rte_rdtsc();
		for (i = 0; i < BATCH; i += BURST) {
			if (rte_pktmbuf_alloc_bulk(pkt_pool, pkts + i, BURST) != 0)
				rte_exit(EXIT_FAILURE, "no mbufs\n");
			for (j = i; j < i + BURST; j++)
				rte_memcpy(rte_pktmbuf_append(pkts[j], PKT_LEN),
						frame + j * PKT_LEN, PKT_LEN);
		}
		cycles += rte_rdtsc() - start;
		rte_pktmbuf_free_bulk(pkts, BATCH);
	}
	return cycles;
}

struct unpack {
	struct rte_assembler_client *c;
	struct rte_disassembler *d;
	uint16_t nb_flows;
};

static uint64_t
run_unpack(void *arg)
{
	const struct unpack *u = arg;
	struct rte_mbuf *pkts[BATCH], *frames[BURST];
	uint64_t cycles = 0, start;
	uint16_t nb, done;
	int batch;

	for (batch = 0; batch < NB_BATCHES; batch++) {
		prepare(pkts, u->nb_flows);
		rte_assembler_submit_burst(u->c, pkts, BATCH);
		rte_assembler_flush(u->c);
		nb = rte_assembler_collect_burst(u->c, frames, BURST);
		start = rte_rdtsc();
		rte_disassembler_submit_burst(u->d, frames, nb);
		for (done = 0; done < BATCH; done += nb)
			nb = rte_disassembler_collect_burst(u->d, pkts + done,
					RTE_MIN(BURST, BATCH - done));
		cycles += rte_rdtsc() - start;
		rte_pktmbuf_free_bulk(pkts, BATCH);
	}
	return cycles;
}

#define SEGMENT_LEN 74 /* of TCP, with 20 bytes of payload */

/* Bursts of segments of one TCP connection, in order: what librte_gro can merge. */
static void
prepare_tcp(struct rte_mbuf **pkts)
{
	struct segment {
		struct rte_ether_hdr eth;
		struct rte_ipv4_hdr ip;
		struct rte_tcp_hdr tcp;
		uint8_t payload[SEGMENT_LEN - 54];
	};
	struct segment *seg;
	static uint32_t next;
	uint32_t i;

	static_assert(sizeof(*seg) == SEGMENT_LEN, "no holes");
	if (rte_pktmbuf_alloc_bulk(pkt_pool, pkts, BATCH) != 0)
		rte_exit(EXIT_FAILURE, "no mbufs\n");
	for (i = 0; i < BATCH; i++, next++) {
		seg = (struct segment *)rte_pktmbuf_append(pkts[i], SEGMENT_LEN);
		*seg = (struct segment){
			.eth = { .dst_addr = { { 2, 9 } }, .src_addr = { { 2, 8 } },
				.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4) },
			.ip = { .version_ihl = 0x45, .time_to_live = 64,
				.next_proto_id = IPPROTO_TCP,
				.total_length = RTE_BE16(SEGMENT_LEN - RTE_ETHER_HDR_LEN),
				.packet_id = rte_cpu_to_be_16(next),
				.src_addr = RTE_BE32(0xC0000201),
				.dst_addr = RTE_BE32(0xC0000202) },
			.tcp = { .src_port = RTE_BE16(4000), .dst_port = RTE_BE16(502),
				.sent_seq = rte_cpu_to_be_32(next * 20), .data_off = 0x50,
				.tcp_flags = RTE_TCP_ACK_FLAG },
		};
		pkts[i]->packet_type = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP;
		pkts[i]->l2_len = sizeof(seg->eth);
		pkts[i]->l3_len = sizeof(seg->ip);
		pkts[i]->l4_len = sizeof(seg->tcp);
	}
}

static uint64_t
run_gro(void *arg)
{
	const struct rte_gro_param param = {
		.gro_types = RTE_GRO_TCP_IPV4,
		.max_flow_num = 4,
		.max_item_per_flow = BURST,
	};
	struct rte_mbuf *pkts[BATCH];
	uint64_t cycles = 0, start;
	uint32_t i, nb;
	int batch;

	(void)arg;
	for (batch = 0; batch < NB_BATCHES; batch++) {
		prepare_tcp(pkts);
		start = rte_rdtsc();
		for (i = 0; i < BATCH; i += BURST) {
			nb = rte_gro_reassemble_burst(pkts + i, BURST, &param);
			if (nb != 1)
				rte_exit(EXIT_FAILURE, "librte_gro did not merge\n");
			rte_pktmbuf_free_bulk(pkts + i, nb);
		}
		cycles += rte_rdtsc() - start;
	}
	return cycles;
}

static uint64_t
run_pack_tcp(void *arg)
{
	struct rte_assembler_client *c = arg;
	struct rte_mbuf *pkts[BATCH];
	uint64_t cycles = 0, start;
	int batch;

	for (batch = 0; batch < NB_BATCHES; batch++) {
		prepare_tcp(pkts);
		start = rte_rdtsc();
		pass_batch(c, pkts);
		cycles += rte_rdtsc() - start;
	}
	drain(c);
	return cycles;
}

/* One system call for each packet; to this host's discard port, where nobody listens. */
static uint64_t
run_sendto(void *arg)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	static const uint8_t payload[PKT_LEN - 42];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint64_t cycles, start;
	uint32_t i;

	(void)arg;
	if (fd < 0)
		rte_exit(EXIT_FAILURE, "no socket\n");
	start = rte_rdtsc();
	for (i = 0; i < BATCH; i++)
		sendto(fd, payload, sizeof(payload), 0, (const struct sockaddr *)&to, sizeof(to));
	cycles = rte_rdtsc() - start;
	close(fd);
	return cycles * NB_BATCHES;
}

#define NB_CLIENTS 8
#define NB_ROUNDS 2000

/*
 * Jain's index of the bytes that a worker takes from clients which offer between
 * one and eight times their share, in packets of 60 to 186 bytes.
 */
static double
fairness(void)
{
	struct rte_assembler *a = assembler_make("fair", 1, 1000000, 0);
	struct rte_assembler_client *c[NB_CLIENTS];
	struct rte_assembler_client_stats stats;
	struct rte_mbuf *pkts[BATCH];
	double sum = 0, squares = 0;
	uint32_t i, j, round, nb;

	for (i = 0; i < NB_CLIENTS; i++)
		c[i] = client_open(a);
	for (round = 0; round < NB_ROUNDS; round++) {
		for (i = 0; i < NB_CLIENTS; i++) {
			nb = BURST * (i + 1);
			if (rte_pktmbuf_alloc_bulk(pkt_pool, pkts, nb) != 0)
				rte_exit(EXIT_FAILURE, "no mbufs\n");
			for (j = 0; j < nb; j++)
				memset(rte_pktmbuf_append(pkts[j], PKT_LEN + 18 * i), i,
						PKT_LEN + 18 * i);
			j = rte_assembler_submit_burst(c[i], pkts, nb);
			rte_pktmbuf_free_bulk(pkts + j, nb - j);
		}
		rte_assembler_worker_poll(rte_assembler_worker_get(a, 0));
		for (i = 0; i < NB_CLIENTS; i++)
			collect_and_free(c[i]);
	}
	for (i = 0; i < NB_CLIENTS; i++) {
		rte_assembler_client_stats_get(c[i], &stats);
		sum += stats.bytes;
		squares += (double)stats.bytes * stats.bytes;
	}
	rte_assembler_free(a);
	return sum * sum / (NB_CLIENTS * squares);
}

#define CHAIN_LEN 8 /* packets a frame */

/*
 * What a frame of a few packets costs when they are copied into it and when they become
 * its segments, each with a subheader before it: to make it, and to free all of it after
 * it was sent. What a port pays for more segments comes on top.
 */
struct chain {
	uint16_t len;
	bool copies;
	double cycles[NB_RUNS]; /* a packet */
};

static void
chain_frame(struct rte_mbuf **pkts, const struct chain *chain)
{
	struct rte_mbuf *frame = rte_pktmbuf_alloc(frame_pool);
	uint32_t i;

	rte_pktmbuf_append(frame, 30);
	for (i = 0; i < CHAIN_LEN; i++) {
		if (chain->copies) {
			rte_memcpy(rte_pktmbuf_append(frame, chain->len + 2) + 2,
					rte_pktmbuf_mtod(pkts[i], void *), chain->len);
		} else {
			memcpy(rte_pktmbuf_prepend(pkts[i], 2), &chain->len, 2);
			rte_pktmbuf_chain(frame, pkts[i]);
		}
	}
	if (chain->copies)
		rte_pktmbuf_free_bulk(pkts, CHAIN_LEN);
	rte_pktmbuf_free(frame);
}

static double
chain_once(const struct chain *chain)
{
	struct rte_mbuf *pkts[BATCH];
	uint64_t cycles = 0, start;
	uint32_t i, batch;

	for (batch = 0; batch < NB_BATCHES; batch++) {
		prepare(pkts, 1);
		for (i = 0; i < BATCH; i++)
			rte_pktmbuf_append(pkts[i], chain->len - PKT_LEN);
		start = rte_rdtsc();
		for (i = 0; i < BATCH; i += CHAIN_LEN)
			chain_frame(pkts + i, chain);
		cycles += rte_rdtsc() - start;
	}
	return (double)cycles / NB_PKTS;
}

static struct chain chains[] = {
	{ .len = 60 }, { .len = 60, .copies = true },
	{ .len = 128 }, { .len = 128, .copies = true },
	{ .len = 256 }, { .len = 256, .copies = true },
	{ .len = 512 }, { .len = 512, .copies = true },
	{ .len = 1000 }, { .len = 1000, .copies = true },
};

enum {
	PACK_LIMIT, PACK_1, PACK_64, PLACES_LIMIT,
	PEERS_COLD, PEERS_1, PEERS_8, PEERS_64, PEERS_1024,
	UNPACK_LIMIT, UNPACK_1, UNPACK_64,
	INLINE, WORKER_LIMIT, WORKER,
	WRITTEN, WRITTEN_LIMIT, WRITTEN_WORKER,
	TWO, COPY, COPY_TWO,
	PACK_TCP, GRO, SENDTO,
	NB_CASES
};

static struct bench_case {
	const char *name;
	uint64_t (*run)(void *arg);
	void *arg;
	int peer;         /* the case it is compared with */
	double cycles[NB_RUNS]; /* a packet */
	double ratios[NB_RUNS];
} cases[NB_CASES] = {
	[PACK_LIMIT] = { "copy and free: the limit of packing", run_pack, NULL, PACK_LIMIT },
	[PACK_1] = { "pack inline, 1 flow", run_pack, NULL, PACK_LIMIT },
	[PACK_64] = { "pack inline, 64 flows", run_pack, NULL, PACK_LIMIT },
	[PLACES_LIMIT] = { "copy to 1024 places and free", run_places_limit, NULL, PACK_LIMIT },
	[PEERS_COLD] = { "pack to 1024 peers, others had the caches", run_pack, NULL, PEERS_1 },
	[PEERS_1] = { "pack to 1 peer of a table, 1024 flows", run_pack, NULL, PEERS_1 },
	[PEERS_8] = { "pack to 8 peers, 1024 flows", run_pack, NULL, PEERS_1 },
	[PEERS_64] = { "pack to 64 peers, 1024 flows", run_pack, NULL, PEERS_1 },
	[PEERS_1024] = { "pack to 1024 peers, 1024 flows", run_pack, NULL, PEERS_1 },
	[UNPACK_LIMIT] = { "allocate and copy: the limit of unpacking", run_unpack_limit, NULL,
			UNPACK_LIMIT },
	[UNPACK_1] = { "unpack, 1 flow", run_unpack, NULL, UNPACK_LIMIT },
	[UNPACK_64] = { "unpack, 64 flows", run_unpack, NULL, UNPACK_LIMIT },
	[INLINE] = { "receive, pack inline and free", run_pack, NULL, INLINE },
	[WORKER_LIMIT] = { "receive, hand over, copy there, put back", run_worker_limit, NULL,
			INLINE },
	[WORKER] = { "receive, packed by a worker", run_worker, NULL, INLINE },
	[WRITTEN] = { "write, pack inline and free", run_pack, NULL, WRITTEN },
	[WRITTEN_LIMIT] = { "write, hand over, copy there, put back", run_worker_limit, NULL,
			WRITTEN },
	[WRITTEN_WORKER] = { "write, packed by a worker", run_worker, NULL, WRITTEN },
	[TWO] = { "write, pack inline and free, two lcores", run_pack_two, NULL, WRITTEN },
	[COPY] = { "write, copy and free", run_pack, NULL, COPY },
	[COPY_TWO] = { "write, copy and free, two lcores", run_pack_two, NULL, COPY },
	[PACK_TCP] = { "pack TCP segments of 74 bytes", run_pack_tcp, NULL, PACK_TCP },
	[GRO] = { "merge the same with librte_gro", run_gro, NULL, PACK_TCP },
	[SENDTO] = { "one sendto() for each packet", run_sendto, NULL, INLINE },
};

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
cases_run(void)
{
	int i, run;

	for (run = -1; run < NB_RUNS; run++) {
		for (i = 0; i < NB_CASES; i++) {
			double cycles = (double)cases[i].run(cases[i].arg) / NB_PKTS;

			if (run >= 0) /* the first one warms up */
				cases[i].cycles[run] = cycles;
		}
	}
	for (i = 0; i < NB_CASES; i++)
		for (run = 0; run < NB_RUNS; run++)
			cases[i].ratios[run] = cases[cases[i].peer].cycles[run] /
					cases[i].cycles[run];
	/* Only now: the limits' own cycles were needed in order of the runs. */
	for (i = 0; i < NB_CASES; i++) {
		qsort(cases[i].cycles, NB_RUNS, sizeof(double), compare);
		qsort(cases[i].ratios, NB_RUNS, sizeof(double), compare);
	}
}

static void
chains_run(void)
{
	size_t i;
	int run;

	for (run = 0; run < NB_RUNS; run++)
		for (i = 0; i < RTE_DIM(chains); i++)
			chains[i].cycles[run] = chain_once(&chains[i]);
	printf("\ncycles a packet, frames of %d packets\n%12s %8s %8s\n", CHAIN_LEN, "bytes",
			"chained", "copied");
	for (i = 0; i < RTE_DIM(chains); i++) {
		qsort(chains[i].cycles, NB_RUNS, sizeof(double), compare);
		if (chains[i].copies)
			printf("%12u %8.1f %8.1f\n", chains[i].len,
					chains[i - 1].cycles[NB_RUNS / 2],
					chains[i].cycles[NB_RUNS / 2]);
	}
}

/* Time from first packet to close at one load. */
struct delay {
	uint32_t pps; /* 0: as many as go */
	struct rte_assembler_stats stats;
};

static void
delay_run(struct delay *delay, uint32_t hold_us)
{
	const uint64_t gap = delay->pps != 0 ? rte_get_tsc_hz() / delay->pps : 0;
	struct rte_assembler *a = assembler_make("delay", 0, hold_us, 0);
	struct rte_assembler_client *c = client_open(a);
	uint64_t start = rte_rdtsc(), next = start, now = start;
	struct rte_mbuf *pkts[BATCH];
	uint32_t used = BATCH;

	while (now - start < rte_get_tsc_hz() / 4) {
		now = rte_rdtsc();
		if (used == BATCH) {
			prepare(pkts, 1);
			used = 0;
		}
		if (now - next < UINT64_MAX / 2) {
			used += rte_assembler_submit_burst(c, pkts + used, 1);
			next += gap;
		}
		rte_assembler_submit_burst(c, NULL, 0);
		collect_and_free(c);
	}
	rte_assembler_stats_get(a, &delay->stats);
	rte_pktmbuf_free_bulk(pkts + used, BATCH - used);
	drain(c);
	rte_assembler_free(a);
}

#define HOLD_US 50
static struct delay delays[] = { { .pps = 1000 }, { .pps = 10000 }, { .pps = 100000 },
		{ .pps = 1000000 }, { .pps = 0 } };

static double
least_ratio(const struct bench_case *c)
{
	return cases[c->peer].cycles[LEAST] / c->cycles[LEAST];
}

static void
print_table(void)
{
	const double hz = rte_get_tsc_hz();
	size_t i;

	printf("60-byte packets, medians of %d runs of %d packets in turn, TSC %.0f MHz\n\n",
			NB_RUNS, NB_PKTS, hz / 1e6);
	printf("%-44s %10s %8s %6s  %-12s %7s %6s\n", "", "cycles/pkt", "Mpkt/s", "ratio",
			"80 % of runs", "least", "ratio");
	for (i = 0; i < NB_CASES; i++)
		printf("%-44s %10.1f %8.1f %6.2f  %.2f..%-6.2f %7.1f %6.2f\n", cases[i].name,
				cases[i].cycles[NB_RUNS / 2],
				hz / cases[i].cycles[NB_RUNS / 2] / 1e6,
				cases[i].ratios[NB_RUNS / 2], cases[i].ratios[NB_RUNS / 10],
				cases[i].ratios[NB_RUNS - 1 - NB_RUNS / 10],
				cases[i].cycles[LEAST], least_ratio(&cases[i]));
	printf("\nhold time %u us: first packet to close, us\n%12s %8s %8s %8s\n", HOLD_US,
			"packets/s", "p50", "p99", "max");
	for (i = 0; i < RTE_DIM(delays); i++)
		printf("%12u %8u %8u %8u\n", delays[i].pps, delays[i].stats.hold_p50_us,
				delays[i].stats.hold_p99_us, delays[i].stats.hold_max_us);
	printf("(0 packets/s: as many as go)\n");
}

static double jain;

static void
print_json(const char *path)
{
	FILE *f = fopen(path, "w");
	size_t i;

	if (f == NULL)
		rte_exit(EXIT_FAILURE, "cannot write %s\n", path);
	fprintf(f, "{\"tsc_hz\": %lu, \"runs\": %d, \"packets\": %d, \"cases\": [",
			(unsigned long)rte_get_tsc_hz(), NB_RUNS, NB_PKTS);
	for (i = 0; i < NB_CASES; i++)
		fprintf(f, "%s\n{\"name\": \"%s\", \"against\": \"%s\", \"cycles\": %.2f, "
				"\"ratio\": %.3f, \"ratio_p10\": %.3f, \"ratio_p90\": %.3f, "
				"\"least_cycles\": %.2f, \"least_ratio\": %.3f}",
				i == 0 ? "" : ",", cases[i].name, cases[cases[i].peer].name,
				cases[i].cycles[NB_RUNS / 2], cases[i].ratios[NB_RUNS / 2],
				cases[i].ratios[NB_RUNS / 10],
				cases[i].ratios[NB_RUNS - 1 - NB_RUNS / 10],
				cases[i].cycles[LEAST], least_ratio(&cases[i]));
	fprintf(f, "],\n\"hold_us\": %u, \"delays\": [", HOLD_US);
	for (i = 0; i < RTE_DIM(delays); i++)
		fprintf(f, "%s\n{\"pps\": %u, \"p50\": %u, \"p99\": %u, \"max\": %u}",
				i == 0 ? "" : ",", delays[i].pps, delays[i].stats.hold_p50_us,
				delays[i].stats.hold_p99_us, delays[i].stats.hold_max_us);
	fprintf(f, "],\n\"jain\": %.5f}\n", jain);
	fclose(f);
}

static struct rte_disassembler *
disassembler_make(void)
{
	struct rte_disassembler_conf conf;
	struct rte_disassembler *d;

	rte_disassembler_conf_default(&conf);
	conf.own = there;
	conf.pkt_pool = pkt_pool;
	d = rte_disassembler_create("bench", &conf);
	if (d == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	rte_disassembler_peer_add(d, &here);
	return d;
}

int
main(int argc, char **argv)
{
	int nb_eal = rte_eal_init(argc, argv);
	static const uint16_t nb_peers[] = { 1, 8, 64, 1024 };
	struct rte_assembler *a, *worked, *tables[RTE_DIM(nb_peers)];
	struct pack to_peers[RTE_DIM(nb_peers)], cold;
	static struct port port;
	struct hand_over received_over = { .port = &port }, written_over = { 0 };
	char name[16];
	struct rte_disassembler *d;
	size_t i;

	if (nb_eal < 0 || rte_lcore_count() < 2)
		rte_exit(EXIT_FAILURE, "needs two lcores\n");
	pkt_pool = pool_create("pkts", 8191, 512, RTE_MBUF_DEFAULT_BUF_SIZE);
	rx_pool = pool_create("received", 8191, 512, RTE_MBUF_DEFAULT_BUF_SIZE);
	frame_pool = pool_create("frames", 4095, 128, RTE_PKTMBUF_HEADROOM + FRAME_ROOM);
	a = assembler_make("inline", 0, 1000000, 0);
	worked = assembler_make("worked", 1, 1000000, 0);
	d = disassembler_make();
	port_start(&port);
	received_over.ring = rte_ring_create_elem("handed", sizeof(struct handed), RING_SIZE,
			SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	if (received_over.ring == NULL)
		rte_exit(EXIT_FAILURE, "no memory\n");
	written_over.ring = received_over.ring;
	struct rte_assembler_client *c[] = { client_open(a), client_open(a) };
	struct pack one = { .c = c[0], .nb_flows = 1 }, many = { .c = c[0], .nb_flows = 64 };
	struct pack received = { .c = c[0], .port = &port, .warm = WARM, .whole = true };
	struct pack written = { .c = c[0], .nb_flows = 1, .warm = WARM, .whole = true };
	struct pack two[] = { written, written };
	struct pack limit = { .nb_flows = 1 };
	struct pack copy = { .nb_flows = 1, .warm = WARM, .whole = true };
	struct pack copy_two[] = { copy, copy };
	struct work work = { worked, received }, work_written = { worked, written };
	struct unpack unpack_one = { c[0], d, 1 }, unpack_many = { c[0], d, 64 };

	for (i = 0; i < RTE_DIM(tables); i++) {
		snprintf(name, sizeof(name), "peers%u", nb_peers[i]);
		tables[i] = assembler_make(name, 0, 1000000, nb_peers[i]);
		to_peers[i] = (struct pack){
			.c = client_open(tables[i]), .nb_flows = NB_DSTS, .warm = WARM_PEERS,
			.keep = true };
		cases[PEERS_1 + i].arg = &to_peers[i];
	}
	cold = to_peers[RTE_DIM(tables) - 1];
	cold.warm = 0;
	two[1].c = c[1];
	two[0].meets = two[1].meets = true;
	copy_two[0].meets = copy_two[1].meets = true;
	work.pack.c = work_written.pack.c = client_open(worked);
	cases[PEERS_COLD].arg = &cold;
	cases[PACK_LIMIT].arg = &limit;
	cases[PACK_1].arg = &one;
	cases[PACK_64].arg = &many;
	cases[UNPACK_1].arg = &unpack_one;
	cases[UNPACK_64].arg = &unpack_many;
	cases[INLINE].arg = &received;
	cases[WORKER_LIMIT].arg = &received_over;
	cases[WRITTEN].arg = &written;
	cases[WRITTEN_LIMIT].arg = &written_over;
	cases[WRITTEN_WORKER].arg = &work_written;
	cases[WORKER].arg = &work;
	cases[TWO].arg = two;
	cases[COPY].arg = &copy;
	cases[COPY_TWO].arg = copy_two;
	cases[PACK_TCP].arg = c[0];
	cases_run();
	for (i = 0; i < RTE_DIM(delays); i++)
		delay_run(&delays[i], HOLD_US);
	jain = fairness();
	print_table();
	chains_run();
	printf("\nJain's index of %d clients that offer 1 to 8 times their share: %.4f\n",
			NB_CLIENTS, jain);
	if (nb_eal + 1 < argc)
		print_json(argv[nb_eal + 1]);
	rte_assembler_free(a);
	rte_assembler_free(worked);
	for (i = 0; i < RTE_DIM(tables); i++)
		rte_assembler_free(tables[i]);
	rte_disassembler_free(d);
	rte_ring_free(received_over.ring);
	return rte_eal_cleanup();
}
