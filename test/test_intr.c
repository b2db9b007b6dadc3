/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port82545.h"

#define SECOND 1000000

static uint32_t
events(const struct port *p, enum rte_eth_event_type type)
{
	return p->nb_events[type];
}

static bool
link_is_up(const struct port *p)
{
	struct rte_eth_link link;

	assert_int_equal(rte_eth_link_get_nowait(p->id, &link), 0);
	return link.link_status == RTE_ETH_LINK_UP;
}

static uint64_t
xstat(const struct port *p, const char *name)
{
	uint64_t id, val;

	assert_int_equal(rte_eth_xstats_get_id_by_name(p->id, name, &id), 0);
	assert_int_equal(rte_eth_xstats_get_by_id(p->id, &id, &val, 1), 1);
	return val;
}

static uint32_t
lines(const char *log)
{
	uint32_t nb = 0;

	for (; *log != '\0'; log++)
		nb += *log == '\n';
	return nb;
}

/* What a device that is gone may read as. */
enum absence {
	ALL_ONES, /* on a bus */
	ALL_ZERO, /* on an emulator's */
	REPLACED, /* EAL has put plain memory there */
	NB_ABSENCES,
};

static void
take_away(struct port *p, enum absence how)
{
	struct model82545 *m = p->r->m;

	m->removed = how != REPLACED;
	m->absent = how == ALL_ONES ? UINT32_MAX : 0;
	m->replaced = how == REPLACED;
	model82545_rings_reset(m); /* it does no DMA any more */
	if (how == REPLACED)
		memset(m->regs, 0, M_REGS_SIZE);
}

static struct rte_mbuf *
send_one(struct port *p, uint32_t seed)
{
	struct rte_mbuf *m = rig_make_mbuf(p->r, 100, 1, seed);

	assert_int_equal(rte_eth_tx_burst(p->id, 0, &m, 1), 1);
	return m;
}

static void
check_removal(struct port *p, uint32_t lsc)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *m;
	uint64_t us = p->r->m->us;
	uint32_t i;

	for (i = 0; i < 10; i++)
		port_advance(p, SECOND);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_RMV), 1);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_LSC), lsc);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_RESET), 0);
	assert_non_null(strstr(port_log(p), "the device is gone"));
	assert_int_equal(rte_eth_dev_is_removed(p->id), 1);
	assert_false(link_is_up(p));
	/* Whatever a program may still do. */
	for (i = 0; i < 1000; i++) {
		assert_int_equal(rte_eth_rx_burst(p->id, 0, &m, 1), 0);
		m = rig_make_mbuf(p->r, 100, 1, i);
		if (rte_eth_tx_burst(p->id, 0, &m, 1) == 0)
			rte_pktmbuf_free(m);
	}
	assert_int_equal(rte_eth_stats_get(p->id, &stats), 0);
	assert_in_range(stats.ipackets, 0, 1000);
	rte_eth_promiscuous_enable(p->id);
	rte_eth_dev_set_link_down(p->id);
	rte_eth_dev_set_link_up(p->id);
	rte_eth_dev_set_mtu(p->id, 1400);
	us = p->r->m->us;
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	assert_int_equal(rte_mempool_in_use_count(p->r->pool), 0);
	assert_true(rte_eth_dev_start(p->id) < 0);
	assert_int_equal(rte_mempool_in_use_count(p->r->pool), 0);
	assert_int_equal(rte_eth_dev_close(p->id), 0);
	assert_in_range(p->r->m->us - us, 0, SECOND);
}

/* One event, no hang, and everything back, whatever the bus makes of it. */
static void
test_removal_is_told_once(void **state)
{
	enum absence how;
	size_t lsc;

	for (how = 0; how < NB_ABSENCES; how++) {
		for (lsc = 0; lsc < 2; lsc++) {
			struct port_conf conf = { .lsc = lsc };
			struct port *p = port_new(&conf);

			port_pass(p, 1);
			send_one(p, 2);
			take_away(p, how);
			check_removal(p, lsc);
			port_free(p);
		}
	}
}

/* In the middle of each step of a start, a stop and a second of running. */
static void
test_device_vanishes_at_any_access(void **state)
{
	struct port_conf conf = { .lsc = true };
	struct port *p = port_new(&conf);
	uint32_t reads;

	for (reads = 1; reads < 500; reads += reads < 60 ? 1 : 7) {
		assert_int_equal(rte_eth_dev_stop(p->id), 0);
		p->r->m->vanish_after = reads;
		if (rte_eth_dev_start(p->id) == 0) {
			port_advance(p, 3 * SECOND);
			assert_int_equal(rte_eth_dev_stop(p->id), 0);
		}
		p->r->m->vanish_after = 0;
		p->r->m->removed = false;
		assert_int_equal(rte_mempool_in_use_count(p->r->pool), 0);
		assert_int_equal(rte_eth_dev_start(p->id), 0);
	}
	port_advance(p, 10 * p->r->m->an_us);
	port_pass(p, 1);
	port_free(p);
}

static void
wait_for_stuck(struct port *p)
{
	p->r->m->freeze_tx = true;
	send_one(p, 1);
	port_advance(p, 10 * SECOND);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_RESET), 1);
	assert_int_equal(xstat(p, "tx_stuck_events"), 1);
	assert_non_null(strstr(port_log(p), "transmission is stuck"));
}

/* One event and one count; the answer, a reset or a restart, helps. */
static void
test_stuck_transmitter_is_told_once_and_recovers(void **state)
{
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p;
	uint32_t i;
	int reset;

	for (reset = 0; reset < 2; reset++) {
		p = port_new(&conf);
		port_pass(p, 1);
		wait_for_stuck(p);
		p->r->m->freeze_tx = false;
		if (reset) {
			assert_int_equal(rte_eth_dev_reset(p->id), 0);
			assert_int_equal(port_start(p), 0);
		} else {
			assert_int_equal(rte_eth_dev_stop(p->id), 0);
			assert_int_equal(rte_eth_dev_start(p->id), 0);
		}
		port_advance(p, 10 * p->r->m->an_us);
		for (i = 0; i < 100; i++)
			port_pass(p, i);
		port_advance(p, 10 * SECOND);
		assert_int_equal(events(p, RTE_ETH_EVENT_INTR_RESET), 1);
		port_free(p);
	}
}

/* Full ring and all: whatever was stuck comes back once. */
static void
test_stuck_ring_is_freed_once(void **state)
{
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p = port_new(&conf);
	struct rte_mbuf *m;
	uint32_t nb = 0;

	p->r->m->freeze_tx = true;
	for (;;) {
		m = rig_make_mbuf(p->r, 100, 1, nb);
		if (rte_eth_tx_burst(p->id, 0, &m, 1) == 0)
			break;
		nb++;
	}
	rte_pktmbuf_free(m);
	assert_in_range(nb, 32, 64);
	port_advance(p, 10 * SECOND);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_RESET), 1);
	p->r->m->freeze_tx = false;
	assert_int_equal(rte_eth_dev_reset(p->id), 0);
	assert_int_equal(rte_mempool_in_use_count(p->r->pool), 0);
	assert_int_equal(port_start(p), 0);
	port_advance(p, 10 * p->r->m->an_us);
	port_pass(p, 1);
	port_free(p);
}

/* Paused by the partner, without a link, or slow: that is not stuck. */
static void
test_waiting_transmitter_is_not_stuck(void **state)
{
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p = port_new(&conf);
	uint32_t i;

	p->r->m->freeze_tx = true;
	send_one(p, 1);
	*model82545_reg(p->r->m, M_STATUS) |= M_STATUS_TXOFF;
	port_advance(p, 10 * SECOND);
	*model82545_reg(p->r->m, M_STATUS) &= ~M_STATUS_TXOFF;
	model82545_cable(p->r->m, false);
	port_advance(p, 10 * SECOND);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_RESET), 0);
	model82545_cable(p->r->m, true);
	p->r->m->freeze_tx = false;
	port_advance(p, 3 * SECOND);
	for (i = 0; i < 10; i++) {
		send_one(p, 2);
		send_one(p, 3);
		model82545_tx_run(p->r->m, 1);
		port_advance(p, SECOND);
	}
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_RESET), 0);
	port_free(p);
}

/* One event a change, by the interrupt or by the look once a second. */
static void
test_a_thousand_flaps(void **state)
{
	static const struct port_conf confs[] = {
		{ .kind = MODEL82545_GM_COPPER, .lsc = true },
		{ .kind = MODEL82545_FIBER, .lsc = true },
		{ .kind = MODEL82545_QEMU, .lsc = true },
		{ .kind = MODEL82545_QEMU, .lsc = true, .rxq_intr = true },
		{ .kind = MODEL82545_GM_COPPER, .lsc = true, .no_intr = true },
	};
	uint32_t i;
	size_t k;

	for (k = 0; k < RTE_DIM(confs); k++) {
		struct port *p = port_new(&confs[k]);

		for (i = 0; i < 1000; i++) {
			model82545_cable(p->r->m, false);
			port_advance(p, SECOND);
			assert_int_equal(events(p, RTE_ETH_EVENT_INTR_LSC), 2 * i + 1);
			assert_false(link_is_up(p));
			model82545_cable(p->r->m, true);
			port_advance(p, 2 * p->r->m->an_us);
			assert_int_equal(events(p, RTE_ETH_EVENT_INTR_LSC), 2 * i + 2);
			assert_true(link_is_up(p));
			port_pass(p, i);
		}
		port_free(p);
	}
}

/* Nobody asked for events: none comes, and no interrupt is taken. */
static void
test_no_interrupt_unless_asked_for(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);

	model82545_cable(p->r->m, false);
	port_advance(p, 3 * SECOND);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_LSC), 0);
	assert_false(p->intr_on);
	assert_int_equal(p->nb_intr, 0);
	port_free(p);
}

/* MSI-X, which VFIO offers, is not tried; what cannot work is looked at instead. */
static void
test_kinds_of_interrupts(void **state)
{
	static const struct {
		struct port_conf conf;
		bool works;
	} cases[] = {
		{ { .intr = RTE_INTR_HANDLE_VFIO_LEGACY }, true },
		{ { .intr = RTE_INTR_HANDLE_VFIO_MSIX }, true },
		{ { .intr = RTE_INTR_HANDLE_UIO }, true },
		{ { .intr = RTE_INTR_HANDLE_UIO_INTX }, true },
		{ { .no_intr = true }, false },
		{ { .intr = RTE_INTR_HANDLE_UIO, .subsystem_vendor_id = 0x15AD }, false },
		{ { .intr = RTE_INTR_HANDLE_UIO_INTX, .subsystem_vendor_id = 0x15AD }, false },
		{ { .intr = RTE_INTR_HANDLE_VFIO_LEGACY, .subsystem_vendor_id = 0x15AD }, true },
		{ { .intr = RTE_INTR_HANDLE_VFIO_LEGACY, .intr_error = -EIO }, false },
		{ { .intr = RTE_INTR_HANDLE_UIO, .intr_error = -EPERM }, false },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(cases); i++) {
		struct port_conf conf = cases[i].conf;
		const char *log;
		struct port *p;

		conf.lsc = true;
		p = port_new(&conf);
		log = port_log(p);
		if (lines(log) != !cases[i].works)
			fail_msg("case %zu: %s", i, log);
		assert_int_equal(strstr(log, "looked at every second") != NULL, !cases[i].works);
		model82545_cable(p->r->m, false);
		port_advance(p, SECOND);
		assert_int_equal(events(p, RTE_ETH_EVENT_INTR_LSC), 1);
		assert_int_equal(p->nb_intr != 0, cases[i].works);
		port_free(p);

		/* Receive interrupts have no substitute. */
		conf.rxq_intr = true;
		p = port_chip(&conf);
		assert_int_equal(port_probe(p), 0);
		assert_int_equal(port_start(p) == 0, cases[i].works);
		log = port_log(p);
		assert_int_equal(strstr(log, "no interrupt to wait with") != NULL,
			!cases[i].works);
		port_free(p);
	}
}

static uint32_t
wake_ups(const struct port *p)
{
	int fd = rte_intr_efds_index_get(p->pci.intr_handle, 0);
	uint64_t word[16];
	ssize_t len = read(fd, word, sizeof(word));

	return len <= 0 ? 0 : len / 8;
}

/* Before, between and after: each frame wakes, and the link is told besides. */
static void
test_every_frame_wakes(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_QEMU, .lsc = true, .rxq_intr = true };
	struct port *p = port_new(&conf);
	static uint8_t frame[100];
	struct rte_mbuf *m;
	uint32_t i;

	rig_make_frame(p->r, frame, sizeof(frame), 1);
	for (i = 0; i < 300; i++) {
		if (i % 3 == 0)
			model82545_rx_inject(p->r->m, frame, sizeof(frame), 0);
		if (i % 3 != 2)
			model82545_rx_run(p->r->m, 1);
		/* Its cause is read, as with another one's interrupt. */
		if (i % 3 == 0)
			model82545_read(p->r->m, M_ICR);
		assert_int_equal(rte_eth_dev_rx_intr_enable(p->id, 0), 0);
		if (i % 3 != 0) {
			model82545_rx_inject(p->r->m, frame, sizeof(frame), 0);
			model82545_rx_run(p->r->m, 1);
		}
		port_advance(p, 100);
		assert_int_equal(wake_ups(p), 1);
		assert_int_equal(rte_eth_dev_rx_intr_disable(p->id, 0), 0);
		assert_int_equal(rte_eth_rx_burst(p->id, 0, &m, 1), 1);
		rte_pktmbuf_free(m);
	}
	model82545_cable(p->r->m, false);
	port_advance(p, 100);
	assert_int_equal(events(p, RTE_ETH_EVENT_INTR_LSC), 1);
	port_free(p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_removal_is_told_once),
	cmocka_unit_test(test_device_vanishes_at_any_access),
	cmocka_unit_test(test_stuck_transmitter_is_told_once_and_recovers),
	cmocka_unit_test(test_stuck_ring_is_freed_once),
	cmocka_unit_test(test_waiting_transmitter_is_not_stuck),
	cmocka_unit_test(test_a_thousand_flaps),
	cmocka_unit_test(test_no_interrupt_unless_asked_for),
	cmocka_unit_test(test_kinds_of_interrupts),
	cmocka_unit_test(test_every_frame_wakes),
};

TEST_SUITE(intr, tests)
