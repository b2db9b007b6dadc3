/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#ifndef PORT82545_H
#define PORT82545_H

/*
 * A whole port: the driver as ethdev sees it, on a model of the chip. What EAL
 * gives a driver besides (interrupts, alarms, the PCI bus) is made up here, and
 * time is the model's. One port at a time.
 */

#include <ethdev_driver.h>
#include <bus_pci_driver.h>
#include <rte_interrupts.h>

#include "asm82545_ethdev.h"
#include "rig82545.h"

/** Zero: as most machines are. */
struct port_conf {
	enum model82545_kind kind;
	const char *devargs;
	enum rte_intr_handle_type intr; /* 0: INTx by VFIO */
	bool no_intr;        /* EAL knows none */
	int intr_error;      /* of enabling the interrupt */
	uint16_t subsystem_vendor_id; /* 0: of the kind */
	uint8_t io_bar;      /* its number; 0: there is none */
	int io_map_error;    /* of mapping it */
	bool io_dead;        /* it can be mapped and does nothing */
	bool lsc;
	bool rxq_intr;
	uint16_t nb_desc;
	uint64_t rx_offloads;
};

struct port {
	struct port_conf conf;
	struct rig *r;
	struct rte_pci_device pci;
	struct rte_devargs devargs;
	uint16_t id;
	uint32_t nb_events[RTE_ETH_EVENT_MAX];
	uint32_t io_addr;
	bool io_mapped;
	rte_intr_callback_fn intr_cb;
	void *intr_arg;
	bool intr_on;
	uint32_t nb_intr;
	FILE *log;
	char *log_text;
	size_t log_len;
};

/** A chip in the machine that nobody has probed yet. */
struct port *port_chip(const struct port_conf *conf);

/** What EAL does with it: 0 or -errno. */
int port_probe(struct port *p);

/** Configure, queues, start. Returns what the first step that fails does. */
int port_start(struct port *p);

/** Chip, probed and started, link up. */
struct port *port_new(const struct port_conf *conf);

/** Close where it is open; then all is as it was, and nothing was broken. */
void port_free(struct port *p);

/** Time passes; alarms and interrupts come. */
void port_advance(struct port *p, uint64_t us);

/** Alarms that are set. */
uint32_t port_alarms(void);

/** What the driver logged since the last time; to be read before the next call. */
const char *port_log(struct port *p);

/** One frame in, the same frame out. */
void port_pass(struct port *p, uint32_t seed);

#endif /* PORT82545_H */
