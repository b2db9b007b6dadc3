/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <string.h>

#include "port82545.h"

static const enum model82545_kind kinds[] = {
	MODEL82545_EM_COPPER, MODEL82545_GM_COPPER, MODEL82545_FIBER, MODEL82545_QEMU,
};

#define COPPER_SPEEDS (RTE_ETH_LINK_SPEED_10M_HD | RTE_ETH_LINK_SPEED_10M | \
	RTE_ETH_LINK_SPEED_100M_HD | RTE_ETH_LINK_SPEED_100M | RTE_ETH_LINK_SPEED_1G)

static uint32_t
speeds_of(enum model82545_kind kind)
{
	return kind == MODEL82545_FIBER ? RTE_ETH_LINK_SPEED_1G : COPPER_SPEEDS;
}

/* The limits that the guide tells, and no offload more. */
static void
test_tells_what_the_chip_can(void **state)
{
	struct rte_eth_dev_info info;
	size_t k;

	(void)state;
	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct port_conf conf = { .kind = kinds[k] };
		struct port *p = port_new(&conf);

		assert_int_equal(rte_eth_dev_info_get(p->id, &info), 0);
		assert_string_equal(info.driver_name, "net_asm82545");
		assert_int_equal(info.max_rx_queues, 1);
		assert_int_equal(info.max_tx_queues, 1);
		assert_int_equal(info.max_mac_addrs, 64);
		assert_int_equal(info.min_mtu, 68);
		assert_int_equal(info.max_mtu, 16110);
		/* Header, two tags. */
		assert_int_equal(info.max_rx_pktlen, 16110 + 14 + 8);
		assert_int_equal(info.rx_desc_lim.nb_min, 32);
		assert_int_equal(info.tx_desc_lim.nb_max, 4096);
		assert_int_equal(info.tx_desc_lim.nb_align, 8);
		assert_int_equal(info.tx_desc_lim.nb_seg_max, 40);
		assert_int_equal(info.speed_capa, speeds_of(kinds[k]));
		assert_int_equal(info.rx_offload_capa, RTE_ETH_RX_OFFLOAD_SCATTER |
			RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_VLAN_FILTER |
			RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |
			RTE_ETH_RX_OFFLOAD_TCP_CKSUM);
		assert_int_equal(info.tx_offload_capa, RTE_ETH_TX_OFFLOAD_MULTI_SEGS |
			RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |
			RTE_ETH_TX_OFFLOAD_UDP_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
			RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
		port_free(p);
	}
}

static int
start_at(struct port *p, uint32_t link_speeds)
{
	struct rte_eth_conf conf = { .link_speeds = link_speeds };
	int ret = rte_eth_dev_configure(p->id, 1, 1, &conf);

	if (ret != 0)
		return ret;
	assert_int_equal(rte_eth_rx_queue_setup(p->id, 0, p->conf.nb_desc, SOCKET_ID_ANY,
		NULL, p->r->pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(p->id, 0, p->conf.nb_desc, SOCKET_ID_ANY,
		NULL), 0);
	assert_int_equal(rte_eth_dev_start(p->id), 0);
	return rte_eth_dev_stop(p->id);
}

/* Any set of the port's speeds may be advertised, one may be fixed. */
static void
test_refuses_speeds_that_the_port_does_not_have(void **state)
{
	static const uint32_t all[] = {
		RTE_ETH_LINK_SPEED_10M_HD, RTE_ETH_LINK_SPEED_10M, RTE_ETH_LINK_SPEED_100M_HD,
		RTE_ETH_LINK_SPEED_100M, RTE_ETH_LINK_SPEED_1G, RTE_ETH_LINK_SPEED_2_5G,
		RTE_ETH_LINK_SPEED_10G, RTE_ETH_LINK_SPEED_1G | RTE_ETH_LINK_SPEED_100M,
	};
	size_t i, k;

	(void)state;
	for (k = 0; k < RTE_DIM(kinds); k++) {
		struct port_conf conf = { .kind = kinds[k] };
		struct port *p = port_new(&conf);
		uint32_t capa = speeds_of(kinds[k]);

		assert_int_equal(rte_eth_dev_stop(p->id), 0);
		for (i = 0; i < RTE_DIM(all); i++) {
			bool has = (all[i] & ~capa) == 0;
			bool one = (all[i] & (all[i] - 1)) == 0;

			assert_int_equal(start_at(p, all[i]), has ? 0 : -EINVAL);
			assert_int_equal(start_at(p, all[i] | RTE_ETH_LINK_SPEED_FIXED),
				has && one ? 0 : -EINVAL);
		}
		port_free(p);
	}
}

static void
setup_queues(struct port *p, bool rx_deferred, bool tx_deferred)
{
	struct rte_eth_dev_info info;

	assert_int_equal(rte_eth_dev_info_get(p->id, &info), 0);
	info.default_rxconf.rx_deferred_start = rx_deferred;
	info.default_txconf.tx_deferred_start = tx_deferred;
	assert_int_equal(rte_eth_rx_queue_setup(p->id, 0, p->conf.nb_desc, SOCKET_ID_ANY,
		&info.default_rxconf, p->r->pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(p->id, 0, p->conf.nb_desc, SOCKET_ID_ANY,
		&info.default_txconf), 0);
}

static void
check_queues(const struct port *p, uint8_t rx, uint8_t tx)
{
	struct rte_eth_rxq_info rxq;
	struct rte_eth_txq_info txq;

	assert_int_equal(rte_eth_rx_queue_info_get(p->id, 0, &rxq), 0);
	assert_int_equal(rte_eth_tx_queue_info_get(p->id, 0, &txq), 0);
	assert_int_equal(rxq.queue_state, rx);
	assert_int_equal(txq.queue_state, tx);
	assert_int_equal((*model82545_reg(p->r->m, M_RCTL) & M_RCTL_EN) != 0, rx);
	assert_int_equal((*model82545_reg(p->r->m, M_TCTL) & M_TCTL_EN) != 0, tx);
}

/* A queue that is to start later is off until it is told, and off again after a restart. */
static void
test_starts_deferred_queues_when_told(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);
	uint32_t turn;

	(void)state;
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	setup_queues(p, true, true);
	for (turn = 0; turn < 3; turn++) {
		assert_int_equal(rte_eth_dev_start(p->id), 0);
		check_queues(p, 0, 0);
		assert_int_equal(rte_eth_dev_tx_queue_start(p->id, 0), 0);
		check_queues(p, 0, 1);
		assert_int_equal(rte_eth_dev_rx_queue_start(p->id, 0), 0);
		check_queues(p, 1, 1);
		port_advance(p, 10 * p->r->m->an_us);
		port_pass(p, turn);
		assert_int_equal(rte_eth_dev_stop(p->id), 0);
	}
	setup_queues(p, false, false);
	assert_int_equal(rte_eth_dev_start(p->id), 0);
	check_queues(p, 1, 1);
	port_free(p);
}

static int
setup_rx(const struct port *p, uint16_t nb_desc, uint16_t free_thresh)
{
	const struct rte_eth_rxconf conf = { .rx_free_thresh = free_thresh };

	return rte_eth_rx_queue_setup(p->id, 0, nb_desc, SOCKET_ID_ANY, &conf, p->r->pool);
}

static int
setup_tx(const struct port *p, uint16_t nb_desc, uint16_t rs_thresh, uint16_t free_thresh)
{
	const struct rte_eth_txconf conf = {
		.tx_rs_thresh = rs_thresh, .tx_free_thresh = free_thresh,
	};

	return rte_eth_tx_queue_setup(p->id, 0, nb_desc, SOCKET_ID_ANY, &conf);
}

static void
check_thresholds(const struct port *p, uint16_t rx_free, uint16_t tx_rs, uint16_t tx_free)
{
	struct rte_eth_rxq_info rxq;
	struct rte_eth_txq_info txq;

	assert_int_equal(rte_eth_rx_queue_info_get(p->id, 0, &rxq), 0);
	assert_int_equal(rte_eth_tx_queue_info_get(p->id, 0, &txq), 0);
	assert_int_equal(rxq.conf.rx_free_thresh, rx_free);
	assert_int_equal(txq.conf.tx_rs_thresh, tx_rs);
	assert_int_equal(txq.conf.tx_free_thresh, tx_free);
}

/* What follows from the ring where nothing is asked for, and what a ring is too small for. */
static void
test_thresholds_fit_the_rings(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);

	(void)state;
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	assert_int_equal(setup_rx(p, 4096, 0), 0);
	assert_int_equal(setup_tx(p, 512, 0, 0), 0);
	check_thresholds(p, 64, 32, 448);
	assert_int_equal(setup_rx(p, 32, 0), 0);
	assert_int_equal(setup_tx(p, 32, 0, 0), 0);
	check_thresholds(p, 8, 8, 16);
	assert_int_equal(setup_rx(p, 32, 17), -EINVAL);
	assert_non_null(strstr(port_log(p), "rx_free_thresh 17: give 1 to 16"));
	assert_int_equal(setup_rx(p, 32, 16), 0);
	assert_int_equal(setup_tx(p, 32, 17, 0), -EINVAL);
	assert_int_equal(setup_tx(p, 32, 16, 31), -EINVAL);
	assert_non_null(strstr(port_log(p), "of 32 give at most 16, 30"));
	assert_int_equal(setup_tx(p, 32, 16, 30), 0);
	check_thresholds(p, 16, 16, 30);
	port_free(p);
}

static void
test_knows_one_kind_of_loopback(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct rte_eth_conf loopback = { .lpbk_mode = 2 };
	struct port *p = port_new(&conf);

	(void)state;
	assert_int_equal(rte_eth_dev_stop(p->id), 0);
	assert_int_equal(rte_eth_dev_configure(p->id, 1, 1, &loopback), -EINVAL);
	assert_non_null(strstr(port_log(p), "lpbk_mode 2: give 0, or 1"));
	loopback.lpbk_mode = 1;
	assert_int_equal(rte_eth_dev_configure(p->id, 1, 1, &loopback), 0);
	port_free(p);
}

static uint64_t
xstat(const struct port *p, const char *name)
{
	uint64_t id, value;

	assert_int_equal(rte_eth_xstats_get_id_by_name(p->id, name, &id), 0);
	assert_int_equal(rte_eth_xstats_get_by_id(p->id, &id, &value, 1), 1);
	return value;
}

/* The one queue's share is all. */
static void
test_counts_by_queue(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);
	uint32_t turn;

	(void)state;
	for (turn = 1; turn <= 3; turn++) {
		port_pass(p, turn);
		assert_int_equal(xstat(p, "rx_q0_packets"), turn);
		assert_int_equal(xstat(p, "rx_q0_bytes"), 200 * turn);
		assert_int_equal(xstat(p, "tx_q0_packets"), turn);
		assert_int_equal(xstat(p, "tx_q0_bytes"), 200 * turn);
	}
	port_free(p);
}

/* The EEPROM's version and the board's number; how long a text it takes. */
static void
test_tells_the_firmware(void **state)
{
	struct port_conf conf = { .kind = MODEL82545_GM_COPPER };
	struct port *p = port_new(&conf);
	char text[64];

	(void)state;
	p->r->m->eeprom[5] = 0x1234;
	p->r->m->eeprom[8] = 0xA789;
	p->r->m->eeprom[9] = 0x1203;
	assert_int_equal(rte_eth_dev_fw_version_get(p->id, text, sizeof(text)), 0);
	assert_string_equal(text, "0x1234, PBA a78912-003");
	assert_int_equal(rte_eth_dev_fw_version_get(p->id, text, 4),
		strlen("0x1234, PBA a78912-003") + 1);
	port_free(p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_tells_what_the_chip_can),
	cmocka_unit_test(test_refuses_speeds_that_the_port_does_not_have),
	cmocka_unit_test(test_starts_deferred_queues_when_told),
	cmocka_unit_test(test_thresholds_fit_the_rings),
	cmocka_unit_test(test_knows_one_kind_of_loopback),
	cmocka_unit_test(test_counts_by_queue),
	cmocka_unit_test(test_tells_the_firmware),
};

TEST_SUITE(ethdev_info, tests)
