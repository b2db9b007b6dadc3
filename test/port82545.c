/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ethdev_pci.h>
#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_epoll.h>

#include "port82545.h"

/* Surroundings of the driver */

static struct port *port;
static struct rte_pci_driver *driver;

static struct alarm {
	rte_eal_alarm_callback cb;
	void *arg;
	uint64_t us;
} alarms[8];

static int
port_alarm_set(uint64_t us, rte_eal_alarm_callback cb, void *arg)
{
	size_t i;

	for (i = 0; i < RTE_DIM(alarms); i++) {
		if (alarms[i].cb != NULL)
			continue;
		alarms[i] = (struct alarm) { cb, arg, port->r->m->us + us };
		return 0;
	}
	fail_msg("more than %zu alarms", RTE_DIM(alarms));
	return -ENOMEM;
}

static int
port_alarm_cancel(rte_eal_alarm_callback cb, void *arg)
{
	int nb = 0;
	size_t i;

	for (i = 0; i < RTE_DIM(alarms); i++) {
		if (alarms[i].cb != cb || alarms[i].arg != arg)
			continue;
		alarms[i].cb = NULL;
		nb++;
	}
	return nb;
}

uint32_t
port_alarms(void)
{
	uint32_t nb = 0;
	size_t i;

	for (i = 0; i < RTE_DIM(alarms); i++)
		nb += alarms[i].cb != NULL;
	return nb;
}

static int
port_intr_register(const struct rte_intr_handle *handle, rte_intr_callback_fn cb, void *arg)
{
	RTE_SET_USED(handle);
	assert_null(port->intr_cb);
	port->intr_cb = cb;
	port->intr_arg = arg;
	return 0;
}

static int
port_intr_unregister(const struct rte_intr_handle *handle, rte_intr_callback_fn cb, void *arg)
{
	RTE_SET_USED(handle);
	assert_ptr_equal(port->intr_cb, cb);
	assert_ptr_equal(port->intr_arg, arg);
	port->intr_cb = NULL;
	return 1;
}

static int
port_intr_enable(const struct rte_intr_handle *handle)
{
	/* What EAL does for MSI-X fails on a device that has none. */
	if (rte_intr_type_get(handle) == RTE_INTR_HANDLE_VFIO_MSIX)
		fail_msg("MSI-X on a device without");
	port->intr_on = port->conf.intr_error == 0;
	return port->conf.intr_error;
}

static int
port_intr_disable(const struct rte_intr_handle *handle)
{
	RTE_SET_USED(handle);
	port->intr_on = false;
	return 0;
}

static int
port_intr_ack(const struct rte_intr_handle *handle)
{
	RTE_SET_USED(handle);
	return 0;
}

/* BAR 0 of 32 bits, and an I/O BAR where there is one (§4.1). */
static int
port_read_config(const struct rte_pci_device *pci, void *buf, size_t len, off_t offset)
{
	uint32_t bars[6] = { 0xF0000000 };

	RTE_SET_USED(pci);
	assert_in_range(offset, 0x10, 0x10 + sizeof(bars) - len);
	if (port->conf.io_bar != 0)
		bars[port->conf.io_bar] = 0xE001;
	memcpy(buf, (const char *)bars + offset - 0x10, len);
	return len;
}

static int
port_io_map(struct rte_pci_device *pci, int bar, struct rte_pci_ioport *io)
{
	RTE_SET_USED(pci);
	RTE_SET_USED(io);
	assert_int_equal(bar, port->conf.io_bar);
	port->io_mapped = port->conf.io_map_error == 0;
	return port->conf.io_map_error;
}

static int
port_io_unmap(struct rte_pci_ioport *io)
{
	RTE_SET_USED(io);
	assert_true(port->io_mapped);
	port->io_mapped = false;
	return 0;
}

static void
port_io_read(struct rte_pci_ioport *io, void *data, size_t len, off_t offset)
{
	RTE_SET_USED(io);
	assert_true(port->io_mapped);
	assert_int_equal(offset, 0);
	assert_int_equal(len, sizeof(uint32_t));
	memcpy(data, &port->io_addr, len);
}

static void
port_io_write(struct rte_pci_ioport *io, const void *data, size_t len, off_t offset)
{
	uint32_t val;

	RTE_SET_USED(io);
	assert_true(port->io_mapped);
	assert_int_equal(len, sizeof(val));
	memcpy(&val, data, len);
	if (port->conf.io_dead)
		return;
	if (offset == 0)
		port->io_addr = val;
	else
		model82545_io_write(port->r->m, port->io_addr, val);
}

static void
port_pci_register(struct rte_pci_driver *drv)
{
	driver = drv;
}

/* The two files of the driver that use them. */
#define rte_eal_alarm_set port_alarm_set
#define rte_eal_alarm_cancel port_alarm_cancel
#define rte_intr_callback_register port_intr_register
#define rte_intr_callback_unregister port_intr_unregister
#define rte_intr_enable port_intr_enable
#define rte_intr_disable port_intr_disable
#define rte_intr_ack port_intr_ack
#define rte_pci_read_config port_read_config
#define rte_pci_ioport_map port_io_map
#define rte_pci_ioport_unmap port_io_unmap
#define rte_pci_ioport_read port_io_read
#define rte_pci_ioport_write port_io_write
#define rte_pci_register port_pci_register
#include "asm82545_intr.c"
#include "asm82545_ethdev.c"

/* Time */

static void
take_interrupts(struct port *p)
{
	/* The line stays up until the handler has read the causes. */
	while (p->r->m->int_level && p->intr_on) {
		assert_non_null(p->intr_cb);
		p->nb_intr++;
		p->intr_cb(p->intr_arg);
		if (p->r->m->removed || p->r->m->replaced)
			return;
	}
}

static struct alarm *
next_alarm(uint64_t until)
{
	struct alarm *first = NULL;
	size_t i;

	for (i = 0; i < RTE_DIM(alarms); i++)
		if (alarms[i].cb != NULL && alarms[i].us <= until &&
				(first == NULL || alarms[i].us < first->us))
			first = &alarms[i];
	return first;
}

void
port_advance(struct port *p, uint64_t us)
{
	uint64_t until = p->r->m->us + us, next, step;
	struct alarm *a, due;

	do {
		a = next_alarm(until);
		/* In steps, as what happens on the way may raise an interrupt. */
		next = a != NULL ? RTE_MAX(a->us, p->r->m->us) : until;
		step = RTE_MIN(next - p->r->m->us, (uint64_t)100000);
		model82545_advance(p->r->m, step);
		take_interrupts(p);
		if (a != NULL && a->us <= p->r->m->us) {
			due = *a;
			a->cb = NULL;
			due.cb(due.arg);
		}
	} while (p->r->m->us < until);
	take_interrupts(p);
}

/* Life of a port */

static void
pci_fill(struct port *p)
{
	struct rte_pci_device *pci = &p->pci;

	pci->id.vendor_id = ASM82545_VENDOR_ID;
	pci->id.device_id = p->r->hw.device_id;
	pci->id.subsystem_vendor_id = p->conf.subsystem_vendor_id != 0 ?
		p->conf.subsystem_vendor_id : p->r->hw.subsystem_vendor_id;
	pci->addr.bus = 2;
	snprintf(pci->name, sizeof(pci->name), "0000:02:01.0");
	pci->device.name = pci->name;
	pci->device.driver = &driver->driver;
	driver->driver.name = "net_asm82545";
	pci->device.devargs = &p->devargs;
	p->devargs.args = (char *)(uintptr_t)p->conf.devargs;
	pci->mem_resource[0].addr = p->r->m->regs;
	pci->mem_resource[0].len = M_REGS_SIZE;
#ifndef RTE_CLASS_TO_BUS_DEVICE
	pci->driver = driver;
#endif
	pci->intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	assert_non_null(pci->intr_handle);
	if (p->conf.no_intr)
		return;
	assert_int_equal(rte_intr_type_set(pci->intr_handle, p->conf.intr != 0 ?
			p->conf.intr : RTE_INTR_HANDLE_VFIO_LEGACY), 0);
}

struct port *
port_chip(const struct port_conf *conf)
{
	struct port *p = calloc(1, sizeof(*p));
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id) { /* left by a test that failed */
		rte_eth_dev_stop(id);
		rte_eth_dev_close(id);
	}
	memset(alarms, 0, sizeof(alarms));
	p->conf = *conf;
	if (p->conf.nb_desc == 0)
		p->conf.nb_desc = 64;
	p->r = rig_chip(conf->kind);
	p->r->conf.nb_mbufs = 4 * p->conf.nb_desc;
	p->r->conf.room = 2048;
	rig_pool(p->r);
	pci_fill(p);
	p->log = open_memstream(&p->log_text, &p->log_len);
	rte_openlog_stream(p->log);
	rte_log_set_level_pattern("pmd.net.asm82545", RTE_LOG_NOTICE);
	p->id = RTE_MAX_ETHPORTS;
	port = p;
	return p;
}

int
port_probe(struct port *p)
{
	int ret = driver->probe(driver, &p->pci);

	if (ret != 0)
		return ret;
	assert_int_equal(rte_eth_dev_get_port_by_name(p->pci.name, &p->id), 0);
	rte_eth_macaddr_get(p->id, &p->r->hw.mac);
	return 0;
}

static int
event(uint16_t id, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(id);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	port->nb_events[type]++;
	return 0;
}

/* ethdev keeps callbacks beyond a port's end: they are the same for all of them. */
static void
hear_events(struct port *p)
{
	static const enum rte_eth_event_type types[] = {
		RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RMV, RTE_ETH_EVENT_INTR_RESET,
	};
	size_t i;

	for (i = 0; i < RTE_DIM(types); i++)
		assert_int_equal(rte_eth_dev_callback_register(p->id, types[i], event,
				NULL), 0);
}

/* What the chip may touch, now that it is there. */
static void
allow_queues(struct port *p)
{
	struct asm82545_rxq *rxq = rte_eth_devices[p->id].data->rx_queues[0];
	struct asm82545_txq *txq = rte_eth_devices[p->id].data->tx_queues[0];

	p->r->nb_regions = 0;
	rig_allow(p->r, rxq->ring, rxq->nb_desc * sizeof(rxq->ring[0]));
	rig_allow(p->r, txq->ring, txq->nb_desc * sizeof(txq->ring[0]));
	rig_allow(p->r, txq->pad, sizeof(txq->pad));
}

int
port_start(struct port *p)
{
	struct rte_eth_conf conf = {
		.rxmode.offloads = p->conf.rx_offloads,
		.intr_conf = { .lsc = p->conf.lsc, .rxq = p->conf.rxq_intr },
	};
	int ret = rte_eth_dev_configure(p->id, 1, 1, &conf);

	if (ret == 0)
		ret = rte_eth_rx_queue_setup(p->id, 0, p->conf.nb_desc, SOCKET_ID_ANY, NULL,
				p->r->pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(p->id, 0, p->conf.nb_desc, SOCKET_ID_ANY, NULL);
	if (ret != 0)
		return ret;
	allow_queues(p);
	return rte_eth_dev_start(p->id);
}

struct port *
port_new(const struct port_conf *conf)
{
	struct port *p = port_chip(conf);

	assert_int_equal(port_probe(p), 0);
	hear_events(p);
	assert_int_equal(port_start(p), 0);
	port_advance(p, 10 * p->r->m->an_us);
	memset(p->nb_events, 0, sizeof(p->nb_events));
	return p;
}

void
port_free(struct port *p)
{
	if (p->id != RTE_MAX_ETHPORTS && rte_eth_dev_is_valid_port(p->id)) {
		rte_eth_dev_stop(p->id);
		assert_int_equal(rte_eth_dev_close(p->id), 0);
	}
	assert_int_equal(rte_eth_dev_count_avail(), 0);
	assert_false(p->io_mapped);
	assert_int_equal(port_alarms(), 0);
	assert_null(p->intr_cb);
	rte_intr_instance_free(p->pci.intr_handle);
	rte_openlog_stream(NULL);
	fclose(p->log);
	free(p->log_text);
	rig_free(p->r);
	free(p);
	port = NULL;
}

const char *
port_log(struct port *p)
{
	static char text[4096];

	fflush(p->log);
	snprintf(text, sizeof(text), "%s", p->log_text);
	rewind(p->log);
	fflush(p->log);
	p->log_text[0] = '\0';
	return text;
}

void
port_pass(struct port *p, uint32_t seed)
{
	static uint8_t frame[200];
	struct rig_frame *sent;
	struct rte_mbuf *m;

	rig_make_frame(p->r, frame, sizeof(frame), seed);
	assert_true(model82545_rx_inject(p->r->m, frame, sizeof(frame), 0));
	assert_int_equal(model82545_rx_run(p->r->m, 1), 1);
	assert_int_equal(rte_eth_rx_burst(p->id, 0, &m, 1), 1);
	assert_int_equal(rte_eth_tx_burst(p->id, 0, &m, 1), 1);
	assert_int_equal(model82545_tx_run(p->r->m, 1), 1);
	sent = rig_sent(p->r);
	assert_int_equal(sent->len, sizeof(frame));
	assert_memory_equal(sent->data, frame, sizeof(frame));
	free(sent);
}
