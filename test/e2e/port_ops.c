/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/*
 * What testpmd has no command for, through the public API: port 0 is wired to
 * port 1. Prints one line for each thing that works, and stops at the first
 * that does not.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_epoll.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_mbuf.h>

#define CHECK(cond) do { \
	if (!(cond)) { \
		printf("FAILED line %d: %s (%s)\n", __LINE__, #cond, rte_strerror(rte_errno)); \
		exit(1); \
	} \
} while (0)

#define ROUNDS     200
#define EEPROM_LEN 128
#define SETTLE_MS  2500 /* negotiation, and the emulator's second without reception */
#define WAIT_MS    60000 /* for what comes at once on a machine of one's own */

#define NB_MBUFS   2047
#define NB_RXD     128

static struct rte_mempool *pool;      /* to receive into */
static struct rte_mempool *send_pool;

static void
port_start(uint16_t port, bool rxq_intr, uint32_t loopback)
{
	struct rte_eth_conf conf = {
		.intr_conf = { .lsc = 1, .rxq = rxq_intr },
		.lpbk_mode = loopback,
	};

	CHECK(rte_eth_dev_configure(port, 1, 1, &conf) == 0);
	CHECK(rte_eth_rx_queue_setup(port, 0, NB_RXD, 0, NULL, pool) == 0);
	CHECK(rte_eth_tx_queue_setup(port, 0, 128, 0, NULL) == 0);
	CHECK(rte_eth_promiscuous_enable(port) == 0);
	CHECK(rte_eth_dev_start(port) == 0);
}

static void
send_frame(uint16_t port, uint8_t mark)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(send_pool);
	uint8_t *data;

	CHECK(m != NULL);
	data = (uint8_t *)rte_pktmbuf_append(m, 60);
	CHECK(data != NULL);
	memset(data, mark, 60);
	data[0] = 2;
	CHECK(rte_eth_tx_burst(port, 0, &m, 1) == 1);
}

static uint16_t
receive(uint16_t port, uint8_t mark)
{
	struct rte_mbuf *pkts[32];
	uint16_t nb = rte_eth_rx_burst(port, 0, pkts, 32), i;

	for (i = 0; i < nb; i++)
		CHECK(rte_pktmbuf_mtod(pkts[i], uint8_t *)[59] == mark);
	rte_pktmbuf_free_bulk(pkts, nb);
	return nb;
}

/*
 * The poller sleeps after the ring was found empty; frames come before and
 * after it enables the interrupt. It must wake each time.
 */
static void
check_rx_interrupt(void)
{
	struct rte_epoll_event event;
	uint64_t start, cycles = 0;
	int i, early = 0;

	CHECK(rte_eth_dev_rx_intr_ctl_q(1, 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD, NULL) == 0);
	for (i = 0; i < ROUNDS; i++) {
		while (receive(1, i - 1) != 0)
			;
		start = rte_get_timer_cycles();
		if (i % 2 == 0)
			send_frame(0, i), early++;
		CHECK(rte_eth_dev_rx_intr_enable(1, 0) == 0);
		if (i % 2 == 1)
			send_frame(0, i);
		CHECK(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, WAIT_MS) == 1);
		cycles += rte_get_timer_cycles() - start;
		CHECK(rte_eth_dev_rx_intr_disable(1, 0) == 0);
		while (receive(1, i) == 0)
			;
	}
	CHECK(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 100) <= 1);
	printf("rx interrupt: woken %d times, %d of them by an earlier frame\n", i, early);
	printf("rx interrupt: %" PRIu64 " us from a frame to the poller\n",
		cycles * US_PER_S / rte_get_timer_hz() / ROUNDS);
}

static void
check_registers(void)
{
	struct rte_dev_reg_info info = { .data = NULL };
	uint32_t regs[256] = { 0 };

	CHECK(rte_eth_dev_get_reg_info(0, &info) == 0);
	CHECK(info.width == 4 && info.length > 30 && info.length <= RTE_DIM(regs));
	info.data = regs;
	CHECK(rte_eth_dev_get_reg_info(0, &info) == 0);
	CHECK(regs[0] & 0x40); /* CTRL.SLU */
	printf("registers: %u\n", info.length);
}

/* §5.6.35: the words sum up to BABAh. An emulated EEPROM cannot be written. */
static void
check_eeprom(void)
{
	uint16_t words[EEPROM_LEN / 2], sum = 0;
	struct rte_dev_eeprom_info info = { .data = words, .length = EEPROM_LEN };
	struct rte_ether_addr mac;
	char version[64];
	size_t i;

	CHECK(rte_eth_dev_get_eeprom_length(0) == EEPROM_LEN);
	CHECK(rte_eth_dev_get_eeprom(0, &info) == 0);
	for (i = 0; i < RTE_DIM(words); i++)
		sum += words[i];
	CHECK(sum == 0xBABA);
	CHECK(rte_eth_macaddr_get(0, &mac) == 0);
	CHECK(memcmp(words, &mac, sizeof(mac)) == 0);
	info.offset = 10;
	info.length = 2;
	info.data = &words[5];
	CHECK(rte_eth_dev_set_eeprom(0, &info) == 0); /* nothing changes: nothing is written */
	words[5] ^= 0x55AA;
	CHECK(rte_eth_dev_set_eeprom(0, &info) == -EIO);
	info.offset = 1;
	CHECK(rte_eth_dev_get_eeprom(0, &info) == -EINVAL);
	CHECK(rte_eth_dev_fw_version_get(0, version, sizeof(version)) == 0);
	printf("eeprom: %s\n", version);
}

/* §13.4.15 LEDCTL is where the driver's table of registers has it. */
static uint32_t
ledctl(void)
{
	FILE *file = tmpfile();
	char line[128];
	uint32_t val = 0, offset;

	CHECK(file != NULL && rte_eth_dev_priv_dump(0, file) == 0);
	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "LEDCTL ", 7) == 0)
			CHECK(sscanf(line + 7, "%x %x", &offset, &val) == 2 && offset == 0xE00);
	fclose(file);
	return val;
}

static void
check_led(void)
{
	CHECK(rte_eth_led_on(0) == 0);
	CHECK(ledctl() == 0x0E0E0E0E);
	CHECK(rte_eth_led_off(0) == 0);
	CHECK(ledctl() == 0x0F0F0F0F);
	printf("led: on and off\n");
}

static void
check_loopback(void)
{
	uint16_t nb = 0;
	int i;

	CHECK(rte_eth_dev_stop(0) == 0);
	CHECK(rte_eth_dev_stop(1) == 0);
	port_start(0, false, 1);
	rte_delay_ms(SETTLE_MS);
	for (i = 0; i < 16; i++)
		send_frame(0, 7);
	for (i = 0; i < WAIT_MS && nb < 16; i++) {
		nb += receive(0, 7);
		rte_delay_us(1000);
	}
	CHECK(nb == 16);
	CHECK(rte_eth_dev_stop(0) == 0);
	printf("loopback: 16 frames came back\n");
	/* And out of it again. */
	port_start(0, false, 0);
	port_start(1, false, 0);
	rte_delay_ms(SETTLE_MS);
	send_frame(0, 9);
	for (i = 0; i < WAIT_MS && receive(1, 9) == 0; i++)
		rte_delay_us(1000);
	CHECK(i < WAIT_MS);
	printf("loopback: left\n");
}

/* A program that gives nothing back, and then all at once. */
static void
check_exhausted_pool(void)
{
	static struct rte_mbuf *held[NB_MBUFS + 32];
	struct rte_eth_stats stats;
	uint32_t nb = 0, i;

	CHECK(rte_eth_stats_reset(1) == 0);
	do {
		CHECK(nb <= NB_MBUFS);
		for (i = 0; i < 32; i++)
			send_frame(0, 11);
		nb += rte_eth_rx_burst(1, 0, &held[nb], 32);
		CHECK(rte_eth_stats_get(1, &stats) == 0);
	} while (stats.rx_nombuf == 0 || rte_eth_rx_queue_count(1, 0) != 0);
	rte_pktmbuf_free_bulk(held, nb);
	while (receive(1, 11) != 0)
		;
	for (i = 0; i < 1000; i++) {
		send_frame(0, 12);
		while (receive(1, 12) == 0)
			;
	}
	printf("pool: empty after %u, back again, rx_nombuf %" PRIu64 "\n", nb, stats.rx_nombuf);
}

/*
 * Stopped with its ring full of frames, and more that wait for room. Then all
 * mbufs are back, and nobody writes to them any more.
 */
static void
check_stop_under_load(void)
{
	static struct rte_mbuf *all[NB_MBUFS];
	uint32_t i, j;

	CHECK(rte_eth_dev_stop(0) == 0);
	port_start(0, false, 0);
	for (i = 0; i < 3; i++) {
		rte_delay_ms(SETTLE_MS);
		for (j = 0; j < 3 * NB_RXD; j++)
			send_frame(0, 13);
		CHECK(rte_eth_rx_queue_count(1, 0) > 0);
		CHECK(rte_eth_dev_stop(1) == 0);
		CHECK(rte_mempool_in_use_count(pool) == NB_RXD - 1); /* port 0's */
		for (j = 0; j < NB_MBUFS - (NB_RXD - 1); j++) {
			all[j] = rte_pktmbuf_alloc(pool);
			CHECK(all[j] != NULL);
			memset(all[j]->buf_addr, 0xA5, all[j]->buf_len);
		}
		for (j = 0; j < NB_RXD; j++)
			send_frame(0, 13);
		rte_delay_ms(SETTLE_MS / 2);
		for (j = 0; j < NB_MBUFS - (NB_RXD - 1); j++) {
			const uint8_t *data = all[j]->buf_addr;

			CHECK(data[0] == 0xA5 && memcmp(data, data + 1, all[j]->buf_len - 1) == 0);
		}
		rte_pktmbuf_free_bulk(all, j);
		port_start(1, false, 0);
	}
	printf("stop: %u times under load, no mbuf lost or written to\n", i);
}

int
main(int argc, char **argv)
{
	CHECK(rte_eal_init(argc, argv) >= 0);
	CHECK(rte_eth_dev_count_avail() == 2);
	pool = rte_pktmbuf_pool_create("pool", NB_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	send_pool = rte_pktmbuf_pool_create("send", 511, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	CHECK(pool != NULL && send_pool != NULL);
	port_start(0, false, 0);
	port_start(1, true, 0);
	rte_delay_ms(SETTLE_MS);
	check_rx_interrupt();
	check_registers();
	check_eeprom();
	check_led();
	check_exhausted_pool();
	check_stop_under_load();
	check_loopback();
	CHECK(rte_eth_dev_stop(0) == 0 && rte_eth_dev_stop(1) == 0);
	CHECK(rte_eth_dev_close(0) == 0 && rte_eth_dev_close(1) == 0);
	CHECK(rte_mempool_in_use_count(pool) == 0 && rte_mempool_in_use_count(send_pool) == 0);
	printf("all back\n");
	return rte_eal_cleanup() != 0;
}
