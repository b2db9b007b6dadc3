/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "port82545.h"

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

static void
check_mac(const struct port *p, const uint8_t *want)
{
	struct rte_ether_addr mac;

	assert_int_equal(rte_eth_macaddr_get(p->id, &mac), 0);
	assert_memory_equal(&mac, want, sizeof(mac));
}

static void
expect_no_port(struct port *p, int error, const char *why)
{
	assert_int_equal(port_probe(p), error);
	assert_int_equal(rte_eth_dev_count_avail(), 0);
	if (strstr(port_log(p), why) == NULL)
		fail_msg("the log does not say: %s", why);
	port_free(p);
}

/* The reset goes through the I/O BAR wherever that is, and without it works as well. */
static void
test_io_bar_is_found_or_done_without(void **state)
{
	static const struct {
		struct port_conf conf;
		bool by_io;
	} cases[] = {
		{ { .io_bar = 1 }, true },
		{ { .io_bar = 2 }, true },
		{ { .io_bar = 4 }, true },
		{ { .io_bar = 0 }, false },
		{ { .io_bar = 2, .io_map_error = -EPERM }, false },
		{ { .io_bar = 2, .io_dead = true }, false },
	};
	uint32_t i, by_io, resets;
	size_t k;

	for (k = 0; k < RTE_DIM(cases); k++) {
		struct port *p = port_chip(&cases[k].conf);

		p->r->m->tracing = true;
		assert_int_equal(port_probe(p), 0);
		for (i = 0, by_io = 0, resets = 0; i < p->r->m->nb_trace; i++) {
			const struct model82545_access *a = &p->r->m->trace[i];

			by_io += a->io;
			resets += a->write && a->offset == M_CTRL && (a->val & M_CTRL_RST);
		}
		assert_int_equal(by_io, cases[k].by_io);
		assert_int_equal(resets, 1);
		p->r->m->tracing = false;
		assert_int_equal(port_start(p), 0);
		port_advance(p, 10 * p->r->m->an_us);
		port_pass(p, 1);
		/* That is the usual thing in a virtual machine. */
		assert_string_equal(port_log(p), "");
		port_free(p);
	}
}

static void
test_wrong_eeprom_checksum_falls_back_to_rar0(void **state)
{
	static const uint8_t mac[] = { 0x00, 0x12, 0x34, 0x56, 0x78, 0x9A };
	struct port_conf conf = { .kind = MODEL82545_EM_COPPER };
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct port *p;

		conf.kind = kinds[k];
		p = port_chip(&conf);
		p->r->m->eeprom[9] ^= 0x10;
		assert_int_equal(port_probe(p), 0);
		assert_non_null(strstr(port_log(p), "MAC address taken from RAR0"));
		check_mac(p, mac);
		assert_int_equal(port_start(p), 0);
		port_advance(p, 10 * p->r->m->an_us);
		port_pass(p, 1);
		port_free(p);
	}
}

static void
test_no_address_anywhere_is_an_error(void **state)
{
	static const uint16_t first_words[] = { 0x0000, 0xFFFF };
	struct port_conf conf = { .io_bar = 2 };
	size_t k;

	for (k = 0; k < RTE_DIM(first_words); k++) {
		struct port *p = port_chip(&conf);

		p->r->m->eeprom[0] = first_words[k];
		p->r->m->eeprom[1] = first_words[k];
		p->r->m->eeprom[2] = first_words[k];
		expect_no_port(p, -EILSEQ, "no MAC address");
	}
}

static void
test_device_that_does_not_answer_is_no_port(void **state)
{
	struct port_conf conf = { .io_bar = 2 };
	struct port *p = port_chip(&conf);

	p->r->m->removed = true;
	expect_no_port(p, -ENODEV, "gone or asleep");
	p = port_chip(&conf);
	p->r->m->removed = true;
	p->r->m->absent = 0;
	expect_no_port(p, -ENODEV, "gone or asleep");
	p = port_chip(&conf);
	p->pci.mem_resource[0].addr = NULL;
	expect_no_port(p, -ENODEV, "bind the device to vfio-pci");
	p = port_chip(&conf);
	p->r->m->stuck_rst = true;
	expect_no_port(p, -ETIMEDOUT, "power-cycle");
}

/*
 * LEDs, diagnostics and memory of the FIFOs (§13.8), statistics, and the wake-up
 * filters, which WUFC = 0 turns off: what they hold is of no effect.
 */
static bool
matters(uint32_t offset)
{
	static const struct {
		uint32_t from;
		uint32_t to;
	} others[] = {
		{ M_ICS, M_ICS + 4 }, { M_IMC, M_IMC + 4 }, /* write-only */
		{ M_RDFH, M_RDFH + 40 }, { M_TDFH, M_TDFH + 40 }, { 0x4000, 0x4100 },
		{ M_LEDCTL, M_LEDCTL + 4 }, { M_WUS, M_WUS + 4 },
		{ M_MANC, M_MANC + 4 }, /* beside ARP_EN the management agent's */
		{ M_IPAV, M_FFLT + 32 }, { M_FFMT, M_PBM + 0x10000 },
	};
	size_t i;

	for (i = 0; i < RTE_DIM(others); i++)
		if (offset >= others[i].from && offset < others[i].to)
			return false;
	return true;
}

/* Whatever a driver before this one left: afterwards all is as from power-on. */
static void
test_start_leaves_nothing_of_poisoned_registers(void **state)
{
	static uint32_t want[M_REGS_SIZE / 4];
	struct port_conf conf = { .lsc = true, .rx_offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM };
	uint32_t seed, i;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct port *p;

		conf.kind = kinds[k];
		p = port_new(&conf);
		memcpy(want, p->r->m->regs, sizeof(want));
		for (seed = 1; seed <= 20; seed++) {
			assert_int_equal(rte_eth_dev_stop(p->id), 0);
			model82545_poison(p->r->m, seed);
			/* All but what acts at once. */
			*model82545_reg(p->r->m, M_CTRL) |= M_CTRL_LRST | M_CTRL_FRCSPD |
				M_CTRL_FRCDPLX | M_CTRL_VME | (seed & 0x3A0) | (seed & 3) << 27;
			assert_int_equal(rte_eth_dev_start(p->id), 0);
			port_advance(p, 10 * p->r->m->an_us);
			for (i = 0; i < M_REGS_SIZE / 4; i++)
				if (matters(4 * i) && p->r->m->regs[i] != want[i])
					fail_msg("kind %zu, register %#x: %#x, not %#x", k,
						4 * i, p->r->m->regs[i], want[i]);
			assert_int_equal(*model82545_reg(p->r->m, M_MANC) & M_MANC_ARP_EN, 0);
		}
		port_pass(p, 1);
		port_free(p);
	}
}

/* In loopback, asleep, isolated, forced, advertising anything. */
static void
test_start_wakes_a_poisoned_phy(void **state)
{
	static const uint16_t pctrls[] = { 0x0000, 0x4140, 0x0D40, 0x1D40, 0x2000, 0x7FC0 };
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);
	struct rte_eth_link link;
	size_t i;

	for (i = 0; i < RTE_DIM(pctrls); i++) {
		assert_int_equal(rte_eth_dev_stop(p->id), 0);
		p->r->m->phy[M_PHY_PCTRL] = pctrls[i];
		p->r->m->phy[M_PHY_ANA] = i % 2 ? 0xFFFF : 0x0001;
		p->r->m->phy[M_PHY_GCON] = i % 2 ? 0x0100 : 0xFFFF;
		p->r->m->phy[M_PHY_PSCON] = i % 2 ? 0x0400 : 0x0000;
		assert_int_equal(rte_eth_dev_start(p->id), 0);
		port_advance(p, 10 * p->r->m->an_us);
		assert_int_equal(rte_eth_link_get_nowait(p->id, &link), 0);
		assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
		assert_int_equal(link.link_speed, 1000);
		assert_int_equal(link.link_duplex, RTE_ETH_LINK_FULL_DUPLEX);
		port_pass(p, i);
	}
	port_free(p);
}

/* Restarts and resets in between take nothing away and add nothing. */
static void
test_statistics_survive_restarts(void **state)
{
	struct rte_eth_stats stats;
	struct port *p;
	uint32_t turn;
	size_t k;

	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct port_conf conf = { .kind = kinds[k] };

		p = port_new(&conf);
		/* Near the end of what a low half holds. */
		for (turn = 0; turn < 2; turn++) {
			model82545_count_octets(p->r->m, M_GORCL, 0x70000000);
			port_advance(p, 1000000);
		}
		for (turn = 1; turn <= 30; turn++) {
			port_pass(p, turn);
			if (turn % 3 == 0) {
				assert_int_equal(rte_eth_dev_stop(p->id), 0);
				if (turn % 2 == 0)
					assert_int_equal(rte_eth_dev_reset(p->id), 0);
				assert_int_equal(port_start(p), 0);
				port_advance(p, 10 * p->r->m->an_us);
			}
			assert_int_equal(rte_eth_stats_get(p->id, &stats), 0);
			assert_int_equal(stats.ipackets, turn);
			assert_int_equal(stats.opackets, turn);
			assert_int_equal(stats.ibytes, 0xE0000000 + 200 * turn);
			assert_int_equal(stats.obytes, 200 * turn);
		}
		port_free(p);
	}
}

/* The answer to RTE_ETH_EVENT_INTR_RESET need not set them again. */
static void
test_filters_and_flow_control_survive_a_reset(void **state)
{
	struct rte_ether_addr group = { { 0x01, 0x00, 0x5E, 0x00, 0x9A, 0xBC } };
	struct rte_eth_fc_conf fc = {
		.high_water = 0x4000, .low_water = 0x2000, .pause_time = 77,
		.mode = RTE_ETH_FC_FULL,
	}, back;
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);

	assert_int_equal(rte_eth_dev_set_mc_addr_list(p->id, &group, 1), 0);
	assert_int_equal(rte_eth_dev_flow_ctrl_set(p->id, &fc), 0);
	assert_int_equal(rte_eth_dev_reset(p->id), 0);
	assert_int_equal(port_start(p), 0);
	/* §13.5.1: BC9h is bit 9 of word 94. */
	assert_int_equal(*model82545_reg(p->r->m, M_MTA + 4 * 94), 1 << 9);
	assert_int_equal(*model82545_reg(p->r->m, M_FCRTH), 0x4000);
	assert_int_equal(*model82545_reg(p->r->m, M_FCTTV), 77);
	assert_int_equal(rte_eth_dev_flow_ctrl_get(p->id, &back), 0);
	assert_int_equal(back.high_water, 0x4000);
	port_free(p);
}

/* Nobody asks for an hour: registers of 32 bits are read before they are full. */
static void
test_statistics_are_right_after_an_hour(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);
	struct rte_eth_stats stats;
	uint32_t second;

	for (second = 0; second < 3600; second++) {
		model82545_count(p->r->m, M_GPRC, 1488095);
		model82545_count_octets(p->r->m, M_GORCL, 1488095 * 64);
		port_advance(p, 1000000);
	}
	assert_int_equal(rte_eth_stats_get(p->id, &stats), 0);
	assert_true(stats.ipackets == 3600ull * 1488095);
	assert_true(stats.ibytes == 3600ull * 1488095 * 60);
	port_free(p);
}

/* Memory that the chip cannot reach: from outside DPDK, and never mapped. */
static void
test_pool_without_io_addresses_is_refused(void **state)
{
	struct rte_pktmbuf_pool_private priv = {
		.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE,
	};
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p = port_new(&conf);
	size_t len = 1 << 20;
	void *mem = aligned_alloc(4096, len);
	struct rte_mempool *mp = rte_mempool_create_empty("no_iova", 127,
		sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE, 0, sizeof(priv),
		SOCKET_ID_ANY, 0);

	rte_pktmbuf_pool_init(mp, &priv);
	assert_true(rte_mempool_populate_iova(mp, mem, RTE_BAD_IOVA, len, NULL, NULL) > 0);
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	port_log(p);
	assert_int_equal(rte_eth_rx_queue_setup(p->id, 0, 64, SOCKET_ID_ANY, NULL, mp), -EINVAL);
	assert_non_null(strstr(port_log(p), "pool no_iova has memory without an IO address"));
	rte_mempool_free(mp);
	free(mem);
	assert_int_equal(port_start(p), 0);
	port_advance(p, 10 * p->r->m->an_us);
	port_pass(p, 1);
	port_free(p);
}

static void
test_socket_without_io_addresses_is_refused(void **state)
{
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p = port_new(&conf);
	size_t page = 4096, len = 8 << 20;
	void *mem = aligned_alloc(page, len);
	int socket;

	assert_int_equal(rte_malloc_heap_create("no_iova"), 0);
	assert_int_equal(rte_malloc_heap_memory_add("no_iova", mem, len, NULL, 0, page), 0);
	socket = rte_malloc_heap_get_socket("no_iova");
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	port_log(p);
	assert_true(rte_eth_rx_queue_setup(p->id, 0, 64, socket, NULL, p->r->pool) < 0);
	assert_non_null(strstr(port_log(p), "has no IO address"));
	assert_true(rte_eth_tx_queue_setup(p->id, 0, 64, socket, NULL) < 0);
	assert_non_null(strstr(port_log(p), "has no IO address"));
	assert_int_equal(port_start(p), 0);
	port_advance(p, 10 * p->r->m->an_us);
	port_pass(p, 1);
	port_free(p);
	assert_int_equal(rte_malloc_heap_memory_remove("no_iova", mem, len), 0);
	assert_int_equal(rte_malloc_heap_destroy("no_iova"), 0);
	free(mem);
}

/* What a secondary process has in place of the port's functions. */
static struct rte_eth_dev
secondary_view(const struct port *p)
{
	struct rte_eth_dev dev = rte_eth_devices[p->id];

	assert_int_equal(asm82545_secondary_init(&dev), 0);
	return dev;
}

static void
expect_shut(const struct rte_eth_dev *view, void *rxq, void *txq, struct rte_mbuf *m)
{
	struct rte_mbuf *got;

	assert_int_equal(view->rx_pkt_burst(rxq, &got, 1), 0);
	assert_int_equal(view->tx_pkt_burst(txq, &m, 1), 0);
	assert_int_equal(view->dev_ops->tx_done_cleanup(txq, 0), 0);
}

static void
take_bursts(const struct port *p, const struct rte_eth_dev *view)
{
	rte_eth_fp_ops[p->id].rx_pkt_burst = view->rx_pkt_burst;
	rte_eth_fp_ops[p->id].tx_pkt_burst = view->tx_pkt_burst;
}

/* It has no word of a stop, and its bursts find the queues shut. */
static void
test_secondary_finds_a_stopped_port_shut(void **state)
{
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p = port_new(&conf);
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->r->pool);
	struct rte_eth_dev view = secondary_view(p);
	void *rxq = view.data->rx_queues[0], *txq = view.data->tx_queues[0];
	uint32_t seed;

	assert_non_null(rte_pktmbuf_append(m, 60));
	take_bursts(p, &view);
	for (seed = 0; seed < 32; seed++)
		port_pass(p, seed);
	assert_true(view.dev_ops->tx_done_cleanup(txq, 0) > 0);
	for (; seed < 48; seed++)
		port_pass(p, seed);
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	expect_shut(&view, rxq, txq, m);
	/* Queues of another size have the address that it knows. */
	p->conf.nb_desc = 128;
	assert_int_equal(port_start(p), 0);
	assert_ptr_equal(view.data->rx_queues[0], rxq);
	assert_ptr_equal(view.data->tx_queues[0], txq);
	port_advance(p, 10 * p->r->m->an_us);
	take_bursts(p, &view);
	port_pass(p, seed++);
	assert_int_equal(rte_eth_dev_rx_queue_stop(p->id, 0), 0);
	assert_int_equal(rte_eth_dev_tx_queue_stop(p->id, 0), 0);
	expect_shut(&view, rxq, txq, m);
	assert_int_equal(rte_eth_dev_rx_queue_start(p->id, 0), 0);
	assert_int_equal(rte_eth_dev_tx_queue_start(p->id, 0), 0);
	port_pass(p, seed);
	rte_pktmbuf_free(m);
	port_free(p);
}

static void *
leave_later(void *arg)
{
	struct asm82545_adapter *a = arg;

	rte_delay_us_sleep(20000);
	a->tx_gate.inside = false;
	return NULL;
}

/* A stop waits for bursts of other processes, though not for one that was killed. */
static void
test_stop_waits_for_the_burst_of_a_secondary(void **state)
{
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p = port_new(&conf);
	struct asm82545_adapter *a = rte_eth_devices[p->id].data->dev_private;
	pthread_t thread;

	a->tx_gate.inside = true;
	assert_int_equal(pthread_create(&thread, NULL, leave_later, a), 0);
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	assert_false(a->tx_gate.inside);
	assert_null(strstr(port_log(p), "within a burst"));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(rte_eth_dev_start(p->id), 0);
	a->rx_gate.inside = true;
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	assert_non_null(strstr(port_log(p), "ended within a burst of its RX queue"));
	assert_int_equal(rte_eth_dev_start(p->id), 0);
	port_advance(p, 10 * p->r->m->an_us);
	port_pass(p, 1);
	port_free(p);
}

static void *
die_with_the_lock(void *arg)
{
	struct asm82545_adapter *a = arg;

	assert_int_equal(pthread_mutex_lock(&a->stats_lock), 0);
	return NULL;
}

/* As a process that is killed while it reads them. */
static void
test_statistics_outlive_who_died_reading_them(void **state)
{
	struct port_conf conf = { .nb_desc = 64 };
	struct port *p = port_new(&conf);
	struct rte_eth_stats stats;
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, die_with_the_lock,
		rte_eth_devices[p->id].data->dev_private), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	port_pass(p, 1);
	assert_int_equal(rte_eth_stats_get(p->id, &stats), 0);
	assert_int_equal(stats.ipackets, 1);
	port_pass(p, 2);
	assert_int_equal(rte_eth_stats_get(p->id, &stats), 0);
	assert_int_equal(stats.ipackets, 2);
	port_free(p);
}

/* It has the primary's word, without a look of its own at the chip. */
static void
test_secondary_sees_the_link_that_the_primary_saw(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);
	struct rte_eth_dev view = secondary_view(p);
	uint32_t turn;

	for (turn = 0; turn < 4; turn++) {
		bool up = turn % 2 != 0;

		model82545_cable(p->r->m, up);
		model82545_advance(p->r->m, p->r->m->an_us);
		p->r->m->nb_trace = 0;
		p->r->m->tracing = true;
		assert_non_null(view.dev_ops->link_update);
		assert_int_equal(view.dev_ops->link_update(&view, 1), 0);
		assert_int_equal(view.data->dev_link.link_status, !up);
		assert_int_equal(p->r->m->nb_trace, 0);
		p->r->m->tracing = false;
		port_advance(p, 1000000);
		assert_int_equal(view.dev_ops->link_update(&view, 1), 0);
		assert_int_equal(view.data->dev_link.link_status, up);
	}
	port_free(p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_io_bar_is_found_or_done_without),
	cmocka_unit_test(test_wrong_eeprom_checksum_falls_back_to_rar0),
	cmocka_unit_test(test_no_address_anywhere_is_an_error),
	cmocka_unit_test(test_device_that_does_not_answer_is_no_port),
	cmocka_unit_test(test_start_leaves_nothing_of_poisoned_registers),
	cmocka_unit_test(test_start_wakes_a_poisoned_phy),
	cmocka_unit_test(test_statistics_survive_restarts),
	cmocka_unit_test(test_filters_and_flow_control_survive_a_reset),
	cmocka_unit_test(test_statistics_are_right_after_an_hour),
	cmocka_unit_test(test_pool_without_io_addresses_is_refused),
	cmocka_unit_test(test_socket_without_io_addresses_is_refused),
	cmocka_unit_test(test_secondary_finds_a_stopped_port_shut),
	cmocka_unit_test(test_stop_waits_for_the_burst_of_a_secondary),
	cmocka_unit_test(test_statistics_outlive_who_died_reading_them),
	cmocka_unit_test(test_secondary_sees_the_link_that_the_primary_saw),
};

TEST_SUITE(ethdev, tests)
