/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include "assembler_private.h"
#include "assembler_sleep.h"

/* The acquire loads here are labelled; their releases say which one they pair with. */

static enum rte_assembler_flush_reason
request_reason(uint32_t request)
{
	return request & 1 ? RTE_ASSEMBLER_FLUSH_STOP : RTE_ASSEMBLER_FLUSH_IDLE;
}

/*
 * Deficit round robin: each round pays each client the same bytes, and a client
 * takes packets while it has some left. The last one may cost more than that;
 * later rounds make up for it. Who has nothing waiting, or collects too late,
 * saves nothing up.
 */
static uint16_t
link_take(struct assembler_link *link, struct assembler_entry *pkts)
{
	int64_t credit = link->credit + ASSEMBLER_QUANTUM;
	uint16_t room, nb, i;
	uint64_t bytes = 0;
	uint32_t len;

	room = RTE_MIN(assembler_link_room(link), ASSEMBLER_BURST);
	nb = rte_ring_dequeue_burst_elem_start(link->submit, pkts, sizeof(*pkts), room, NULL);
	/* Another lcore wrote them. */
	for (i = 0; i < nb; i++)
		rte_prefetch0(assembler_entry_data(&pkts[i]));
	for (i = 0; i < nb && credit > 0; i++) {
		len = assembler_entry_len(&pkts[i]);
		bytes += len;
		credit -= RTE_MAX(len, (uint32_t)ASSEMBLER_FRAME_MIN);
	}
	if (nb != 0)
		rte_ring_dequeue_elem_finish(link->submit, i);
	link->credit = i == nb ? RTE_MIN(credit, 0) : credit;
	assembler_link_count(link, i, bytes);
	return i;
}

static uint32_t
link_serve(struct rte_assembler_worker *w, struct assembler_link *link)
{
	/* A1: pairs with R1 in client_request(): what was submitted before it is in the ring. */
	uint32_t request = assembler_load_acquire(&link->request);
	struct assembler_entry pkts[ASSEMBLER_BURST];
	const struct assembler_burst burst = { .entries = pkts };
	struct assembler_turn turn;
	uint16_t nb;
	bool drained;

	nb = link_take(link, pkts);
	if (nb == 0 && link->residue == 0 && request == link->served)
		return 0;
	assembler_turn_begin(&turn, w->scratch);
	assembler_link_expire(link, false, &turn);
	assembler_link_add(link, &burst, nb, &turn);
	assembler_link_expire(link, true, &turn);
	drained = request != link->served && rte_ring_empty(link->submit);
	if (drained)
		assembler_link_close_all(link, request_reason(request), &turn);
	assembler_turn_end(&turn, link);
	if (drained) {
		/* R2: pairs with A2 in link_drained(): what it put out is in the ring. */
		assembler_store_release(&link->served, request);
		assembler_client_wake(link->client);
	}
	return nb;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_worker_poll, 26.11)
uint32_t
rte_assembler_worker_poll(struct rte_assembler_worker *w)
{
	struct rte_assembler *a = w->assembler;
	/* A3: pairs with R3 in slot_add(). */
	uint32_t nb_slots = assembler_load_acquire(&a->nb_slots);
	uint32_t i, moved = 0;

	for (i = 0; i < nb_slots; i++)
		if (assembler_load_relaxed(&a->slots[i]->open))
			moved += link_serve(w, &a->slots[i]->links[w->index]);
	return moved;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_worker_main, 26.11)
int
rte_assembler_worker_main(void *arg)
{
	struct rte_assembler_worker *w = arg;
	struct assembler_idle idle = { 0 };

	/* A4: pairs with R4 in rte_assembler_workers_stop(). */
	while (!assembler_load_acquire(&w->stop)) {
		if (rte_assembler_worker_poll(w) == 0)
			assembler_worker_idle(w, &idle);
		else
			idle.since = 0;
	}
	assembler_store_relaxed(&w->stop, 0);
	return 0;
}
