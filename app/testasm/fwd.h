/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef TESTASM_FWD_H
#define TESTASM_FWD_H

/* What the forwarding engines share: the table of engines and the two ends of a direction. */

#include <rte_branch_prediction.h>

#include "testasm.h"

/* The engine has a trunk peer: that of --peer, or it is searched for. */
#define FWD_HAS_PEER RTE_BIT32(0)
/* The engine assembles: --workers counts, the delay is worth printing. */
#define FWD_ASSEMBLES RTE_BIT32(1)
/* Packets may come from two mempools or be referenced twice. */
#define FWD_MIXES_MBUFS RTE_BIT32(2)

struct fwd_engine {
	const char *name;
	const char *help;
	uint32_t flags;
	/* Make what the engine needs; ports are configured, not started. May be NULL. */
	int (*begin)(struct testasm *t);
	/* One turn of each task; returns the packets moved. NULL: no such task. */
	fwd_poll_t poll[FWD_TASKS];
	/*
	 * On the main lcore, after the last poll of every lcore, until it returns 0:
	 * everything received is sent. May be NULL.
	 */
	int (*drain)(struct testasm *t);
	/* Take over what another configuration says, while it runs or not. May be NULL. */
	int (*update)(struct testasm *t, const struct testasm_conf *conf);
	/* Undo begin; called also where begin failed. May be NULL. */
	void (*end)(struct testasm *t);
};

extern const struct fwd_engine fwd_io;
extern const struct fwd_engine fwd_mac;
extern const struct fwd_engine fwd_rxonly;
extern const struct fwd_engine fwd_txonly;
extern const struct fwd_engine fwd_flowgen;
extern const struct fwd_engine fwd_assemble;
extern const struct fwd_engine fwd_disassemble;
extern const struct fwd_engine fwd_gateway;

/** All engines, NULL at the end. */
extern const struct fwd_engine *const fwd_engines[];

const struct fwd_engine *fwd_engine_find(const char *name);

/** Fill *polls*, room for FWD_TASKS, with what *lcore* does in a turn; returns how many. */
unsigned int lcores_polls(const struct testasm *t, unsigned int lcore, fwd_poll_t *polls);

/* sleep.c */
/** For *lcore*, whose ports have started; one line on stderr if one cannot interrupt. */
int sleeper_begin(struct testasm *t, unsigned int lcore, struct sleeper *s);
void sleeper_end(struct sleeper *s);
/** After turns that moved so many packets: sleep, if it has been long enough. */
void sleeper_turn(struct testasm *t, struct sleeper *s, unsigned int moved);

/** Give up what waits to be sent: freed and counted as dropped. */
void fwd_dir_drop(struct fwd_dir *d);

/** Send what waits in both directions; -EAGAIN while some is left. */
int fwd_drain(struct testasm *t);

/* assemble.c and disassemble.c, of which the gateway is made. */
int assemble_begin(struct testasm *t);
uint16_t assemble_rx(struct testasm *t);
uint16_t assemble_tx(struct testasm *t);
int assemble_update(struct testasm *t, const struct testasm_conf *conf);
int assemble_drain(struct testasm *t);
void assemble_end(struct testasm *t);
int disassemble_begin(struct testasm *t);
uint16_t disassemble_poll(struct testasm *t);
int disassemble_update(struct testasm *t, const struct testasm_conf *conf);
int disassemble_drain(struct testasm *t);
void disassemble_end(struct testasm *t);

/* rxonly.c, of which flowgen is made: receive on one port and drop. */
uint16_t rxonly_access(struct testasm *t);
uint16_t rxonly_trunk(struct testasm *t);

/** Print a line for each assembled frame among *pkts*; *what* begins it. */
void verbose_frames(const struct testasm *t, const char *what, struct rte_mbuf *const *pkts,
		uint16_t nb);

static inline bool
is_verbose(const struct testasm *t)
{
	return unlikely(__atomic_load_n(&t->verbose, __ATOMIC_RELAXED) != 0);
}

/**
 * Send what waits.
 *
 * @return
 *   Whether nothing is left: a full TX ring leaves the rest in d->out, and the
 *   caller then receives nothing in this direction. So the NIC that receives
 *   counts what an overload costs, and no packet is dropped here.
 */
static inline bool
fwd_dir_send(struct fwd_dir *d)
{
	struct fwd_burst *out = &d->out;
	uint16_t nb_tx;

	if (out->nb == 0)
		return true;
	if (unlikely(!__atomic_load_n(&d->tx->link_up, __ATOMIC_RELAXED))) {
		fwd_dir_drop(d);
		return true;
	}
	nb_tx = rte_eth_tx_burst(d->tx->id, 0, &out->pkts[out->head], out->nb);
	out->head += nb_tx;
	out->nb -= nb_tx;
	return out->nb == 0;
}

/** Send what has just come into d->out; returns how many that is, sent or not yet. */
static inline uint16_t
fwd_dir_hand_on(struct fwd_dir *d)
{
	uint16_t nb = d->out.nb;

	if (unlikely(!fwd_dir_send(d)))
		d->tx_full++;
	return nb;
}

/** Receive into an empty *b*. */
static inline void
fwd_dir_receive(const struct fwd_dir *d, struct fwd_burst *b)
{
	b->head = 0;
	b->nb = rte_eth_rx_burst(d->rx->id, 0, b->pkts, d->burst);
}

#endif /* TESTASM_FWD_H */
